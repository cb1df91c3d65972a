//! An export that is kept in a file. It is planned first, so that it can be written again after a kill.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use postern_actions::files::{Target, TargetError};
use postern_archive::Archive;
use postern_archive::export::{Hashed, Plan, Planned, Written, manifest_beside, write_planned};
use postern_query::Query;

use crate::commands::attachment_text;
use crate::commands::search::asker;

/// What to do about a file that is there.
const OVER: &str = "give another file with --out, or write over it with --force";

/// Plans an export, and writes it.
pub(super) fn begin(
    archive: &Archive,
    query: &Query,
    planned: &Planned,
    path: &Path,
    over: bool,
) -> anyhow::Result<Written> {
    let beside = plan_beside(path);
    let manifest = (!planned.format.is_package()).then(|| manifest_beside(path));
    let mut there = [Some(path.to_owned()), manifest].into_iter().flatten();
    if let Some(there) = there.find(|path| !over && path.symlink_metadata().is_ok()) {
        return Err(TargetError::Exists(there)).context(OVER);
    }
    ensure!(
        over || !beside.exists(),
        "an export to this file was broken off: go on with `--resume --out {}`, or begin anew with --force",
        path.display()
    );
    let mut plan = BufWriter::new(Target::create(&beside, true)?);
    planned.write(archive, query, &asker(), &mut plan)?;
    plan.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?;
    written(archive, self::plan(path)?, path, over)
}

/// Writes what was planned before a kill, whatever of it was written. It has the right to its file.
pub(super) fn resume(archive: &Archive, plan: Plan, path: &Path) -> anyhow::Result<Written> {
    written(archive, plan, path, true)
}

/// The plan of an export to a file.
pub(super) fn plan(path: &Path) -> anyhow::Result<Plan> {
    match File::open(plan_beside(path)).and_then(Plan::read) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!("no export to `{}` was broken off: begin one without --resume", path.display())
        }
        plan => plan.context("the plan of the export cannot be read: begin it anew with --force"),
    }
}

fn written(archive: &Archive, plan: Plan, path: &Path, over: bool) -> anyhow::Result<Written> {
    let create = |path: &Path| Target::again(path, over).context(OVER);
    let mut out = BufWriter::new(Hashed::new(create(path)?));
    let (mut written, manifest) =
        write_planned(archive, plan, attachment_text::all()?, &mut out)
            .with_context(|| format!("go on with `--resume --out {}`", path.display()))?;
    let (target, file) = out.into_inner().map_err(io::IntoInnerError::into_error)?.end();
    target.finish()?;
    if let Some(manifest) = manifest {
        let mut beside = BufWriter::new(create(&manifest_beside(path))?);
        let sha256 = manifest.write(&mut beside, Some(file));
        written.manifest = Some(sha256.context("the manifest cannot be written")?);
        beside.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?;
    }
    fs::remove_file(plan_beside(path)).context("the plan of the export cannot be removed")?;
    Ok(written)
}

/// Where the plan of an export lies until it is done.
fn plan_beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".plan");
    name.into()
}
