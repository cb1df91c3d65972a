//! `postern export`.

mod kept;
mod pst;

use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use postern_archive::Archive;
use postern_archive::export::{Format, Manifest, Planned, Wishes, Written, verify, write};
use postern_gateway::config::Overrides;
use postern_query::{Parsed, Query};
use serde_json::{Map, Value, json};

use super::{attachment_text, found};
use crate::args::{Common, Export, ExportFormat};
use crate::exit::Exit;
use crate::{clock, data, output, settings, terminal};

/// Exports what a query finds.
pub(crate) fn run(common: &Common, arguments: &Export) -> anyhow::Result<Exit> {
    if let Some(package) = &arguments.verify {
        return verified(package);
    }
    if arguments.resume {
        return resumed(common, arguments);
    }
    let text = arguments.query.join(" ");
    let read = found::parsed_from(common, &arguments.view, &text)?;
    let Some(Parsed { query, canonical, .. }) = read else { return Ok(Exit::Failed) };
    let format = match arguments.format {
        ExportFormat::Mbox => Format::Mbox,
        ExportFormat::Zip => Format::Zip,
        ExportFormat::Csv => Format::Csv,
        ExportFormat::Jsonl => Format::Jsonl,
        ExportFormat::Dat => Format::Dat,
        ExportFormat::Html => Format::Html,
        ExportFormat::Pst => return pst::run(common, arguments, &query, &canonical),
    };
    ensure!(
        arguments.keywords.is_none() && arguments.pst_size_limit.is_none(),
        "--keywords and --pst-size-limit are for --format pst"
    );
    let query = if arguments.versions { query } else { query.newest_only() };
    here(common, arguments, &query, &canonical, format)
}

/// Says what is wrong with a package.
fn verified(package: &Path) -> anyhow::Result<Exit> {
    let (files, torn) =
        verify(package).with_context(|| format!("`{}` cannot be read", package.display()))?;
    for one in &torn {
        output::line(terminal::safe(&one.to_string()))?;
    }
    if torn.is_empty() {
        let s = if files == 1 { "" } else { "s" };
        output::line(format!("the package is whole: {files} file{s} as they were written"))?;
        return Ok(Exit::Done);
    }
    Ok(Exit::Failed)
}

/// From what lies on this machine.
fn here(
    common: &Common,
    arguments: &Export,
    query: &Query,
    canonical: &str,
    format: Format,
) -> anyhow::Result<Exit> {
    let archive = Archive::below(&folder(common, arguments.tenant.as_deref())?);
    archive.index()?;
    let path = arguments.out.clone().unwrap_or_else(|| PathBuf::from(format.file_name()));
    let is_printed = path == Path::new("-");
    let about = about(common, arguments, &archive, canonical)?;
    let data = found_at(archive.data());
    let planned = Planned { format, once: arguments.dedupe.is_some(), about, data };
    let written = if is_printed {
        printed(&archive, query, planned)?
    } else {
        kept::begin(&archive, query, &planned, &path, arguments.force)?
    };
    told(common, written, &path)
}

/// What was planned before a kill.
fn resumed(common: &Common, arguments: &Export) -> anyhow::Result<Exit> {
    let path = arguments.out.clone().unwrap_or_default();
    let plan = kept::plan(&path)?;
    let tenant = plan.planned.about.get("tenant").and_then(Value::as_str);
    ensure!(
        tenant == arguments.tenant.as_deref(),
        "this export is of another tenant: give --tenant as when it began"
    );
    let archive = Archive::below(&folder(common, tenant)?);
    let (begun, here) = (&plan.planned.data, found_at(archive.data()));
    ensure!(
        *begun == here,
        "this export was begun from another data folder: give `--data {}`, or begin it anew with --force",
        terminal::safe(begun)
    );
    archive.index()?;
    for name in ["query", "canonical"] {
        common.noted.put(name, plan.planned.about.get(name).cloned().unwrap_or_default());
    }
    let written = kept::resume(&archive, plan, &path)?;
    told(common, written, &path)
}

/// How it ended.
fn told(common: &Common, written: Written, path: &Path) -> anyhow::Result<Exit> {
    common.noted.put("messages", written.messages);
    common.noted.put("lost", written.lost);
    common.noted.put("manifest", written.manifest);
    if !common.quiet {
        let messages = written.messages;
        let s = if messages == 1 { "" } else { "s" };
        let path = terminal::safe(&path.display().to_string());
        output::note(format!("{messages} message{s} exported to {path}"));
    }
    if written.lost > 0 {
        output::note(format!(
            "the originals of {} are gone; a note stands in their place",
            written.lost
        ));
        return Ok(Exit::SomeUnreadable);
    }
    Ok(Exit::Done)
}

/// A data folder by the one name that it has, whatever it was called.
fn found_at(data: &Path) -> String {
    data.canonicalize().unwrap_or_else(|_| data.to_owned()).display().to_string()
}

/// The data folder of the tenant.
fn folder(common: &Common, tenant: Option<&str>) -> anyhow::Result<PathBuf> {
    if common.config.is_none() {
        return data::folder(common);
    }
    let config = settings::load(common, &Overrides::default())?;
    Ok(config.tenant(tenant).map_or(config.data.clone(), |tenant| tenant.data.clone()))
}

/// What the manifest says of what was asked, and what of it is here.
fn about(
    common: &Common,
    arguments: &Export,
    archive: &Archive,
    canonical: &str,
) -> anyhow::Result<Map<String, Value>> {
    let (viewpoint, coverage) = (settings::viewpoint(common, &arguments.view)?, archive.coverage());
    let about = json!({
        "query": arguments.query.join(" "), "canonical": canonical, "sent": {"local": canonical},
        "by": "local", "tenant": arguments.tenant, "time": clock::now().to_string(),
        "zone": viewpoint.zone_name(),
        "coverage": {
            "indexed": coverage.indexed, "known": coverage.known,
            "asOf": coverage.as_of.map(|time| time.to_string()),
        },
    });
    match about {
        Value::Object(fields) => Ok(fields),
        _ => Ok(Map::new()),
    }
}

fn printed(archive: &Archive, query: &Query, planned: Planned) -> anyhow::Result<Written> {
    let (out, Planned { format, once, about, .. }) = (io::stdout(), planned);
    let is_for_programs = format == Format::Mbox || format.is_package();
    ensure!(
        !(is_for_programs && out.is_terminal()),
        "a file is not for a terminal; write it with --out FILE"
    );
    let manifest = format.is_package().then(|| Manifest::new(about)).transpose();
    let manifest = manifest.context("the manifest cannot be written")?;
    let wishes = Wishes { format, manifest, once, texts: attachment_text::all()? };
    let mut out = BufWriter::new(out.lock());
    let (written, _) = write(archive, query, &super::search::asker(), wishes, &mut out)?;
    out.flush().context("it cannot be written")?;
    Ok(written)
}
