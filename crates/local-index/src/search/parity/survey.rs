//! The numbers of a survey are those of sets of ids.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use postern_query::{Message, Query, evaluate};
use proptest::prelude::*;

use super::{cases, conditions, last_of_each, messages};
use crate::format::terms::cut;
use crate::search::{Asker, Extent, Index, Search};
use crate::testing::index_of;

fn survey(index: &Index, queries: &[Query]) -> (Vec<Extent>, Vec<u64>, Extent) {
    let asker = Asker::unlimited();
    let mut on = |_| ControlFlow::Continue(());
    let mut survey = index.survey(&Query::everything(), &asker, &mut on).unwrap();
    let each = queries.iter().map(|query| survey.count(query, &asker).unwrap()).collect();
    let (unique, all) = survey.finish(&asker).unwrap();
    (each, unique, all)
}

/// The ids that a query finds.
fn ids(index: &Index, query: &Query) -> BTreeSet<String> {
    let limit = usize::MAX;
    let search = Search { query, order: &[], after: None, offset: 0, limit, highlight: false };
    index.ids(&search, &Asker::unlimited()).unwrap().ids.into_iter().collect()
}

proptest! {
    #![proptest_config(cases(20))]

    /// The obvious way: the meaning of each query over all messages, and sets of ids.
    #[test]
    fn numbers_are_those_of_sets(
        parts in messages::parts(),
        conditions in prop::collection::vec(conditions::condition(), 1..12),
    ) {
        let data = tempfile::tempdir().unwrap();
        let index = index_of(data.path(), &parts);
        let messages = last_of_each(&parts);
        let queries: Vec<_> = conditions.iter().cloned().map(Query::of).collect();
        let (each, unique, all) = survey(&index, &queries);
        let found: Vec<BTreeSet<String>> = queries.iter().map(|query| {
            let matching = messages.values().filter(|one| evaluate(query.condition(), one));
            matching.map(|one| one.id.clone()).collect()
        }).collect();
        let union: BTreeSet<String> = found.iter().flatten().cloned().collect();
        for (line, (extent, ids_found)) in each.iter().zip(&found).enumerate() {
            prop_assert_eq!(&ids(&index, &queries[line]), ids_found);
            check_extent(&index, &messages, extent, ids_found)?;
            let others = found.iter().enumerate().filter(|(other, _)| *other != line);
            let others: BTreeSet<&String> = others.flat_map(|(_, ids)| ids).collect();
            let alone = ids_found.iter().filter(|id| !others.contains(id)).count();
            prop_assert_eq!(unique[line], alone as u64);
        }
        check_extent(&index, &messages, &all, &union)?;
    }
}

fn check_extent(
    index: &Index,
    messages: &BTreeMap<String, Message>,
    extent: &Extent,
    found: &BTreeSet<String>,
) -> Result<(), TestCaseError> {
    let found_messages = || found.iter().map(|id| &messages[id]);
    let family = found_messages().map(|one| match one.is_file() {
        true => one.attachments.len().max(1),
        false => one.attachments.len() + 1,
    });
    prop_assert_eq!(extent.family, family.sum::<usize>() as u64);
    let threads = found.iter().flat_map(|id| {
        let thread = index.thread(id, &Asker::unlimited()).unwrap();
        thread.ids.into_iter().chain([id.clone()])
    });
    prop_assert_eq!(extent.conversation, threads.collect::<BTreeSet<_>>().len() as u64);
    let times = found_messages().filter_map(|one| one.received.or(one.sent));
    let times: Vec<_> = times.map(jiff::Timestamp::as_millisecond).collect();
    let millisecond = |time: Option<jiff::Timestamp>| time.map(jiff::Timestamp::as_millisecond);
    prop_assert_eq!(millisecond(extent.first), times.iter().min().copied());
    prop_assert_eq!(millisecond(extent.last), times.iter().max().copied());
    let sizes = found_messages().filter_map(|one| u64::try_from(one.size?).ok());
    prop_assert_eq!(extent.bytes, sizes.fold(0, u64::saturating_add));
    let mut mailboxes = BTreeMap::<&str, usize>::new();
    for one in found_messages() {
        let names = one.each_place().iter().filter_map(|place| place.mailbox.as_deref());
        // The index has the beginning of a name that no mailbox has.
        let names = names.map(cut);
        for name in names.collect::<BTreeSet<_>>() {
            *mailboxes.entry(name).or_default() += 1;
        }
    }
    let counted = extent.mailboxes.iter().map(|one| (one.value.as_str(), one.count));
    prop_assert_eq!(counted.collect::<BTreeMap<_, _>>(), mailboxes);
    Ok(())
}
