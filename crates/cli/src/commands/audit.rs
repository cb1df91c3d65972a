//! `postern audit`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use postern_audit::{
    Filter, Signer, Verified, Verifier, Vouched, canonical, folder, last_kept, newest, verify,
};
use postern_gateway::config::{Config, Overrides};
use serde_json::{Map, Value, json};

use crate::args::{Audit, AuditFormat, AuditSearch, AuditVerb, AuditVerify, Common, TextOrJson};
use crate::exit::Exit;
use crate::{data, output, settings, terminal};

/// What a command of the log works on.
struct Place {
    /// Where segments lie.
    folder: PathBuf,
    key_file: PathBuf,
}

/// Reads or verifies the audit log.
pub(crate) fn run(common: &Common, arguments: &Audit) -> anyhow::Result<Exit> {
    let config = settings::load(common, &Overrides::default())?;
    let data = data_of(common, &config, arguments.tenant.as_deref())?;
    let place = Place { folder: folder(&data), key_file: config.audit.key_file(&data) };
    match &arguments.verb {
        AuditVerb::Key => {
            output::line(place.key(None)?)?;
            Ok(Exit::Done)
        }
        AuditVerb::Verify(arguments) => verified(&place, arguments),
        AuditVerb::Search(arguments) => search(&place, arguments),
    }
}

fn data_of(common: &Common, config: &Config, tenant: Option<&str>) -> anyhow::Result<PathBuf> {
    if tenant.is_none() && common.data.is_some() {
        return data::place(common);
    }
    let found = config.tenant(tenant).map(|tenant| tenant.data.clone());
    match (found, tenant) {
        (None, Some(tenant)) => bail!("the configuration has no tenant `{tenant}`"),
        (found, _) => Ok(found.unwrap_or_else(|| config.data.clone())),
    }
}

impl Place {
    /// Why there may be no key.
    fn without_key(&self) -> &'static str {
        match fs::read_dir(&self.folder).map(|mut entries| entries.next().is_some()) {
            Ok(true) => {
                "the key of the audit log cannot be read; `postern audit verify --key` takes what `postern audit key` printed"
            }
            Ok(false) | Err(_) => "nothing was audited here yet, or --config is missing",
        }
    }

    fn key(&self, told: Option<&str>) -> anyhow::Result<Verifier> {
        match told {
            Some(text) => Verifier::parse(text)
                .context("--key is none; it is what `postern audit key` prints: NAME+ID+KEY"),
            None => {
                let key = Signer::read(&self.key_file).with_context(|| self.without_key())?;
                Ok(key.verifier().clone())
            }
        }
    }
}

fn verified(place: &Place, arguments: &AuditVerify) -> anyhow::Result<Exit> {
    let key = place.key(arguments.key.as_deref())?;
    let against = arguments.against.as_deref().map(kept).transpose()?;
    // Who has the key itself can also tell who wrote what is not signed yet.
    let seals = Signer::read(&place.key_file).ok().filter(|seals| *seals.verifier() == key);
    let found = verify(&place.folder, &key, seals.as_ref(), against.as_deref())?;
    match arguments.format {
        TextOrJson::Json => output::json(&for_programs(&found))?,
        TextOrJson::Text => for_people(&found, seals.is_some())?,
    }
    Ok(match found.is_intact() {
        false => Exit::Failed,
        true if found.unsigned > 0 => Exit::SomeUnreadable,
        true => Exit::Done,
    })
}

/// The last head of a file.
fn kept(path: &Path) -> anyhow::Result<String> {
    let text = match path.to_str() {
        Some("-") => io::read_to_string(io::stdin()),
        Some(_) | None => fs::read_to_string(path),
    };
    let text = text.with_context(|| format!("`{}` cannot be read", path.display()))?;
    last_kept(&text)
        .with_context(|| format!("there is no head of an audit log in `{}`", path.display()))
}

fn for_people(found: &Verified, has_key: bool) -> anyhow::Result<()> {
    let entries = found.entries;
    if let Some(fault) = &found.fault {
        let bad = output::styled(output::BAD, "the log was changed");
        output::line(format!("{bad}: {fault}"))?;
    }
    let until = found.head.as_ref().map(|head| format!(", signed at {}", head.time));
    let good = output::styled(output::GOOD, format!("{entries} entries are in order"));
    output::line(format!("{good}{}", until.unwrap_or_default()))?;
    behind(found, has_key)?;
    if found.told > 0 {
        output::line(format!(
            "{} entries tell of the log itself, as of a process that was killed; `postern audit search --what log` \
             shows them",
            found.told
        ))?;
    }
    match found.against {
        Some(vouched) => output::line(told(vouched, entries)),
        None => output::line(
            "no outside head was given, so entries that were cut off at the end would not be missed; \
             give one with --against",
        ),
    }
}

/// What is behind the last head.
fn behind(found: &Verified, has_key: bool) -> anyhow::Result<()> {
    if found.sealed > 0 {
        output::line(format!(
            "{} entries behind them are not signed yet, and the key of the log sealed them: a process writes, or was \
             killed; the next head covers them",
            found.sealed
        ))?;
    }
    let lines = found.unsigned;
    match has_key {
        _ if lines == 0 => Ok(()),
        true => output::line(format!(
            "{lines} lines behind them are neither signed nor sealed by the key of the log: a process was killed while \
             it wrote them, or somebody added them; they are no part of the log, and the next entry sets them aside"
        )),
        false => output::line(format!(
            "{lines} lines behind them are not signed yet; without the key file nobody can tell whether they are \
             entries or somebody added them"
        )),
    }
}

fn told(vouched: Vouched, entries: u64) -> String {
    let bad = |text: String| output::styled(output::BAD, text);
    match vouched {
        Vouched::NotSigned => bad("the outside head is not signed by the key of this log".into()),
        Vouched::OtherLog => bad("the outside head is of another log than this one".into()),
        Vouched::CutTail { head, log } => bad(format!(
            "the end of the log was cut off: the outside head counts {head} entries, and {log} are here"
        )),
        Vouched::Differs(head) => {
            bad(format!("the first {head} entries are not those that the outside head vouches for"))
        }
        Vouched::UpTo(head) => format!(
            "the outside head vouches for the first {head} entries; for the other {} only the heads of the log do",
            entries.saturating_sub(head)
        ),
    }
}

fn for_programs(found: &Verified) -> Value {
    let fault = found.fault.as_ref().map(
        |fault| json!({"segment": fault.segment, "line": fault.line, "why": fault.why.to_string()}),
    );
    let against = found.against.map(|vouched| match vouched {
        Vouched::NotSigned => json!({"result": "notSigned"}),
        Vouched::OtherLog => json!({"result": "otherLog"}),
        Vouched::CutTail { head, log } => {
            json!({"result": "cutTail", "entries": head, "missing": head.saturating_sub(log)})
        }
        Vouched::Differs(head) => json!({"result": "differs", "entries": head}),
        Vouched::UpTo(head) => json!({"result": "vouched", "entries": head}),
    });
    json!({
        "intact": found.is_intact(), "entries": found.entries, "sealed": found.sealed, "unsigned": found.unsigned,
        "told": found.told,
        "signedAt": found.head.as_ref().map(|head| head.time.to_string()),
        "fault": fault, "against": against,
    })
}

/// Shows the last entries that are wanted, the newest first.
fn search(place: &Place, arguments: &AuditSearch) -> anyhow::Result<Exit> {
    let filter = Filter {
        who: arguments.who.clone(),
        what: arguments.what,
        since: arguments.since,
        before: arguments.before,
        text: arguments.text.clone(),
        tenant: None,
    };
    let (found, _) = newest(&place.folder, &filter, arguments.limit, &|| true)?;
    for entry in &found {
        match arguments.format {
            AuditFormat::Jsonl => output::lines(&[canonical(entry)])?,
            AuditFormat::Table => line(entry)?,
        }
    }
    Ok(Exit::Done)
}

/// Number, time, who, what, and the rest as it stands there.
fn line(entry: &Map<String, Value>) -> anyhow::Result<()> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
    let n = entry.get("n").map(ToString::to_string).unwrap_or_default();
    let (time, who, what) =
        (text("time"), terminal::safe(text("who")), terminal::safe(text("what")));
    let shown = ["n", "prev", "time", "who", "what"];
    let rest = entry.iter().filter(|(name, _)| !shown.contains(&name.as_str()));
    let rest = rest.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
    output::line(format!("{n:>6}. {time}  {what} by {who}  {}", terminal::safe(&rest)))
}
