//! Which mailboxes and drives were collected, and where they lie.

use std::collections::BTreeMap;
use std::sync::Arc;

use postern_archive::{Holds, Identity, Mailbox, MailboxNumber, Moment, Owner, Walk};

use super::Run;
use crate::Error;
use crate::collection::{Failure, FailureKind, Markers, Page, Site};

/// How often a question without which nothing can be done is asked.
const TRIES: u32 = 3;

/// Where it is told that drives cannot be listed.
const DRIVES: &str = "the drives";

/// Mailboxes of no location, by what makes each the same one again.
type Known = BTreeMap<(String, Holds, String), Mailbox>;

/// A mailbox or drive that may have been collected to a location.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) mailbox: Mailbox,
    /// Its number in the book, once it is known to be collected.
    pub(super) number: Option<MailboxNumber>,
    /// Whether all of it was listed by this run.
    pub(super) is_listed: bool,
    /// Whether it was asked for by its name.
    is_asked_for: bool,
    /// The walk over its folders that this run began, or went on with.
    pub(super) walk: Option<Walk>,
}

impl Wanted {
    /// What it is called where mailboxes and drives stand beside each other.
    pub(super) fn name(&self) -> String {
        self.mailbox.holds.named(&self.mailbox.address)
    }

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
        if sites.iter().all(|site| site.keeps.is_empty()) {
            return Err(Error::NothingCollected);
        }
        let (source, identity) = (self.collection.name().to_owned(), self.collection.identity());
        let mut known = Known::new();
        let mut listed = Vec::new();
        self.unlisted().remove(DRIVES);
        for site in &sites {
            for holds in site.lists {
                match self.owners(&site.location.id, *holds, tenant, &mut known).await {
                    Ok(()) => listed.push(*holds),
                    Err(error) => self.may_do_without(*holds, error)?,
                }
            }
        }
        let locations: Vec<_> = sites.iter().map(|site| site.location.clone()).collect();
        let (now, moment) = (self.now(), self.shown().moment);
        let before = self.on_book(move |book| {
            book.set_locations(&source, &locations)?;
            // Of mailboxes that have ids the source lists all there are.
            match (identity, moment) {
                (Identity::Address, _) => return book.mailboxes(&source),
                (Identity::Id, Moment::Newest) => {
                    listed.iter().try_for_each(|holds| book.only_listed(&source, *holds, now))?;
                }
                (Identity::Id, Moment::Former) => {}
            }
            Ok(Vec::new())
        });
        for mailbox in before.await? {
            known.entry(self.key(&mailbox)).or_insert(mailbox);
        }
        let mut wanted = self.wanted(known)?;
        // A source may show mail and files to one at a time.
        wanted.sort_by_key(|one| one.holds.is_drive());
        Ok(self.at_each(&sites, &wanted))
    }

    /// Drives of a backup that cannot be listed keep no mail from coming home.
    fn may_do_without(&self, holds: Holds, error: Error) -> Result<(), Error> {
        match (holds, error) {
            (Holds::Documents, Error::Away { what, source }) => {
                self.unlisted().insert(DRIVES.to_owned(), format!("{what}: {source}"));
                Ok(())
            }
            (_, error) => Err(error),
        }
    }

    fn key(&self, mailbox: &Mailbox) -> (String, Holds, String) {
        let id = match self.collection.identity() {
            Identity::Address => "",
            Identity::Id => &mailbox.id,
        };
        (mailbox.address.to_lowercase(), mailbox.holds, id.to_owned())
    }

    /// These mailboxes at every location that keeps what was collected of such.
    fn at_each(&self, sites: &[Site], mailboxes: &[Mailbox]) -> Vec<Wanted> {
        let keepers: Vec<_> = sites.iter().filter(|site| !site.keeps.is_empty()).collect();
        // With several locations nobody can tell in which of them a mailbox should lie.
        let is_asked_for = keepers.len() == 1 && !self.asked.mailboxes.is_empty();
        let has_drive = |address: &str| {
            mailboxes.iter().any(|one| one.holds.is_drive() && one.address == address)
        };
        let at = |site: &Site, one: &Mailbox| Wanted {
            mailbox: Mailbox { location: site.location.id.clone(), ..one.clone() },
            number: None,
            is_listed: false,
            // Who has a mailbox need not have a drive, or the other way round.
            is_asked_for: is_asked_for && !one.holds.is_drive() && !has_drive(&one.address),
            walk: None,
        };
        let kept =
            |site: &Site, one: &Mailbox| site.keeps.contains(&one.holds).then(|| at(site, one));
        keepers.iter().flat_map(|site| mailboxes.iter().filter_map(|one| kept(site, one))).collect()
    }

    /// Those of the mailboxes that were asked for, in the order of their addresses.
    fn wanted(&self, known: Known) -> Result<Vec<Mailbox>, Error> {
        if self.asked.mailboxes.is_empty() {
            return Ok(known.into_values().collect());
        }
        let mut wanted = Vec::new();
        for asked in &self.asked.mailboxes {
            let is_it = |one: &&Mailbox| {
                one.id == *asked || one.address.to_lowercase() == asked.to_lowercase()
            };
            let found: Vec<_> = known.values().filter(is_it).cloned().collect();
            match (found.is_empty(), self.collection.identity()) {
                (false, _) => wanted.extend(found),
                // The source may know it by its address all the same.
                (true, Identity::Address) => {
                    wanted.push(nowhere(Holds::Mail, asked.clone(), asked.clone()));
                }
                (true, Identity::Id) => return Err(Error::NoMailbox(asked.clone())),
            }
        }
        Ok(wanted)
    }

    /// The mailboxes that a location lists.
    async fn owners(
        self: &Arc<Self>,
        location: &str,
        holds: Holds,
        tenant: &str,
        into: &mut Known,
    ) -> Result<(), Error> {
        let what = match holds.is_drive() {
            true => "the drives cannot be listed",
            false => "the mailboxes cannot be listed",
        };
        let (mut all, mut markers, mut marker) = (Vec::<Owner>::new(), Markers::default(), None);
        loop {
            let page: Page<Owner> = self
                .ask(what, tenant, || self.collection.mailboxes(location, holds, marker.as_deref()))
                .await?;
            all.extend(page.items);
            let next = markers.next(page.marker);
            marker = next.map_err(|source| Error::Away { what: what.to_owned(), source })?;
            if marker.is_none() {
                break;
            }
        }
        for owner in &all {
            let address = owner.address.clone().unwrap_or_else(|| owner.id.clone());
            let mailbox = nowhere(holds, address, owner.id.clone());
            into.insert(self.key(&mailbox), mailbox);
        }
        let (source, location) = (self.collection.name().to_owned(), location.to_owned());
        self.on_book(move |book| book.set_owners(&source, &location, holds, &all)).await
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

/// A mailbox of which it is not said which location keeps it.
const fn nowhere(holds: Holds, address: String, id: String) -> Mailbox {
    Mailbox { location: String::new(), holds, address, id }
}
