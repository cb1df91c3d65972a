//! The configuration as a file again, without its secrets.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use toml::{Table, Value};

use super::{Config, EngineName, Limits, SyncSettings};
use crate::access::Key;

impl Config {
    /// The whole configuration as TOML, every value that holds now in it, secrets masked.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut table = Table::new();
        put(&mut table, "listen", self.listen.to_string());
        put(&mut table, "data", path(&self.data));
        if let Some(tls) = &self.tls {
            table.insert("tls".into(), Value::Table(tls.shown()));
        }
        put(&mut table, "deadline", time(self.deadline));
        put(&mut table, "zone", self.viewpoint.zone_name());
        put(&mut table, "me", &self.viewpoint.me);
        self.audit.show(&mut table);
        table.insert("limits".into(), Value::Table(limits(&self.limits)));
        let mut cors = Table::new();
        put(&mut cors, "origins", &self.origins);
        table.insert("cors".into(), Value::Table(cors));
        let mut mcp = Table::new();
        put(&mut mcp, "http", self.mcp_over_http);
        table.insert("mcp".into(), Value::Table(mcp));
        if let Some(engines) = &self.engines {
            put(&mut table, "engines", names(engines));
        }
        for (name, shown) in self.engine_tables() {
            table.insert(name.as_str().into(), Value::Table(shown));
        }
        if let Some(cluster) = &self.cluster {
            table.insert("cluster".into(), Value::Table(cluster.shown()));
        }
        let mut index = Table::new();
        put(&mut index, "to", self.index_to.as_str());
        table.insert("index".into(), Value::Table(index));
        table.insert("sync".into(), Value::Table(sync(&self.sync)));
        if let Some(webhook) = &self.webhook {
            table.insert("webhook".into(), Value::Table(webhook.shown()));
        }
        // The others stand in no file of settings: `postern key list` shows them.
        let written = self.access.keys().iter().filter(|key| key.made.is_none());
        let keys = written.map(|one| Value::Table(key(one)));
        table.insert("keys".into(), Value::Array(keys.collect()));
        let tenants = self.tenants.iter().map(|tenant| Value::Table(tenant.shown()));
        table.insert("tenants".into(), Value::Array(tenants.collect()));
        // Text, numbers and lists of them can always be written.
        toml::to_string(&table).unwrap_or_default()
    }
}

fn limits(limits: &Limits) -> Table {
    let mut table = Table::new();
    for (name, value) in [
        ("body", limits.body),
        ("uri", limits.uri),
        ("headers", limits.headers),
        ("connections", limits.connections),
        ("concurrency", limits.concurrency),
        ("exports", limits.exports),
    ] {
        put(&mut table, name, value);
    }
    if let Some(rate) = limits.rate {
        put(&mut table, "rate", rate);
    }
    put(&mut table, "burst", limits.burst);
    put(&mut table, "time", time(limits.time));
    table
}

fn sync(sync: &SyncSettings) -> Table {
    let mut table = Table::new();
    put(&mut table, "every", sync.every.map_or_else(|| "never".to_owned(), time));
    put(&mut table, "jobs", sync.jobs);
    put(&mut table, "answer_time", time(sync.answer_time));
    put(&mut table, "to", sync.to.as_str());
    table
}

fn key(key: &Key) -> Table {
    let mut table = Table::new();
    put(&mut table, "name", &key.name);
    put(&mut table, "sha256", "***");
    put(&mut table, "tenant", &key.tenant);
    if key.upstream.is_some() {
        put(&mut table, "upstream_key", "***");
    }
    if !key.mailboxes.is_empty() {
        put(&mut table, "mailboxes", &key.mailboxes);
    }
    if !key.actions.is_empty() {
        put(
            &mut table,
            "actions",
            key.actions.iter().map(|verb| verb.as_str()).collect::<Vec<_>>(),
        );
    }
    let rights: Vec<_> = key.rights.iter().map(|right| right.as_str()).collect();
    put(&mut table, "rights", rights);
    table
}

pub(super) fn put(table: &mut Table, name: &str, value: impl Serialize) {
    if let Ok(value) = Value::try_from(value) {
        table.insert(name.to_owned(), value);
    }
}

pub(super) fn time(time: Duration) -> String {
    format!("{}ms", time.as_millis())
}

pub(super) fn path(path: &Path) -> String {
    path.display().to_string()
}

pub(super) fn names(engines: &[EngineName]) -> Vec<&'static str> {
    engines.iter().map(|name| name.as_str()).collect()
}
