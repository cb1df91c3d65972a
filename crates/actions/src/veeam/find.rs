//! What mail a query finds here, as items at their source.

use std::ops::ControlFlow;

use postern_archive::export::Shelf;
use postern_archive::search::{Asker, Search};
use postern_archive::{Collected, Error, IndexError};
use postern_query::schema::StringField;
use postern_query::{Place, Predicate, Query, StringTest};

use crate::{Item, Refused};

/// What a query finds of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The items that the source had when it was last listed.
    pub items: Vec<Item>,
    /// Those that it no longer had: an earlier backup has them.
    pub gone: Vec<Item>,
    /// Messages of that source whose item is not known here.
    pub unknown: usize,
    /// Messages that the asker sees at several places of that source, of which one is among the items.
    pub at_several: usize,
    /// Files of that source that the query finds too. They are none of the items.
    pub files: usize,
}

impl Found {
    /// What a plan over mail says of files.
    #[must_use]
    pub fn without_files(&self) -> Option<String> {
        (self.files > 0).then(|| {
            format!("files that the query finds too and that are left alone: {}; `postern files` acts on them", self.files)
        })
    }

    /// What a plan says of messages at several places.
    #[must_use]
    pub fn at_one_of_several(&self) -> Option<String> {
        (self.at_several > 0).then(|| {
            format!(
                "messages found that lie at several places: {}; each is taken from the one that stands here, and \
                 mailbox: or in: chooses another",
                self.at_several
            )
        })
    }
}

/// Why nothing was found to act on.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// More than the limit.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The index cannot be asked.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// What is stored cannot be read.
    #[error(transparent)]
    Stored(#[from] Error),
}

/// The query, and that the message lies at that source.
fn at(source: &str, query: &Query) -> Query {
    let test = StringTest::Is(source.to_owned());
    query.clone().and(Query::of(Predicate::String(StringField::Source, test)))
}

fn search(query: &Query, limit: usize) -> Search<'_> {
    Search { query, order: &[], after: None, offset: 0, limit, highlight: false }
}

/// How many messages and files a query finds at the source of that name.
///
/// # Errors
///
/// When the index cannot be asked.
pub fn count(
    shelf: &(impl Shelf + ?Sized),
    query: &Query,
    source: &str,
    asker: &Asker,
) -> Result<usize, IndexError> {
    let query = at(source, query);
    let mut none = |_| ControlFlow::Break(());
    Ok(shelf.each(&search(&query, 0), asker, &mut none)?.count)
}

/// The items of mail at the source of that name that a query finds, each at the place where it matches.
///
/// # Errors
///
/// [`Refused::TooMany`] before anything is read where there are more than `limit`, and when the index or
/// the books cannot be read.
pub fn find(
    shelf: &(impl Shelf + ?Sized),
    collected: &Collected,
    query: &Query,
    source: &str,
    asker: &Asker,
    limit: usize,
) -> Result<Found, FindError> {
    let mail = query.clone().mail_only();
    let found = count(shelf, &mail, source, asker)?;
    if found > limit {
        return Err(Refused::TooMany { found, limit }.into());
    }
    let files = count(shelf, query, source, asker)?.saturating_sub(found);
    let (query, mut hits, mut at_several) = (at(source, &mail), Vec::new(), 0);
    shelf.each(&search(&query, limit), asker, &mut |hit| {
        let place = hit.place().clone();
        let places = hit.message.places.iter();
        let is_at_several =
            places.filter(|place| place.source.as_deref() == Some(source)).count() > 1;
        at_several += usize::from(is_at_several);
        hits.push((hit.message.id, hit.message.subject.unwrap_or_default(), place));
        ControlFlow::Continue(())
    })?;
    let mut found = Found { at_several, files, ..Found::default() };
    for (message, title, place) in hits {
        match item(collected, source, message, title, place)? {
            Some((item, true)) => found.items.push(item),
            Some((item, false)) => found.gone.push(item),
            None => found.unknown += 1,
        }
    }
    Ok(found)
}

/// The item at a place of a message, and whether its source still has it.
fn item(
    collected: &Collected,
    source: &str,
    message: String,
    title: String,
    place: Place,
) -> Result<Option<(Item, bool)>, Error> {
    let known = collected.at_sources(&message)?;
    let is_there = |one: &&postern_archive::AtSource| {
        one.source == source
            && Some(&one.item) == place.item_id.as_ref()
            && Some(&one.address) == place.mailbox.as_ref()
    };
    Ok(known.iter().find(is_there).map(|one| {
        let item = Item {
            at: one.mailbox.clone(),
            id: one.item.clone(),
            owner: one.address.clone(),
            folder: place.folder,
            title,
            message: Some(message),
        };
        (item, one.is_there)
    }))
}
