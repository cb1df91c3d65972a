//! Which mailboxes were collected, and where they lie.

use std::collections::BTreeMap;
use std::sync::Arc;

use postern_archive::{Identity, Mailbox, MailboxNumber, Moment, Owner};

use super::Run;
use crate::Error;
use crate::collection::{Failure, FailureKind, Markers, Page, Site};

/// How often a question without which nothing can be done is asked.
const TRIES: u32 = 3;

/// Address and id of mailboxes, by what makes each the same one again.
type Known = BTreeMap<(String, String), (String, String)>;

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
        let (source, identity) = (self.collection.name().to_owned(), self.collection.identity());
        let mut known = Known::new();
        for site in sites.iter().filter(|site| site.has_mailboxes) {
            self.owners(&site.location.id, tenant, &mut known).await?;
        }
        let locations: Vec<_> = sites.iter().map(|site| site.location.clone()).collect();
        let (now, moment) = (self.now(), self.shown().moment);
        let before = self.on_book(move |book| {
            book.set_locations(&source, &locations)?;
            // Of mailboxes that have ids the source lists all there are.
            match (identity, moment) {
                (Identity::Address, _) => return book.mailboxes(&source),
                (Identity::Id, Moment::Newest) => book.only_listed(&source, now)?,
                (Identity::Id, Moment::Former) => {}
            }
            Ok(Vec::new())
        });
        for Mailbox { address, id, .. } in before.await? {
            known.entry(self.key(&address, &id)).or_insert((address, id));
        }
        Ok(self.at_each(&sites, &self.wanted(known)?))
    }

    fn key(&self, address: &str, id: &str) -> (String, String) {
        let id = match self.collection.identity() {
            Identity::Address => "",
            Identity::Id => id,
        };
        (address.to_lowercase(), id.to_owned())
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
    fn wanted(&self, known: Known) -> Result<Vec<(String, String)>, Error> {
        if self.asked.mailboxes.is_empty() {
            return Ok(known.into_values().collect());
        }
        let mut wanted = Vec::new();
        for asked in &self.asked.mailboxes {
            let is_it = |(address, id): &&(String, String)| {
                id == asked || address.to_lowercase() == asked.to_lowercase()
            };
            let found: Vec<_> = known.values().filter(is_it).cloned().collect();
            match (found.is_empty(), self.collection.identity()) {
                (false, _) => wanted.extend(found),
                // The source may know it by its address all the same.
                (true, Identity::Address) => wanted.push((asked.clone(), asked.clone())),
                (true, Identity::Id) => return Err(Error::NoMailbox(asked.clone())),
            }
        }
        Ok(wanted)
    }

    /// The mailboxes that a location lists.
    async fn owners(
        self: &Arc<Self>,
        location: &str,
        tenant: &str,
        into: &mut Known,
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
            into.insert(self.key(&address, &owner.id), (address, owner.id.clone()));
        }
        let (source, location) = (self.collection.name().to_owned(), location.to_owned());
        self.on_book(move |book| book.set_owners(&source, &location, &all)).await
    }

    /// Asks what must be known to go on.
    pub(super) async fn ask<T, F: Future<Output = Result<T, Failure>>>(
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
}
