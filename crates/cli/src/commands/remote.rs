//! `postern search --engine veeam`.

use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use postern_gateway::State;
use postern_gateway::api::ask;
use postern_gateway::config::{EngineName, Overrides};
use postern_gateway::wire::{CoverageView, SearchAnswer};
use serde_json::Value;

use crate::args::{Common, Search, SearchFormat};
use crate::commands::matches;
use crate::exit::Exit;
use crate::{clock, output, settings, terminal};

/// Who types waits longer than a page of the gateway does.
const PATIENCE: Duration = Duration::from_secs(60);
/// Messages that are asked for at once.
const MOST: usize = 1_000;

/// Asks Veeam and shows what it found. Its restore sessions are stopped in the end.
pub(crate) fn run(common: &Common, arguments: &Search, text: &str) -> anyhow::Result<Exit> {
    ensure!(arguments.limit <= MOST, "--limit is at most {MOST} with --engine veeam");
    let mut config = settings::load(common, &Overrides::default())?;
    config.deadline = config.deadline.max(PATIENCE);
    let tenant = config.tenant(arguments.tenant.as_deref()).filter(|one| one.veeam.is_some());
    let tenant = tenant.context(
        "no server of Veeam is named; give one as [tenants.veeam] in --config FILE, and --tenant ID where there are several",
    )?;
    let tenant = tenant.id.clone();
    let state = State::new(&config, clock::now)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let limit = if arguments.count { 0 } else { arguments.limit };
    let filter = arguments.filter.as_deref();
    let collapse = arguments.collapse;
    let answer = runtime.block_on(async {
        let answer = ask(&state, &tenant, EngineName::Veeam, text, filter, limit, collapse).await;
        state.stop_sessions().await;
        answer
    });
    show(common, arguments, &answer.map_err(|why| anyhow!(why))?)?;
    Ok(Exit::Done)
}

fn show(common: &Common, arguments: &Search, answer: &SearchAnswer) -> anyhow::Result<()> {
    if answer.collapsed == Some(false) && !common.quiet {
        output::note("Veeam cannot put equal messages in one row");
    }
    if arguments.count {
        return output::line(answer.count.value);
    }
    match arguments.format {
        SearchFormat::Json => output::json(answer),
        SearchFormat::Jsonl => answer.results.iter().try_for_each(output::json),
        SearchFormat::Ids => {
            answer.results.iter().filter_map(|hit| hit.id()).try_for_each(output::line)
        }
        SearchFormat::Table => table(common, answer),
    }
}

fn table(common: &Common, answer: &SearchAnswer) -> anyhow::Result<()> {
    for (number, hit) in (1..).zip(&answer.results) {
        let hit = serde_json::to_value(hit)?;
        output::line(one(number, &hit))?;
    }
    let more = if answer.next_cursor.is_some() { ", and there are more (--limit N)" } else { "" };
    output::line(format!("{} shown{more}", answer.count.value))?;
    for note in answer.query.notes.iter().filter(|_| !common.quiet) {
        output::note(terminal::safe(note));
    }
    if let Some(why) = answer.files_missing.as_ref().filter(|_| !common.quiet) {
        output::note(format!("no files: {}", terminal::safe(why)));
    }
    let not_asked = answer.coverage.iter().flat_map(CoverageView::not_asked);
    for source in not_asked.filter(|_| !common.quiet) {
        output::note(format!("{} was not asked, so there may be more", terminal::safe(source)));
    }
    Ok(())
}

/// The lines of one hit.
fn one(number: usize, hit: &Value) -> String {
    let text = |pointer: &str| {
        let value = hit.pointer(pointer).and_then(Value::as_str);
        terminal::safe(value.unwrap_or_default())
    };
    let (date, from) = (text("/receivedDateTime"), [text("/from/name"), text("/from/address")]);
    let date = if date.is_empty() { "no date".to_owned() } else { date };
    let head = format!("{number:>3}. {date}  {}", from.join(" ").trim());
    let foot = format!("     {}  {}/{}", text("/id"), text("/mailbox"), text("/folder"));
    // A file is known by its name.
    let subject = if hit.get("name").is_some() { text("/name") } else { text("/subject") };
    let subject = output::styled(output::STRONG, subject);
    let [head, foot] = [head, foot].map(|line| output::styled(output::FAINT, line));
    let matching = matches::of_json(hit).map(|line| format!("     {line}"));
    let matching = matching.map(|line| output::styled(output::FAINT, line) + "\n");
    let matching = matching.unwrap_or_default();
    format!("{head}\n     {subject}\n{matching}{foot}\n")
}
