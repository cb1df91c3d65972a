//! A page in the order of the server.

use std::collections::{BTreeSet, HashMap};

use postern_query::Place;
use postern_upstream::Fault;
use postern_upstream::veeam::{Entry, Paged, Paging, Problem, Session, Under};

use super::areas::{self, Area, is_asked};
use super::directory::Known;
use super::hit;
use super::id::ItemId;
use super::outcome::Stop;
use super::position::{self, Position};
use super::{Question, Veeam};
use crate::access::Mailboxes;
use crate::engine::{Found, Occasion, PAGE_LIMIT, Saved, Start, Wanted};
use crate::wire::MessageView;

/// Requests for one page at most: where little of what is searched may be shown, the page is short.
const MOST_REQUESTS: usize = 20;
/// Mailboxes whose folders are listed for one page, to say where its hits lie.
const MOST_LISTED: usize = 8;

/// An entry that may be shown, and where it lies.
pub(super) struct Seen {
    pub(super) entry: Entry,
    pub(super) place: Place,
}

/// One page, and where the next one begins.
pub(super) async fn of(
    veeam: &Veeam,
    session: &Session,
    question: &Question,
    wanted: &Wanted,
    occasion: &Occasion,
) -> Result<Found, Stop> {
    let begin = begin(&wanted.start);
    // What is only counted is counted as far as one page goes.
    let most = if wanted.limit == 0 { PAGE_LIMIT } else { wanted.limit };
    let (seen, next) = walk(veeam, session, question, begin.clone(), most).await?;
    let count = begin.seen + u64::try_from(seen.len()).unwrap_or(u64::MAX);
    let next = next.map(|next| Start::Position(position::write(&Position { seen: count, ..next })));
    let shown = if wanted.limit == 0 { Vec::new() } else { seen };
    let messages = messages(veeam, shown, occasion).await;
    Ok(Found {
        messages,
        count: Some(count),
        exact: false,
        next: next.filter(|_| wanted.limit > 0),
    })
}

fn begin(start: &Start) -> Position {
    match start {
        Start::Offset(offset) => Position {
            offset: u32::try_from(*offset).unwrap_or(u32::MAX),
            seen: u64::try_from(*offset).unwrap_or(u64::MAX),
            ..Position::default()
        },
        Start::Position(text) => position::read(text).unwrap_or_default(),
    }
}

/// At most `most` entries from that position on, and the position behind them.
pub(super) async fn walk(
    veeam: &Veeam,
    session: &Session,
    question: &Question,
    begin: Position,
    most: usize,
) -> Result<(Vec<Seen>, Option<Position>), Stop> {
    let areas = areas::of(veeam, session, question).await?;
    let mut seen = Vec::new();
    let mut at = Some(begin).filter(|_| !areas.is_empty());
    for _ in 0..MOST_REQUESTS {
        let Some(position) = at.take_if(|_| seen.len() < most) else { break };
        let area = area(&areas, &position)?;
        let paging = Paging {
            offset: position.offset,
            limit: u32::try_from(most - seen.len()).unwrap_or(u32::MAX),
            set_id: position.set_id,
        };
        let page = ask(session, question, area, &paging).await?;
        at = behind(&areas, area, page.next.clone());
        seen.extend(visible(veeam, session, question, page.results).await?);
    }
    Ok((seen, at))
}

fn area<'a>(areas: &'a [Area], position: &Position) -> Result<&'a Area, Stop> {
    let key = position.area.as_deref();
    let mut found = areas.iter().filter(|area| key.is_none_or(|key| area.key == key));
    found.next().ok_or(Stop::OldPosition)
}

/// The position behind a page: in the same area, else at the beginning of the next one.
fn behind(areas: &[Area], area: &Area, next: Option<Paging>) -> Option<Position> {
    if let Some(Paging { offset, set_id, .. }) = next {
        return Some(Position { area: Some(area.key.clone()), offset, set_id, seen: 0 });
    }
    let after = areas.iter().skip_while(|one| *one != area).nth(1)?;
    Some(Position { area: Some(after.key.clone()), ..Position::default() })
}

async fn ask(
    session: &Session,
    question: &Question,
    area: &Area,
    paging: &Paging,
) -> Result<Paged<Entry>, Problem> {
    if let Some(text) = &question.text {
        return session.search(&area.scope, text, paging).await;
    }
    let (mailbox, folder) = area.key.split_once('/').unwrap_or((&area.key, ""));
    let under = if folder.is_empty() { Under::Everything } else { Under::Folder(folder) };
    session.items(mailbox, under, paging).await
}

/// The entries that are asked for and may be shown: a folder is searched with those below it.
async fn visible(
    veeam: &Veeam,
    session: &Session,
    question: &Question,
    entries: Vec<Entry>,
) -> Result<Vec<Seen>, Problem> {
    let mailboxes = veeam.0.directory.mailboxes(session).await?;
    let seen = mailboxes.iter().filter(|one| is_asked(veeam, question, one));
    let mailboxes: HashMap<_, _> = seen.map(|one| (one.id.as_str(), one)).collect();
    list_folders(veeam, session, &mailboxes, &entries).await?;
    let id = session.id().await?;
    let seen = |entry: Entry| {
        let mailbox = mailboxes.get(entry.mailbox.as_deref()?)?;
        let place = place(veeam, &id, mailbox, &entry);
        let (name, folder) = (place.mailbox.as_deref(), place.folder.as_deref());
        let lies_there = question.divided.lies_at(name, folder, veeam.source());
        lies_there.then_some(Seen { entry, place })
    };
    Ok(entries.into_iter().filter_map(seen).collect())
}

fn place(veeam: &Veeam, session: &str, mailbox: &Known, entry: &Entry) -> Place {
    let folder = entry.folder.as_deref().and_then(|folder| {
        veeam.0.directory.folders_at_hand(session, &mailbox.id)?.get(folder).cloned()
    });
    Place {
        mailbox: Some(mailbox.name.clone()),
        folder,
        source: Some(veeam.source().to_owned()),
        item_id: Some(entry.id.clone()),
        ..Place::NOWHERE
    }
}

/// Lists the folders of the first mailboxes that entries lie in; of the others the folder stays unknown.
async fn list_folders(
    veeam: &Veeam,
    session: &Session,
    mailboxes: &HashMap<&str, &Known>,
    entries: &[Entry],
) -> Result<(), Problem> {
    let ids: BTreeSet<_> = entries.iter().filter_map(|entry| entry.mailbox.as_deref()).collect();
    for id in ids.into_iter().take(MOST_LISTED) {
        if let Some(mailbox) = mailboxes.get(id) {
            veeam.0.directory.folders(session, mailbox).await?;
        }
    }
    Ok(())
}

/// The entries as messages, those that are here with the ids that they have here.
pub(super) async fn messages(
    veeam: &Veeam,
    seen: Vec<Seen>,
    occasion: &Occasion,
) -> Vec<MessageView> {
    let items = seen
        .iter()
        .map(|seen| (seen.entry.mailbox.clone().unwrap_or_default(), seen.entry.id.clone()));
    let here = veeam.0.archive.ids_of(veeam.source(), items.collect(), occasion.deadline).await;
    let mut here = here.into_iter();
    seen.into_iter()
        .map(|Seen { entry, place }| {
            let message = hit::message(&entry, place, here.next().flatten());
            MessageView::listed(&message)
        })
        .collect()
}

/// An item as it is saved, and the mailbox that it lies in; `None` where the caller may see no such item.
pub(super) async fn original(
    veeam: &Veeam,
    session: &Session,
    item: &ItemId,
    permitted: &Mailboxes,
) -> Result<Saved, Stop> {
    let mailboxes = veeam.0.directory.mailboxes(session).await?;
    let mailbox = mailboxes.iter().find(|mailbox| mailbox.id == item.mailbox);
    let Some(mailbox) = mailbox.filter(|one| permitted.permits(Some(&one.name))) else {
        return Ok(None);
    };
    let bytes = match session.save(&item.mailbox, &item.item).await {
        Ok(bytes) => bytes.to_vec(),
        // Of an id that nobody gave out a server says that it is none.
        Err(
            Problem::NotFound { .. }
            | Problem::Invalid(_)
            | Problem::Refused { status: 400, .. }
            | Problem::Failed(Fault::Astray),
        ) => return Ok(None),
        Err(problem) => return Err(problem.into()),
    };
    let place = Place {
        mailbox: Some(mailbox.name.clone()),
        source: Some(veeam.source().to_owned()),
        item_id: Some(item.item.clone()),
        ..Place::NOWHERE
    };
    Ok(Some((bytes, place)))
}
