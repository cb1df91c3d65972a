//! What may not be seen changes nothing of an answer.

use std::ops::ControlFlow;

use jiff::tz::TimeZone;
use postern_query::schema::{Sort, SortField};
use postern_query::{Message, Query, Role};
use proptest::prelude::*;

use super::{cases, conditions, messages};
use crate::Error;
use crate::search::{
    Asker, Bars, Completion, Counting, Counts, Facet, Hit, Index, Row, Scope, Search, Suggestion,
    Thread, Work,
};
use crate::testing::index_of;

/// Everything that somebody is told, but for the name of the state of the index.
#[derive(Debug, PartialEq)]
struct Told {
    count: usize,
    hits: Vec<Hit>,
    ids: Vec<String>,
    rows: (usize, usize, Vec<Row>),
    counts: Counts,
    completions: Vec<Vec<Suggestion>>,
}

fn mine() -> Asker {
    Asker { scope: Scope::Mailboxes(vec!["mine".into(), "also".into()]), work: Work::limited() }
}

fn told(index: &Index, query: &Query, order: &[Sort]) -> Result<Told, Error> {
    let search = Search { query, order, after: None, offset: 0, limit: 99, highlight: true };
    let page = index.search(&search, &mine())?;
    let all = [Role::From, Role::To, Role::Cc];
    let bars = Bars { from: None, to: None, step: None, zone: TimeZone::UTC };
    let kinds = [
        Completion::Address(&all),
        Completion::Name(&all),
        Completion::Folder,
        Completion::Mailbox,
        Completion::Source,
        Completion::Address(&[Role::Owner]),
        Completion::Domain(&[Role::From, Role::Owner]),
    ];
    let completions = kinds.map(|kind| index.complete(query, kind, "", 9, &mine()));
    let mut rows = Vec::new();
    let found = index.rows(&search, &mine(), &mut |row| {
        rows.push(row);
        ControlFlow::Continue(())
    })?;
    Ok(Told {
        count: page.count,
        rows: (found.messages, found.rows, rows),
        hits: page.hits,
        ids: index.ids(&search, &mine())?.ids,
        counts: index.counts(
            query,
            &Counting { facets: &Facet::ALL, bars: Some(&bars), ..Counting::default() },
            &mine(),
        )?,
        completions: completions.into_iter().collect::<Result<_, _>>()?,
    })
}

fn thread(index: &Index, id: &str) -> Thread {
    index.thread(id, &mine()).unwrap()
}

/// The messages with every place in one of these mailboxes, under ids of their own.
fn owned(parts: Vec<Vec<Message>>, mailboxes: [&str; 2], mark: &str) -> Vec<Vec<Message>> {
    let own = |(n, mut message): (usize, Message)| {
        message.id = format!("{mark}{}", message.id);
        message.place_mut();
        for (m, place) in message.places.iter_mut().enumerate() {
            place.mailbox = Some(mailboxes[(n + m) % 2].to_owned());
        }
        message
    };
    parts.into_iter().map(|part| part.into_iter().enumerate().map(own).collect()).collect()
}

/// The messages, some of them in foreign places as well: before, between and behind their own.
fn also_elsewhere(parts: &[Vec<Message>], theirs: &[Vec<Message>]) -> Vec<Vec<Message>> {
    let mut foreign = theirs.iter().flatten().flat_map(|message| message.places.clone()).cycle();
    let mut parts = parts.to_vec();
    for (n, message) in parts.iter_mut().flatten().enumerate() {
        for at in [0, 1, message.places.len() + 1].into_iter().take(n % 4) {
            let place = foreign.next();
            place
                .into_iter()
                .for_each(|place| message.places.insert(at.min(message.places.len()), place));
        }
    }
    parts
}

/// Foreign messages before, beside and after.
fn mixed(mine: &[Vec<Message>], theirs: &[Vec<Message>]) -> Vec<Vec<Message>> {
    let longest = mine.len().max(theirs.len());
    let part = |n: usize| {
        let (mine, theirs) = (mine.get(n), theirs.get(n));
        theirs.into_iter().chain(mine).chain(theirs).flatten().cloned().collect()
    };
    (0..longest).map(part).collect()
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn what_may_not_be_seen_changes_no_answer(
        visible in messages::parts(),
        hidden in messages::parts(),
        questions in prop::collection::vec((conditions::condition(), conditions::order()), 1..60),
    ) {
        let visible = owned(visible, ["mine", "also"], "");
        let hidden = owned(hidden, ["theirs", "Mine"], "hidden-");
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let alone = index_of(folders[0].path(), &visible);
        let among = index_of(folders[1].path(), &mixed(&also_elsewhere(&visible, &hidden), &hidden));
        let by_score = [Sort::descending(SortField::Score)];
        for (condition, order) in &questions {
            let query = Query::of(condition.clone());
            for order in [order.as_slice(), &by_score] {
                let (one, other) = (told(&alone, &query, order), told(&among, &query, order));
                let (one, other) = (format!("{one:?}"), format!("{other:?}"));
                prop_assert_eq!(one, other, "for {:?}\nby {:?}", condition, order);
            }
        }
        for message in visible.iter().flatten() {
            prop_assert_eq!(thread(&alone, &message.id), thread(&among, &message.id));
        }
    }
}
