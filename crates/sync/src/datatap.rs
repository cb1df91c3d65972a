//! DataTap as a source: live mailboxes at one kind of location, live drives at another, what was collected
//! of both at a third.

use postern_archive::{DATATAP, Entry, File, Holds, Location, Mailbox, Owner, ToFetch, Window};
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
        holds: Holds,
        marker: Option<&'a str>,
    ) -> Asking<'a, Page<Owner>> {
        Box::pin(async move {
            // Mailboxes may be shared, drives have one owner each.
            let filter = SourceFilter { shared: !holds.is_drive(), name: None };
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
        let listing =
            if mailbox.holds.is_drive() { Listing::FileFolders } else { Listing::Folders };
        Box::pin(async move { Ok(page(self.items(node, listing, marker).await?, entry)) })
    }

    fn messages<'a>(
        &'a self,
        mailbox: &'a Mailbox,
        folder: &'a str,
        window: Option<Window>,
        marker: Option<&'a str>,
    ) -> Asking<'a, Page<Entry>> {
        if mailbox.holds.is_drive() {
            return Box::pin(files(self, node(mailbox, folder), marker));
        }
        let [from, to] = window.unwrap_or_else(|| everything(None)).bounds();
        let listing = Listing::Messages(upstream::Window { from, to });
        let node = node(mailbox, folder);
        Box::pin(async move { Ok(page(self.items(node, listing, marker).await?, entry)) })
    }

    fn download<'a>(&'a self, mailbox: &'a Mailbox, message: &'a ToFetch) -> Asking<'a, Vec<u8>> {
        let (node, fragment) = (node(mailbox, &message.id), message.fragment.as_deref());
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
            lists: match found.kind {
                LocationKind::Exchange => &[Holds::Mail],
                LocationKind::OneDrive => &[Holds::Listings],
                LocationKind::Blob | LocationKind::Other(_) => &[],
            },
            keeps: match found.kind {
                LocationKind::Blob => &[Holds::Mail, Holds::Listings],
                LocationKind::Exchange | LocationKind::OneDrive | LocationKind::Other(_) => &[],
            },
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
    Entry { id, fragment, name, kind, created, listed: None, only_listed: false }
}

/// A page of the files of a folder. There is no request that brings their bytes.
async fn files(
    tenant: &Tenant,
    folder: upstream::Place<'_>,
    marker: Option<&str>,
) -> Result<Page<Entry>, Failure> {
    Ok(page(tenant.items(folder, Listing::Files, marker).await?, file))
}

fn file(item: Item) -> Entry {
    let Item { id, fragment, name, discriminator, created, modified, size, path: _ } = item;
    let name = name.unwrap_or_else(|| id.clone());
    let file = File { item: id, name, size, created, modified, ..File::default() };
    Entry::of_file(file, fragment, discriminator)
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
