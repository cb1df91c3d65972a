//! Messages in several places, asked by keys that see some mailboxes: the index finds and counts what
//! `evaluate` says of the places that the key may see.

use std::collections::BTreeMap;

use postern_query::schema::{FlagField, StringField};
use postern_query::{
    Condition, FlagTest, Located, Message, Place, Predicate, Query, Span, StringTest, evaluate,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::cases;
use super::conditions::nested;
use crate::search::{Asker, Counting, Facet, Index, Scope, Search, Work};
use crate::testing::index_of;

const MAILBOXES: [&str; 3] = ["ann", "bob", "cat"];
const FOLDERS: [&str; 3] = ["Inbox", "Sent", "Old/Inbox"];
const SOURCES: [&str; 2] = ["files", "datatap"];

prop_compose! {
    fn place()(mailbox in select(&MAILBOXES[..]), folder in select(&FOLDERS[..]), source in select(&SOURCES[..]),
        [is_read, is_flagged, is_replied, is_draft] in [of(any::<bool>()), of(any::<bool>()), of(any::<bool>()), of(any::<bool>())],
        item_id in of(select(&["1", "2"][..]))) -> Place {
        Place {
            mailbox: Some(mailbox.into()), folder: Some(folder.into()), source: Some(source.into()),
            is_read, is_flagged, is_replied, is_draft, item_id: item_id.map(str::to_owned), fragment_id: None,
        }
    }
}

/// Messages with ids of their own, in up to five places each.
fn messages() -> impl Strategy<Value = Vec<Message>> {
    let message = (select(&["due", "old", "due old"][..]), vec(place(), 0..6));
    vec(message, 1..20).prop_map(|all| {
        let message = |(n, (subject, places)): (usize, (&str, Vec<Place>))| Message {
            id: n.to_string(),
            subject: Some(subject.into()),
            places,
            ..Message::default()
        };
        all.into_iter().enumerate().map(message).collect()
    })
}

/// Mostly about places.
fn predicate() -> impl Strategy<Value = Predicate> {
    let same = |field, values: &'static [&'static str]| {
        let test = subsequence(values.to_vec(), 1..=values.len()).prop_map(|values| {
            match values.as_slice() {
                [one] => StringTest::Same((*one).to_uppercase()),
                several => StringTest::OneOf(several.iter().map(|one| (*one).to_owned()).collect()),
            }
        });
        test.prop_map(move |test| Predicate::String(field, test))
    };
    let flags = [FlagField::IsRead, FlagField::IsFlagged, FlagField::IsReplied, FlagField::IsDraft];
    prop_oneof![
        3 => same(StringField::Mailbox, &MAILBOXES),
        2 => same(StringField::Folder, &FOLDERS),
        1 => Just(Predicate::String(StringField::Folder, StringTest::PathEnd("inbox".into()))),
        1 => same(StringField::Source, &SOURCES),
        1 => Just(Predicate::String(StringField::ItemId, StringTest::Is("1".into()))),
        1 => Just(Predicate::String(StringField::ItemId, StringTest::Missing)),
        3 => (select(flags.to_vec()), prop_oneof![any::<bool>().prop_map(FlagTest::Is), Just(FlagTest::Missing)])
            .prop_map(|(field, test)| Predicate::Flag(field, test)),
        1 => select(&["due", "old"][..]).prop_map(|word| Predicate::String(StringField::Subject, StringTest::Is(word.into()))),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    nested(predicate().prop_map(|predicate| Located::new(predicate, Span::default())))
}

/// Every set of mailboxes, and everything.
fn scopes() -> impl Iterator<Item = Scope> {
    let some = |set: usize| {
        let names = MAILBOXES.iter().enumerate().filter(move |(n, _)| set >> n & 1 == 1);
        Scope::Mailboxes(names.map(|(_, name)| (*name).to_owned()).collect())
    };
    (0..8).map(some).chain([Scope::All])
}

/// How many messages have each value at some place.
fn counted(
    messages: &[Message],
    value: impl Fn(&Place) -> Option<String>,
) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for message in messages {
        let mut values: Vec<_> = message.places.iter().filter_map(&value).collect();
        values.sort();
        values.dedup();
        values.into_iter().for_each(|value| *counts.entry(value).or_default() += 1);
    }
    counts
}

fn facets(index: &Index, query: &Query, asker: &Asker) -> Vec<BTreeMap<String, usize>> {
    let of = [Facet::Mailbox, Facet::Folder, Facet::Source];
    let counting = Counting { facets: &of, ..Counting::default() };
    let counts = index.counts(query, &counting, asker).unwrap();
    let values = counts.facets.into_iter().map(|counts| counts.values.into_iter());
    values.map(|values| values.map(|one| (one.value, one.count)).collect()).collect()
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn every_key_finds_and_counts_by_the_places_that_it_may_see(
        messages in messages(),
        conditions in vec(condition(), 1..60),
    ) {
        let data = tempfile::tempdir().unwrap();
        let index = index_of(data.path(), std::slice::from_ref(&messages));
        for condition in &conditions {
            let query = Query::of(condition.clone());
            for scope in scopes() {
                let asker = Asker { scope: scope.clone(), work: Work::limited() };
                let seen = messages.iter().cloned().filter_map(|one| one.seen_at(|place| scope.shows(place)));
                let expected: Vec<_> = seen.filter(|one| evaluate(condition, one)).collect();
                let all = Search { query: &query, order: &[], after: None, offset: 0, limit: 99, highlight: false };
                let page = index.search(&all, &asker).unwrap();
                let mut found: Vec<_> = page.hits.iter().map(|hit| &hit.message).collect();
                found.sort_by_key(|message| message.id.parse::<usize>().unwrap());
                let ids = |all: &[&Message]| all.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
                let wanted: Vec<_> = expected.iter().collect();
                prop_assert_eq!(ids(&found), ids(&wanted), "{:?} for {:?}", condition, scope);
                prop_assert_eq!(page.count, expected.len());
                for hit in &page.hits {
                    prop_assert!(hit.message.places.iter().all(|place| scope.shows(place)));
                }
                let counts = [
                    counted(&expected, |place| place.mailbox.clone()),
                    counted(&expected, |place| place.folder.clone()),
                    counted(&expected, |place| place.source.clone()),
                ];
                prop_assert_eq!(facets(&index, &query, &asker), counts, "{:?} for {:?}", condition, scope);
            }
        }
    }
}
