//! Every command is audited here: before it begins, and when it has ended. So no command can forget it.

use std::sync::Arc;

use anyhow::Context as _;
use postern_audit::{Entry, Log, What};
use postern_gateway::config::{Config, Level};

use crate::args::{BackupVerb, Command, Common, KeyVerb, SetVerb};
use crate::exit::Exit;
use crate::{clock, data, output, settings};

/// Who types, in the log.
const WHO: &str = "local";
/// What stands for a secret.
const MASK: &str = "***";

/// What is audited of a command.
struct Deed<'a> {
    what: What,
    /// Whether it is audited only where everything is.
    reads: bool,
    tenant: Option<&'a str>,
    /// Whether a protocol has standard output for itself.
    is_protocol: bool,
}

/// Runs a command between its two entries.
pub(crate) fn around(
    common: &Common,
    command: &Command,
    run: impl FnOnce() -> anyhow::Result<Exit>,
) -> anyhow::Result<Exit> {
    let Some(deed) = deed(command) else { return run() };
    let Some(log) = log(common, &deed)? else { return run() };
    let entry = |event: &str| {
        let entry = Entry::new(deed.what, WHO).with("how", "command line").with("event", event);
        let entry = user().into_iter().fold(entry, |entry, user| entry.with("user", user));
        entry.with(
            "arguments",
            typed(std::env::args_os().skip(1).map(|one| one.to_string_lossy().into_owned())),
        )
    };
    log.write(entry("begun"))?;
    let outcome = run();
    let ended = match &outcome {
        Ok(Exit::Done) => "done",
        Ok(Exit::SomeUnreadable) => "done in part",
        Ok(Exit::Failed) | Err(_) => "failed",
    };
    let ended = entry("ended").with("outcome", ended).with_all(common.noted.take());
    let written = log.write(ended).context("it is done, but how it ended cannot be audited");
    // Why a command failed says more than that the log could not take it.
    outcome.and_then(|exit| written.map(|()| exit))
}

/// The log of the tenant whose data the command works on, if it is to be audited.
fn log(common: &Common, deed: &Deed<'_>) -> anyhow::Result<Option<Log>> {
    let Ok(place) = data::place(common) else { return Ok(None) };
    let config = Config::load(common.config.as_deref(), &settings::not_listening(), place)?;
    let audit =
        if deed.is_protocol { config.audit.clone().off_stdout() } else { config.audit.clone() };
    let is_wanted = match audit.level {
        Level::Off => false,
        Level::On => !deed.reads,
        Level::All => true,
    };
    if !is_wanted {
        return Ok(None);
    }
    // As for the command itself: what is said at the prompt goes over the file.
    let told = common.data.as_ref().filter(|_| deed.tenant.is_none());
    let of_tenant = config.tenant(deed.tenant).map(|tenant| &tenant.data);
    let folder = told.or(of_tenant).unwrap_or(&config.data);
    let settings = audit.settings(folder, clock::now, Arc::new(|why: &str| output::note(why)));
    Ok(Some(Log::open(folder, settings)?))
}

/// What each command does, in the words of the log.
fn deed(command: &Command) -> Option<Deed<'_>> {
    let (what, reads, tenant) = match command {
        Command::Search(search) => (What::Search, true, search.tenant.as_deref()),
        Command::Count(_) | Command::Translate(_) => (What::Search, true, None),
        Command::Show(_) => (What::View, true, None),
        Command::Sources(sources) => (What::View, false, sources.service.tenant.as_deref()),
        Command::Jobs(jobs) => (What::View, false, jobs.service.tenant.as_deref()),
        Command::Index(_) => (What::Sync, false, None),
        Command::Sync(sync) => (What::Sync, false, sync.service.tenant.as_deref()),
        Command::Export(export) => (What::Export, false, export.tenant.as_deref()),
        Command::Restore(restore) => (What::Action, false, restore.service.tenant.as_deref()),
        Command::Send(send) => (What::Action, false, send.tenant.as_deref()),
        Command::Collect(collect) => (What::Action, false, collect.service.tenant.as_deref()),
        Command::Files(_) | Command::Retrieve(_) | Command::Cluster(_) => {
            (What::Action, false, None)
        }
        Command::Set(set) => match &set.verb {
            Some(SetVerb::Export(export)) => (What::Export, false, export.tenant.as_deref()),
            Some(SetVerb::List { .. } | SetVerb::Show { .. } | SetVerb::Diff { .. }) => {
                (What::Evidence, true, None)
            }
            _ => (What::Evidence, false, None),
        },
        Command::Report(_) | Command::Watch(_) => (What::Evidence, false, None),
        Command::Admin(_) => (What::Key, false, None),
        Command::Key(key) => of_key(&key.verb),
        // It takes out all there is. Restoring begins where there is no log yet.
        Command::Backup(backup) => match &backup.verb {
            BackupVerb::Make(_) => (What::Export, false, None),
            BackupVerb::List(_) | BackupVerb::Verify(_) | BackupVerb::Restore(_) => return None,
        },
        // The gateway audits what it is asked; this is how it was set up.
        Command::Serve(serve) => (What::Configuration, false, serve.service.tenant.as_deref()),
        Command::Mcp => (What::Configuration, false, None),
        // They touch no mail. A key that is made with a configuration has its own entry.
        Command::Status(_)
        | Command::Doctor(_)
        | Command::Check(_)
        | Command::Audit(_)
        | Command::Config(_)
        | Command::Init(_)
        | Command::AttachmentText
        | Command::Healthcheck(_)
        | Command::Man { .. }
        | Command::Completions { .. } => return None,
    };
    let is_protocol = matches!(command, Command::Mcp);
    Some(Deed { what, reads, tenant, is_protocol })
}

/// Makes a key together with the configuration that says where the log lies: between its two entries.
///
/// # Errors
///
/// When that it begins cannot be written down, and then no key is made; when it fails; and when how it ended cannot
/// be written down.
pub(crate) fn around_key<T>(
    config: &Config,
    name: &str,
    tenant: &str,
    make: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    if config.audit.level == Level::Off {
        return make();
    }
    let folder = config.tenant(Some(tenant)).map_or(&config.data, |tenant| &tenant.data);
    let settings =
        config.audit.settings(folder, clock::now, Arc::new(|why: &str| output::note(why)));
    let log = Log::open(folder, settings)?;
    let entry = |event: &str| {
        let entry = Entry::new(What::Key, WHO).with("how", "command line").with("event", event);
        let entry = user().into_iter().fold(entry, |entry, user| entry.with("user", user));
        entry.with("key", name).with("tenant", tenant)
    };
    log.write(entry("begun"))?;
    let made = make();
    let outcome = if made.is_ok() { "done" } else { "failed" };
    let written = log.write(entry("ended").with("outcome", outcome));
    made.and_then(|made| Ok(written.map(|()| made)?))
}

/// A key is made in the log of its tenant.
fn of_key(verb: &KeyVerb) -> (What, bool, Option<&str>) {
    match verb {
        KeyVerb::New(new) => (What::Key, false, new.tenant.as_deref()),
        KeyVerb::List(_) => (What::Key, true, None),
        KeyVerb::Revoke(_) => (What::Key, false, None),
    }
}

/// The arguments as they were typed, without a key and without the name and password of an address.
fn typed(arguments: impl Iterator<Item = String>) -> Vec<String> {
    let mut is_secret = false;
    let told = arguments.map(|argument| {
        if std::mem::take(&mut is_secret) {
            return MASK.to_owned();
        }
        is_secret = argument == "--key";
        if argument.starts_with("--key=") {
            return format!("--key={MASK}");
        }
        without_login(&argument)
    });
    told.collect()
}

/// `https://name:password@host` without what stands before the host.
fn without_login(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (authority, path) =
        rest.find(['/', '?', '#', ' ']).map_or((rest, ""), |at| rest.split_at(at));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{MASK}@{host}{path}"),
        None => text.to_owned(),
    }
}

/// The user of the system.
fn user() -> Option<String> {
    #[cfg(unix)]
    return Some(format!("uid {}", rustix::process::getuid().as_raw()));
    #[cfg(not(unix))]
    std::env::var("USERNAME").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(arguments: &str, expected: &str) {
        let told = typed(arguments.split('|').map(str::to_owned));
        assert_eq!(told.join("|"), expected);
    }

    #[test]
    fn no_secret_is_told() {
        check("sync|--key|s3cret|--tenant|t", "sync|--key|***|--tenant|t");
        check("sync|--key=s3cret", "sync|--key=***");
        check("sync|--key", "sync|--key");
        check("sync|--key-file|key.txt", "sync|--key-file|key.txt");
        check("sync|--premium|https://u:p@x.org/a@b", "sync|--premium|https://***@x.org/a@b");
        check("sync|--premium=https://u@x.org", "sync|--premium=https://***@x.org");
        check("search|see https://x.org/a@b", "search|see https://x.org/a@b");
        check("search|from:ann@x.org OR --key", "search|from:ann@x.org OR --key");
    }
}
