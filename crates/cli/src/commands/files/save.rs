//! `postern files save`.

use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use postern_actions::files::{Files, Placed, Target, local_name};
use postern_upstream::veeam::{Document, Documents, Download, Drive, Problem};

use super::{chosen, open, server};
use crate::args::{Common, FilesSave};
use crate::exit::Exit;
use crate::{output, terminal};

/// How often a file is asked for that comes only in part.
const TRIES: u32 = 3;
/// How the bytes of a ZIP file begin; the second is that of an empty one.
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// Bytes that tell a ZIP file.
const ZIP_HEAD: usize = 4;

/// What is asked for, and what it has to be.
struct Order<'a> {
    files: &'a Files,
    drive: Drive,
    documents: Documents,
    as_zip: Option<bool>,
    is_zip: bool,
}

pub(super) fn run(common: &Common, arguments: &FilesSave) -> anyhow::Result<Exit> {
    let server = server(common, &arguments.chosen.backup)?;
    server.run(async {
        let files = open(&server, &arguments.chosen.backup).await?;
        let (drive, found) = chosen(&files, &arguments.chosen).await?;
        ensure!(!found.is_empty(), "there is no document below these paths");
        ensure!(
            found.len() <= arguments.limit,
            "{} documents are meant, and the limit is {}; name fewer, or give --limit {}",
            found.len(),
            arguments.limit,
            found.len()
        );
        let path = path(&files, &drive, &found, arguments);
        let order = order(&files, drive, &found, arguments);
        let written = if path == Path::new("-") {
            order.print().await?
        } else {
            order.write(&path, arguments.force).await?
        };
        if !common.quiet {
            let documents = if found.len() == 1 { "document" } else { "documents" };
            let path = terminal::safe(&path.display().to_string());
            output::note(format!("{} {documents}, {written} bytes, in {path}", found.len()));
        }
        Ok(Exit::Done)
    })
}

fn order<'a>(
    files: &'a Files,
    drive: Drive,
    found: &[Placed<Document>],
    arguments: &FilesSave,
) -> Order<'a> {
    let documents: Vec<_> = found.iter().map(|one| one.it.clone()).collect();
    match <[Document; 1]>::try_from(documents) {
        Ok([one]) => {
            let in_version = arguments.chosen.version.is_some();
            let documents =
                if in_version { Documents::InVersion(one) } else { Documents::One(one) };
            let as_zip = Some(arguments.zip);
            Order { files, drive, documents, as_zip, is_zip: arguments.zip }
        }
        Err(several) => {
            let as_zip = arguments.zip.then_some(true);
            Order { files, drive, documents: Documents::Several(several), as_zip, is_zip: true }
        }
    }
}

/// Where it goes. Names of the server stay in this folder.
fn path(
    files: &Files,
    drive: &Drive,
    found: &[Placed<Document>],
    arguments: &FilesSave,
) -> PathBuf {
    match (&arguments.out, found) {
        (Some(out), _) if !out.is_dir() => out.clone(),
        (out, found) => {
            let name = match found {
                [one] if arguments.zip => format!("{}.zip", one.it.name),
                [one] => one.it.name.clone(),
                _ => format!("{}.zip", files.owner(drive)),
            };
            out.clone().unwrap_or_default().join(local_name(&name))
        }
    }
}

impl Order<'_> {
    async fn ask(&self) -> anyhow::Result<Download> {
        let session = self.files.session();
        Ok(session.save_documents(&self.drive, &self.documents, self.as_zip).await?)
    }

    /// A file that comes only in part is asked for again.
    async fn write(&self, path: &Path, over: bool) -> anyhow::Result<u64> {
        let mut tries = 1;
        loop {
            let mut target = Target::create(path, over)
                .with_context(|| "give another file with --out, or write over it with --force")?;
            let mut download = self.ask().await?;
            match self.pour(&mut download, &mut target).await {
                Ok(()) => return Ok(target.finish()?),
                Err(error) if tries == TRIES || !may_pass(&error) => return Err(error),
                Err(_) => tries += 1,
            }
        }
    }

    async fn print(&self) -> anyhow::Result<u64> {
        let mut out = io::stdout();
        if out.is_terminal() {
            bail!("a file is not for a terminal; write it with > FILE, or leave --out away");
        }
        let mut download = self.ask().await?;
        self.pour(&mut download, &mut out).await?;
        out.flush()?;
        Ok(download.received())
    }

    async fn pour(&self, download: &mut Download, out: &mut impl Write) -> anyhow::Result<()> {
        let mut beginning = Vec::new();
        while let Some(piece) = download.chunk().await? {
            beginning.extend(piece.iter().copied().take(ZIP_HEAD - beginning.len()));
            if self.is_zip && beginning.len() == ZIP_HEAD && !ZIP.contains(&beginning.as_slice()) {
                bail!("the server sent something that is no ZIP file");
            }
            out.write_all(&piece).context("it cannot be written")?;
        }
        ensure!(!self.is_zip || beginning.len() == ZIP_HEAD, "the server sent no ZIP file");
        Ok(())
    }
}

fn may_pass(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(Problem::may_pass)
}
