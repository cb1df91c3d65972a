//! DataTap as a source: live mailboxes at one kind of location, what was collected of them at another.

use postern_archive::{DATATAP, Entry, Location, Mailbox, Owner, Window};
use postern_upstream as upstream;
use postern_upstream::{Item, Listing, LocationKind, SourceFilter, Tenant};

use crate::collection::{Asking, Collection, Failure, FailureKind, Page, Site};
use crate::window::everything;

impl Collection for Tenant {
    fn name(&self) -> &str {
        DATATAP
    }

    fn locations(&self) -> Asking<'_, Vec<Site>> {
        Box::pin(async move {
            let found = Self::locations(self).await?;
            Ok(found.items.into_iter().map(Site::from).collect())
        })
    }

    fn mailboxes<'a>(
        &'a self,
        location: &'a str,
        marker: Option<&'a str>,
    ) -> Asking<'a, Page<Owner>> {
        Box::pin(async move {
            let filter = SourceFilter { shared: true, name: None };
            Ok(page(self.users(location, &filter, marker).await?, owner))
        })
    }

    fn folders<'a>(
        &'a self,
        mailbox: &'a Mailbox,
        within: Option<&'a str>,
        marker: Option<&'a str>,
    ) -> Asking<'a, Page<Entry>> {
        let node = node(mailbox, within.unwrap_or(upstream::Place::ROOT));
        Box::pin(async move { Ok(page(self.items(node, Listing::Folders, marker).await?, entry)) })
    }

    fn messages<'a>(
        &'a self,
        mailbox: &'a Mailbox,
        folder: &'a str,
        window: Option<Window>,
        marker: Option<&'a str>,
    ) -> Asking<'a, Page<Entry>> {
        let [from, to] = window.unwrap_or_else(|| everything(None)).bounds();
        let listing = Listing::Messages(upstream::Window { from, to });
        let node = node(mailbox, folder);
        Box::pin(async move { Ok(page(self.items(node, listing, marker).await?, entry)) })
    }

    fn download<'a>(
        &'a self,
        mailbox: &'a Mailbox,
        id: &'a str,
        fragment: Option<&'a str>,
    ) -> Asking<'a, Vec<u8>> {
        let node = node(mailbox, id);
        Box::pin(async move { Ok(Self::download(self, node, fragment).await?.into()) })
    }

    fn requests(&self) -> u64 {
        Self::requests(self)
    }
}

/// A folder or a message. DataTap takes the address of a mailbox where it asks for its id.
fn node<'a>(mailbox: &'a Mailbox, id: &'a str) -> upstream::Place<'a> {
    upstream::Place { location: &mailbox.location, source: &mailbox.address, node: id }
}

impl From<upstream::Location> for Site {
    fn from(found: upstream::Location) -> Self {
        Self {
            has_mailboxes: found.kind == LocationKind::Exchange,
            has_mail: found.kind == LocationKind::Blob,
            location: Location {
                id: found.id,
                kind: found.kind.name().to_owned(),
                name: found.name,
            },
        }
    }
}

fn owner(found: upstream::Source) -> Owner {
    Owner { id: found.id, address: found.email, name: found.name, kind: found.kind }
}

fn entry(item: Item) -> Entry {
    let Item { id, fragment, name, discriminator: kind, created, .. } = item;
    Entry { id, fragment, name, kind, created, listed: None }
}

fn page<F, T>(page: upstream::Page<F>, each: impl Fn(F) -> T) -> Page<T> {
    Page { items: page.items.into_iter().map(each).collect(), marker: page.marker }
}

impl From<upstream::Failure> for Failure {
    fn from(failure: upstream::Failure) -> Self {
        let kind = match failure {
            upstream::Failure::BadKey => FailureKind::KeyRefused,
            upstream::Failure::NotFound => FailureKind::NotFound,
            _ if failure.may_pass() => FailureKind::Temporary,
            upstream::Failure::Refused { .. }
            | upstream::Failure::Busy { .. }
            | upstream::Failure::Failed(_) => FailureKind::Lasting,
        };
        Self::new(kind, failure)
    }
}
