//! What is done with documents: the plan, and the requests that carry it out.

use std::collections::HashMap;

use postern_upstream::veeam::{
    CopyDocuments, Credentials, Document, Documents, Drive, Letter, Problem, RestoreDocuments,
    Restored, Session,
};

use super::{Files, Placed};
use crate::{Act, Acting, Item, Outcome, Proposal, Steps, Verb};

/// What is done with documents.
#[derive(Clone, Debug)]
pub enum Deed {
    /// They are put back where they were.
    Restore(RestoreDocuments),
    /// They are copied into another drive.
    Copy(CopyDocuments),
    /// They are sent as attachments of one mail.
    Send(Letter),
}

/// Documents of one drive, and what is done with them.
#[derive(Debug)]
pub struct DocumentAct {
    session: Session,
    drive: Drive,
    documents: HashMap<String, Document>,
    /// The one document is meant in the version that it was listed with.
    in_version: bool,
    deed: Deed,
    credentials: Option<Credentials>,
}

/// The items of a plan over documents. A document that was changed is another item.
fn items(files: &Files, drive: &Drive, documents: &[Placed<Document>]) -> Vec<Item> {
    let owner = files.owner(drive).to_owned();
    let item = |one: &Placed<Document>| Item {
        at: drive.id.clone(),
        id: item_id(&one.it),
        owner: owner.clone(),
        folder: Some(one.folder.clone()).filter(|folder| !folder.is_empty()),
        title: one.it.name.clone(),
        message: None,
    };
    documents.iter().map(item).collect()
}

fn item_id(document: &Document) -> String {
    match document.version.as_deref() {
        Some(version) => format!("{} version {version}", document.id),
        None => document.id.clone(),
    }
}

impl Deed {
    const fn verb(&self) -> Verb {
        match self {
            Self::Restore(_) => Verb::Restore,
            Self::Copy(_) => Verb::Copy,
            Self::Send(_) => Verb::Send,
        }
    }

    /// The plan to do this to documents of a drive. `together` puts all into one request; a mail always
    /// has all of them.
    #[must_use]
    pub fn plan(
        &self,
        files: &Files,
        drive: &Drive,
        documents: &[Placed<Document>],
        (source, place): (&str, &str),
        together: bool,
    ) -> Proposal {
        let is_one_request = together || matches!(self, Self::Send(_));
        let steps = if is_one_request { Steps::Within } else { Steps::Each };
        let items = items(files, drive, documents);
        let plan = Proposal::new(self.verb(), source, place, steps, items);
        match self {
            Self::Restore(how) => told_of_restore(*how, plan),
            Self::Copy(how) => told_of_copy(how, files, plan),
            Self::Send(letter) => told_of_letter(letter, plan),
        }
    }
}

fn told_of_restore(how: RestoreDocuments, plan: Proposal) -> Proposal {
    let versions = how.versions.map(|versions| ("documentVersion", versions.as_str()));
    let existing = how.existing.map(|existing| ("documentAction", existing.as_str()));
    let mut plan = with(plan, [versions, existing]);
    "the drive and folder that each came from".clone_into(&mut plan.into);
    "What is written over in a live drive cannot be taken back from here."
        .clone_into(&mut plan.lasting);
    plan
}

fn told_of_copy(how: &CopyDocuments, files: &Files, plan: Proposal) -> Proposal {
    let into = if how.into.id.is_empty() { &how.into.url } else { &how.into.id };
    let folder = how.folder.as_deref();
    let arguments = [
        Some(("oneDrive", into.as_str())),
        folder.map(|folder| ("folder", folder)),
        how.versions.map(|versions| ("documentVersion", versions.as_str())),
        how.existing.map(|existing| ("documentLastVersionAction", existing.as_str())),
    ];
    let mut plan = with(plan, arguments);
    let owner = if how.into.id.is_empty() { &how.into.url } else { files.owner(&how.into) };
    plan.into = match folder {
        Some(folder) => format!("the folder {folder} of the drive of {owner}"),
        None => format!("the drive of {owner}"),
    };
    "Copies stay in that drive until somebody deletes them.".clone_into(&mut plan.lasting);
    plan
}

fn told_of_letter(letter: &Letter, plan: Proposal) -> Proposal {
    let arguments = [
        Some(("from", letter.from.as_str())),
        Some(("to", letter.to.as_str())),
        letter.subject.as_deref().map(|subject| ("subject", subject)),
        letter.text.as_deref().map(|text| ("text", text)),
    ];
    let mut plan = with(plan, arguments);
    plan.into = format!("one mail to {}", letter.to);
    "A mail that was sent cannot be called back.".clone_into(&mut plan.lasting);
    plan
}

fn with<const N: usize>(plan: Proposal, arguments: [Option<(&'static str, &str)>; N]) -> Proposal {
    arguments.into_iter().flatten().fold(plan, |plan, (name, value)| plan.with(name, value))
}

impl DocumentAct {
    /// Does this to documents of a drive. A mail needs no credentials.
    #[must_use]
    pub fn new(
        session: Session,
        drive: Drive,
        documents: &[Placed<Document>],
        deed: Deed,
        credentials: Option<Credentials>,
    ) -> Self {
        let documents = documents.iter().map(|one| (item_id(&one.it), one.it.clone())).collect();
        Self { session, drive, documents, in_version: false, deed, credentials }
    }

    /// The same, with the one document in the version that it was listed with.
    #[must_use]
    pub fn in_version(self, in_version: bool) -> Self {
        Self { in_version, ..self }
    }

    /// The documents of these items.
    fn of(&self, items: &[Item]) -> Documents {
        let mut found: Vec<_> =
            items.iter().filter_map(|item| self.documents.get(&item.id).cloned()).collect();
        match found.pop() {
            Some(one) if found.is_empty() && self.in_version => Documents::InVersion(one),
            Some(one) if found.is_empty() => Documents::One(one),
            last => Documents::Several(found.into_iter().chain(last).collect()),
        }
    }

    async fn one_request(&self, documents: &Documents) -> Result<Restored, Problem> {
        const NO_CREDENTIALS: Problem =
            Problem::Invalid("there are no credentials to restore with");
        let (session, drive) = (&self.session, &self.drive);
        let credentials = self.credentials.as_ref().ok_or(NO_CREDENTIALS);
        match &self.deed {
            Deed::Restore(how) => {
                session.restore_documents(drive, documents, *how, credentials?).await
            }
            Deed::Copy(how) => session.copy_documents(drive, documents, how, credentials?).await,
            Deed::Send(letter) => {
                session.send_documents(drive, documents, letter).await.map(|()| Restored::default())
            }
        }
    }
}

impl Act for DocumentAct {
    fn act<'a>(&'a self, items: &'a [Item]) -> Acting<'a> {
        Box::pin(async move {
            match self.one_request(&self.of(items)).await {
                Ok(restored) => outcome(items.len(), &restored),
                Err(problem) => Outcome::of(self.deed.verb(), &problem),
            }
        })
    }
}

/// How it ended for each document of a request. Of several the server says how many failed, and not which.
fn outcome(documents: usize, restored: &Restored) -> Outcome {
    match restored {
        Restored { failed: 1.., done: 1.., .. } if documents > 1 => {
            let Restored { done, failed, said, .. } = restored;
            let said =
                if said.is_empty() { String::new() } else { format!(": {}", said.join("; ")) };
            Outcome::NotKnown(format!(
                "Veeam says that {done} were done and {failed} failed, and not which{said}"
            ))
        }
        _ => Outcome::of_restored(restored),
    }
}
