//! `postern doctor`.

#[cfg(unix)]
mod owner;

use std::path::{Path, PathBuf};

use postern_archive::Archive;
use postern_archive::backup::UNFINISHED_RESTORE;
use postern_gateway::config::{Audit, Config, ConfigError, Overrides};
use postern_gateway::doctor::{self, About, Finding, Severity, Stored};
use postern_gateway::wire::FindingView;
use serde_json::json;

use crate::args::{Common, Doctor, TextOrJson};
use crate::exit::Exit;
use crate::private::{self, Open};
use crate::words::counted;
use crate::{clock, cluster, data, output, settings, terminal};

/// Bytes of an index whose files are all verified here; those of a larger one `postern check` verifies.
const VERIFIED_AT_MOST: u64 = 1 << 30;

/// A data folder.
struct Folder {
    path: PathBuf,
    /// The tenant, where there are several.
    tenant: Option<String>,
    /// Whether mail lies there, and not only keys.
    has_mail: bool,
}

/// Looks at everything, and says what is wrong.
pub(crate) fn run(common: &Common, arguments: &Doctor) -> anyhow::Result<Exit> {
    let mut found = Vec::new();
    let config = settings::read(common, &Overrides::default());
    match &config {
        Ok(config) => found.extend(configured(common, config, arguments.offline)?),
        Err(error) => found.push(not_valid(common, error)),
    }
    for folder in folders(common, config.as_ref().ok())? {
        let every = config.as_ref().ok().and_then(|config| config.sync.every);
        let audit = config.as_ref().map(|config| config.audit.clone()).unwrap_or_default();
        found.extend(below(&folder, &audit, every));
    }
    found.sort();
    let faults = found.iter().filter(|one| one.severity == Severity::Fault).count();
    match arguments.format {
        TextOrJson::Json => json(found, faults)?,
        TextOrJson::Text => text(common, &found, faults)?,
    }
    Ok(if faults == 0 { Exit::Done } else { Exit::Failed })
}

/// What is wrong with a configuration that is valid, and with what it names.
fn configured(common: &Common, config: &Config, offline: bool) -> anyhow::Result<Vec<Finding>> {
    let now = clock::now();
    let mut found = doctor::certificates(config, now);
    let file = common.config.as_deref();
    found.extend(file.and_then(|file| doctor::timer(config, file, Path::new("/"))));
    let own = file.filter(|_| config.file_holds_keys);
    let secrets = config.secret_files().into_iter().chain(own);
    found.extend(secrets.filter_map(private::open_secret).map(open));
    if !offline {
        let runtime = cluster::runtime()?;
        found.extend(runtime.block_on(doctor::services(config, now)));
        // A name that is still being looked up does not keep anybody waiting.
        runtime.shutdown_background();
    }
    Ok(found)
}

/// What is wrong with a configuration that is not valid, or cannot be read with a file that it names.
fn not_valid(common: &Common, error: &anyhow::Error) -> Finding {
    let about = About::Configuration;
    match error.downcast_ref() {
        Some(ConfigError::Unreadable { path, reason }) if common.config.as_ref() != Some(path) => {
            let path = path.display();
            let what = format!("`{path}`, which the configuration names, cannot be read: {reason}");
            Finding::fault(
                about,
                what,
                format!("`ls -l '{path}'` says who may; it has to be the user of the gateway"),
            )
        }
        _ => Finding::told(about, &error.to_string(), "`postern config check`"),
    }
}

/// The data folders of the configuration; where it is not valid, only the one that is told.
fn folders(common: &Common, config: Option<&Config>) -> anyhow::Result<Vec<Folder>> {
    let only = |path| vec![Folder { path, tenant: None, has_mail: true }];
    let config = match (config, &common.data) {
        (_, Some(told)) => return Ok(only(told.clone())),
        (None, None) if common.config.is_some() => return Ok(Vec::new()),
        (None, None) => return Ok(only(data::place(common)?)),
        (Some(config), None) => config,
    };
    let is_several = config.tenants.len() > 1;
    let tenants = config.tenants.iter().map(|tenant| {
        let name = is_several.then(|| tenant.id.clone());
        Folder { path: tenant.data.clone(), tenant: name, has_mail: true }
    });
    let mut all: Vec<_> = tenants.collect();
    if all.iter().all(|folder| folder.path != config.data) {
        let has_mail = all.is_empty();
        all.push(Folder { path: config.data.clone(), tenant: None, has_mail });
    }
    Ok(all)
}

/// What is wrong below a data folder.
fn below(folder: &Folder, audit: &Audit, every: Option<std::time::Duration>) -> Vec<Finding> {
    let mut found: Vec<_> = private::still_open(&folder.path).into_iter().map(open).collect();
    found.extend(half_restored(&folder.path));
    #[cfg(unix)]
    found.extend(owner::look(&folder.path));
    if folder.has_mail {
        let archive = Archive::below(&folder.path);
        let is_small = archive.index_bytes() <= VERIFIED_AT_MOST;
        let damage = is_small.then(|| archive.verifier().look(&mut |_, _| {}));
        // What cannot be verified cannot be opened either, which is told.
        let damage = damage.and_then(Result::ok).unwrap_or_default();
        let now = clock::now();
        let looked_at = Stored { archive: &archive, damage: &damage, audit, every, now };
        found.extend(doctor::stored(looked_at));
    }
    let of_tenant = |one| Finding { tenant: folder.tenant.clone(), ..one };
    found.into_iter().map(of_tenant).collect()
}

fn open(open: Open) -> Finding {
    let Open { path, reason, command } = open;
    let what = format!("other users of this machine can read `{}`{reason}", path.display());
    Finding::fault(About::Permissions, what, format!("`{command}`"))
}

/// What a restore of a backup that was killed left behind, beside its place or in it.
fn half_restored(data: &Path) -> Option<Finding> {
    let places = [Some(data), data.parent()].into_iter().flatten();
    let entries = places.filter_map(|place| std::fs::read_dir(place).ok()).flatten().flatten();
    let is_left = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with(UNFINISHED_RESTORE);
    let left = entries.map(|entry| entry.path()).find(|path| path.file_name().is_some_and(is_left));
    let left = left?.display().to_string();
    let what = format!("`{left}` is half of a backup: it is being restored, or that was killed");
    let remedy = format!("where no `postern backup restore` runs: `rm --recursive '{left}'`");
    Some(Finding::advice(About::Books, what, remedy))
}

fn json(found: Vec<Finding>, faults: usize) -> anyhow::Result<()> {
    let advice = found.len().saturating_sub(faults);
    let found: Vec<_> = found.into_iter().map(FindingView::from).collect();
    output::json(&json!({"faults": faults, "advice": advice, "findings": found}))
}

fn text(common: &Common, found: &[Finding], faults: usize) -> anyhow::Result<()> {
    for one in found {
        let style = if one.severity == Severity::Fault { output::BAD } else { output::STRONG };
        let severity = output::styled(style, format!("{:<6}", one.severity.as_str()));
        let tenant = one.tenant.as_ref().map(|tenant| format!(" of {tenant}")).unwrap_or_default();
        let place = terminal::safe(&format!("{}{tenant}", one.about.as_str()));
        output::line(format!("{severity}  {place}: {}", terminal::safe(&one.what)))?;
        output::line(format!("        {}", terminal::safe(&one.remedy)))?;
    }
    if common.quiet {
        return Ok(());
    }
    let looked = About::ALL.map(About::as_str).join(", ");
    let advice = found.len().saturating_sub(faults);
    match found.len() {
        0 => output::line(format!("nothing is wrong with {looked}")),
        _ => output::line(format!("{}, {advice} advice", counted(faults as u64, "fault"))),
    }
}
