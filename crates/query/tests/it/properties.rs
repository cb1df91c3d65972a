//! What holds for every text.

use postern_query::datatap::IndexFields;
use postern_query::{
    AdviceCode, Capabilities, Direction, Errors, Fidelity, Parsed, Query, Target, datatap,
    evaluate, lucene, odata,
};
use proptest::prelude::*;

use crate::parse;
use crate::random::{good_filter, good_query, hostile, message, query_text};

pub(crate) fn cases(count: u32) -> ProptestConfig {
    // POSTERN_CASES=100000 for the long run.
    let count =
        std::env::var("POSTERN_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(count);
    ProptestConfig { cases: count, failure_persistence: None, ..ProptestConfig::default() }
}

fn spans_are_inside(errors: &Errors, text: &str) -> Result<(), TestCaseError> {
    for error in errors.as_slice() {
        prop_assert!(text.get(error.span.start..error.span.end).is_some(), "{error:?} in {text:?}");
    }
    Ok(())
}

/// An endpoint that can do everything its fields allow.
fn everything() -> Capabilities {
    Capabilities {
        fields: IndexFields::complete(),
        search_functions: true,
        url_budget: usize::MAX,
        ..Capabilities::default()
    }
}

/// What the endpoint would understand.
fn understood(request: &datatap::Request) -> Result<Query, Errors> {
    let filter = odata::parse_filter(request.filter.as_deref().unwrap_or_default())?;
    let text =
        lucene::parse(request.query.as_deref().unwrap_or_default(), lucene::Options::default())?;
    Ok(filter.and(text))
}

/// Text that other programs read in another way, around hostile text.
fn advised() -> impl Strategy<Value = String> {
    (hostile(), 0..6).prop_map(|(text, form)| {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        match form {
            0 => format!("a{text}?"),
            1 => format!("\"{quoted} AROUND 5 b\""),
            2 => format!("subject:\"b NEAR(3) {quoted}\""),
            3 => format!("\"{quoted} a*\""),
            4 => format!("from:\"{quoted}\" from:\"b c\""),
            _ => format!("from:{text} from:b"),
        }
    })
}

/// A query in the language of people.
fn typed() -> impl Strategy<Value = Query> {
    let parsed = good_query().prop_map(|text| parse(&text));
    parsed.prop_filter_map("a value of nothing but white space", |parsed| Some(parsed.ok()?.query))
}

proptest! {
    #![proptest_config(cases(400))]

    /// No text, however broken, panics, and no fault points outside of it.
    #[test]
    fn any_text_gets_an_answer(text in query_text()) {
        if let Err(errors) = parse(&text) {
            spans_are_inside(&errors, &text)?;
        }
    }

    #[test]
    fn any_filter_gets_an_answer(text in query_text()) {
        if let Err(errors) = odata::parse_filter(&text) {
            spans_are_inside(&errors, &text)?;
        }
    }

    /// What is printed reads back as the same query, and prints the same.
    #[test]
    fn canonical_text_reads_back(text in prop_oneof![query_text(), good_query()]) {
        if let Ok(parsed) = parse(&text) {
            let again = parse(&parsed.canonical);
            prop_assert!(again.is_ok(), "{:?} of {text:?}: {again:?}", parsed.canonical);
            let again = again.unwrap();
            prop_assert_eq!(&again.canonical, &parsed.canonical);
            prop_assert_eq!(again.query, parsed.query, "{} of {}", parsed.canonical, text);
        }
    }

    #[test]
    fn any_query_text_gets_an_answer(text in query_text(), simple in any::<bool>()) {
        let syntax = if simple { lucene::Syntax::Simple } else { lucene::Syntax::Full };
        let options = lucene::Options { syntax, ..lucene::Options::default() };
        if let Err(errors) = lucene::parse(&text, options) {
            spans_are_inside(&errors, &text)?;
        }
    }

    /// Advice never sends anybody into a fault: what it says to write is read, and without that advice.
    #[test]
    fn advice_that_is_typed_is_read(text in advised()) {
        let Ok(parsed) = parse(&text) else { return Ok(()) };
        for advice in parsed.advice.iter().filter(|advice| advice.code == AdviceCode::OtherReading) {
            let Some((_, told)) = advice.message.split_once("write ") else { continue };
            let typed = [" for ", ", as in "].iter().find_map(|end| told.rsplit_once(end));
            let typed = typed.map_or(told, |(typed, _)| typed);
            let again = parse(typed);
            prop_assert!(again.is_ok(), "{typed:?} of {text:?}: {again:?}");
        }
    }

    /// Rewrites keep the meaning, and leave nothing for a second time.
    #[test]
    fn simplified_queries_mean_the_same(
        query in prop_oneof![good_filter().prop_map(|text| odata::parse_filter(&text).unwrap()), typed()],
        messages in prop::collection::vec(message(), 1..8),
    ) {
        let simplified = query.simplified().query;
        for message in messages {
            let (old, new) = (query.condition(), simplified.condition());
            prop_assert_eq!(evaluate(new, &message), evaluate(old, &message), "{:?} of {:?}", new, old);
        }
        prop_assert_eq!(&simplified.simplified().query, &simplified);
    }

    /// A filter prints as one text, and that text reads back as what prints so.
    #[test]
    fn printed_filters_read_back(filter in good_filter()) {
        let print = |text: &str| {
            odata::compile(&odata::parse_filter(text).unwrap(), &everything()).sent.unwrap()
        };
        let once = print(&filter);
        prop_assert_eq!(print(&once), once, "{}", filter);
    }

    /// A filter that is sent means what was asked.
    #[test]
    fn filters_read_back(filter in good_filter(), message in message()) {
        let query = odata::parse_filter(&filter).unwrap();
        let compiled = datatap::compile(&query, &everything());
        if let Some(request) = compiled.sent {
            let sent = understood(&request);
            prop_assert!(sent.is_ok(), "{request:?} of {filter}: {sent:?}");
            let sent = sent.unwrap();
            prop_assert_eq!(
                evaluate(sent.condition(), &message), evaluate(query.condition(), &message), "{:?} of {}", request, filter
            );
        } else {
            prop_assert!(false, "{filter} was not said: {:?}", compiled.notes);
        }
    }

    /// What is said nearly says in which direction it errs, and errs in no other.
    #[test]
    fn directions_hold_at_the_endpoint(text in good_query(), message in message()) {
        let Ok(Parsed { query, .. }) = parse(&text) else { return Ok(()) };
        let compiled = datatap::compile(&query, &everything());
        let (Some(direction), Some(request)) = (compiled.direction(), &compiled.sent) else { return Ok(()) };
        let sent = understood(request).unwrap();
        let (there, here) = (evaluate(sent.condition(), &message), evaluate(query.condition(), &message));
        let holds = match direction {
            Direction::Wider => there || !here,
            Direction::Narrower => here || !there,
            Direction::Either => true,
        };
        prop_assert!(holds, "{direction:?} {request:?} of {text}: {there} there, {here} here");
    }

    /// Every note of what is said nearly has a direction, whatever the target.
    #[test]
    fn every_difference_has_a_direction(text in good_query()) {
        let Ok(Parsed { query, .. }) = parse(&text) else { return Ok(()) };
        for target in Target::ALL {
            let compiled = target.compile(&query, &everything());
            for note in &compiled.notes {
                prop_assert_eq!(note.direction.is_some(), note.fidelity == Fidelity::Approximate, "{}: {:?}", target.name, note);
            }
            prop_assert_eq!(compiled.direction().is_some(), compiled.fidelity() == Fidelity::Approximate);
        }
    }

    /// Whatever is said exactly means the same to the endpoint.
    #[test]
    fn exact_requests_mean_the_same(text in good_query(), message in message()) {
        // A value of nothing but white space is refused.
        let Ok(Parsed { query, .. }) = parse(&text) else { return Ok(()) };
        let compiled = datatap::compile(&query, &everything());
        if compiled.notes.is_empty() && let Some(request) = compiled.sent {
            let sent = understood(&request);
            prop_assert!(sent.is_ok(), "{request:?} of {text}: {sent:?}");
            let sent = sent.unwrap();
            prop_assert_eq!(
                evaluate(sent.condition(), &message), evaluate(query.condition(), &message), "{:?} of {}", request, text
            );
        }
    }
}
