//! Mail as Outlook files, which only Veeam can make.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use postern_archive::export::{Hashed, Manifest, manifest_beside};
use postern_upstream::veeam::{Chosen, Download, Problem, PstOptions, Session};

use serde_json::{Map, Value, json};

use super::chosen;
use crate::files::{Target, TargetError, local_name};
use crate::{Act, Acting, Item, Outcome, Proposal, Steps, Verb};

/// Bytes of a GB, as Veeam counts.
const GB: u64 = 1 << 30;
/// How a PST begins ([MS-PST] 2.2.2.6, `dwMagic`).
const PST: &[u8] = b"!BDN";
/// How a ZIP begins.
const ZIP: &[u8] = b"PK\x03\x04";

/// Exports items, one file for each mailbox.
#[derive(Debug)]
pub struct PstExport {
    /// The session whose backup they come from.
    pub session: Session,
    /// How the files are made.
    pub options: PstOptions,
    /// What is exported, where that is not the items by their ids.
    pub all_of: Option<Chosen>,
    /// Where the file goes; with several mailboxes its name gets that of the mailbox.
    pub out: PathBuf,
    /// There are several mailboxes.
    pub several: bool,
    /// A file that is there is written over.
    pub over: bool,
    /// What a manifest beside each file says before it names the items; nothing where there is to be none.
    pub about: Option<Map<String, Value>>,
    /// The SHA-256 of each manifest that was written.
    pub manifests: Mutex<Vec<String>>,
}

/// Why there is no PST.
#[derive(Debug, thiserror::Error)]
pub enum NotExported {
    /// Veeam gives none.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// What came is neither a PST nor a ZIP of them.
    #[error("Veeam sent something that is neither a PST nor a ZIP of them")]
    NoPst,
    /// It cannot be kept.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// It cannot be written.
    #[error("it cannot be written")]
    Write(#[from] io::Error),
}

/// A PST that begins to come, or a ZIP of several.
#[derive(Debug)]
pub struct Begun {
    first: Bytes,
    rest: Download,
    /// How the name of the file ends.
    pub extension: &'static str,
}

impl PstExport {
    /// The plan to export these items.
    #[must_use]
    pub fn plan(
        source: &str,
        place: &str,
        items: Vec<Item>,
        options: &PstOptions,
        out: &str,
    ) -> Proposal {
        let mut plan = Proposal::new(Verb::ExportPst, source, place, Steps::Within, items);
        plan.into = out.to_owned();
        plan.lasting =
            "Nothing is changed. A PST is a copy of mail outside of every protection.".to_owned();
        if let Some(keyword) = &options.keyword {
            plan.notes.push(
                "Veeam decides which items match a keyword; they need not be those that the query finds."
                    .to_owned(),
            );
            plan = plan.with("keyword", keyword);
        }
        match options.size_limit {
            Some(limit) => plan.with("pstSizeLimitGB", (limit / GB).to_string()),
            None => plan,
        }
    }

    /// Asks Veeam for a file, and looks at how it begins.
    ///
    /// # Errors
    ///
    /// [`NotExported`].
    pub async fn begin(&self, items: &[Item]) -> Result<Begun, NotExported> {
        let by_id = || chosen(items).ok_or(Problem::Invalid("no item is chosen"));
        let chosen = self.all_of.clone().map_or_else(by_id, Ok)?;
        let mut rest = self.session.export_pst(&chosen, &self.options).await?;
        let mut first = Vec::new();
        while first.len() < ZIP.len() {
            match rest.chunk().await? {
                Some(piece) => first.extend_from_slice(&piece),
                None => break,
            }
        }
        let extension = if first.starts_with(PST) {
            "pst"
        } else if first.starts_with(ZIP) {
            "zip"
        } else {
            return Err(NotExported::NoPst);
        };
        Ok(Begun { first: first.into(), rest, extension })
    }

    async fn write(&self, items: &[Item]) -> Result<(PathBuf, u64), NotExported> {
        let begun = self.begin(items).await?;
        let owner = items.first().filter(|_| self.several).map(|item| item.owner.as_str());
        let path = named(&self.out, owner, begun.extension);
        let mut target = Hashed::new(Target::create(&path, self.over)?);
        begun.pour(&mut target).await?;
        let (target, file) = target.end();
        let bytes = target.finish()?;
        self.write_manifest(&path, items, file)?;
        Ok((path, bytes))
    }

    /// Names the items of a file beside it.
    fn write_manifest(&self, path: &Path, items: &[Item], file: Value) -> Result<(), NotExported> {
        let Some(about) = self.about.clone() else { return Ok(()) };
        let mut manifest = Manifest::new(about)?;
        items.iter().try_for_each(|item| manifest.add_item(&told(item)))?;
        let mut beside = Target::create(&manifest_beside(path), self.over)?;
        let sha256 = manifest.write(&mut beside, Some(file))?;
        beside.finish()?;
        self.manifests.lock().unwrap_or_else(PoisonError::into_inner).push(sha256);
        Ok(())
    }
}

impl Begun {
    /// Writes all of it.
    ///
    /// # Errors
    ///
    /// When it does not come to its end, or cannot be written.
    pub async fn pour(mut self, out: &mut impl Write) -> Result<(), NotExported> {
        out.write_all(&self.first)?;
        while let Some(piece) = self.rest.chunk().await? {
            out.write_all(&piece)?;
        }
        Ok(())
    }

    /// The next piece; nothing after the last one.
    ///
    /// # Errors
    ///
    /// When it does not come to its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Problem> {
        if self.first.is_empty() {
            return self.rest.chunk().await;
        }
        Ok(Some(std::mem::take(&mut self.first)))
    }
}

/// An item in a manifest: its id here, if it is here, that in the backup, and where it lies there.
fn told(item: &Item) -> Value {
    let Item { id, owner, folder, message, .. } = item;
    json!({"id": message, "itemId": id, "places": [{"mailbox": owner, "folder": folder}]})
}

/// The name of a file: with that of its mailbox where there are several, and with the ending of what it is.
fn named(out: &Path, owner: Option<&str>, extension: &str) -> PathBuf {
    let stem = out.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let stem = stem.unwrap_or_else(|| "export".to_owned());
    let name = match owner {
        Some(owner) => format!("{stem}.{}.{extension}", local_name(owner)),
        None => format!("{stem}.{extension}"),
    };
    out.with_file_name(name)
}

impl Act for PstExport {
    fn act<'a>(&'a self, items: &'a [Item]) -> Acting<'a> {
        Box::pin(async move {
            match self.write(items).await {
                Ok((path, bytes)) => {
                    Outcome::Done(Some(format!("{bytes} bytes in {}", path.display())))
                }
                Err(NotExported::Problem(problem)) => Outcome::of(Verb::ExportPst, &problem),
                Err(other) => Outcome::NotDone(postern_archive::chain(&other)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_what_they_are() {
        let mailbox = Some("ann@contoso.com");
        for (out, owner, extension, expected) in [
            ("case.pst", None, "pst", "case.pst"),
            ("case.pst", None, "zip", "case.zip"),
            ("out/case.pst", mailbox, "pst", "out/case.ann@contoso.com.pst"),
            ("case", Some("../x"), "pst", "case._x.pst"),
        ] {
            assert_eq!(named(Path::new(out), owner, extension), Path::new(expected), "{out}");
        }
    }
}
