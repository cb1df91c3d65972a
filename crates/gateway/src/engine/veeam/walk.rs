//! From a position on through mailboxes and drives, page by page of the server.

use std::collections::BTreeSet;

use postern_query::Place;
use postern_upstream::veeam::{Document, Entry, Paged, Paging, Problem, Under, Version};

use super::areas::{self, Area, is_asked};
use super::directory::Known;
use super::hit::{self, Seen};
use super::outcome::{Stop, told};
use super::part::{Opened, Part};
use super::position::Position;
use super::said::Said;
use super::{Question, Veeam};

/// Requests for one page at most: where little of what is searched may be shown, the page is short.
const MOST_REQUESTS: usize = 20;
/// Mailboxes or drives whose folders are listed for one page, to say where its hits lie.
const MOST_LISTED: usize = 8;

const SYNCED: &str = "`postern sync` brings documents here, and `engine=local` finds them then";

/// What was seen, and what lies behind it.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) seen: Vec<Seen>,
    pub(super) next: Option<Position>,
    /// Why no drive was asked, where one should have been.
    pub(super) files_missing: Option<String>,
}

/// At most `most` items from that position on, and the position behind them. Where drives cannot be asked, those of
/// mailboxes are an answer, which says so.
pub(super) async fn walk(
    veeam: &Veeam,
    question: &Question,
    begin: Position,
    most: usize,
) -> Result<Walked, Stop> {
    let mut walk =
        Walk { veeam, question, most, requests: MOST_REQUESTS, walked: Walked::default() };
    let mut at = Some(begin.clone());
    for (part, said) in question.sayings.each().filter(|(part, _)| *part >= begin.part) {
        let begin = at.take().filter(|at| at.part == part).unwrap_or_else(|| Position::of(part));
        if walk.is_over() {
            walk.walked.next = Some(begin);
            break;
        }
        match walk.through(part, said, begin).await {
            Err(Stop::NoDrives(problem)) if question.sayings.mail.is_some() => {
                walk.walked.files_missing = Some(format!("{}; {SYNCED}", told(&problem)));
            }
            next => walk.walked.next = next?,
        }
        if walk.walked.next.is_some() {
            break;
        }
    }
    Ok(walk.walked)
}

struct Walk<'a> {
    veeam: &'a Veeam,
    question: &'a Question,
    most: usize,
    requests: usize,
    walked: Walked,
}

/// What is listed and found.
enum Item {
    Entry(Entry),
    Document(Box<Document>),
}

impl Walk<'_> {
    fn is_over(&self) -> bool {
        self.requests == 0 || self.walked.seen.len() >= self.most
    }

    /// From a position in a part to its end, or as far as one page goes.
    async fn through(
        &mut self,
        part: Part,
        said: &Said,
        begin: Position,
    ) -> Result<Option<Position>, Stop> {
        self.can_search(part, said).await?;
        let opened = self.veeam.open(part).await?;
        let areas = areas::of(self.veeam, &opened, self.question, said).await?;
        let mut at = Some(begin).filter(|_| !areas.is_empty());
        while let Some(position) = at.take() {
            if self.is_over() {
                return Ok(Some(position));
            }
            let area = area(&areas, &position)?;
            let limit = u32::try_from(self.most - self.walked.seen.len()).unwrap_or(u32::MAX);
            let paging = Paging { offset: position.offset, limit, set_id: position.set_id };
            self.requests -= 1;
            let (items, next) = ask(&opened, said, area, &paging).await?;
            at = behind(part, &areas, area, next);
            self.see(&opened, area, items).await?;
        }
        Ok(None)
    }

    /// A session is not opened for a search that the server does not have.
    async fn can_search(&self, part: Part, said: &Said) -> Result<(), Stop> {
        let version = self.veeam.0.sessions.client().version().await?;
        if part == Part::Mail || *said == Said::Everything || version >= Version::V6 {
            return Ok(());
        }
        let (what, where_it_is, instead) = ("the search of drives", "from v6 on", "");
        Err(Stop::NoDrives(Problem::NotInVersion { what, where_it_is, version, instead }))
    }

    /// Keeps what is asked for and may be shown: a folder is searched with those below it.
    async fn see(&mut self, opened: &Opened, area: &Area, items: Vec<Item>) -> Result<(), Stop> {
        let is_shown = |of: &&Known| is_asked(self.veeam, self.question, of);
        let of = |item: &Item| opened.holder(item.holder(area)?).filter(is_shown);
        let holders: BTreeSet<_> = items.iter().filter_map(|item| Some(&of(item)?.id)).collect();
        for id in holders.into_iter().take(MOST_LISTED) {
            if let Some(holder) = opened.holder(id) {
                self.veeam.folders(opened, holder).await?;
            }
        }
        let session = opened.session.id().await?;
        let seen = |item: Item| {
            let holder = of(&item)?;
            let place = self.place(&session, opened.part, holder, &item);
            let (name, folder) = (place.mailbox.as_deref(), place.folder.as_deref());
            let lies_there = self.question.divided.lies_at(name, folder, self.veeam.source());
            lies_there.then(|| item.seen(holder, place))
        };
        let seen: Vec<_> = items.into_iter().filter_map(seen).collect();
        self.walked.seen.extend(seen);
        Ok(())
    }

    fn place(&self, session: &str, part: Part, of: &Known, item: &Item) -> Place {
        let folder = item.folder().and_then(|folder| {
            let directory = self.veeam.directory(part);
            directory.folders_at_hand(session, &of.id)?.get(folder).cloned()
        });
        Place {
            mailbox: of.name().map(str::to_owned),
            folder,
            source: Some(self.veeam.source().to_owned()),
            item_id: Some(item.id().to_owned()),
            ..Place::NOWHERE
        }
    }
}

impl Item {
    fn document(document: Document) -> Self {
        Self::Document(Box::new(document))
    }

    fn id(&self) -> &str {
        match self {
            Self::Entry(entry) => &entry.id,
            Self::Document(document) => &document.id,
        }
    }

    /// The id of the mailbox or drive. A server that does not name the drive found it where it was asked to look.
    fn holder<'a>(&'a self, area: &'a Area) -> Option<&'a str> {
        match self {
            Self::Entry(entry) => entry.mailbox.as_deref(),
            Self::Document(document) => document.drive.as_deref().or(area.within.as_deref()),
        }
    }

    fn folder(&self) -> Option<&str> {
        match self {
            Self::Entry(entry) => entry.folder.as_deref(),
            Self::Document(document) => document.parent.as_deref(),
        }
    }

    fn seen(self, of: &Known, place: Place) -> Seen {
        match self {
            Self::Entry(entry) => hit::of_entry(&entry, &of.id, place),
            Self::Document(document) => hit::of_document(*document, &of.id, place),
        }
    }
}

fn area<'a>(areas: &'a [Area], position: &Position) -> Result<&'a Area, Stop> {
    let asked = position.area.as_ref();
    let mut found = areas.iter().filter(|area| asked.is_none_or(|asked| *area == asked));
    found.next().ok_or(Stop::OldPosition)
}

/// The position behind a page: in the same area, else at the beginning of the next one.
fn behind(part: Part, areas: &[Area], area: &Area, next: Option<Paging>) -> Option<Position> {
    if let Some(Paging { offset, set_id, .. }) = next {
        return Some(Position { part, area: Some(area.clone()), offset, set_id, seen: 0 });
    }
    let after = areas.iter().skip_while(|one| *one != area).nth(1)?;
    Some(Position { area: Some(after.clone()), ..Position::of(part) })
}

async fn ask(
    opened: &Opened,
    said: &Said,
    area: &Area,
    paging: &Paging,
) -> Result<(Vec<Item>, Option<Paging>), Stop> {
    let session = &opened.session;
    let (within, folder) = (area.within.as_deref().unwrap_or_default(), area.folder.as_deref());
    let under = folder.map_or(Under::Everything, Under::Folder);
    match (opened.part, said) {
        (Part::Mail, Said::Text(text)) => {
            taken(session.search(&area.clone().scope(), text, paging).await, Item::Entry)
        }
        (Part::Mail, Said::Everything) => {
            taken(session.items(within, under, paging).await, Item::Entry)
        }
        (Part::Files, Said::Text(text)) => {
            let scope = area.clone().drive_scope();
            taken(session.search_documents(&scope, text, paging).await, Item::document)
                .map_err(Stop::of_drives)
        }
        (Part::Files, Said::Everything) => {
            taken(session.documents(within, under, paging).await, Item::document)
                .map_err(Stop::of_drives)
        }
    }
}

fn taken<T>(
    page: Result<Paged<T>, Problem>,
    item: fn(T) -> Item,
) -> Result<(Vec<Item>, Option<Paging>), Stop> {
    let page = page?;
    Ok((page.results.into_iter().map(item).collect(), page.next))
}
