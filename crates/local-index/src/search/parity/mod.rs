//! The index finds exactly what [`evaluate`] says, in exactly the order asked for.

mod conditions;
mod isolation;
mod matches;
mod messages;
mod places;
mod rows;
mod survey;
mod typed;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use postern_query::evaluate::{flag_value, instant_value, number_value, string_value};
use postern_query::schema::{Sort, SortField};
use postern_query::{Condition, Message, Query, evaluate};
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::{Asker, Hit, Index, Page, Position, Search};
use crate::testing::index_of;

/// The value of a message that an order compares.
#[derive(PartialEq, PartialOrd)]
enum Value<'a> {
    Missing,
    Score(f32),
    Text(&'a str),
    Flag(bool),
    Number(i64),
    Instant(jiff::Timestamp),
}

fn value(by: SortField, hit: &Hit) -> Value<'_> {
    let message = &hit.message;
    let value = match by {
        SortField::Score => Some(Value::Score(hit.score)),
        SortField::String(field) => string_value(field, message).map(Value::Text),
        SortField::Flag(field) => flag_value(field, message).map(Value::Flag),
        SortField::Number(field) => number_value(field, message).map(Value::Number),
        SortField::Instant(field) => instant_value(field, message).map(Value::Instant),
    };
    value.unwrap_or(Value::Missing)
}

/// The obvious comparison: every key, then the id.
fn compare(order: &[Sort], one: &Hit, other: &Hit) -> Ordering {
    for sort in order {
        let ordering = value(sort.by, one).partial_cmp(&value(sort.by, other)).unwrap();
        let ordering = if sort.descending { ordering.reverse() } else { ordering };
        if ordering.is_ne() {
            return ordering;
        }
    }
    one.message.id.cmp(&other.message.id)
}

fn search(
    index: &Index,
    condition: &Condition,
    order: &[Sort],
    offset: usize,
    limit: usize,
) -> Page {
    let highlight = true;
    index
        .search(
            &Search {
                query: &Query::of(condition.clone()),
                order,
                after: None,
                offset,
                limit,
                highlight,
            },
            &Asker::unlimited(),
        )
        .unwrap()
}

fn ids(page: &Page) -> Vec<&str> {
    page.hits.iter().map(|hit| hit.message.id.as_str()).collect()
}

/// The messages that an index of these parts holds: of each id the last one, in the places that the
/// last one of each part names.
fn last_of_each(parts: &[Vec<Message>]) -> BTreeMap<String, Message> {
    let mut all: BTreeMap<String, Message> = BTreeMap::new();
    for part in parts {
        let last: BTreeMap<_, _> = part.iter().map(|message| (&message.id, message)).collect();
        for message in last.into_values() {
            let mut places = message.each_place().to_vec();
            places.extend(
                all.get(&message.id).into_iter().flat_map(|former| &former.places).cloned(),
            );
            all.insert(message.id.clone(), Message { places, ..message.clone() });
        }
    }
    all
}

/// The message as the index gives it back, with its places in a fixed order.
fn as_stored(message: &Message) -> Message {
    let mut stored = message.clone();
    let places: BTreeSet<_> = stored.each_place().iter().cloned().collect();
    stored.places = places.into_iter().collect();
    let files = stored.attachments.iter_mut().chain(&mut stored.other_parts);
    files.for_each(|file| file.text = None);
    stored
}

fn check(
    index: &Index,
    messages: &BTreeMap<String, Message>,
    condition: &Condition,
    order: &[Sort],
) -> Result<(), TestCaseError> {
    let all = search(index, condition, order, 0, usize::MAX);
    let mut found = ids(&all);
    found.sort_unstable();
    let holds = |message: &&Message| evaluate(condition, message);
    let expected: Vec<_> = messages.values().filter(holds).map(|one| one.id.as_str()).collect();
    prop_assert_eq!(found, expected, "which messages");
    prop_assert_eq!(all.count, all.hits.len());
    for hit in &all.hits {
        let message = messages.get(hit.message.id.as_str()).map(as_stored);
        prop_assert_eq!(Some(as_stored(&hit.message)), message);
        let message = messages.get(hit.message.id.as_str());
        message.map_or(Ok(()), |message| matches::check(condition, hit, message))?;
    }
    for pair in all.hits.windows(2) {
        let ordering = compare(order, &pair[0], &pair[1]);
        prop_assert!(
            ordering.is_lt(),
            "order of {} and {}",
            pair[0].message.id,
            pair[1].message.id
        );
    }
    check_walk(index, condition, order, &all)?;
    check_pages(index, condition, order, &all)
}

/// Every page is the part of the whole that it says it is.
fn check_pages(
    index: &Index,
    condition: &Condition,
    order: &[Sort],
    all: &Page,
) -> Result<(), TestCaseError> {
    let expected = ids(all);
    for (offset, limit) in [(0, 0), (0, 1), (1, 2), (expected.len(), 1), (usize::MAX, usize::MAX)] {
        let page = search(index, condition, order, offset, limit);
        let wanted = expected.iter().skip(offset).take(limit);
        prop_assert!(ids(&page).iter().eq(wanted), "page of {} from {}", limit, offset);
        prop_assert_eq!(page.count, all.count);
    }
    let search = Search {
        query: &Query::of(condition.clone()),
        order,
        after: None,
        offset: 0,
        limit: usize::MAX,
        highlight: false,
    };
    prop_assert_eq!(index.ids(&search, &Asker::unlimited()).unwrap().ids, expected);
    Ok(())
}

/// Pages that go on from the last message of the one before are the whole.
fn check_walk(
    index: &Index,
    condition: &Condition,
    order: &[Sort],
    all: &Page,
) -> Result<(), TestCaseError> {
    let query = Query::of(condition.clone());
    let (mut walked, mut after) = (Vec::new(), None);
    loop {
        let search = Search {
            query: &query,
            order,
            after: after.as_ref(),
            offset: 0,
            limit: 3,
            highlight: false,
        };
        let page = index.search(&search, &Asker::unlimited()).unwrap();
        prop_assert_eq!(page.count, all.count);
        let Some(last) = page.hits.last() else { break };
        after = Some(Position::of(last, order));
        walked.extend(page.hits.into_iter().map(|hit| hit.message.id));
        prop_assert!(walked.len() <= all.count, "no end");
    }
    prop_assert_eq!(walked, ids(all));
    Ok(())
}

/// Scores do not depend on the order in which they are shown.
fn check_scores(index: &Index, condition: &Condition) -> Result<(), TestCaseError> {
    let by_id = search(index, condition, &[], 0, usize::MAX);
    let by_score = [Sort::descending(SortField::Score)];
    let by_score = search(index, condition, &by_score, 0, usize::MAX);
    let scores: BTreeMap<_, _> =
        by_score.hits.iter().map(|hit| (hit.message.id.as_str(), hit.score)).collect();
    for hit in &by_id.hits {
        let other = scores[hit.message.id.as_str()];
        prop_assert!((hit.score - other).abs() <= 1e-4 * other.abs(), "{} {}", hit.score, other);
    }
    Ok(())
}

/// So many random cases, or as many as `POSTERN_CASES` asks for.
fn cases(everyday: u32) -> Config {
    let asked = std::env::var("POSTERN_CASES").ok().and_then(|cases| cases.parse().ok());
    Config { cases: asked.unwrap_or(everyday), failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(cases(20))]

    #[test]
    fn the_index_means_what_evaluate_means(
        parts in messages::parts(),
        questions in prop::collection::vec((conditions::condition(), conditions::order()), 1..80),
    ) {
        let data = tempfile::tempdir().unwrap();
        let index = index_of(data.path(), &parts);
        let messages = last_of_each(&parts);
        prop_assert_eq!(index.coverage().indexed, messages.len() as u64);
        for (condition, order) in &questions {
            let context = |error| match error {
                TestCaseError::Fail(reason) => {
                    TestCaseError::fail(format!("{reason}\nfor {condition:?}\nby {order:?}"))
                }
                rejected @ TestCaseError::Reject(_) => rejected,
            };
            check(&index, &messages, condition, order).map_err(context)?;
            check_scores(&index, condition).map_err(context)?;
        }
    }

    #[test]
    fn what_is_typed_finds_what_evaluate_says(
        parts in messages::parts(),
        questions in prop::collection::vec((typed::question(), conditions::order()), 1..40),
    ) {
        let data = tempfile::tempdir().unwrap();
        let index = index_of(data.path(), &parts);
        let messages = last_of_each(&parts);
        for ((text, condition), order) in &questions {
            check(&index, &messages, condition, order).map_err(|error| match error {
                TestCaseError::Fail(reason) => TestCaseError::fail(format!("{reason}\nfor {text}")),
                rejected @ TestCaseError::Reject(_) => rejected,
            })?;
        }
    }
}
