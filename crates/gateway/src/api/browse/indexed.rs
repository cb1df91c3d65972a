//! Answers from the index, for mail that was taken in from files.

use std::ops::ControlFlow;

use postern_archive::search::{Asker, Counting, Facet, Scope, Search};
use postern_query::analysis::lower_case;
use postern_query::schema::{InstantField, Sort, SortField, StringField};
use postern_query::{Comparison, InstantTest, Message, Predicate, Query, StringTest};
use serde_json::{Value, json};

use super::page::{Kind, Page};
use super::{Here, Node, Nothing};
use crate::api::native::by;
use postern_archive::Original;

/// Folders of a mailbox that are listed.
const MOST_FOLDERS: usize = 10_000;

/// A page of a folder.
pub(super) fn list(here: &Here<'_>, asked: &Node, page: &Page) -> Result<Value, Nothing> {
    let (begin, most) = (page.part.offset()?, page.part.looked_at() as usize);
    let offset = begin as usize;
    let (folders, span) = match page.kind {
        Kind::InDrive { .. } => return Err(Nothing::NotHere),
        Kind::Messages(span) => (folders(here, asked)?, span),
        Kind::Folders => {
            let folders = folders(here, asked)?;
            let shown = folders.iter().skip(offset).take(most).map(|name| folder(name));
            return Ok(page.part.page("Items", begin, shown.collect()));
        }
    };
    let mut query = mailbox(asked);
    if asked.node != "-" {
        let name = folders.into_iter().find(|name| folder_id(name) == asked.node);
        query = query.and(by(StringField::Folder, &name.ok_or(Nothing::NotHere)?));
    }
    for (comparison, time) in [Comparison::AtLeast, Comparison::AtMost].into_iter().zip(span) {
        let test = InstantTest::Compare(comparison, time);
        query = query.and(Query::of(Predicate::Instant(InstantField::Received, test)));
    }
    let mut items = Vec::new();
    here.engine.each(
        &Search {
            query: &query,
            order: &[Sort::ascending(SortField::Instant(InstantField::Received))],
            after: None,
            offset,
            limit: most,
            highlight: false,
        },
        here.asker,
        &mut |hit| {
            items.push(item(&hit.there()));
            ControlFlow::Continue(())
        },
    )?;
    Ok(page.part.page("Items", begin, items))
}

/// The bytes of the message of that item id, or of that id of ours.
pub(super) fn original(here: &Here<'_>, asked: &Node) -> Result<Original, Nothing> {
    let either = by(StringField::ItemId, &asked.node).or(by(StringField::Id, &asked.node));
    let query = mailbox(asked).and(either);
    let message = here.engine.one(&query, here.asker)?.ok_or(Nothing::NotHere)?;
    Ok(here.engine.original(&message.id)?)
}

/// The mail that lies in the mailbox.
fn mailbox(asked: &Node) -> Query {
    let same = StringTest::Same(asked.source.clone());
    Query::of(Predicate::String(StringField::Mailbox, same)).mail_only()
}

/// The folders of the mailbox; one without any was not taken in.
fn folders(here: &Here<'_>, asked: &Node) -> Result<Vec<String>, Nothing> {
    let same = |name: &String| lower_case(name) == lower_case(&asked.source);
    let mailboxes = values(here, asked, Facet::Mailbox, here.asker)?;
    // A message may lie in folders of other mailboxes as well.
    let scope = Scope::Mailboxes(mailboxes.into_iter().filter(same).collect());
    let asker = Asker { scope, work: here.asker.work.clone() };
    let mut names = values(here, asked, Facet::Folder, &asker)?;
    names.sort();
    if names.is_empty() { Err(Nothing::NotHere) } else { Ok(names) }
}

/// What messages of the mailbox are counted by.
fn values(
    here: &Here<'_>,
    asked: &Node,
    facet: Facet,
    asker: &Asker,
) -> Result<Vec<String>, Nothing> {
    let counting = Counting { facets: &[facet], most: MOST_FOLDERS, ..Counting::default() };
    let counts = here.engine.counts(&mailbox(asked), &counting, asker)?;
    let values = counts.facets.into_iter().flat_map(|counts| counts.values);
    Ok(values.map(|one| one.value).collect())
}

/// An id that stands in a path as it is.
fn folder_id(name: &str) -> String {
    name.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn folder(name: &str) -> Value {
    let kind = match name.to_lowercase().as_str() {
        "inbox" => "InboxMailboxFolder",
        "sent" | "sent items" | "sent mail" => "SentMailboxFolder",
        _ => "MailboxFolder",
    };
    json!({
        "ItemId": folder_id(name),
        "FragmentId": null,
        "Name": name,
        "Discriminator": kind,
        "CreatedDate": null,
    })
}

fn item(message: &Message) -> Value {
    json!({
        "ItemId": message.place().item_id.as_ref().unwrap_or(&message.id),
        "FragmentId": message.place().fragment_id,
        "Name": message.subject,
        "Discriminator": "MessageItem",
        "CreatedDate": message.received.map(|at| at.to_string()),
    })
}
