//! Laws that hold for whatever is asked: they need no second reader of the language.

use postern_query::{Query, evaluate};
use proptest::prelude::*;

use crate::parse;
use crate::properties::cases;
use crate::random::{good_query, message};

fn is_of_place(query: &Query) -> bool {
    let mut any = false;
    query.condition().for_each_leaf(&mut |leaf| any |= leaf.value.is_of_place());
    any
}

/// A query as it is read, or nothing where it is refused.
fn read(text: &str) -> Option<Query> {
    parse(text).ok().map(|parsed| parsed.query)
}

proptest! {
    #![proptest_config(cases(600))]

    /// A condition that is not about the place parts a query in two, and clauses only narrow, in any order.
    #[test]
    fn a_condition_parts_every_query(q in good_query(), p in good_query(), messages in prop::collection::vec(message(), 1..6)) {
        let texts = [
            q.clone(),
            p.clone(),
            format!("({q}) ({p})"),
            format!("({p}) ({q})"),
            format!("({q}) -({p})"),
            format!("({q}) OR ({p})"),
            format!("({p}) OR (-({p}) (({p}) OR ({q})))"),
        ];
        let read: Vec<_> = texts.iter().filter_map(|text| read(text)).collect();
        let [query, condition, both, turned, but, either, shape] = read.as_slice() else {
            return Err(TestCaseError::reject("too much for one query"));
        };
        let parts = !is_of_place(condition);
        for message in &messages {
            let holds = |query: &Query| evaluate(query.condition(), message);
            prop_assert_eq!(holds(both), holds(turned), "order: {} {}", q, p);
            prop_assert!(!holds(both) || (holds(query) && holds(condition)), "narrows: {} {}", q, p);
            prop_assert!(holds(either) || !holds(query), "widens: {} {}", q, p);
            if parts {
                prop_assert_eq!(holds(query), holds(both) || holds(but), "in two: {} {}", q, p);
                prop_assert!(!holds(both) || !holds(but), "not both: {} {}", q, p);
                prop_assert_eq!(holds(both), holds(query) && holds(condition), "{} {}", q, p);
                prop_assert_eq!(holds(either), holds(query) || holds(condition), "{} {}", q, p);
                prop_assert_eq!(holds(shape), holds(either), "shape: {} {}", q, p);
            }
        }
    }
}
