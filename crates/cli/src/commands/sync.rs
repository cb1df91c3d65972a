//! `postern sync`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use postern_archive::{Archive, Destination, WriteOptions};
use postern_gateway::config::{Config, SyncSettings, To};
use postern_gateway::source::Source;
use postern_sync::{Progress, Summary, SyncOptions};
use serde_json::{Value, json};

use crate::args::{Common, Sync, TextOrJson};
use crate::exit::Exit;
use crate::news::Watched;
use crate::source;
use crate::words::{are, counted};
use crate::{clock, cluster, interrupt, output, service, settings, terminal};

/// How often progress is shown.
const TICK: Duration = Duration::from_millis(200);

/// Brings collected mail here and says what was done.
pub(crate) fn run(common: &Common, arguments: &Sync) -> anyhow::Result<Exit> {
    let overrides = service::overrides(common, &arguments.service)?;
    let mut config = settings::load(common, &overrides)?;
    config.sync.attachment_text = super::attachment_text::all()?;
    if let Some(jobs) = arguments.jobs {
        config.sync.jobs = usize::from(jobs);
    }
    if let Some(time) = arguments.answer_time {
        config.sync.answer_time = time;
    }
    if let Some(to) = arguments.to {
        config.sync.to = to.into();
    }
    anyhow::ensure!(
        config.sync.to == To::Local || !arguments.rebuild,
        "--rebuild works on the index of this machine only; leave it out, or write --to local"
    );
    let tenant = arguments.service.tenant.as_deref();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let inside = runtime.enter();
    let sources = source::all(&config, tenant, arguments.source.as_deref(), arguments.at)?;
    drop(inside);
    let (progress, asked) = (Arc::new(Progress::default()), Arc::new(AtomicBool::new(false)));
    let (stop, is_asked) = (Arc::clone(&progress), Arc::clone(&asked));
    interrupt::on_ctrl_c(move || {
        stop.stop.store(true, Relaxed);
        is_asked.swap(true, Relaxed)
    })?;
    let (mut exit, mut failed) = (Exit::Done, None);
    for source in &sources {
        if sources.len() > 1 && arguments.format == TextOrJson::Text && !common.quiet {
            output::line(format!("{}:", source.name))?;
        }
        // A source that cannot be read keeps nothing from the others.
        match runtime.block_on(one(common, arguments, &config, source, &progress)) {
            Ok(Exit::Done) => {}
            Ok(other) => exit = other,
            Err(error) if failed.is_none() => failed = Some(error),
            Err(error) => output::note(format!("{}: {error:#}", source.name)),
        }
        if asked.load(Relaxed) {
            break;
        }
    }
    failed.map_or(Ok(exit), Err)
}

/// Syncs one source and tells what was done.
async fn one(
    common: &Common,
    arguments: &Sync,
    config: &Config,
    from: &Source,
    progress: &Arc<Progress>,
) -> anyhow::Result<Exit> {
    source::begin(from).await;
    let began = Instant::now();
    let archive = Archive::below(&from.data);
    let watched = watched(common, from, config, arguments.dry_run)?;
    if let Some(watched) = &watched {
        let (watched, is_rebuilt) = (Arc::clone(watched), arguments.rebuild);
        tokio::task::spawn_blocking(move || watched.before(is_rebuilt)).await?;
    }
    let (collection, progress) = (Arc::clone(&from.collection), Arc::clone(progress));
    let shared = Arc::clone(&progress);
    let notice = cluster::notice(common.quiet);
    let to = config.destination(config.sync.to, Some(&from.tenant), notice)?;
    let options = options(arguments, &config.sync, to);
    let work = postern_sync::run(collection, &from.tenant, &archive, options, clock::now, shared);
    let done = shown(work, &progress, common.quiet).await;
    source::end(from).await;
    let mut summary = done?;
    let ended = summary.ended.take();
    match arguments.format {
        TextOrJson::Json => output::json(&json(&from.name, &summary, began.elapsed()))?,
        TextOrJson::Text if !common.quiet => text(&summary, began.elapsed(), arguments.dry_run)?,
        TextOrJson::Text => {}
    }
    if let Some(watched) = watched {
        let is_whole = ended.is_none() && !summary.stopped;
        tokio::task::spawn_blocking(move || watched.after(is_whole)).await?;
    }
    match ended {
        Some(error) => Err(error.into()),
        None if summary.failures > 0 => Ok(Exit::SomeUnreadable),
        None => Ok(Exit::Done),
    }
}

/// The saved searches of the folder that mail is brought to; nothing where none is brought.
fn watched(
    common: &Common,
    from: &Source,
    config: &Config,
    dry_run: bool,
) -> anyhow::Result<Option<Arc<Watched>>> {
    if dry_run {
        return Ok(None);
    }
    Ok(Some(Arc::new(Watched::of(common, &from.data, Some(config.sync.to), Some(&from.tenant))?)))
}

fn options(arguments: &Sync, settings: &SyncSettings, to: Destination) -> SyncOptions {
    let known = SyncOptions::default();
    SyncOptions {
        mailboxes: arguments.mailbox.clone(),
        since: arguments.since,
        jobs: settings.jobs,
        full: arguments.full,
        dry_run: arguments.dry_run,
        prune: arguments.prune,
        attachment_text: settings.attachment_text.clone(),
        to,
        options: WriteOptions { rebuild: arguments.rebuild, ..known.options },
    }
}

// ---- progress ----

async fn shown<T>(work: impl Future<Output = T>, progress: &Progress, quiet: bool) -> T {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => {
                bar.finish_and_clear();
                return done;
            }
            () = tokio::time::sleep(TICK) => {
                bar.tick();
                bar.set_message(so_far(progress));
            }
        }
    }
}

fn so_far(progress: &Progress) -> String {
    let (windows, downloaded) = (progress.windows.load(Relaxed), progress.downloaded.load(Relaxed));
    let bytes = indicatif::HumanBytes(progress.bytes.load(Relaxed));
    let drives = match (progress.drives.load(Relaxed), progress.files.load(Relaxed)) {
        (0, _) => String::new(),
        (drives, files) => {
            let (files, drives) = (counted(files, "file"), counted(drives, "drive"));
            format!("; {files} listed in {drives}")
        }
    };
    let brought = brought(downloaded, progress.files_downloaded.load(Relaxed));
    format!("{} listed, {brought} downloaded, {bytes}{drives}", counted(windows, "window"))
}

// ---- summary ----

fn text(summary: &Summary, took: Duration, dry_run: bool) -> anyhow::Result<()> {
    let missing = summary.known.saturating_sub(summary.here);
    let missing_files = summary.files.saturating_sub(summary.files_here);
    let here = |here: u64, known: u64, one: &str, places: String| {
        output::line(format!("{here} of {} {} here, in {places}", counted(known, one), are(known)))
    };
    let mailboxes = counted(summary.mailboxes, "mailbox");
    here(summary.here, summary.known, "known message", mailboxes)?;
    if summary.drives > 0 || summary.files > 0 {
        let drives = counted(summary.drives, "drive");
        here(summary.files_here, summary.files, "known file", drives)?;
    }
    let (before, gone) = (summary.already_here, summary.gone);
    output::line(format!(
        "downloaded {} ({}), {before} {} here before, {gone} {} gone upstream; {} in {:.1} s",
        brought(summary.downloaded, summary.files_downloaded),
        indicatif::HumanBytes(summary.bytes),
        if before == 1 { "was" } else { "were" },
        are(gone),
        counted(summary.requests, "request"),
        took.as_secs_f64()
    ))?;
    if dry_run {
        let all = brought(missing, summary.files_to_download);
        output::line(format!("nothing was changed; {all} would be downloaded"))?;
    }
    if summary.failures > 0 {
        output::line(format!("\n{} could not be fetched:", summary.failures))?;
    }
    for one in &summary.failed {
        let name = terminal::safe(&format!("{} {}", one.mailbox, one.item));
        output::line(format!("  {name}: {}", terminal::safe(&one.reason)))?;
    }
    if summary.stopped || (missing + missing_files > 0 && !dry_run) {
        output::line("run it again to go on")?;
    }
    Ok(())
}

/// So many messages, and files where there are some.
fn brought(messages: u64, files: u64) -> String {
    let messages = counted(messages, "message");
    if files == 0 { messages } else { format!("{messages} and {}", counted(files, "file")) }
}

fn json(source: &str, summary: &Summary, took: Duration) -> Value {
    let failed = summary
        .failed
        .iter()
        .map(|one| json!({"mailbox": one.mailbox, "item": one.item, "reason": one.reason}));
    json!({
        "source": source,
        "mailboxes": summary.mailboxes,
        "drives": summary.drives,
        "files": summary.files,
        "filesHere": summary.files_here,
        "filesDownloaded": summary.files_downloaded,
        "windows": summary.windows,
        "known": summary.known,
        "here": summary.here,
        "downloaded": summary.downloaded,
        "alreadyHere": summary.already_here,
        "gone": summary.gone,
        "failures": summary.failures,
        "failed": failed.collect::<Vec<_>>(),
        "requests": summary.requests,
        "bytes": summary.bytes,
        "stopped": summary.stopped,
        "tookMs": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    })
}
