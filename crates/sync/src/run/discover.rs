//! Which mailboxes were collected, and where they lie.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use postern_upstream::{Failure, LocationKind, Page, Place, Source, SourceFilter};

use super::Run;
use crate::Error;
use crate::book::MailboxNumber;

/// How often a question without which nothing can be done is asked.
const TRIES: u32 = 3;

/// A mailbox that may have been collected to a location.
#[derive(Clone, Debug)]
pub(super) struct Mailbox {
    /// The location of collected mail.
    pub(super) location: String,
    pub(super) address: String,
    /// Its id upstream.
    pub(super) source: String,
    /// Its number in the book, once it is known to be collected.
    pub(super) number: Option<MailboxNumber>,
    /// Whether all of it was listed by this run.
    pub(super) is_listed: bool,
    /// Whether it was asked for by its name.
    pub(super) is_asked_for: bool,
}

impl Mailbox {
    /// A node of the mailbox.
    pub(super) fn place<'a>(&'a self, node: &'a str) -> Place<'a> {
        Place { location: &self.location, source: &self.address, node }
    }
}

impl Run {
    /// The mailboxes to look at: those of the live sources, those that were collected before, and those
    /// that were asked for, at every location of collected mail.
    pub(super) async fn discover(self: &Arc<Self>, tenant: &str) -> Result<Vec<Mailbox>, Error> {
        let locations =
            self.ask("the locations cannot be listed", tenant, || self.tenant.locations()).await?;
        let of_kind = |kind: LocationKind| {
            let found = locations.items.iter().filter(move |one| one.kind == kind);
            found.map(|one| one.id.clone()).collect::<Vec<_>>()
        };
        let (live, collected) = (of_kind(LocationKind::Exchange), of_kind(LocationKind::Blob));
        if collected.is_empty() {
            return Err(Error::NothingCollected);
        }
        let mut sources = BTreeMap::new();
        for location in &live {
            self.sources(location, tenant, &mut sources).await?;
        }
        self.on_book(move |book| book.set_locations(&locations.items)).await?;
        let former = self.on_book(|book| book.mailboxes()).await?;
        for (address, source, _) in former {
            sources.entry(address.to_lowercase()).or_insert((address, source));
        }
        let wanted = self.wanted(sources);
        let at = |location: &String| {
            let location = location.clone();
            move |(address, source): &(String, String)| Mailbox {
                location: location.clone(),
                address: address.clone(),
                source: source.clone(),
                number: None,
                is_listed: false,
                is_asked_for: false,
            }
        };
        let mut all: Vec<_> =
            collected.iter().flat_map(|location| wanted.iter().map(at(location))).collect();
        // With several locations nobody can tell in which of them a mailbox should lie.
        for mailbox in &mut all {
            mailbox.is_asked_for = collected.len() == 1 && !self.request.mailboxes.is_empty();
        }
        Ok(all)
    }

    /// Those of the mailboxes that were asked for, in the order of their addresses.
    fn wanted(&self, mut sources: BTreeMap<String, (String, String)>) -> Vec<(String, String)> {
        if self.request.mailboxes.is_empty() {
            return sources.into_values().collect();
        }
        let asked = self.request.mailboxes.iter().map(|address| {
            let by_id = sources.values().find(|(_, id)| id == address).cloned();
            let known = by_id.or_else(|| sources.remove(&address.to_lowercase()));
            known.unwrap_or_else(|| (address.clone(), address.clone()))
        });
        asked.collect()
    }

    /// The mailboxes of a live source, by their addresses in lower case.
    async fn sources(
        self: &Arc<Self>,
        location: &str,
        tenant: &str,
        into: &mut BTreeMap<String, (String, String)>,
    ) -> Result<(), Error> {
        let filter = SourceFilter { shared: true, name: None };
        let (mut all, mut marker): (Vec<Source>, Option<String>) = (Vec::new(), None);
        loop {
            let page = self
                .ask("the mailboxes cannot be listed", tenant, || {
                    self.tenant.users(location, &filter, marker.as_deref())
                })
                .await?;
            all.extend(page.items);
            if page.marker.is_none() || page.marker == marker {
                break;
            }
            marker = page.marker;
        }
        for source in &all {
            let address = source.email.clone().unwrap_or_else(|| source.id.clone());
            into.insert(address.to_lowercase(), (address, source.id.clone()));
        }
        let location = location.to_owned();
        self.on_book(move |book| book.set_sources(&location, &all)).await
    }

    /// Asks what must be known to go on.
    async fn ask<T, F: Future<Output = Result<Page<T>, Failure>>>(
        &self,
        what: &str,
        tenant: &str,
        question: impl Fn() -> F,
    ) -> Result<Page<T>, Error> {
        let mut tries = 0;
        loop {
            match self.heed(what, question().await)? {
                Ok(page) => return Ok(page),
                Err(Failure::NotFound) => return Err(Error::NoTenant(tenant.to_owned())),
                Err(failure) => {
                    tries += 1;
                    if tries >= TRIES || !failure.may_pass() {
                        return Err(Error::Away { what: what.to_owned(), failure });
                    }
                }
            }
        }
    }

    /// One more mailbox was found to be collected.
    pub(super) fn count_mailbox(&self) {
        self.progress.mailboxes.fetch_add(1, Relaxed);
    }
}
