//! `postern cluster check`.

use anyhow::Context as _;
use jiff::Timestamp;
use postern_archive::search::{Asker, Index, Search};
use postern_archive::{Archive, Sent};
use postern_query::emit::elasticsearch::{self, Known, Profile};
use postern_query::{Context, Fidelity, Query, analysis, parse};
use postern_upstream::cluster::{Cluster, Within};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::args::{ClusterCheck, Common, TextOrJson};
use crate::cluster::{Place, cannot, reach, runtime};
use crate::exit::Exit;
use crate::{clock, data, output, terminal};

/// Words of a subject that a drawn query asks for.
const WORDS: usize = 3;

/// What was compared.
#[derive(Default)]
struct Found {
    /// Messages in the cluster.
    cluster: u64,
    /// Messages in the index of this machine.
    here: Option<u64>,
    /// Messages that this machine has sent.
    sent: Option<u64>,
    messages: usize,
    queries: usize,
    differences: Vec<String>,
}

/// The cluster, and what this machine has.
struct Compared {
    runtime: Runtime,
    cluster: Cluster,
    alias: String,
    sent: Option<Sent>,
    index: Option<Index>,
    now: Timestamp,
    found: Found,
}

/// Compares the cluster with what this machine has sent and with its own index, and says what differs.
pub(super) fn run(common: &Common, arguments: &ClusterCheck) -> anyhow::Result<Exit> {
    let Place { cluster, alias, .. } = reach(common, arguments.tenant.as_deref())?;
    let folder = data::folder(common).or_else(|_| data::place(common))?;
    let runtime = runtime()?;
    let id = runtime.block_on(cluster.index_id(&alias));
    let id = id.map_err(|problem| cannot("read the cluster", &problem))?;
    runtime
        .block_on(cluster.refresh(&alias))
        .map_err(|problem| cannot("read the cluster", &problem))?;
    let (sent, index) = (Sent::look(&folder, &id)?, Archive::below(&folder).index().ok());
    anyhow::ensure!(
        sent.is_some() || index.is_some(),
        "nothing here can be compared with the cluster: this machine has sent nothing to it and has no index"
    );
    let (now, found) = (clock::now(), Found::default());
    let mut compared = Compared { runtime, cluster, alias, sent, index, now, found };
    compared.counts()?;
    for number in 0..arguments.sample {
        compared.one(number, arguments.sample)?;
    }
    let found = compared.found;
    match arguments.format {
        TextOrJson::Json => output::json(&found.json())?,
        TextOrJson::Text => found.text()?,
    }
    Ok(if found.differences.is_empty() { Exit::Done } else { Exit::Failed })
}

impl Compared {
    /// What this machine has, the cluster has too. It may have more, of other machines.
    fn counts(&mut self) -> anyhow::Result<()> {
        self.found.cluster = self.count_there(&Query::everything())?.context("all can be asked")?;
        self.found.here = self.index.as_ref().map(|index| index.coverage().indexed);
        let sent = self.sent.as_ref().map(Sent::totals).transpose()?;
        self.found.sent = sent.map(|(messages, _)| messages);
        let known =
            [("this machine has sent", self.found.sent), ("the index here has", self.found.here)];
        for (who, count) in known {
            if let Some(count) = count.filter(|count| *count > self.found.cluster) {
                let there = self.found.cluster;
                self.found
                    .differences
                    .push(format!("{who} {count} messages, and the cluster has {there}"));
            }
        }
        Ok(())
    }

    /// One drawn message, and the queries that are made of it.
    fn one(&mut self, number: u32, of: u32) -> anyhow::Result<()> {
        let Some(id) = self.drawn(number, of)? else { return Ok(()) };
        self.found.messages += 1;
        let deadline = self.cluster.deadline();
        let there = self.cluster.members(&self.alias, &id, "id", deadline);
        let there =
            self.runtime.block_on(there).map_err(|problem| cannot("read the cluster", &problem))?;
        if there.is_null() {
            self.found.differences.push(format!("the message {id} is not in the cluster"));
        }
        let Some(index) = self.index.clone() else { return Ok(()) };
        let Some(message) = index.message(&id)? else { return Ok(()) };
        let subject = message.subject.as_deref().map(analysis::terms).unwrap_or_default();
        let words: Vec<_> = subject.into_iter().take(WORDS).collect();
        let sender = message.from_address.filter(|address| !address.contains(['"', ' ']));
        let texts = [
            (!words.is_empty()).then(|| format!("subject:({})", words.join(" "))),
            sender.map(|address| format!("from:\"{address}\"")),
            message.received.map(|at| format!("date:{}", at.strftime("%Y-%m-%d"))),
        ];
        for text in texts.into_iter().flatten() {
            self.query(&index, &text)?;
        }
        Ok(())
    }

    /// Asks both the same.
    fn query(&mut self, index: &Index, text: &str) -> anyhow::Result<()> {
        let Ok(parsed) = parse(text, &Context::utc(self.now)) else { return Ok(()) };
        let query = parsed.query;
        let order = query.natural_order();
        let search = Search {
            query: &query,
            order: &order,
            after: None,
            offset: 0,
            limit: 0,
            highlight: false,
        };
        let here = index.search(&search, &Asker::unlimited())?.count as u64;
        let Some(there) = self.count_there(&query)? else { return Ok(()) };
        self.found.queries += 1;
        if here > there {
            let text = terminal::safe(text);
            self.found
                .differences
                .push(format!("{text} finds {here} messages here and {there} in the cluster"));
        }
        Ok(())
    }

    /// An id of what this machine has, from that part of all ids.
    fn drawn(&self, number: u32, of: u32) -> anyhow::Result<Option<String>> {
        let part = u64::from(u32::MAX) * u64::from(number) / u64::from(of.max(1));
        let shift = self.now.as_nanosecond().unsigned_abs() % u128::from(u32::MAX / of.max(1) + 1);
        let start = format!("{:08x}", u128::from(part) + shift);
        if let Some(sent) = &self.sent {
            let behind = sent.ids_behind(&start, 1)?.pop();
            // Behind the last id comes the first one.
            return Ok(if behind.is_some() { behind } else { sent.ids_behind("", 1)?.pop() });
        }
        let Some(index) = &self.index else { return Ok(None) };
        let query = Query::everything();
        let order = query.natural_order();
        let before = self.found.here.unwrap_or_default() * u64::from(number) / u64::from(of.max(1));
        let offset = usize::try_from(before).unwrap_or(usize::MAX);
        let search = Search {
            query: &query,
            order: &order,
            after: None,
            offset,
            limit: 1,
            highlight: false,
        };
        Ok(index.ids(&search, &Asker::unlimited())?.ids.pop())
    }

    /// How many messages of the cluster match; nothing where it cannot say exactly that.
    fn count_there(&self, query: &Query) -> anyhow::Result<Option<u64>> {
        let compiled = elasticsearch::compile_for(query, Profile::OpenSearch, &Known::default());
        let is_exact = compiled.notes.iter().all(|note| note.fidelity == Fidelity::Exact);
        let Some(sent) = compiled.sent.filter(|_| is_exact) else { return Ok(None) };
        let mut body: Value = serde_json::from_str(&sent.to_string())?;
        if let Some(members) = body.as_object_mut() {
            members.extend([
                ("size".to_owned(), json!(0)),
                ("track_total_hits".to_owned(), json!(true)),
            ]);
        }
        let searched = Within::Index(&self.alias);
        let answer = self.cluster.search(searched, body.to_string(), self.cluster.deadline());
        let answer = self.runtime.block_on(answer);
        Ok(Some(answer.map_err(|problem| cannot("search the cluster", &problem))?.total))
    }
}

impl Found {
    fn json(&self) -> Value {
        json!({
            "cluster": self.cluster, "local": self.here, "sent": self.sent, "messages": self.messages,
            "queries": self.queries, "differences": self.differences,
        })
    }

    fn text(&self) -> anyhow::Result<()> {
        output::line(format!("messages in the cluster: {}", self.cluster))?;
        let known = [("sent by this machine", self.sent), ("in the index here", self.here)];
        for (what, count) in known {
            count.map_or(Ok(()), |count| output::line(format!("{what}: {count}")))?;
        }
        output::line(format!(
            "{} messages and {} queries were drawn and compared",
            self.messages, self.queries
        ))?;
        for difference in &self.differences {
            output::line(format!("differs: {difference}"))?;
        }
        output::line(match self.differences.len() {
            0 => "nothing that this machine has is missing there".to_owned(),
            _ => "run `postern index --to cluster` or `postern sync --to cluster` again".to_owned(),
        })
    }
}
