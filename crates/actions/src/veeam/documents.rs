//! Documents that a query finds here, to be put back where they were: each by itself, in whichever drive it lies.

use std::ops::ControlFlow;

use postern_archive::export::Shelf;
use postern_archive::search::{Asker, Search};
use postern_archive::{Collected, File};
use postern_query::schema::StringField;
use postern_query::{FILE, Predicate, Query, StringTest};
use postern_upstream::veeam::{Credentials, Document, Documents, Drive, RestoreDocuments, Session};

use super::{FindError, count};
use crate::{Act, Acting, Item, Outcome, Proposal, Refused, Steps, Verb};

/// Documents of one source that a query finds, in their newest versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundDocuments {
    /// Those that the source had when it was last listed.
    pub items: Vec<Item>,
    /// How many more it had no longer: an earlier backup has them.
    pub gone: usize,
}

impl FoundDocuments {
    /// The documents at the source of that name that a query finds.
    ///
    /// # Errors
    ///
    /// [`Refused::TooMany`] before anything is read where there are more than `limit`, and when the index or the
    /// books cannot be read.
    pub fn find(
        shelf: &(impl Shelf + ?Sized),
        collected: &Collected,
        query: &Query,
        source: &str,
        asker: &Asker,
        limit: usize,
    ) -> Result<Self, FindError> {
        let is = |field, text: &str| {
            Query::of(Predicate::String(field, StringTest::Is(text.to_owned())))
        };
        let query = query.clone().and(is(StringField::Kind, FILE));
        let found = count(shelf, &query, source, asker)?;
        if found > limit {
            return Err(Refused::TooMany { found, limit }.into());
        }
        let query = query.and(is(StringField::Source, source));
        let search =
            Search { query: &query, order: &[], after: None, offset: 0, limit, highlight: false };
        let mut hits = Vec::new();
        shelf.each(&search, asker, &mut |hit| {
            hits.push((hit.message.id.clone(), File::from(&hit.message)));
            ControlFlow::Continue(())
        })?;
        let mut documents = Self::default();
        for (message, file) in hits {
            documents.add(collected, source, message, file)?;
        }
        Ok(documents)
    }

    fn add(
        &mut self,
        collected: &Collected,
        source: &str,
        message: String,
        file: File,
    ) -> Result<(), FindError> {
        let known = collected.at_sources(&message)?;
        match known.into_iter().find(|one| one.source == source) {
            Some(at) if at.is_there => self.items.push(Item {
                at: at.mailbox,
                id: at.item,
                owner: at.address,
                folder: file.folder,
                title: file.name,
                message: Some(message),
            }),
            Some(_) | None => self.gone += 1,
        }
        Ok(())
    }
}

/// Puts documents back where they were.
#[derive(Debug)]
pub struct RestoreFound {
    /// The restore session of drives.
    pub session: Session,
    /// What Veeam logs on to Microsoft 365 with.
    pub credentials: Credentials,
}

impl RestoreFound {
    /// The plan to put these back. `place` is the organization.
    #[must_use]
    pub fn plan(source: &str, place: &str, items: Vec<Item>) -> Proposal {
        let mut plan = Proposal::new(Verb::Restore, source, place, Steps::Each, items);
        "the drive and folder that each came from".clone_into(&mut plan.into);
        "What is written over in a live drive cannot be taken back from here."
            .clone_into(&mut plan.lasting);
        plan
    }

    async fn one(&self, item: &Item) -> Outcome {
        let document = Documents::One(Document::by_id(&item.id, &item.title, None));
        let (drive, how) = (Drive::by_id(&item.at), RestoreDocuments::default());
        let session = &self.session;
        match session.restore_documents(&drive, &document, how, &self.credentials).await {
            Ok(restored) => Outcome::of_restored(&restored),
            Err(problem) => Outcome::of(Verb::Restore, &problem),
        }
    }
}

impl Act for RestoreFound {
    fn act<'a>(&'a self, items: &'a [Item]) -> Acting<'a> {
        Box::pin(async move {
            match items {
                [item] => self.one(item).await,
                _ => Outcome::NotDone("one document is put back at a time".to_owned()),
            }
        })
    }
}
