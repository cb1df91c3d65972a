//! `postern index`.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use postern_archive::ingest::{Faults, Ingest, Progress, Summary};
use postern_archive::{Archive, WriteOptions};
use postern_gateway::config::{Overrides, To};
use postern_mail::contents::AttachmentText;
use postern_mail::source::PlaceRule;
use serde_json::json;

use crate::args::{Common, Index, TextOrJson};
use crate::exit::Exit;
use crate::news::Watched;
use crate::{clock, cluster, data, interrupt, output, settings, terminal};

/// Indexes mail and says what was done.
pub(crate) fn run(common: &Common, arguments: &Index) -> anyhow::Result<Exit> {
    for path in &arguments.paths {
        data::must_exist(path)?;
    }
    let config = settings::load(common, &Overrides::default())?;
    let to = arguments.to.map_or(config.index_to, To::from);
    let folder = folder(common, to)?;
    anyhow::ensure!(
        to == To::Local || !arguments.rebuild,
        "--rebuild works on the index of this machine only; leave it out, or write --to local"
    );
    let stopped = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stopped);
    interrupt::on_ctrl_c(move || asked.swap(true, Ordering::Relaxed))?;
    let bar = progress_bar(common.quiet);
    let began = Instant::now();
    let tenant = arguments.tenant.as_deref();
    let to_write = config.destination(to, tenant, cluster::notice(common.quiet))?;
    let ingest = Ingest { to: to_write, ..ingest(arguments)? };
    let archive = Archive::below(&folder);
    let progress = &mut |progress: &Progress| {
        show(&bar, progress);
        if stopped.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let watched = Watched::of(common, &folder, Some(to), tenant)?;
    let is_here = to != To::Cluster;
    watched.before(arguments.rebuild);
    let summary = archive.ingest(&ingest, &clock::now, progress)?;
    bar.finish_and_clear();
    let size = is_here.then(|| directory_size(&folder.join("index")));
    match arguments.format {
        TextOrJson::Json => output::json(&json(&summary, began.elapsed(), size))?,
        TextOrJson::Text if !common.quiet => text(&summary, began.elapsed(), size)?,
        TextOrJson::Text => {}
    }
    watched.after(!summary.stopped);
    Ok(if summary.unreadable.is_empty() { Exit::Done } else { Exit::SomeUnreadable })
}

/// The data folder. With several tenants the cluster has the index of one, and what it acknowledged is noted in
/// the folder that is told.
fn folder(common: &Common, to: To) -> anyhow::Result<PathBuf> {
    match to {
        To::Local | To::Both => data::folder(common),
        To::Cluster => data::folder(common).or_else(|_| data::place(common)),
    }
}

fn ingest(arguments: &Index) -> anyhow::Result<Ingest> {
    let jobs = usize::from(arguments.jobs);
    Ok(Ingest {
        paths: arguments.paths.clone(),
        files: arguments.files,
        place: PlaceRule { mailbox: arguments.mailbox.clone(), folder: arguments.folder.clone() },
        options: WriteOptions {
            memory_bytes: arguments.memory,
            threads: jobs,
            rebuild: arguments.rebuild,
        },
        jobs,
        attachment_text: attachment_text(arguments)?,
        prune: arguments.prune,
        commit_every: arguments.commit_every,
        ..Ingest::default()
    })
}

fn attachment_text(arguments: &Index) -> anyhow::Result<AttachmentText> {
    if arguments.no_attachment_text {
        Ok(AttachmentText::Off)
    } else {
        super::attachment_text::all()
    }
}

// ---- progress ----

fn progress_bar(quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    let style = "{bar:24} {percent:>3}%  {msg}  {binary_bytes_per_sec}  {eta} left";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn show(bar: &ProgressBar, progress: &Progress) {
    bar.set_length(progress.total_bytes);
    bar.set_position(progress.done_bytes);
    if progress.messages.is_multiple_of(100) {
        let name = progress.current.file_name().map(|name| terminal::safe(&name.to_string_lossy()));
        bar.set_message(format!("{} messages, {}", progress.messages, name.unwrap_or_default()));
    }
}

// ---- summary ----

fn text(summary: &Summary, took: Duration, size: Option<u64>) -> anyhow::Result<()> {
    let rate = per_second(summary.found.saturating_sub(summary.already_there), took);
    let bytes = human_size(per_second(summary.bytes, took));
    let rows = [
        ("found", summary.found.to_string()),
        ("indexed", summary.indexed.to_string()),
        ("… files", summary.files.to_string()),
        ("… broken", summary.broken.values().sum::<u64>().to_string()),
        ("already there", summary.already_there.to_string()),
        ("duplicates", summary.duplicates.to_string()),
        ("forgotten files", summary.forgotten.to_string()),
        ("attachments read", summary.attachments_read.to_string()),
        ("… without text", summary.attachments_without_text.to_string()),
        ("… not read", summary.attachments_unread.count.to_string()),
        ("unreadable", summary.unreadable.count.to_string()),
        ("not mail", summary.not_mail.count.to_string()),
        ("time", format!("{:.1} s, {rate} messages and {bytes} a second", took.as_secs_f64())),
    ];
    let row = size.map(|size| ("index", human_size(size)));
    for (name, value) in rows.into_iter().chain(row) {
        output::line(format!("{name:>16}  {value}"))?;
    }
    broken(&summary.broken)?;
    list("attachments not read, or not to their end", &summary.attachments_unread)?;
    list("unreadable", &summary.unreadable)?;
    list("not mail; --files indexes documents too", &summary.not_mail)?;
    list("read, with a note", &summary.notes)?;
    if summary.stopped {
        output::line("stopped before the end; run it again to go on")?;
    }
    if summary.found > 0 && size.is_some() {
        output::line("\nnow search it: postern search 'from:alice has:attachment'")?;
    }
    Ok(())
}

/// What was broken, and how often; the messages were read as far as they go.
fn broken(kinds: &BTreeMap<String, u64>) -> anyhow::Result<()> {
    if !kinds.is_empty() {
        output::line("\nbroken, and read as far as they go:")?;
    }
    for (kind, count) in kinds {
        output::line(format!("{count:>7}  {}", terminal::safe(kind)))?;
    }
    Ok(())
}

/// Files with their reasons.
fn list(title: &str, faults: &Faults) -> anyhow::Result<()> {
    if !faults.is_empty() {
        output::line(format!("\n{title}:"))?;
    }
    for fault in &faults.first {
        let name = terminal::safe(&fault.name());
        output::line(format!("  {name}: {}", terminal::safe(&fault.reason)))?;
    }
    match faults.count.saturating_sub(faults.first.len() as u64) {
        0 => {}
        more => output::line(format!("  … and {more} more"))?,
    }
    Ok(())
}

fn json(summary: &Summary, took: Duration, size: Option<u64>) -> serde_json::Value {
    let faults = |faults: &Faults| {
        let each =
            faults.first.iter().map(|fault| json!({"path": fault.name(), "reason": fault.reason}));
        each.collect::<Vec<_>>()
    };
    json!({
        "found": summary.found,
        "indexed": summary.indexed,
        "files": summary.files,
        "alreadyThere": summary.already_there,
        "duplicates": summary.duplicates,
        "broken": summary.broken,
        "forgotten": summary.forgotten,
        "attachmentsRead": summary.attachments_read,
        "attachmentsWithoutText": summary.attachments_without_text,
        "attachmentsUnread": faults(&summary.attachments_unread),
        "unreadable": faults(&summary.unreadable),
        "notMail": faults(&summary.not_mail),
        "notes": faults(&summary.notes),
        "attachmentsUnreadCount": summary.attachments_unread.count,
        "unreadableCount": summary.unreadable.count,
        "notMailCount": summary.not_mail.count,
        "notesCount": summary.notes.count,
        "stopped": summary.stopped,
        "bytes": summary.bytes,
        "indexBytes": size,
        "tookMs": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "messagesPerSecond": per_second(summary.found.saturating_sub(summary.already_there), took),
    })
}

/// How many a second, whole.
fn per_second(count: u64, took: Duration) -> u64 {
    let milliseconds = took.as_millis().max(1);
    u64::try_from(u128::from(count) * 1_000 / milliseconds).unwrap_or(u64::MAX)
}

fn human_size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

/// Bytes of all files below a folder.
fn directory_size(folder: &std::path::Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => directory_size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
