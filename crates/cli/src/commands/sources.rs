//! `postern sources`: the mailboxes and drives of every source, what was collected of them, and what is here.

mod datatap;
mod owned;
mod veeam;

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use anyhow::{Context as _, bail};
use postern_archive::{Archive, DATATAP};
use postern_gateway::config::Config;
use serde_json::json;

use self::owned::{Owned, What};
use super::jobs;
use crate::args::{Common, Sources, TableFormat};
use crate::exit::Exit;
use crate::table::Table;
use crate::veeam::stop;
use crate::words::counted;
use crate::{interrupt, output, service, settings, terminal};

const COLUMNS: [&str; 7] = ["what", "address", "name", "type", "collected", "here", "synced"];
const CSV_COLUMNS: [&str; 13] = [
    "tenant",
    "source",
    "what",
    "address",
    "name",
    "id",
    "type",
    "listed",
    "collected",
    "known",
    "here",
    "synced",
    "inArchiveTier",
];

/// How often it is looked whether somebody wants it stopped.
const TICK: Duration = Duration::from_millis(100);

/// A source of a tenant, with what it lists or why it does not.
struct Listed {
    tenant: String,
    source: String,
    owned: anyhow::Result<Vec<Owned>>,
}

/// Lists what each source has. One that cannot be asked keeps nothing from the others.
pub(crate) fn run(common: &Common, arguments: &Sources) -> anyhow::Result<Exit> {
    let overrides = service::overrides(common, &arguments.service)?;
    let config = settings::load(common, &overrides)?;
    interrupt::on_ctrl_c(|| stop().swap(true, Relaxed))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let bar = jobs::spinner(common);
    let listed = runtime.block_on(all(common, arguments, &config));
    bar.finish_and_clear();
    let listed = listed?;
    if listed.is_empty() {
        bail!(nothing(&config, arguments)?);
    }
    show(common, arguments, &listed)?;
    let failed = listed.iter().filter(|one| one.owned.is_err()).count();
    for one in &listed {
        if let Err(error) = &one.owned {
            let place = terminal::safe(&format!("{} of {}", one.source, one.tenant));
            output::note(format!("{place}: {}", terminal::safe(&format!("{error:#}"))));
        }
    }
    Ok(match failed {
        0 => Exit::Done,
        _ if failed == listed.len() => Exit::Failed,
        _ => Exit::SomeUnreadable,
    })
}

/// What is asked, unless somebody stops it: sessions that it opened are stopped all the same.
async fn not_stopped<T>(asked: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let stopped = async {
        while !stop().load(Relaxed) {
            tokio::time::sleep(TICK).await;
        }
    };
    tokio::select! {
        answer = asked => answer,
        () = stopped => bail!("stopped"),
    }
}

/// Every source that is meant, one after the other.
async fn all(common: &Common, arguments: &Sources, config: &Config) -> anyhow::Result<Vec<Listed>> {
    let is_meant = |tenant: &str, source: &str| {
        arguments.service.tenant.as_deref().is_none_or(|wanted| wanted == tenant)
            && arguments.source.as_deref().is_none_or(|wanted| wanted == source)
    };
    let mut all = Vec::new();
    for of in config.to_sync() {
        if let (Some(client), true) = (config.client(&of)?, is_meant(&of.tenant, DATATAP)) {
            let here = Archive::below(&of.data).status()?;
            let owned = not_stopped(datatap::list(common, arguments, &client, &here)).await;
            all.push(Listed { tenant: of.tenant, source: DATATAP.to_owned(), owned });
        }
    }
    for tenant in &config.tenants {
        let Some(server) = tenant.veeam.as_ref().filter(|one| is_meant(&tenant.id, &one.source))
        else {
            continue;
        };
        let sessions = config.veeam_sessions(Some(&tenant.id))?.context("no server of Veeam")?;
        let here = Archive::below(&tenant.data).status()?;
        let owned = not_stopped(veeam::list(server, &sessions, &here)).await;
        sessions.stop_all().await;
        all.push(Listed { tenant: tenant.id.clone(), source: server.source.clone(), owned });
    }
    Ok(all)
}

/// Why there is no source.
fn nothing(config: &Config, arguments: &Sources) -> anyhow::Result<String> {
    if let Some(name) = &arguments.source {
        return Ok(format!("there is no source `{name}`; without --source all are listed"));
    }
    service::reach(config, arguments.service.tenant.as_deref())?;
    Ok("there is no source to ask".to_owned())
}

fn show(common: &Common, arguments: &Sources, listed: &[Listed]) -> anyhow::Result<()> {
    let owned = listed.iter().flat_map(|one| {
        let all = one.owned.as_deref().unwrap_or_default();
        all.iter().map(move |owned| (one, owned))
    });
    match arguments.format {
        TableFormat::Json => {
            let owners = owned.map(|(one, owned)| owned.json(&one.tenant, &one.source));
            let sources = listed.iter().map(Listed::json);
            output::json(&json!({
                "sources": sources.collect::<Vec<_>>(), "owners": owners.collect::<Vec<_>>(),
            }))
        }
        TableFormat::Csv => {
            let mut table = Table::new(&CSV_COLUMNS);
            owned.for_each(|(one, owned)| table.row(owned.cells(&one.tenant, &one.source)));
            table.csv()
        }
        TableFormat::Table => listed.iter().filter(|one| one.owned.is_ok()).try_for_each(|one| {
            if !common.quiet {
                output::line(one.head())?;
            }
            one.table().text()
        }),
    }
}

impl Listed {
    fn owned(&self) -> &[Owned] {
        self.owned.as_deref().unwrap_or_default()
    }

    fn count(&self, what: What) -> usize {
        self.owned().iter().filter(|owned| owned.what == what).count()
    }

    fn head(&self) -> String {
        let count = |what: What| {
            let one = match what {
                What::Mailbox => "mailbox",
                What::Drive => "drive",
            };
            counted(self.count(what) as u64, one)
        };
        let place = terminal::safe(&format!("{} of {}", self.source, self.tenant));
        let (mailboxes, drives) = (count(What::Mailbox), count(What::Drive));
        output::styled(output::STRONG, format!("{place}: {mailboxes}, {drives}"))
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&COLUMNS);
        self.owned().iter().for_each(|owned| table.row(owned.row()));
        table
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "tenant": self.tenant, "name": self.source,
            "mailboxes": self.count(What::Mailbox), "drives": self.count(What::Drive),
            "error": self.owned.as_ref().err().map(|error| format!("{error:#}")),
        })
    }
}
