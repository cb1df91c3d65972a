//! Documents of a drive that are restored, copied or sent.

use postern_actions::Verb;
use postern_actions::files::{Deed, DocumentAct, Files, FilesError, Owners, Placed};
use postern_upstream::veeam::{
    CopyDocuments, Credentials, Document, Drive, Existing, Kind, LastVersion, Letter,
    RestoreDocuments, Versions,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::forbidden;
use super::order::{Orders, is_for};
use super::plan::{Asker, Doing, Planned};
use crate::access::{Caller, Mailboxes};
use crate::api::params::BadParam;
use crate::api::problem::Problem;
use crate::servers::Server;

/// Documents and folders that one request names at most: each costs requests to the source.
const MOST_PATHS: usize = 100;

/// Which documents, and what is done with them.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[schema(example = json!({"owner": "ann@contoso.com", "paths": ["Reports/plan.docx"]}))]
pub(super) struct DocumentsBody {
    /// Whose drive: the address of its owner, or its name, URL or id.
    pub(super) owner: String,
    /// Documents, or folders for all documents below them.
    pub(super) paths: Vec<String>,
    /// The one document in this version (v6 and later).
    pub(super) version: Option<String>,
    /// `restore`, `copy`: which versions are put there.
    pub(super) document_version: Option<WhichVersions>,
    /// What happens to a document that is there: `keep` or `overwrite` (`restore`), `merge` or `overwrite` (`copy`).
    pub(super) existing: Option<WhatIsThere>,
    /// `restore`, `copy`: one request for all, of which Veeam then tells only how many were done.
    pub(super) together: bool,
    /// `copy`: the owner or the URL of the drive to copy into. `send`: the address to send to.
    pub(super) to: Option<String>,
    /// `copy`: the folder in that drive.
    pub(super) folder: Option<String>,
    /// `send`: the address that the mail comes from.
    pub(super) from: Option<String>,
    /// `send`: the subject of the mail.
    pub(super) subject: Option<String>,
    /// `send`: the text of the mail.
    pub(super) text: Option<String>,
    /// The id of the plan; without it the plan is only shown.
    pub(super) confirm: Option<String>,
    /// Documents at most, 100 where nothing is said; more are refused.
    pub(super) limit: Option<usize>,
    /// Do again what was done before, or may have been.
    pub(super) again: bool,
    /// The backup of that time, such as `2024-01-31T00:00:00Z`; the last where nothing is said.
    pub(super) at: Option<String>,
}

/// Which versions of a document.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum WhichVersions {
    Last,
    All,
}

/// What happens to a document that is there already.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum WhatIsThere {
    Keep,
    Merge,
    Overwrite,
}

/// Documents that were found, and what is done with them.
pub(super) struct ToPut {
    files: Files,
    drive: Drive,
    documents: Vec<Placed<Document>>,
    deed: Deed,
    in_version: bool,
}

impl DocumentsBody {
    pub(super) fn orders(&self) -> Orders<'_> {
        Orders {
            confirm: self.confirm.as_deref(),
            limit: self.limit,
            again: self.again,
            at: self.at.as_deref(),
        }
    }

    /// Whether it can be done, and by this caller: a key that is limited to mailboxes sends nothing.
    pub(super) fn check(&self, verb: Verb, caller: &Caller) -> Result<(), Problem> {
        if self.owner.is_empty() {
            return Err(BadParam::new("owner", "says whose drive is meant").into());
        }
        if !(1..=MOST_PATHS).contains(&self.paths.len()) {
            return Err(BadParam::new("paths", "are 1 to 100 documents or folders").into());
        }
        self.orders().check()?;
        is_for(
            verb,
            &[
                ("documentVersion", self.document_version.is_some(), &[Verb::Restore, Verb::Copy]),
                ("existing", self.existing.is_some(), &[Verb::Restore, Verb::Copy]),
                ("together", self.together, &[Verb::Restore, Verb::Copy]),
                ("to", self.to.is_some(), &[Verb::Copy, Verb::Send]),
                ("folder", self.folder.is_some(), &[Verb::Copy]),
                ("from", self.from.is_some(), &[Verb::Send]),
                ("subject", self.subject.is_some(), &[Verb::Send]),
                ("text", self.text.is_some(), &[Verb::Send]),
            ],
        )?;
        if verb == Verb::Send && caller.mailboxes.is_limited() {
            return Err(forbidden(
                "a key that is limited to mailboxes sends to no other address".to_owned(),
            ));
        }
        Ok(())
    }

    /// Finds the documents, in the drives that the caller may see.
    pub(super) async fn plan(
        self,
        asker: Asker,
        verb: Verb,
        server: Server,
    ) -> Result<Planned, Problem> {
        let files = open(&asker, &server, &self.orders()).await?;
        let all = visible(&files, &asker.mailboxes).await?;
        let drive = files.pick(&all, &self.owner)?;
        let documents = files.chosen(&drive, &self.paths, self.version.as_deref()).await?;
        let deed = self.deed(verb, &files, &all, &asker.mailboxes)?;
        let place = server.sessions.client().organization().await?.name;
        let at = (server.settings.source.as_str(), place.as_str());
        let plan = deed.plan(&files, &drive, &documents, at, self.together);
        let proposal = self.orders().of(plan)?;
        let in_version = self.version.is_some();
        let to_put = ToPut { files, drive, documents, deed, in_version };
        let (data, doing) = (server.data.clone(), Doing::Documents(Box::new((to_put, server))));
        Ok(Planned::new(proposal, data, &self.orders(), doing))
    }

    fn deed(
        &self,
        verb: Verb,
        files: &Files,
        all: &[Drive],
        mailboxes: &Mailboxes,
    ) -> Result<Deed, Problem> {
        let versions = self.document_version.map(|versions| match versions {
            WhichVersions::Last => Versions::Last,
            WhichVersions::All => Versions::All,
        });
        match verb {
            Verb::Copy => {
                let (into, existing) = (self.into(files, all, mailboxes)?, self.last_version()?);
                let folder = self.folder.clone();
                Ok(Deed::Copy(CopyDocuments { into, folder, versions, existing }))
            }
            Verb::Send => self.letter().map(Deed::Send),
            Verb::Restore | Verb::Save | Verb::Retrieve | Verb::ExportPst | Verb::Collect => {
                Ok(Deed::Restore(RestoreDocuments { versions, existing: self.existing()? }))
            }
        }
    }

    /// The drive that is copied into. A key that is limited to mailboxes copies into its own.
    fn into(&self, files: &Files, all: &[Drive], mailboxes: &Mailboxes) -> Result<Drive, Problem> {
        let to = self
            .to
            .as_deref()
            .ok_or_else(|| BadParam::new("to", "says whose drive is copied into"))?;
        if mailboxes.is_limited() {
            let own = files.pick(all, to);
            return own.map_err(|_| {
                forbidden(
                    "the key is limited to mailboxes, and `to` is no drive of one of them"
                        .to_owned(),
                )
            });
        }
        Ok(files.target(all, to)?)
    }

    fn existing(&self) -> Result<Option<Existing>, BadParam> {
        match self.existing {
            None => Ok(None),
            Some(WhatIsThere::Keep) => Ok(Some(Existing::Keep)),
            Some(WhatIsThere::Overwrite) => Ok(Some(Existing::Overwrite)),
            Some(WhatIsThere::Merge) => {
                Err(BadParam::new("existing", "is keep or overwrite for a restore"))
            }
        }
    }

    fn last_version(&self) -> Result<Option<LastVersion>, BadParam> {
        match self.existing {
            None => Ok(None),
            Some(WhatIsThere::Merge) => Ok(Some(LastVersion::Merge)),
            Some(WhatIsThere::Overwrite) => Ok(Some(LastVersion::Overwrite)),
            Some(WhatIsThere::Keep) => {
                Err(BadParam::new("existing", "is merge or overwrite for a copy"))
            }
        }
    }

    fn letter(&self) -> Result<Letter, Problem> {
        let needed = |text: &Option<String>, name| {
            text.clone().ok_or_else(|| BadParam::new(name, "is needed to send documents"))
        };
        let (from, to) = (needed(&self.from, "from")?, needed(&self.to, "to")?);
        Ok(Letter { from, to, subject: self.subject.clone(), text: self.text.clone() })
    }
}

/// The drives of a backup, whose owners are the mailboxes that are known.
pub(super) async fn open(
    asker: &Asker,
    server: &Server,
    orders: &Orders<'_>,
) -> Result<Files, Problem> {
    let known = asker.addresses(server).await?;
    let session = server.sessions.session(Kind::OneDrive, orders.time()?).await?;
    Ok(Files::new(session, Owners::new(known, &server.settings.drives)))
}

/// The drives that the caller may see. One whose owner is not known by its address is nobody's to a key that is
/// limited to mailboxes, whatever it is called.
pub(super) async fn visible(files: &Files, mailboxes: &Mailboxes) -> Result<Vec<Drive>, Problem> {
    let mut all = files.drives().await?;
    let may_see = |drive: &Drive| mailboxes.permits(files.address(drive));
    all.retain(may_see);
    Ok(all)
}

impl ToPut {
    /// Whether it writes into Microsoft 365, for which Veeam has to log on.
    pub(super) const fn needs_credentials(&self) -> bool {
        !matches!(self.deed, Deed::Send(_))
    }

    pub(super) fn act(self, credentials: Option<Credentials>) -> DocumentAct {
        let Self { files, drive, documents, deed, in_version } = self;
        let session = files.session().clone();
        DocumentAct::new(session, drive, &documents, deed, credentials).in_version(in_version)
    }
}

impl From<FilesError> for Problem {
    fn from(error: FilesError) -> Self {
        let told = error.to_string();
        match error {
            FilesError::NoDrive { .. }
            | FilesError::NoPath { .. }
            | FilesError::NoVersion { .. } => Self::new(404, "nothing_found", told),
            FilesError::SeveralDrives { .. } => {
                BadParam::new("owner", format!("is not clear: {told}")).into()
            }
            FilesError::NotOne(_) => BadParam::new("version", format!("cannot be: {told}")).into(),
            FilesError::TooMany => Self::new(400, "too_many_items", told),
            FilesError::Problem(trouble) => trouble.into(),
        }
    }
}
