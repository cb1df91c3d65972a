//! `postern backup`: copies of the data folders, and the way back.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use indicatif::{HumanBytes, ProgressBar};
use postern_archive::Damage;
use postern_archive::backup::{Backup, Backups, Installation, Made};
use postern_gateway::config::Config;
use serde_json::{Value, json};

use super::check::progress_bar;
use crate::args::{BackupMake, BackupRead, BackupRestore, BackupVerb, Common, TextOrJson};
use crate::exit::Exit;
use crate::{clock, output, settings, terminal};

/// Makes, lists, verifies or restores backups.
pub(crate) fn run(common: &Common, verb: &BackupVerb) -> anyhow::Result<Exit> {
    match verb {
        BackupVerb::Make(arguments) => make(common, arguments),
        BackupVerb::List(arguments) => list(arguments),
        BackupVerb::Verify(arguments) => verify(common, arguments),
        BackupVerb::Restore(arguments) => restore(common, arguments),
    }
}

fn make(common: &Common, arguments: &BackupMake) -> anyhow::Result<Exit> {
    let config = settings::load(common, &settings::not_listening())?;
    let installation = installation(common, &config);
    let backups = Backups::below(&arguments.folder)?;
    let bar = progress_bar(common.quiet);
    let made =
        backups.make(&installation, clock::now(), arguments.wait, &mut pace(&bar, "copied"))?;
    let keep = |keep: u16| backups.keep(&made.backup, keep.into());
    let removed = arguments.keep.map(keep).transpose()?.unwrap_or(0);
    bar.finish_and_clear();
    common.noted.put("backup", made.backup.name());
    match arguments.format {
        TextOrJson::Json => output::json(&of_made(&made, removed))?,
        TextOrJson::Text if common.quiet => {}
        TextOrJson::Text => tell_made(&made, removed)?,
    }
    Ok(Exit::Done)
}

/// All that is of this installation. A configuration with secrets in it is named as one.
fn installation(common: &Common, config: &Config) -> Installation {
    let mut folders: Vec<(String, PathBuf)> = vec![("data".to_owned(), config.data.clone())];
    for tenant in &config.tenants {
        if folders.iter().all(|(_, folder)| *folder != tenant.data) {
            folders.push((named(&tenant.id, &folders), tenant.data.clone()));
        }
    }
    let mut secrets: Vec<_> = config.secret_files().into_iter().map(Path::to_owned).collect();
    let configuration = common.config.clone();
    let open = configuration.filter(|file| {
        if config.file_holds_keys {
            secrets.push(file.clone());
        }
        !config.file_holds_keys
    });
    Installation { folders, configuration: open, secrets }
}

/// The id of a tenant as the name of a folder, which no other has.
fn named(id: &str, others: &[(String, PathBuf)]) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '_' };
    let name: String = id.chars().map(plain).collect();
    let taken: BTreeSet<_> = others.iter().map(|(name, _)| name.as_str()).collect();
    if taken.contains(name.as_str()) { format!("{name}-{}", others.len()) } else { name }
}

fn pace<'a>(bar: &'a ProgressBar, what: &'a str) -> impl FnMut(&Path, u64) + 'a {
    let mut bytes = 0;
    move |path, read| {
        bytes += read;
        let name = path.file_name().map(|name| terminal::safe(&name.to_string_lossy()));
        bar.set_message(format!("{} {what}, {}", HumanBytes(bytes), name.unwrap_or_default()));
        bar.tick();
    }
}

fn tell_made(made: &Made, removed: usize) -> anyhow::Result<()> {
    let Made { backup, new_files, new_bytes } = made;
    let (files, bytes) = (backup.files().count(), HumanBytes(backup.bytes()));
    let new = HumanBytes(*new_bytes);
    output::line(format!(
        "backup {}: {files} files ({bytes}), {new_files} of them new ({new})",
        backup.name()
    ))?;
    if removed > 0 {
        output::line(format!("removed before it: {removed}"))?;
    }
    tell_secrets(backup, "not copied, because they are secret; keep them elsewhere")
}

fn tell_secrets(backup: &Backup, what: &str) -> anyhow::Result<()> {
    if backup.secrets.is_empty() {
        return Ok(());
    }
    output::line(format!("{what}:"))?;
    let paths = backup.secrets.iter().map(|path| terminal::safe(&path.display().to_string()));
    paths.into_iter().try_for_each(|path| output::line(format!("  {path}")))
}

fn of_made(made: &Made, removed: usize) -> Value {
    let Value::Object(mut map) = of_backup(&made.backup) else { return Value::Null };
    map.insert("newFiles".to_owned(), made.new_files.into());
    map.insert("newBytes".to_owned(), made.new_bytes.into());
    map.insert("removed".to_owned(), removed.into());
    Value::Object(map)
}

fn of_backup(backup: &Backup) -> Value {
    json!({
        "name": backup.name(), "made": backup.made, "tool": backup.tool,
        "files": backup.files().count(), "bytes": backup.bytes(),
        "folders": backup.parts.iter().map(|part| &part.origin).collect::<Vec<_>>(),
        "configuration": backup.configuration.as_ref().map(|file| &file.path),
        "secrets": backup.secrets,
    })
}

fn list(arguments: &BackupRead) -> anyhow::Result<Exit> {
    let all = Backups::below(&arguments.folder)?.all()?;
    match arguments.format {
        TextOrJson::Json => output::json(&all.iter().map(of_backup).collect::<Vec<_>>())?,
        TextOrJson::Text if all.is_empty() => output::line("there is no backup here yet")?,
        TextOrJson::Text => {
            for backup in &all {
                let (files, bytes) = (backup.files().count(), HumanBytes(backup.bytes()));
                output::line(format!("{}  {files} files  {bytes}", backup.name()))?;
            }
        }
    }
    Ok(Exit::Done)
}

fn verify(common: &Common, arguments: &BackupRead) -> anyhow::Result<Exit> {
    let bar = progress_bar(common.quiet);
    let damaged = Backups::below(&arguments.folder)?.verify(&mut pace(&bar, "verified"))?;
    bar.finish_and_clear();
    match arguments.format {
        TextOrJson::Json => output::json(&damages(&damaged))?,
        TextOrJson::Text => {
            for Damage { path, reason } in &damaged {
                let name = terminal::safe(&path.display().to_string());
                output::line(format!("{}: {reason}", output::styled(output::BAD, name)))?;
            }
            if damaged.is_empty() && !common.quiet {
                output::line("every file is as it was written")?;
            }
        }
    }
    Ok(if damaged.is_empty() { Exit::Done } else { Exit::Failed })
}

fn damages(damaged: &[Damage]) -> Value {
    let each = |one: &Damage| json!({"path": one.path.display().to_string(), "reason": one.reason});
    json!({"damaged": damaged.iter().map(each).collect::<Vec<_>>()})
}

fn restore(common: &Common, arguments: &BackupRestore) -> anyhow::Result<Exit> {
    let backups = Backups::below(&arguments.folder)?;
    let backup = backups.named(arguments.backup.as_deref())?;
    let bar = progress_bar(common.quiet);
    let places = backups.restore(&backup, arguments.to.as_deref(), &mut pace(&bar, "restored"))?;
    bar.finish_and_clear();
    match arguments.format {
        TextOrJson::Json => {
            output::json(
                &json!({"name": backup.name(), "restored": places, "secrets": backup.secrets}),
            )?;
        }
        TextOrJson::Text if common.quiet => {}
        TextOrJson::Text => {
            for place in &places {
                output::line(format!("restored {}", terminal::safe(&place.display().to_string())))?;
            }
            tell_secrets(&backup, "put these back by hand, readable by nobody else")?;
        }
    }
    Ok(Exit::Done)
}
