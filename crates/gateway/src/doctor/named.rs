//! What is wrong with what a configuration names, beside the services.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use postern_upstream::certificate_ends;

use super::{About, Finding};
use crate::config::Config;

/// How long before its end a certificate is told of.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The timer of the package, where it is on, and the configuration that it works with.
const TIMER: &str = "etc/systemd/system/timers.target.wants/postern-sync.timer";
const OF_TIMER: &str = "etc/postern/postern.toml";

/// The certificates of the configuration that cannot be read, have ended or end soon.
#[must_use]
pub fn certificates(config: &Config, now: Timestamp) -> Vec<Finding> {
    let files = config.certificate_files().into_iter();
    files.filter_map(|file| certificate_file(file, now)).collect()
}

fn certificate_file(file: &Path, now: Timestamp) -> Option<Finding> {
    let named = format!("`{}`", file.display());
    let pem = match std::fs::read(file) {
        Ok(pem) => pem,
        Err(error) => {
            let what = format!("the certificates in {named} cannot be read: {error}");
            let remedy = format!("`ls -l {}` says who may", file.display());
            return Some(Finding::fault(About::Certificates, what, remedy));
        }
    };
    // Of several the service may use any: one that ends is no fault while another does not.
    let (first, last) = {
        let mut all = certificate_ends(&pem);
        all.sort();
        (*all.first()?, *all.last()?)
    };
    let found = ends(&named, last, now);
    found.or_else(|| {
        let what = format!("a certificate in {named} ended at {first:.0}; the others hold");
        (first < now).then(|| Finding::advice(About::Certificates, what, "remove it from the file"))
    })
}

/// What is wrong with a certificate that ends then.
pub(super) fn ends(of: &str, at: Timestamp, now: Timestamp) -> Option<Finding> {
    let left = at.duration_since(now);
    if left.is_negative() {
        let what = format!("the certificate of {of} ended at {at:.0}");
        return Some(Finding::fault(
            About::Certificates,
            what,
            "put a new certificate in its place",
        ));
    }
    let days = left.as_hours() / 24;
    let what = format!("the certificate of {of} ends in {days} days, at {at:.0}");
    let remedy = "have a new certificate put in its place before";
    (left < SOON).then(|| Finding::advice(About::Certificates, what, remedy))
}

/// What is wrong where both the timer of the package and the gateway sync. `root` is where the file system begins.
///
/// ```
/// use postern_gateway::config::{Config, Overrides};
/// use postern_gateway::doctor::timer;
///
/// let root = tempfile::tempdir()?;
/// let file = root.path().join("etc/postern/postern.toml");
/// let timers = root.path().join("etc/systemd/system/timers.target.wants");
/// std::fs::create_dir_all(file.parent().expect("a folder"))?;
/// std::fs::create_dir_all(&timers)?;
/// std::fs::write(&file, "[sync]\nevery = \"15m\"\n")?;
/// let config = Config::load(Some(&file), &Overrides::default(), "data".into())?;
/// assert_eq!(timer(&config, &file, root.path()), None, "the timer is off");
/// std::fs::write(timers.join("postern-sync.timer"), "")?;
/// assert!(timer(&config, &file, root.path()).is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn timer(config: &Config, file: &Path, root: &Path) -> Option<Finding> {
    let is_on = root.join(TIMER).symlink_metadata().is_ok();
    let is_its_own = file.canonicalize().ok()? == root.join(OF_TIMER).canonicalize().ok()?;
    let both = is_on && is_its_own && config.sync.every.is_some();
    let what = "both the timer postern-sync.timer and the gateway (`[sync] every`) sync";
    let remedy = "`sudo systemctl disable --now postern-sync.timer`, or write `every = \"never\"`";
    both.then(|| Finding::advice(About::Configuration, what, remedy))
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;

    #[test]
    fn a_certificate_is_told_of_before_its_end() {
        let now: Timestamp = "2024-05-01T12:00:00Z".parse().unwrap();
        for (at, told) in [
            ("2024-05-01T11:59:59Z", Some((Severity::Fault, "ended at 2024-05-01T11:59:59Z"))),
            ("2024-05-03T12:00:00Z", Some((Severity::Advice, "ends in 2 days"))),
            ("2024-05-31T11:00:00Z", Some((Severity::Advice, "ends in 29 days"))),
            ("2024-05-31T12:00:00Z", None),
        ] {
            let found = ends("X", at.parse().unwrap(), now);
            let is_told = |(severity, part): (Severity, &str)| {
                found
                    .as_ref()
                    .is_some_and(|one| one.severity == severity && one.what.contains(part))
            };
            assert!(told.map_or(found.is_none(), is_told), "{at}: {found:?}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_a_fault() {
        let now = Timestamp::UNIX_EPOCH;
        let found = certificate_file("/no/such/file".as_ref(), now);
        assert!(found.is_some_and(
            |one| one.severity == Severity::Fault && one.what.contains("/no/such/file")
        ));
    }
}
