//! `postern export`.

mod pst;

use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use postern_actions::files::Target;
use postern_archive::Archive;
use postern_archive::export::{Format, Written, write};
use postern_gateway::config::Overrides;
use postern_query::Query;

use super::found;
use crate::args::{Common, Export, ExportFormat};
use crate::exit::Exit;
use crate::{data, output, settings, terminal};

/// Exports what a query finds.
pub(crate) fn run(common: &Common, arguments: &Export) -> anyhow::Result<Exit> {
    let text = arguments.query.join(" ");
    let read = found::query_from(common, &arguments.view, &text)?;
    let Some(query) = read else { return Ok(Exit::Failed) };
    let format = match arguments.format {
        ExportFormat::Mbox => Format::Mbox,
        ExportFormat::Zip => Format::Zip,
        ExportFormat::Csv => Format::Csv,
        ExportFormat::Jsonl => Format::Jsonl,
        ExportFormat::Pst => return pst::run(common, arguments, &query),
    };
    ensure!(
        arguments.keywords.is_none() && arguments.pst_size_limit.is_none(),
        "--keywords and --pst-size-limit are for --format pst"
    );
    let query = if arguments.versions { query } else { query.newest_only() };
    here(common, arguments, &query, format)
}

/// From what lies on this machine.
fn here(
    common: &Common,
    arguments: &Export,
    query: &Query,
    format: Format,
) -> anyhow::Result<Exit> {
    let archive = Archive::below(&folder(common, arguments.tenant.as_deref())?);
    archive.index()?;
    let name = format!("postern-export.{}", format.extension());
    let path = arguments.out.clone().unwrap_or_else(|| PathBuf::from(name));
    let written = if path == Path::new("-") {
        printed(&archive, query, format)?
    } else {
        kept(&archive, query, format, &path, arguments.force)?
    };
    if !common.quiet {
        let Written { messages, .. } = written;
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

/// The data folder of the tenant.
fn folder(common: &Common, tenant: Option<&str>) -> anyhow::Result<PathBuf> {
    if common.config.is_none() {
        return data::folder(common);
    }
    let config = settings::load(common, &Overrides::default())?;
    Ok(config.tenant(tenant).map_or(config.data.clone(), |tenant| tenant.data.clone()))
}

fn printed(archive: &Archive, query: &Query, format: Format) -> anyhow::Result<Written> {
    let out = io::stdout();
    let is_for_programs = matches!(format, Format::Mbox | Format::Zip);
    ensure!(
        !(is_for_programs && out.is_terminal()),
        "a file is not for a terminal; write it with --out FILE"
    );
    let mut out = BufWriter::new(out.lock());
    let written = write(archive, query, &super::search::asker(), format, &mut out)?;
    out.flush().context("it cannot be written")?;
    Ok(written)
}

fn kept(
    archive: &Archive,
    query: &Query,
    format: Format,
    path: &Path,
    over: bool,
) -> anyhow::Result<Written> {
    let target = Target::create(path, over)
        .context("give another file with --out, or write over it with --force")?;
    let mut out = BufWriter::new(target);
    let written = write(archive, query, &super::search::asker(), format, &mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?;
    Ok(written)
}
