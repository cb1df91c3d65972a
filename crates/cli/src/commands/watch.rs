//! `postern watch`.

use anyhow::{anyhow, bail};
use postern_archive::SavedSearch;
use postern_gateway::watch::LOCAL;
use serde_json::json;

use crate::args::{Common, TextOrJson, WatchList, WatchVerb};
use crate::exit::Exit;
use crate::news::Watched;
use crate::words::counted;
use crate::{clock, cluster, data, output, terminal};

/// Keeps, lists, forgets and compares searches of the command line.
pub(crate) fn run(common: &Common, verb: &WatchVerb) -> anyhow::Result<Exit> {
    let watched = Watched::of(common, &data::folder(common)?, None, None)?;
    match verb {
        WatchVerb::Add(add) => {
            keep(&watched, &add.name, &add.query.join(" "))?;
            if !common.quiet {
                output::line(format!("`{}` is watched", terminal::safe(&add.name)))?;
            }
        }
        WatchVerb::List(arguments) => list(&watched, arguments)?,
        WatchVerb::Remove(remove) => {
            if !watched.archive().saved().remove(LOCAL, &remove.name)? {
                let name = terminal::safe(&remove.name);
                bail!("no search is kept as `{name}`; `postern watch list` shows them");
            }
        }
        WatchVerb::Run => {
            watched.before(false);
            watched.after(true);
        }
    }
    Ok(Exit::Done)
}

fn keep(watched: &Watched, name: &str, query: &str) -> anyhow::Result<()> {
    let name = postern_gateway::watch::name(name).map_err(|what| anyhow!("{what}"))?;
    std::fs::create_dir_all(watched.archive().data())?;
    let kept = cluster::waiting(|| watched.watcher().keep(&name, query, clock::now()));
    kept.map_err(|what| anyhow!("{what}"))
}

fn list(watched: &Watched, arguments: &WatchList) -> anyhow::Result<()> {
    let saved = watched.archive().saved();
    let all = saved.list(LOCAL)?;
    if all.is_empty() && arguments.format == TextOrJson::Text {
        output::line("no search is kept; `postern watch add NAME QUERY` keeps one")?;
    }
    for SavedSearch { name, query, saved: since, opened, .. } in all {
        let new = saved.unread(LOCAL, &name)?;
        match arguments.format {
            TextOrJson::Json => output::json(&json!({
                "name": name, "q": query, "saved": since.to_string(), "opened": opened.to_string(),
                "count": new.len(), "new": new,
            }))?,
            TextOrJson::Text => {
                let count = counted(u64::try_from(new.len()).unwrap_or(u64::MAX), "new hit");
                let (shown, query) = (terminal::safe(&name), terminal::safe(&query));
                output::line(format!("{shown}  {count}  {query}"))?;
            }
        }
        if arguments.seen {
            saved.open(LOCAL, &name, clock::now(), &new)?;
        }
    }
    Ok(())
}
