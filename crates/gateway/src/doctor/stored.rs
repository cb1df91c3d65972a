//! What is wrong with what is stored of a tenant.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postern_archive::{Archive, Damage, IndexError, MailboxStatus, Status};

use super::{About, Finding, audit, clock, disk};
use crate::config::Audit;
use crate::local::told;

/// How long mail may be out of date where nothing says how often it is synced.
const OLD: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Pauses of a schedule after which it is not kept, and time for the run itself.
const MISSED: u32 = 3;
const RUN: SignedDuration = SignedDuration::from_hours(1);

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// What is stored.
    pub archive: &'a Archive,
    /// Files of the index that are not what was written.
    pub damage: &'a [Damage],
    /// How its audit log is kept.
    pub audit: &'a Audit,
    /// The pause between two runs of sync inside the gateway, where it syncs.
    pub every: Option<Duration>,
    /// Now.
    pub now: Timestamp,
}

/// What is wrong with the disk, the index, the books and the runs of sync. The texts have no path of this machine.
///
/// ```
/// use postern_archive::Archive;
/// use postern_gateway::config::Audit;
/// use postern_gateway::doctor::{Severity, Stored, stored};
///
/// let folder = tempfile::tempdir()?;
/// let archive = Archive::below(folder.path());
/// let looked_at = Stored { archive: &archive, damage: &[], audit: &Audit::default(), every: None, now: jiff::Timestamp::UNIX_EPOCH };
/// let found = stored(looked_at);
/// let none = found.iter().find(|one| one.what == "there is no index here").expect("nothing was indexed");
/// assert_eq!(none.severity, Severity::Advice);
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn stored(looked_at: Stored<'_>) -> Vec<Finding> {
    let Stored { archive, damage, audit, every, now } = looked_at;
    let status = archive.status();
    let is_elsewhere = status.as_ref().is_ok_and(|status| status.index.is_some());
    let mut found = Vec::from_iter(disk::look(archive.data(), archive.index_bytes()));
    if !is_elsewhere {
        found.extend(index(archive, now));
    }
    found.extend(damage.iter().map(damaged));
    match status {
        Ok(status) => {
            found.extend(runs(&status, every, now));
            found.extend(mailboxes(&status));
        }
        Err(_) => found.push(unreadable("the books of what was synced")),
    }
    found.extend(kept(archive));
    found.extend(audit::end(archive.data(), audit));
    for finding in &mut found {
        finding.what = archive.without_paths(&finding.what);
    }
    found.sort();
    found
}

fn index(archive: &Archive, now: Timestamp) -> Option<Finding> {
    match archive.index() {
        Err(error @ IndexError::Missing(_)) => {
            let finding = Finding::told(About::Index, &told(&error), "");
            Some(Finding { severity: super::Severity::Advice, ..finding })
        }
        Err(error) => {
            let otherwise = "`postern check` says which file it is, and `ls -l` whose";
            let text = told(&error).replace("; the log says why", "");
            Some(Finding::told(About::Index, &text, otherwise))
        }
        Ok(index) if index.is_former() => {
            let what = "the index has a former format: it answers, but not what the format lacks";
            let remedy = "`postern serve`, `postern sync` and `postern index PATH` upgrade it from what is stored";
            Some(Finding::advice(About::Index, what, remedy))
        }
        Ok(index) => {
            let coverage = index.coverage();
            let as_of = coverage.as_of;
            as_of
                .and_then(|at| clock::future("the index was brought up to date", at, now))
                .or_else(|| {
                    let what = "attachments were not looked into for all messages";
                    let remedy = "`postern index --rebuild PATH`, or `postern sync --rebuild`";
                    let is_blind = coverage.without_attachment_text;
                    is_blind.then(|| Finding::advice(About::Index, what, remedy))
                })
                .or_else(|| incomplete(coverage.incomplete))
        }
    }
}

/// What an upgrade could not read again.
fn incomplete(messages: u64) -> Option<Finding> {
    let what = format!(
        "{messages} messages came from an index of a former format, and their originals were gone: `quoted:` does not \
         find them, and a match inside of a file does not say which file it is"
    );
    let remedy = "bring their files back and run `postern index --rebuild PATH`; otherwise nothing";
    (messages > 0).then(|| Finding::advice(About::Index, what, remedy))
}

fn damaged(damage: &Damage) -> Finding {
    let name = damage.path.file_name().unwrap_or_default().to_string_lossy();
    let what = format!("the file {name} of the index is damaged: {}", damage.reason);
    Finding::fault(About::Index, what, "`postern check` says what to do about each file")
}

fn unreadable(what: &str) -> Finding {
    let remedy = "`postern check` says what to do about each file";
    Finding::fault(About::Books, format!("{what} cannot be read"), remedy)
}

/// What people keep.
fn kept(archive: &Archive) -> Vec<Finding> {
    let searches = archive.saved().list("").is_err().then(|| unreadable("the saved searches"));
    let sets = archive.sets().list().is_err().then(|| unreadable("the frozen sets"));
    searches.into_iter().chain(sets).collect()
}

/// How the last runs went, and how long ago that was.
fn runs(status: &Status, every: Option<Duration>, now: Timestamp) -> Vec<Finding> {
    const REMEDY: &str = "`postern sync` goes on where the last run ended";
    let early = status.error().map(|why| {
        Finding::fault(About::Sync, format!("the last run of sync ended early: {why}"), REMEDY)
    });
    let late = match status.finished() {
        None if status.sources.is_empty() => None,
        None => {
            Some(Finding::advice(About::Sync, "no run of sync has come to its end yet", REMEDY))
        }
        Some(at) => clock::future("a run of sync ended", at, now).or_else(|| stale(at, every, now)),
    };
    early.into_iter().chain(late).collect()
}

fn stale(finished: Timestamp, every: Option<Duration>, now: Timestamp) -> Option<Finding> {
    let pause = every.and_then(|every| SignedDuration::try_from(every.saturating_mul(MISSED)).ok());
    let age = now.duration_since(finished);
    let hours = age.as_hours();
    let what = format!("mail was last synced to the end {hours} hours ago, at {finished:.0}");
    match pause {
        Some(pause) if age > pause.saturating_add(RUN) => {
            let remedy = "`systemctl status postern` says whether the gateway runs, which syncs by `[sync] every`";
            Some(Finding::fault(About::Sync, what, remedy))
        }
        None if age > OLD => {
            let remedy = "`postern sync`; a timer or `[sync] every` does so by itself";
            Some(Finding::advice(About::Sync, what, remedy))
        }
        Some(_) | None => None,
    }
}

/// Mailboxes that could not be listed, and messages that could not be fetched: an example of each.
fn mailboxes(status: &Status) -> Vec<Finding> {
    let all = || status.mailboxes.iter();
    let name = |one: &MailboxStatus| one.name();
    let unlisted = all().filter(|one| one.error.is_some()).count();
    let first = all().find_map(|one| Some((name(one), one.error.as_deref()?)));
    let unlisted = first.map(|(name, why)| {
        let what = format!(
            "{unlisted} of {} mailboxes could not be listed: {name}: {why}",
            status.mailboxes.len()
        );
        Finding::advice(About::Sync, what, "`postern sync` lists them again")
    });
    let failed: u64 = all().map(|one| one.failed).sum();
    let first = all().find(|one| one.failed > 0);
    let failed = first.map(|first| {
        let what = format!("{failed} messages could not be fetched, such as of {}", name(first));
        Finding::advice(
            About::Sync,
            what,
            "`postern sync` asks for them again, and says why it fails",
        )
    });
    unlisted.into_iter().chain(failed).collect()
}

#[cfg(test)]
mod tests {
    use postern_archive::SourceStatus;

    use super::super::Severity;
    use super::*;

    const NOW: &str = "2024-05-10T12:00:00Z";

    fn found(status: &Status, every: Option<u64>) -> Vec<(Severity, String)> {
        let every = every.map(Duration::from_secs);
        let found = runs(status, every, NOW.parse().unwrap()).into_iter().chain(mailboxes(status));
        found.map(|one| (one.severity, one.what)).collect()
    }

    fn source(finished: Option<&str>, error: Option<&str>) -> Status {
        let finished = finished.map(|at| at.parse().unwrap());
        let error = error.map(str::to_owned);
        let source = SourceStatus { finished, error, ..SourceStatus::default() };
        Status { sources: vec![source], ..Status::default() }
    }

    #[test]
    fn how_fresh_mail_is() {
        for (finished, every, told) in [
            (None, None, Some((Severity::Advice, "no run of sync has come to its end yet"))),
            (Some("2024-05-10T11:00:00Z"), None, None),
            (Some("2024-05-04T12:00:00Z"), None, None),
            (Some("2024-05-03T11:00:00Z"), None, Some((Severity::Advice, "169 hours ago"))),
            (Some("2024-05-10T10:30:00Z"), Some(900), None),
            (Some("2024-05-10T10:00:00Z"), Some(900), Some((Severity::Fault, "2 hours ago"))),
            (Some("2024-05-11T12:00:00Z"), Some(900), Some((Severity::Advice, "in the future"))),
        ] {
            let found = found(&source(finished, None), every);
            assert_eq!(found.len(), usize::from(told.is_some()), "{finished:?} {found:?}");
            for ((severity, what), (expected, part)) in found.iter().zip(told) {
                assert!(*severity == expected && what.contains(part), "{finished:?} {found:?}");
            }
        }
        assert_eq!(found(&Status::default(), Some(900)), [], "nothing is synced here");
    }

    #[test]
    fn what_went_wrong_in_a_run() {
        let mut status = source(Some("2024-05-10T11:00:00Z"), Some("the key is refused"));
        let ann =
            MailboxStatus { address: "ann@x.com".into(), failed: 2, ..MailboxStatus::default() };
        let error = Some("status 500".to_owned());
        let bob = MailboxStatus { address: "bob@x.com".into(), error, ..ann.clone() };
        status.mailboxes = vec![ann, bob, MailboxStatus::default()];
        assert_eq!(
            found(&status, None),
            [
                (
                    Severity::Fault,
                    "the last run of sync ended early: the key is refused".to_owned()
                ),
                (
                    Severity::Advice,
                    "1 of 3 mailboxes could not be listed: bob@x.com: status 500".to_owned()
                ),
                (
                    Severity::Advice,
                    "4 messages could not be fetched, such as of ann@x.com".to_owned()
                ),
            ]
        );
    }
}
