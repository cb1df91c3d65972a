//! `postern status`.

mod engines;
mod place;
mod retrievals;

use postern_archive::search::Coverage;
use postern_archive::{Archive, Status as Synced};
use serde_json::json;

use crate::args::{Common, Status, TextOrJson};
use crate::exit::Exit;
use crate::words::counted;
use crate::{output, terminal};
use engines::Engines;
use place::Place;
use retrievals::Told;

/// Says who answers, what is indexed, how fresh it is, and what was retrieved from archive tiers.
pub(crate) fn run(common: &Common, arguments: &Status) -> anyhow::Result<Exit> {
    let place = Place::of(common, arguments)?;
    let archive = Archive::below(&place.data);
    let synced = archive.status()?;
    if synced.mailboxes.is_empty() && !place.has_veeam() && !place.has_cluster() {
        archive.index()?;
    }
    let coverage = archive.coverage();
    let is_former = archive.is_former();
    anyhow::ensure!(
        place.has_veeam() || arguments.retrieval.is_none(),
        "retrieval jobs are those of a server of Veeam; name the file with its settings with --config FILE"
    );
    let server = place.configured.as_ref().filter(|_| place.has_veeam() && !arguments.offline);
    let told = server.map(|at| retrievals::ask(at, arguments.retrieval.as_deref()));
    let told = told.transpose()?.flatten();
    let engines = Engines::of(&place, &archive, told.as_ref(), arguments.offline);
    match arguments.format {
        TextOrJson::Json => output::json(&json(&engines, &coverage, &synced, told.as_ref()))?,
        TextOrJson::Text => {
            place.configured.as_ref().map_or(Ok(()), |_| engines.text())?;
            text(&coverage, is_former)?;
            sync_text(&synced)?;
            told.map_or(Ok(()), |told| told.text())?;
        }
    }
    Ok(Exit::Done)
}

fn text(coverage: &Coverage, is_former: bool) -> anyhow::Result<()> {
    let as_of = coverage.as_of.map(|date| date.to_string()).unwrap_or_default();
    let (indexed, known) = (coverage.indexed, coverage.known);
    let known = match coverage.files {
        0 => counted(known, "known message"),
        _ => format!("{known} known messages and files"),
    };
    output::line(format!("{indexed} of {known}, as of {as_of}"))?;
    if is_former {
        output::line(
            "the index has a former format; `postern serve`, `postern sync` and `postern index PATH` upgrade it",
        )?;
    }
    if coverage.incomplete > 0 {
        let incomplete = counted(coverage.incomplete, "message");
        output::line(format!(
            "{incomplete} of a former format had no original to be read again; `postern doctor` says what they lack"
        ))?;
    }
    if coverage.without_attachment_text {
        output::line(
            "attachments were not looked into for all of them; `postern index --rebuild` does so",
        )?;
    }
    for mailbox in &coverage.mailboxes {
        let newest =
            mailbox.newest.map(|date| date.to_string()).unwrap_or_else(|| "no date".to_owned());
        let of = match mailbox.known {
            known if known > mailbox.indexed => format!(" of {known}"),
            _ => String::new(),
        };
        let name = terminal::safe(&mailbox.name);
        let cold = if mailbox.in_archive_tier { "  more in an archive tier" } else { "" };
        let bare = match mailbox.without_content {
            0 => String::new(),
            1 => "  1 file without its content".to_owned(),
            files => format!("  {files} files without their content"),
        };
        output::line(format!("{:>9}{of}  {name}  newest {newest}{cold}{bare}", mailbox.indexed))?;
    }
    Ok(())
}

/// What was synced of each mailbox, and what is wrong with it.
fn sync_text(synced: &Synced) -> anyhow::Result<()> {
    if synced.mailboxes.is_empty() {
        return Ok(());
    }
    let finished = synced.finished().map_or_else(|| "never".to_owned(), |at| at.to_string());
    output::line(format!("\nsynced to the end: {finished}"))?;
    if let Some(error) = synced.error() {
        output::line(format!("the last run ended early: {}", terminal::safe(error)))?;
    }
    for one in &synced.sources {
        let facts: Vec<_> =
            one.facts.iter().map(|(fact, value)| format!("{fact} {value}")).collect();
        if !facts.is_empty() {
            let text = format!("{}: {}", one.name, facts.join(", "));
            output::line(terminal::safe(&text))?;
        }
    }
    let has_several = synced.sources.len() > 1;
    for one in &synced.mailboxes {
        let source = if has_several { format!("{}: ", one.source) } else { String::new() };
        let listed = one.listed.map_or_else(|| "never".to_owned(), |at| at.to_string());
        let known = if one.is_cold { "an unknown number".into() } else { one.known.to_string() };
        let windows = match one.holds.is_drive() {
            true => String::new(),
            false => format!(" {},", counted(one.windows, "window")),
        };
        output::line(format!(
            "{:>9} of {known}  {source}{}  {},{windows} listed {listed}, {} failed, {} gone upstream",
            one.here,
            terminal::safe(&one.name()),
            counted(one.folders, "folder"),
            one.failed,
            one.gone
        ))?;
        if let Some(gone) = one.gone_at {
            output::line(format!("           the source has it no longer since {gone}"))?;
        }
        if let Some(error) = &one.error {
            output::line(format!("           {}", terminal::safe(error)))?;
        }
    }
    Ok(())
}

fn sync_json(synced: &Synced) -> serde_json::Value {
    let mailboxes = synced.mailboxes.iter().map(|one| {
        json!({
            "name": one.address, "holds": one.holds.what(), "source": one.source, "folders": one.folders, "windows": one.windows, "known": one.known,
            "here": one.here, "failed": one.failed, "gone": one.gone,
            "listed": one.listed.map(|at| at.to_string()), "error": one.error,
            "inArchiveTier": one.is_cold, "goneSince": one.gone_at.map(|at| at.to_string()),
        })
    });
    let sources = synced.sources.iter().map(|one| {
        let facts: serde_json::Map<_, _> =
            one.facts.iter().map(|(fact, value)| (fact.clone(), value.clone().into())).collect();
        json!({
            "name": one.name, "finished": one.finished.map(|at| at.to_string()),
            "error": one.error, "facts": facts,
        })
    });
    json!({
        "sources": sources.collect::<Vec<_>>(),
        "finished": synced.finished().map(|at| at.to_string()),
        "error": synced.error(),
        "mailboxes": mailboxes.collect::<Vec<_>>(),
    })
}

fn json(
    engines: &Engines,
    coverage: &Coverage,
    synced: &Synced,
    told: Option<&Told>,
) -> serde_json::Value {
    let mailboxes = coverage.mailboxes.iter().map(|mailbox| {
        json!({
            "name": mailbox.name, "indexed": mailbox.indexed, "known": mailbox.known,
            "asOf": mailbox.as_of.map(|date| date.to_string()),
            "newest": mailbox.newest.map(|date| date.to_string()),
            "inArchiveTier": mailbox.in_archive_tier,
            "filesWithoutContent": mailbox.without_content,
        })
    });
    json!({
        "engines": engines.json(),
        "indexed": coverage.indexed,
        "known": coverage.known,
        "asOf": coverage.as_of.map(|date| date.to_string()),
        "withoutAttachmentText": coverage.without_attachment_text,
        "mailboxes": mailboxes.collect::<Vec<_>>(),
        "sync": sync_json(synced),
        "retrievals": told.map(Told::view),
    })
}
