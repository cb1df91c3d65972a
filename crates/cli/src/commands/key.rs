//! `postern key`: keys of the gateway that are made here.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, remove_file};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use postern_actions::Verb;
use postern_gateway::access::{self, Right};
use postern_gateway::config::{Config, NewKey};
use postern_upstream::Secret;
use serde_json::{Value, json};

use crate::args::{Common, KeyList, KeyNew, KeyVerb, TableFormat, TextOrJson};
use crate::exit::Exit;
use crate::table::Table;
use crate::{clock, output, private, settings, terminal};

/// Makes, lists or revokes keys.
pub(crate) fn run(common: &Common, verb: &KeyVerb) -> anyhow::Result<Exit> {
    let config = settings::load(common, &settings::not_listening())?;
    match verb {
        KeyVerb::New(new) => make(common, &config, new)?,
        KeyVerb::List(arguments) => list(&config, arguments)?,
        KeyVerb::Revoke(revoke) => {
            common.noted.put("key", revoke.name.as_str());
            config.revoke_key(&revoke.name)?;
            said(common, &format!("`{}` is no key any more", terminal::safe(&revoke.name)))?;
        }
    }
    Ok(Exit::Done)
}

fn make(common: &Common, config: &Config, arguments: &KeyNew) -> anyhow::Result<()> {
    let new = NewKey {
        name: arguments.name.clone(),
        tenant: tenant(config, arguments.tenant.as_deref())?,
        mailboxes: arguments.mailboxes.clone(),
        actions: arguments.actions.clone(),
        rights: rights(arguments),
        upstream_key_file: arguments.upstream_key_file.clone(),
    };
    common.noted.put("key", new.name.as_str());
    common.noted.put("tenant", new.tenant.as_str());
    let file = arguments.out.as_deref().map(new_file).transpose()?;
    let made = config.make_key(&new, clock::now());
    if let (Err(_), Some(path)) = (&made, &arguments.out) {
        remove_file(path).unwrap_or_default();
    }
    let key = made?;
    new.upstream_key_file.iter().for_each(|file| private::warn_of_secret(common, file));
    // Nobody has a key that could not be handed out.
    hand_out(arguments, &new, &key, file).inspect_err(|_| {
        drop(config.revoke_key(&new.name));
    })?;
    let asks_premium = config.premium.is_some() && new.upstream_key_file.is_none();
    if asks_premium && !common.quiet {
        output::note(
            "premium is not asked for this key; to have it asked, make one with --upstream-key-file FILE",
        );
    }
    Ok(())
}

/// The tenant that is meant: as told, else the only one there is.
fn tenant(config: &Config, told: Option<&str>) -> anyhow::Result<String> {
    if let Some(told) = told {
        return Ok(told.to_owned());
    }
    let placed = config.tenants.iter().map(|tenant| tenant.id.as_str());
    let opened = config.access.keys().iter().map(|key| key.tenant.as_str());
    let all: BTreeSet<_> = placed.chain(opened).collect();
    let mut all = all.into_iter();
    match (all.next(), all.next()) {
        (Some(only), None) => Ok(only.to_owned()),
        (None, _) => Ok(access::LOCAL.to_owned()),
        (Some(_), Some(_)) => bail!("there are several tenants; say which with --tenant ID"),
    }
}

fn rights(arguments: &KeyNew) -> Vec<Right> {
    match arguments.rights.as_slice() {
        [] if arguments.no_rights => Vec::new(),
        [] => vec![Right::Export],
        some => some.to_vec(),
    }
}

fn new_file(path: &Path) -> anyhow::Result<File> {
    let made = OpenOptions::new().write(true).create_new(true).open(path);
    made.with_context(|| format!("`{}` cannot be made; no key was made", path.display()))
}

fn hand_out(
    arguments: &KeyNew,
    new: &NewKey,
    key: &Secret,
    file: Option<File>,
) -> anyhow::Result<()> {
    if let Some(mut file) = file {
        writeln!(file, "{}", key.expose())?;
        file.sync_all()?;
    }
    let is_kept = arguments.out.is_some();
    match arguments.format {
        TextOrJson::Text if is_kept => Ok(()),
        TextOrJson::Text => output::line(key.expose()),
        TextOrJson::Json => output::json(&json!({
            "name": new.name, "tenant": new.tenant, "mailboxes": new.mailboxes,
            "rights": names(&new.rights), "actions": verbs(&new.actions),
            "key": (!is_kept).then(|| key.expose()), "file": arguments.out,
        })),
    }
}

fn names(rights: &[Right]) -> Vec<&'static str> {
    rights.iter().map(|right| right.as_str()).collect()
}

fn verbs(actions: &[Verb]) -> Vec<&'static str> {
    actions.iter().map(|verb| verb.as_str()).collect()
}

fn list(config: &Config, arguments: &KeyList) -> anyhow::Result<()> {
    let path = config.keys_file();
    if let Err(error) = path.symlink_metadata() {
        let is_closed = error.kind() == std::io::ErrorKind::PermissionDenied;
        ensure!(!is_closed, "the folder of {} may not be read: {error}", path.display());
    }
    let keys = config.access.keys();
    match arguments.format {
        TableFormat::Json => output::json(&keys.iter().map(shown).collect::<Vec<_>>()),
        TableFormat::Table | TableFormat::Csv => rows(keys, arguments.format),
    }
}

fn shown(key: &access::Key) -> Value {
    json!({
        "name": key.name, "tenant": key.tenant, "mailboxes": key.mailboxes,
        "rights": names(&key.rights), "actions": verbs(&key.actions),
        "asksPremium": key.upstream.is_some() || (key.made.is_none() && key.mailboxes.is_empty()),
        "made": key.made.map(|made| made.to_string()),
    })
}

fn rows(keys: &[access::Key], format: TableFormat) -> anyhow::Result<()> {
    let mut table = Table::new(&["name", "tenant", "mailboxes", "rights", "actions", "made"]);
    for key in keys {
        let made = |made: jiff::Timestamp| format!("{made:.0}");
        table.row([
            key.name.clone(),
            key.tenant.clone(),
            if key.mailboxes.is_empty() { "all".to_owned() } else { key.mailboxes.join(" ") },
            names(&key.rights).join(" "),
            verbs(&key.actions).join(" "),
            key.made.map_or_else(|| "in the configuration".to_owned(), made),
        ]);
    }
    if format == TableFormat::Csv { table.csv() } else { table.text() }
}

fn said(common: &Common, text: &str) -> anyhow::Result<()> {
    if common.quiet { Ok(()) } else { output::line(text) }
}
