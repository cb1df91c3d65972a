//! Archives: zip and tar.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use zip::ZipArchive;

use super::maildir;
use super::place::Root;
use super::read::{Entry, Fault, Reading, has_ending};
use crate::parse::zip_names;

/// Names that tell a document made of zipped parts: of Office, of other office suites, of Java.
const DOCUMENT_PARTS: [&str; 3] = ["[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF"];

/// Reads every file of a zip archive, in the order of its table.
pub(super) fn zip(reading: &mut Reading<'_>, entry: &Entry, file: &File) -> Result<(), Fault> {
    let failed = |error: zip::result::ZipError| Fault::Failed(error.to_string());
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(failed)?;
    if DOCUMENT_PARTS.iter().any(|name| archive.index_for_name(name).is_some()) {
        return Err(Fault::NotMail("a document made of zipped parts"));
    }
    for (number, name) in zip_names::names(&archive).into_iter().enumerate() {
        if reading.budget.is_spent() {
            break;
        }
        let member = member(reading, entry, &name);
        match archive.by_index(number) {
            Ok(mut file) if file.is_file() => reading.entry(&member, &mut file, None),
            Ok(_) => {}
            Err(error) => reading.fail(&member, failed(error)),
        }
    }
    Ok(())
}

/// Reads every file of a tar archive; links and devices are no files.
pub(super) fn tar(
    reading: &mut Reading<'_>,
    entry: &Entry,
    stream: &mut dyn Read,
) -> Result<(), Fault> {
    let mut archive = tar::Archive::new(stream);
    for file in archive.entries()? {
        let mut file = file?;
        let kind = file.header().entry_type();
        let name = String::from_utf8_lossy(&file.path_bytes()).into_owned();
        if kind.is_file() || kind.is_contiguous() {
            reading.entry(&member(reading, entry, &name), &mut file, None);
        }
        if reading.budget.is_spent() {
            break;
        }
    }
    Ok(())
}

/// The root of what lies in an archive or a compressed file: where that is the root, its new name.
pub(super) fn root(archive: &Entry, name: &Path) -> Arc<Root> {
    match archive.root.path == archive.path {
        true => Arc::new(Root::packed(name.to_path_buf())),
        false => Arc::clone(&archive.root),
    }
}

/// An entry of an archive. The archive counts as a folder with its name, less the ending.
pub(super) fn member(reading: &Reading<'_>, archive: &Entry, name: &str) -> Entry {
    let folder = without_ending(&archive.path);
    let root = root(archive, &folder);
    let path = folder.join(tame(name));
    let home = reading.rule.home(&root, &path, maildir::archived_part(&path));
    let part = match archive.part.as_str() {
        "" => name.to_owned(),
        outer => format!("{outer}!{name}"),
    };
    Entry { part, home: Arc::new(home), ..archive.inside(root, path) }
}

fn without_ending(path: &Path) -> PathBuf {
    if has_ending(path, &["zip", "tar", "pst", "ost"]) {
        path.with_extension("")
    } else {
        path.to_path_buf()
    }
}

/// The name as a path that stays where it is: no root, no way up; Windows writes `\`.
fn tame(name: &str) -> PathBuf {
    let path = PathBuf::from(name.replace('\\', "/").replace('\0', ""));
    path.components().filter(|part| matches!(part, Component::Normal(_))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside() {
        for (name, expected) in [
            ("a/b.eml", "a/b.eml"),
            ("../../etc/passwd", "etc/passwd"),
            ("/abs/./x", "abs/x"),
            ("C:\\mail\\1.eml", "C:/mail/1.eml"),
            ("", ""),
        ] {
            assert_eq!(tame(name), Path::new(expected), "{name:?}");
        }
    }
}
