//! The live mailboxes and drives of `DataTap`, and which of them were collected.

use postern_archive::{DATATAP, Status};
use postern_upstream::{
    Failure, Listing, Location, LocationKind, Place, Source, SourceFilter, Tenant,
};
use tokio::task::JoinSet;

use super::owned::{Books, Owned, What};
use crate::args::{Common, Sources};
use crate::output;
use crate::service::cannot;

/// Lists them. No call lists what was collected, so that is asked of each that was not synced yet.
pub(super) async fn list(
    common: &Common,
    arguments: &Sources,
    tenant: &Tenant,
    here: &Status,
) -> anyhow::Result<Vec<Owned>> {
    let locations = tenant.locations().await;
    let locations = locations.map_err(|failure| cannot("list the locations", &failure))?.items;
    let books = Books::of(here, DATATAP);
    let mut all = Vec::new();
    for location in &locations {
        all.extend(at(tenant, location, &books).await?);
    }
    all.extend(books.unlisted(&all));
    if !arguments.no_collected {
        let is_collection = |one: &&Location| one.kind == LocationKind::Blob;
        let collections: Vec<_> = locations.iter().filter(is_collection).cloned().collect();
        ask(common, tenant, &collections, &mut all).await;
    }
    Ok(all)
}

/// What one live location lists.
async fn at(tenant: &Tenant, live: &Location, books: &Books<'_>) -> anyhow::Result<Vec<Owned>> {
    let what = match live.kind {
        LocationKind::Exchange => What::Mailbox,
        LocationKind::OneDrive => What::Drive,
        LocationKind::Blob | LocationKind::Other(_) => return Ok(Vec::new()),
    };
    // Only mailboxes can be shared ones.
    let filter = SourceFilter { shared: what == What::Mailbox, name: None };
    let found = tenant.all_users(&live.id, &filter).await;
    let found = found.map_err(|failure| cannot("list mailboxes and drives", &failure))?;
    Ok(found.into_iter().map(|source| owned(what, source, books)).collect())
}

fn owned(what: What, source: Source, books: &Books<'_>) -> Owned {
    let address = source.email.unwrap_or_else(|| source.id.clone());
    let here = books.of_owner(what, &address);
    Owned {
        what,
        name: source.name.unwrap_or_default(),
        id: source.id,
        kind: source.kind.unwrap_or_default(),
        is_listed: true,
        is_collected: here.is_some().then_some(true),
        here,
        address,
    }
}

/// Asks of each of which it is not known whether anything was collected; as many at a time as the client
/// allows.
async fn ask(common: &Common, tenant: &Tenant, collections: &[Location], all: &mut [Owned]) {
    let mut asked = JoinSet::new();
    for (number, owned) in all.iter().enumerate().filter(|(_, one)| one.is_collected.is_none()) {
        let (tenant, collections) = (tenant.clone(), collections.to_vec());
        let (what, address) = (owned.what, owned.address.clone());
        asked.spawn(
            async move { (number, is_collected(&tenant, &collections, what, &address).await) },
        );
    }
    let mut failed = None;
    for (number, answer) in asked.join_all().await {
        match (answer, all.get_mut(number)) {
            (Ok(is), Some(owned)) => owned.is_collected = Some(is),
            (Err(failure), _) => failed = Some(failure),
            (Ok(_), None) => {}
        }
    }
    if let Some(failure) = failed.filter(|_| !common.quiet) {
        let error = cannot("find out of all of them whether they were collected", &failure);
        output::note(error);
    }
}

/// Whether one of the collections has anything of it. What was never collected is not known there.
async fn is_collected(
    tenant: &Tenant,
    collections: &[Location],
    what: What,
    address: &str,
) -> Result<bool, Failure> {
    let listings: &[_] = match what {
        What::Mailbox => &[Listing::Folders],
        What::Drive => &[Listing::Files, Listing::FileFolders],
    };
    for location in collections {
        for listing in listings {
            let place = Place { location: &location.id, source: address, node: Place::ROOT };
            match tenant.items(place, *listing, None).await {
                Ok(page) if page.items.is_empty() => {}
                Ok(_) => return Ok(true),
                Err(Failure::NotFound) => break,
                Err(failure) => return Err(failure),
            }
        }
    }
    Ok(false)
}
