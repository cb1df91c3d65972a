//! Rows are the whole list, grouped by Message-ID.

use std::ops::ControlFlow;

use postern_query::schema::Sort;
use postern_query::{Message, Query};
use proptest::prelude::*;

use super::{cases, conditions, messages};
use crate::search::{Asker, Hit, Index, MOST_COPIES, Page, Position, Row, Rows, Search};
use crate::testing::index_of;

fn rows(
    index: &Index,
    search: (&Query, &[Sort]),
    after: Option<&Position>,
    offset: usize,
    limit: usize,
) -> (Rows, Vec<Row>) {
    let (query, order) = search;
    let search = Search { query, order, after, offset, limit, highlight: true };
    let mut page = Vec::new();
    let found = index.rows(&search, &Asker::unlimited(), &mut |row| {
        page.push(row);
        ControlFlow::Continue(())
    });
    (found.unwrap(), page)
}

/// What makes messages equal: something between the brackets, that the index has as a whole.
fn message_id(message: &Message) -> Option<&str> {
    let id = message.internet_message_id.as_deref()?;
    (id.len() <= 4_000 && !id.replace(['<', '>'], "").trim().is_empty()).then_some(id)
}

/// The obvious way: each hit goes to the first row with its Message-ID.
fn grouped(all: &Page) -> Vec<Vec<&Hit>> {
    let mut rows: Vec<Vec<&Hit>> = Vec::new();
    for hit in &all.hits {
        let own = message_id(&hit.message);
        let same = |row: &&mut Vec<&Hit>| own.is_some() && message_id(&row[0].message) == own;
        match rows.iter_mut().find(same) {
            Some(row) => row.push(hit),
            None => rows.push(vec![hit]),
        }
    }
    rows
}

/// A row as the ids in it, beginning with its own.
fn ids<'a>(row: impl IntoIterator<Item = &'a Hit>) -> Vec<&'a str> {
    row.into_iter().map(|hit| hit.message.id.as_str()).collect()
}

fn of_row(row: &Row) -> Vec<&str> {
    ids(std::iter::once(&row.hit).chain(&row.copies))
}

fn check(index: &Index, query: &Query, order: &[Sort]) -> Result<(), TestCaseError> {
    let search =
        Search { query, order, after: None, offset: 0, limit: usize::MAX, highlight: true };
    let all = index.search(&search, &Asker::unlimited()).unwrap();
    let expected = grouped(&all);
    let (counts, found) = rows(index, (query, order), None, 0, usize::MAX);
    prop_assert_eq!((counts.messages, counts.rows), (all.count, expected.len()));
    prop_assert_eq!(found.len(), expected.len());
    for (row, group) in found.iter().zip(&expected) {
        let listed: Vec<&Hit> = group.iter().take(1 + MOST_COPIES).copied().collect();
        prop_assert_eq!(of_row(row), ids(listed));
        prop_assert_eq!(row.more, group.len().saturating_sub(1 + MOST_COPIES));
        prop_assert_eq!((&row.hit.message, row.hit.place), (&group[0].message, group[0].place));
        prop_assert_eq!(&row.hit.snippet, &group[0].snippet);
        for (copy, hit) in row.copies.iter().zip(&group[1..]) {
            prop_assert_eq!((&copy.message.places, copy.place), (&hit.message.places, hit.place));
            prop_assert_eq!(copy.message.received, hit.message.received);
        }
    }
    check_pages(index, (query, order), &found)
}

/// Pages of every length are the whole, wherever they begin, and count the same.
fn check_pages(index: &Index, search: (&Query, &[Sort]), all: &[Row]) -> Result<(), TestCaseError> {
    let whole = rows(index, search, None, 0, 0);
    prop_assert_eq!((whole.0.rows, whole.1.len()), (all.len(), 0));
    for limit in [1, 7, 1_000] {
        let (mut walked, mut after) = (Vec::new(), None);
        loop {
            let (counts, page) = rows(index, search, after.as_ref(), 0, limit);
            prop_assert_eq!(counts, whole.0);
            let Some(last) = page.last() else { break };
            after = Some(counts.position(&last.hit, search.1));
            walked.extend(page);
            prop_assert!(walked.len() <= all.len(), "no end");
        }
        prop_assert_eq!(
            walked.iter().map(of_row).collect::<Vec<_>>(),
            all.iter().map(of_row).collect::<Vec<_>>()
        );
        let (_, part) = rows(index, search, None, 2, limit);
        let wanted = all.iter().skip(2).take(limit).map(of_row);
        prop_assert!(part.iter().map(of_row).eq(wanted), "{} from the third", limit);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(20))]

    #[test]
    fn rows_are_the_whole_list_grouped_by_message_id(
        parts in messages::parts(),
        questions in prop::collection::vec((conditions::condition(), conditions::order()), 1..40),
    ) {
        let data = tempfile::tempdir().unwrap();
        let index = index_of(data.path(), &parts);
        for (condition, order) in &questions {
            let query = Query::of(condition.clone());
            check(&index, &query, order).map_err(|error| match error {
                TestCaseError::Fail(reason) => {
                    TestCaseError::fail(format!("{reason}\nfor {condition:?}\nby {order:?}"))
                }
                rejected @ TestCaseError::Reject(_) => rejected,
            })?;
        }
        for (_, order) in &questions {
            check(&index, &Query::everything(), order)?;
        }
    }
}
