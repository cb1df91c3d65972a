//! `postern set`.

use std::collections::BTreeSet;

use anyhow::{bail, ensure};
use postern_archive::search::{Scope, Search};
use postern_archive::{Archive, FrozenSet, Holder, check_name};
use postern_gateway::config::Overrides;
use postern_gateway::wire::{DiffView, SearchedView, SetView, SetsView};
use postern_query::Query;

use super::attachment_text;
use super::search::{asker, understood};
use crate::args::{Common, Export, Freeze, Set, SetVerb, TableFormat, TextOrJson};
use crate::commands::export;
use crate::exit::Exit;
use crate::table::Table;
use crate::words::counted;
use crate::{clock, cluster, data, output, settings, terminal};

/// Who makes sets here.
const LOCAL: &str = "local";

/// Freezes what a query finds, or does something with what was frozen.
pub(crate) fn run(common: &Common, arguments: &Set) -> anyhow::Result<Exit> {
    if let Some(SetVerb::Export(arguments)) = &arguments.verb {
        return exported(common, arguments);
    }
    let archive = Archive::below(&data::folder(common)?);
    match &arguments.verb {
        None => freeze(common, &archive, &arguments.freeze),
        Some(verb) => act(common, &archive, verb),
    }
}

fn act(common: &Common, archive: &Archive, verb: &SetVerb) -> anyhow::Result<Exit> {
    match verb {
        SetVerb::List { format } => list(archive, *format),
        SetVerb::Show { name, ids, format } => show(archive, name, *ids, *format),
        SetVerb::Diff { one, other, format } => diff(archive, one, other, *format),
        SetVerb::Note { name, text } => note(archive, name, &text.join(" ")),
        SetVerb::Hold { name } => hold(common, archive, name),
        SetVerb::Release { name } => release(common, archive, name),
        SetVerb::Delete { name, release } => delete(common, archive, name, *release),
        // It is another command.
        SetVerb::Export(_) => Ok(Exit::Done),
    }
}

fn exported(common: &Common, arguments: &Export) -> anyhow::Result<Exit> {
    let name = arguments.query.join(" ");
    check_name(&name)?;
    let query = vec![format!("set:{name}")];
    export::run(common, &Export { query, ..arguments.clone() })
}

fn freeze(common: &Common, archive: &Archive, arguments: &Freeze) -> anyhow::Result<Exit> {
    let name = arguments.name.as_deref().unwrap_or_default();
    check_name(name)?;
    let viewpoint = settings::viewpoint(common, &arguments.view)?;
    let (text, filter) = (arguments.query.join(" "), arguments.filter.as_deref());
    let Some(parsed) = understood(common, &text, filter, &viewpoint) else {
        return Ok(Exit::Failed);
    };
    let query = parsed.query;
    let query = if arguments.versions { query } else { query.newest_only() };
    let coverage = archive.coverage();
    let set = FrozenSet {
        name: name.to_owned(),
        query: text,
        canonical: parsed.canonical,
        zone: viewpoint.zone_name().to_owned(),
        taken: clock::now(),
        taken_by: LOCAL.to_owned(),
        indexed: coverage.indexed,
        known: coverage.known,
        as_of: coverage.as_of,
        note: arguments.note.clone(),
        held: None,
    };
    let Some(count) = archive.freeze(&set, &query, archive, &asker())? else {
        bail!(
            "there is a set `{name}` already; a set does not change: take another name, or delete it first"
        );
    };
    output::line(format!("{name}: {} frozen", counted(count, "message")))?;
    if let missing @ 1.. = coverage.known.saturating_sub(coverage.indexed) {
        output::note(format!(
            "{missing} known messages are not in the index, so there may be more"
        ));
    }
    Ok(Exit::Done)
}

fn list(archive: &Archive, format: TableFormat) -> anyhow::Result<Exit> {
    let sets = archive.sets();
    let count = |set: FrozenSet| {
        let ids = sets.ids(&set.name, &Scope::All)?.unwrap_or_default();
        Ok(SetView::of(set, ids.len(), Vec::new()))
    };
    let sets: Vec<_> = sets.list()?.into_iter().map(count).collect::<anyhow::Result<_>>()?;
    if format == TableFormat::Json {
        output::json(&SetsView { sets })?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["NAME", "MESSAGES", "MADE", "HELD SINCE", "QUERY", "NOTE"]);
    for set in sets {
        let (held, note) = (set.held.unwrap_or_default(), set.note.unwrap_or_default());
        table.row([set.name, set.count.to_string(), set.taken, held, set.q, note]);
    }
    if format == TableFormat::Csv { table.csv() } else { table.text() }?;
    Ok(Exit::Done)
}

/// The set of that name.
fn named(archive: &Archive, name: &str) -> anyhow::Result<FrozenSet> {
    match archive.sets().get(name)? {
        Some(set) => Ok(set),
        None => bail!(
            "there is no set `{}`; `postern set list` names those that there are",
            terminal::safe(name)
        ),
    }
}

fn ids(archive: &Archive, name: &str) -> anyhow::Result<BTreeSet<String>> {
    named(archive, name)?;
    Ok(archive.sets().ids(name, &Scope::All)?.unwrap_or_default())
}

fn show(archive: &Archive, name: &str, with_ids: bool, format: TextOrJson) -> anyhow::Result<Exit> {
    let (set, ids) = (named(archive, name)?, ids(archive, name)?);
    if with_ids {
        output::lines(&ids.into_iter().collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    let (count, not_held) = (ids.len(), archive.sets().not_held(name)?);
    let here = here(archive, &ids)?;
    let view = SetView::of(set, count, not_held).with_here(here);
    if format == TextOrJson::Json {
        output::json(&view)?;
        return Ok(Exit::Done);
    }
    let rows = [
        ("query", view.q),
        ("read as", view.canonical),
        ("made", format!("{} by {}, days of {}", view.taken, view.by, view.zone)),
        ("messages", format!("{count}, {here} of them here now")),
        ("searched", view.coverage.map(searched).unwrap_or_default()),
        ("note", view.note.unwrap_or_default()),
        ("held since", view.held.unwrap_or_else(|| "not held".to_owned())),
    ];
    for (what, value) in rows {
        output::line(format!("{what:>10}  {}", terminal::safe(&value)))?;
    }
    for one in view.not_held {
        output::line(format!(
            "  not held: {}: {}",
            terminal::safe(&one.id),
            terminal::safe(&one.why)
        ))?;
    }
    Ok(Exit::Done)
}

fn searched(SearchedView { indexed, known, as_of }: SearchedView) -> String {
    let as_of = as_of.map(|time| format!(", as of {time}")).unwrap_or_default();
    format!("{indexed} of {known} known messages{as_of}")
}

/// How many of some messages are here.
fn here(archive: &Archive, ids: &BTreeSet<String>) -> anyhow::Result<usize> {
    let query = Query::of_ids(ids.clone());
    let search =
        Search { query: &query, order: &[], after: None, offset: 0, limit: 0, highlight: false };
    Ok(archive.index()?.ids(&search, &asker())?.count)
}

fn diff(archive: &Archive, one: &str, other: &str, format: TextOrJson) -> anyhow::Result<Exit> {
    let view = DiffView::of((one, &ids(archive, one)?), (other, &ids(archive, other)?));
    if format == TextOrJson::Json {
        output::json(&view)?;
        return Ok(Exit::Done);
    }
    for (mark, ids) in [("-", &view.only_one), ("+", &view.only_other)] {
        ids.iter().try_for_each(|id| output::line(format!("{mark} {}", terminal::safe(id))))?;
    }
    let (minus, plus) = (view.only_one.len(), view.only_other.len());
    output::line(format!("{minus} only in {one}, {plus} only in {other}, {} in both", view.both))?;
    Ok(Exit::Done)
}

fn note(archive: &Archive, name: &str, text: &str) -> anyhow::Result<Exit> {
    named(archive, name)?;
    archive.sets().note(name, Some(text).filter(|text| !text.is_empty()))?;
    Ok(Exit::Done)
}

/// Does something as the holder of what lies in the data folder.
fn holding<T>(
    common: &Common,
    archive: &Archive,
    work: impl FnOnce(Holder<'_>) -> Result<T, postern_archive::Error>,
) -> anyhow::Result<T> {
    let config = settings::load(common, &Overrides::default())?;
    let to = &config.holds_in(archive, cluster::notice(common.quiet))?;
    let attachment_text = &attachment_text::all()?;
    Ok(work(Holder { to, shelf: archive, attachment_text, now: clock::now() })?)
}

fn hold(common: &Common, archive: &Archive, name: &str) -> anyhow::Result<Exit> {
    named(archive, name)?;
    let hold = holding(common, archive, |holder| archive.hold_set(name, holder))?;
    let hold = hold.unwrap_or_default();
    common.noted.put("held", hold.held);
    common.noted.put("notHeld", hold.not_held.len());
    output::line(format!("{} of {name} held in this data folder", counted(hold.held, "message")))?;
    output::line("nothing is held upstream: what a service or a backup deletes, it deletes")?;
    if hold.not_held.is_empty() {
        return Ok(Exit::Done);
    }
    output::note(format!("{} cannot be held:", counted(hold.not_held.len() as u64, "message")));
    for (id, why) in &hold.not_held {
        output::note(format!("  {}: {}", terminal::safe(id), terminal::safe(why)));
    }
    Ok(Exit::SomeUnreadable)
}

fn release(common: &Common, archive: &Archive, name: &str) -> anyhow::Result<Exit> {
    named(archive, name)?;
    let was_held = holding(common, archive, |holder| archive.release_set(name, holder))?;
    ensure!(was_held, "the set `{name}` is not held");
    output::line(format!("the messages of {name} are not held any more"))?;
    Ok(Exit::Done)
}

fn delete(common: &Common, archive: &Archive, name: &str, release: bool) -> anyhow::Result<Exit> {
    let set = named(archive, name)?;
    ensure!(
        set.held.is_none() || release,
        "the set `{name}` is held; release it first with `postern set release {name}`, or add --release"
    );
    holding(common, archive, |holder| archive.delete_set(name, holder))?;
    output::line(format!("{name} is gone"))?;
    Ok(Exit::Done)
}
