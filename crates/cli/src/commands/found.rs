//! What a query finds here of mail at Veeam.

use anyhow::{bail, ensure};
use jiff::Timestamp;
use postern_actions::veeam::{Found, FoundDocuments, count, find};
use postern_actions::{Item, Proposal};
use postern_archive::Archive;
use postern_query::{Budget, Parsed, Query};

use crate::args::{Common, From, View};
use crate::veeam::Server;
use crate::{output, settings};

/// What DataTap is called as a source.
pub(crate) const DATATAP: &str = "datatap";

/// Items to act on, and what to say of those that are not among them.
pub(crate) struct ToAct {
    pub(crate) items: Vec<Item>,
    pub(crate) notes: Vec<String>,
}

/// The query that was typed; its faults are shown.
pub(crate) fn query(common: &Common, text: &str) -> anyhow::Result<Option<Query>> {
    query_from(common, &View::default(), text)
}

/// The same, read from where the flags say.
pub(crate) fn query_from(
    common: &Common,
    view: &View,
    text: &str,
) -> anyhow::Result<Option<Query>> {
    Ok(parsed_from(common, view, text)?.map(|parsed| parsed.query))
}

/// The same, with its canonical form.
pub(crate) fn parsed_from(
    common: &Common,
    view: &View,
    text: &str,
) -> anyhow::Result<Option<Parsed>> {
    let viewpoint = settings::viewpoint(common, view)?;
    Ok(match super::search::typed_here(text, &viewpoint, &mut Budget::default()) {
        Ok(parsed) => {
            if !common.quiet {
                output::advice(&parsed.advice, text);
            }
            common.noted.put("canonical", parsed.canonical.as_str());
            Some(parsed)
        }
        Err(errors) => {
            output::query_errors(&errors, text);
            None
        }
    })
}

/// How many messages a query finds at each of two sources: DataTap, and Veeam by its name.
pub(crate) fn by_source(
    archive: &Archive,
    query: &Query,
    veeam: &str,
) -> anyhow::Result<[usize; 2]> {
    let asker = super::search::asker();
    Ok([count(archive, query, DATATAP, &asker)?, count(archive, query, veeam, &asker)?])
}

/// The items that a query finds at Veeam.
///
/// # Errors
///
/// When it finds mail of two sources and none was named, or more than `limit`.
pub(crate) fn at_veeam(
    server: &Server,
    query: &Query,
    from: &From,
    limit: usize,
) -> anyhow::Result<ToAct> {
    let (archive, source) = (Archive::below(&server.data), server.settings.source.as_str());
    ensure!(
        from.source.as_deref().is_none_or(|named| named == source),
        "this is done by Veeam alone; its source is called `{source}`"
    );
    let [datatap, _] = by_source(&archive, &query.clone().mail_only(), source)?;
    ensure!(
        datatap == 0 || from.source.is_some(),
        "the query finds {datatap} messages of DataTap too; say --source {source} for those of Veeam"
    );
    let found = find(&archive, archive.collected(), query, source, &super::search::asker(), limit)?;
    let coverage = archive.coverage();
    let mut to_act = chosen(found, from.at)?;
    if let missing @ 1.. = coverage.known.saturating_sub(coverage.indexed) {
        let note =
            format!("{missing} known messages are not in the index, so the query may find more");
        to_act.notes.push(note);
    }
    Ok(to_act)
}

/// How many messages and how many files a query finds at Veeam.
pub(crate) fn mail_and_files(server: &Server, query: &Query) -> anyhow::Result<[usize; 2]> {
    let (archive, source) = (Archive::below(&server.data), server.settings.source.as_str());
    let asker = super::search::asker();
    let mail = count(&archive, &query.clone().mail_only(), source, &asker)?;
    Ok([mail, count(&archive, query, source, &asker)?.saturating_sub(mail)])
}

/// The documents that a query finds at Veeam.
pub(crate) fn documents(
    server: &Server,
    query: &Query,
    at: Option<Timestamp>,
    limit: usize,
) -> anyhow::Result<ToAct> {
    let (archive, source) = (Archive::below(&server.data), server.settings.source.as_str());
    let asker = super::search::asker();
    let found = FoundDocuments::find(&archive, archive.collected(), query, source, &asker, limit)?;
    let mut notes = Vec::new();
    if found.gone > 0 && at.is_none() {
        let gone = found.gone;
        notes.push(format!(
            "{gone} more are gone from the last backup; `postern files --at TIME` has them"
        ));
    }
    ensure!(
        !found.items.is_empty(),
        "the query finds no document of the last backup: {}",
        notes.join("; ")
    );
    Ok(ToAct { items: found.items, notes })
}

/// What the last backup has, or with a time all of it: an earlier backup may have what is gone.
fn chosen(found: Found, at: Option<Timestamp>) -> anyhow::Result<ToAct> {
    let several = found.at_one_of_several();
    let files = found.without_files();
    let (mut items, mut notes) = (found.items, Vec::new());
    let gone = found.gone.len();
    if at.is_some() {
        items.extend(found.gone);
    } else if gone > 0 {
        notes.push(format!(
            "{gone} more are gone from the last backup; give --at TIME of a backup that has them"
        ));
    }
    if found.unknown > 0 {
        notes.push(format!("{} more have no item at Veeam that is known here", found.unknown));
    }
    notes.extend(files);
    if items.is_empty() {
        let why = notes.first().map(|note| format!(": {note}")).unwrap_or_default();
        bail!(
            "the query finds no mail of a Veeam backup in the local index{why}; `postern sync` brings it here"
        );
    }
    notes.extend(several);
    Ok(ToAct { items, notes })
}

/// The plan for a certain backup.
pub(crate) fn of_backup(plan: Proposal, at: Option<Timestamp>) -> Proposal {
    match at {
        Some(at) => plan.with("at", at.to_string()),
        None => plan,
    }
}
