//! Which drive and which documents are meant.

use std::collections::BTreeMap;

use postern_upstream::veeam::{Document, Drive};

use super::{Files, FilesError, Node, Placed};

impl Files {
    /// Of these drives the one of that owner, or of that name, URL or id. Owners go first.
    ///
    /// # Errors
    ///
    /// When there is none, or names are shared. No other drive is told of.
    pub fn pick(&self, all: &[Drive], wanted: &str) -> Result<Drive, FilesError> {
        let is_owned = |drive: &&Drive| self.owner(drive).eq_ignore_ascii_case(wanted);
        let owned: Vec<_> = all.iter().filter(is_owned).collect();
        let named = || all.iter().filter(|drive| is_called(drive, wanted)).collect();
        let found: Vec<&Drive> = if owned.is_empty() { named() } else { owned };
        match found.as_slice() {
            [only] => Ok((*only).clone()),
            [] => Err(FilesError::NoDrive {
                wanted: wanted.to_owned(),
                known: all.iter().map(|drive| self.owner(drive).to_owned()).collect(),
            }),
            several => Err(FilesError::SeveralDrives {
                wanted: wanted.to_owned(),
                urls: several.iter().map(|drive| drive.url.clone()).collect(),
            }),
        }
    }

    /// The drive that documents are copied into: one of these, or any by its URL.
    ///
    /// # Errors
    ///
    /// When there is none of that name, and it is no URL.
    pub fn target(&self, all: &[Drive], to: &str) -> Result<Drive, FilesError> {
        match self.pick(all, to) {
            Err(FilesError::NoDrive { .. }) if to.starts_with("https://") => Ok(Drive::at(to)),
            found => found,
        }
    }

    /// The documents at these paths of a drive, each once. A folder stands for all documents below it; `version`
    /// is of one document.
    ///
    /// # Errors
    ///
    /// When one of them is not there, or there is no answer.
    pub async fn chosen(
        &self,
        drive: &Drive,
        paths: &[String],
        version: Option<&str>,
    ) -> Result<Vec<Placed<Document>>, FilesError> {
        let mut all = BTreeMap::new();
        for path in paths {
            let documents = match self.at(drive, path).await? {
                Node::Document(document) => vec![*document],
                Node::Folder(folder) => self.contents(drive, folder, true).await?.documents,
            };
            all.extend(documents.into_iter().map(|one| (one.it.id.clone(), one)));
        }
        let mut all: Vec<_> = all.into_values().collect();
        all.sort_by(|one, other| one.path.cmp(&other.path));
        match (version, all.as_mut_slice()) {
            (None, _) => {}
            (Some(version), [one]) => one.it = self.of_version(drive, &one.it, version).await?,
            (Some(_), _) => return Err(FilesError::NotOne(all.len())),
        }
        Ok(all)
    }

    /// That version of a document.
    async fn of_version(
        &self,
        drive: &Drive,
        document: &Document,
        wanted: &str,
    ) -> Result<Document, FilesError> {
        let versions = self.versions(drive, document).await?;
        let is_it = |one: &&Document| one.version.as_deref() == Some(wanted);
        let found = versions.iter().find(is_it).cloned();
        let known = || versions.iter().filter_map(|one| one.version.clone()).collect();
        found.ok_or_else(|| FilesError::NoVersion { wanted: wanted.to_owned(), known: known() })
    }
}

fn is_called(drive: &Drive, wanted: &str) -> bool {
    let last = drive.url.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let known = [&drive.name, &drive.url, &drive.id];
    known.iter().any(|name| name.eq_ignore_ascii_case(wanted)) || last.eq_ignore_ascii_case(wanted)
}
