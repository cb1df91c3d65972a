//! `postern check`.

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use postern_actions::Record;
use postern_archive::{Archive, Damage};
use postern_gateway::config::Overrides;
use serde_json::{Value, json};

use crate::args::{Check, Common, TextOrJson};
use crate::exit::Exit;
use crate::private::{self, Open};
use crate::{data, output, settings, terminal};

/// What was found in a data folder, or in several.
#[derive(Default)]
struct Found {
    bytes: u64,
    damaged: Vec<(Damage, &'static str)>,
    /// What other users can read, and why it stays so.
    open: Vec<Open>,
}

/// Verifies every checksum of the data folders and says which files are not what was written.
pub(crate) fn run(common: &Common, arguments: &Check) -> anyhow::Result<Exit> {
    let bar = progress_bar(common.quiet);
    let mut found = Found::default();
    for folder in folders(common)? {
        folder_of(&folder, &bar, &mut found)?;
    }
    bar.finish_and_clear();
    match arguments.format {
        TextOrJson::Json => output::json(&found.json())?,
        TextOrJson::Text => found.text(common.quiet)?,
    }
    Ok(if found.damaged.is_empty() { Exit::Done } else { Exit::Failed })
}

/// The data folder, or those of all tenants of a configuration.
fn folders(common: &Common) -> anyhow::Result<Vec<PathBuf>> {
    if common.config.is_none() {
        return Ok(vec![data::place(common)?]);
    }
    let config = settings::load(common, &Overrides::default())?;
    let mut folders: Vec<_> = config.tenants.into_iter().map(|tenant| tenant.data).collect();
    folders.push(config.data);
    folders.sort();
    folders.dedup();
    Ok(folders)
}

fn folder_of(folder: &Path, bar: &ProgressBar, found: &mut Found) -> anyhow::Result<()> {
    found.open.extend(private::close_all(folder));
    let Found { bytes, damaged, .. } = found;
    let mut pace = |path: &Path, read: u64| {
        *bytes += read;
        let name = path.file_name().map(|name| terminal::safe(&name.to_string_lossy()));
        let read = indicatif::HumanBytes(*bytes);
        bar.set_message(format!("{read} verified, {}", name.unwrap_or_default()));
        bar.tick();
    };
    let all = Archive::below(folder).check(&mut pace)?;
    damaged.extend(all.into_iter().map(|one| {
        let remedy = remedy(folder, &one.path);
        (one, remedy)
    }));
    record(folder, found)
}

/// Each line of the record of actions keeps something from being done twice.
fn record(folder: &Path, found: &mut Found) -> anyhow::Result<()> {
    let record = Record::below(folder);
    let (bytes, lines) = record.damage()?;
    found.bytes += bytes;
    found.damaged.extend(lines.into_iter().map(|line| {
        let reason = format!("line {line} cannot be read");
        (Damage { path: record.path().to_owned(), reason }, FORGOTTEN)
    }));
    Ok(())
}

const FORGOTTEN: &str = "what that line told may be done again: look into the mailbox or drive before the next act, or take \
     the file from a copy";

/// What to do about a damaged file.
fn remedy(folder: &Path, path: &Path) -> &'static str {
    let is_below = |name: &str| path.starts_with(folder.join(name));
    if is_below("sync/messages") {
        "`postern sync --rebuild` downloads it again"
    } else if is_below("sync") {
        "remove it and run `postern sync`, which lists and downloads everything again"
    } else if is_below("index/checked.json") {
        "nothing: the next `postern index` writes it anew"
    } else {
        "make the index anew: `postern index --rebuild PATH`, or `postern sync --rebuild` of what was synced"
    }
}

impl Found {
    fn text(&self, quiet: bool) -> anyhow::Result<()> {
        for open in &self.open {
            output::line(terminal::safe(&open.to_string()))?;
        }
        for (Damage { path, reason }, remedy) in &self.damaged {
            let name = output::styled(output::BAD, terminal::safe(&path.display().to_string()));
            output::line(format!("{name}: {}; {remedy}", terminal::safe(reason)))?;
        }
        let bytes = indicatif::HumanBytes(self.bytes);
        match self.damaged.len() {
            0 if quiet => Ok(()),
            0 => output::line(format!("everything is as it was written ({bytes} verified)")),
            1 => output::line(format!("1 file is damaged ({bytes} verified)")),
            many => output::line(format!("{many} files are damaged ({bytes} verified)")),
        }
    }

    fn json(&self) -> Value {
        let damaged = self.damaged.iter().map(|(Damage { path, reason }, remedy)| {
            json!({"path": path.display().to_string(), "reason": reason, "do": remedy})
        });
        let open = self
            .open
            .iter()
            .map(|open| json!({"path": open.path.display().to_string(), "command": open.command}));
        json!({
            "bytes": self.bytes,
            "damaged": damaged.collect::<Vec<_>>(),
            "open": open.collect::<Vec<_>>(),
        })
    }
}

/// Says how far something that reads many files has come.
pub(super) fn progress_bar(quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    bar
}
