//! Which mailboxes were collected, and where they lie.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use postern_archive::{MailboxNumber, Owner};

use super::Run;
use crate::Error;
use crate::collection::{Failure, FailureKind, Mailbox, Markers, Page, Site};

/// How often a question without which nothing can be done is asked.
const TRIES: u32 = 3;

/// Address and id of mailboxes, by their addresses in lower case.
type Addresses = BTreeMap<String, (String, String)>;

/// A mailbox that may have been collected to a location.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) mailbox: Mailbox,
    /// Its number in the book, once it is known to be collected.
    pub(super) number: Option<MailboxNumber>,
    /// Whether all of it was listed by this run.
    pub(super) is_listed: bool,
    /// Whether it was asked for by its name.
    is_asked_for: bool,
}

impl Wanted {
    /// The source does not have it. Whether that is fine: there is nothing to list then.
    pub(super) fn is_missing(&self) -> Result<bool, Error> {
        if self.is_asked_for {
            Err(Error::NoMailbox(self.mailbox.address.clone()))
        } else {
            Ok(true)
        }
    }
}

impl Run {
    /// The mailboxes to look at: those that a location lists, those that were collected before, and
    /// those that were asked for, at every location of collected mail.
    pub(super) async fn discover(self: &Arc<Self>, tenant: &str) -> Result<Vec<Wanted>, Error> {
        let sites = self
            .ask("the locations cannot be listed", tenant, || self.collection.locations())
            .await?;
        if !sites.iter().any(|site| site.has_mail) {
            return Err(Error::NothingCollected);
        }
        let mut known = Addresses::new();
        for site in sites.iter().filter(|site| site.has_mailboxes) {
            self.owners(&site.location.id, tenant, &mut known).await?;
        }
        let locations: Vec<_> = sites.iter().map(|site| site.location.clone()).collect();
        self.on_book(move |book| book.set_locations(&locations)).await?;
        for (address, id, _) in self.on_book(|book| book.mailboxes()).await? {
            known.entry(address.to_lowercase()).or_insert((address, id));
        }
        Ok(self.at_each(&sites, &self.wanted(known)))
    }

    /// These mailboxes at every location of collected mail.
    fn at_each(&self, sites: &[Site], mailboxes: &[(String, String)]) -> Vec<Wanted> {
        let keepers: Vec<_> = sites.iter().filter(|site| site.has_mail).collect();
        // With several locations nobody can tell in which of them a mailbox should lie.
        let is_asked_for = keepers.len() == 1 && !self.asked.mailboxes.is_empty();
        let at = |site: &Site, (address, id): &(String, String)| Wanted {
            mailbox: Mailbox {
                location: site.location.id.clone(),
                address: address.clone(),
                id: id.clone(),
            },
            number: None,
            is_listed: false,
            is_asked_for,
        };
        keepers.iter().flat_map(|site| mailboxes.iter().map(|one| at(site, one))).collect()
    }

    /// Those of the mailboxes that were asked for, in the order of their addresses.
    fn wanted(&self, mut known: Addresses) -> Vec<(String, String)> {
        if self.asked.mailboxes.is_empty() {
            return known.into_values().collect();
        }
        let asked = self.asked.mailboxes.iter().map(|address| {
            let by_id = known.values().find(|(_, id)| id == address).cloned();
            let known = by_id.or_else(|| known.remove(&address.to_lowercase()));
            known.unwrap_or_else(|| (address.clone(), address.clone()))
        });
        asked.collect()
    }

    /// The mailboxes that a location lists.
    async fn owners(
        self: &Arc<Self>,
        location: &str,
        tenant: &str,
        into: &mut Addresses,
    ) -> Result<(), Error> {
        const WHAT: &str = "the mailboxes cannot be listed";
        let (mut all, mut markers, mut marker) = (Vec::<Owner>::new(), Markers::default(), None);
        loop {
            let page: Page<Owner> = self
                .ask(WHAT, tenant, || self.collection.mailboxes(location, marker.as_deref()))
                .await?;
            all.extend(page.items);
            let next = markers.next(page.marker);
            marker = next.map_err(|source| Error::Away { what: WHAT.to_owned(), source })?;
            if marker.is_none() {
                break;
            }
        }
        for owner in &all {
            let address = owner.address.clone().unwrap_or_else(|| owner.id.clone());
            into.insert(address.to_lowercase(), (address, owner.id.clone()));
        }
        let location = location.to_owned();
        self.on_book(move |book| book.set_owners(&location, &all)).await
    }

    /// Asks what must be known to go on.
    async fn ask<T, F: Future<Output = Result<T, Failure>>>(
        &self,
        what: &str,
        tenant: &str,
        question: impl Fn() -> F,
    ) -> Result<T, Error> {
        let mut tries = 0;
        loop {
            match self.heed(what, question().await)? {
                Ok(answer) => return Ok(answer),
                Err(failure) if failure.kind() == FailureKind::NotFound => {
                    return Err(Error::NoTenant { tenant: tenant.to_owned(), source: failure });
                }
                Err(failure) => {
                    tries += 1;
                    if tries >= TRIES || !failure.may_pass() {
                        return Err(Error::Away { what: what.to_owned(), source: failure });
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
