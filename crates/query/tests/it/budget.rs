//! What hostile text costs, in counted work: never more than the budget, and never more than the text
//! is long.

use postern_query::{
    Budget, Code, Condition, Errors, Query, TextPattern, lucene, odata, parse_within,
};
use proptest::prelude::*;

/// A text in one of the languages.
#[derive(Clone, Debug)]
enum Text {
    Typed(String),
    Filter(String),
    Words(String),
    SimpleWords(String),
}

impl Text {
    fn read(&self, budget: &mut Budget) -> Result<Query, Errors> {
        let reading = |syntax| lucene::Options { syntax, ..lucene::Options::default() };
        match self {
            Self::Typed(text) => {
                parse_within(text, &crate::context(), budget).map(|parsed| parsed.query)
            }
            Self::Filter(text) => odata::parse_filter_within(text, budget),
            Self::Words(text) => lucene::parse_within(text, reading(lucene::Syntax::Full), budget),
            Self::SimpleWords(text) => {
                lucene::parse_within(text, reading(lucene::Syntax::Simple), budget)
            }
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Typed(text)
            | Self::Filter(text)
            | Self::Words(text)
            | Self::SimpleWords(text) => text,
        }
    }
}

fn leaves(condition: &Condition) -> usize {
    let mut leaves = 0;
    condition.for_each_leaf(&mut |_| leaves += 1);
    leaves
}

/// So many times, with a number in each.
fn many(count: usize, between: &str, each: impl Fn(usize) -> String) -> String {
    (0..count).map(each).collect::<Vec<_>>().join(between)
}

/// What is refused, and the terms that were counted until then: at most what one part adds to the budget.
#[test]
fn hostile_texts_are_refused_early() {
    use Text::{Filter, Typed, Words};
    const ONE_PART: usize = 40_000;
    let eight = "a XOR b XOR c XOR d XOR e XOR f XOR g XOR h";
    for (text, code) in [
        (Filter(many(60_000, " or ", |n| format!("id eq '{n}'"))), Code::TooCostly),
        (Filter(many(40_000, " and ", |n| format!("size ne {n}"))), Code::TooCostly),
        (
            Filter(many(33_000, " or ", |n| {
                format!("search.ismatch('/a{n}.*/', 'body', 'full', 'any')")
            })),
            Code::TooCostly,
        ),
        (Filter(many(40_000, " or ", |_| "search.ismatch('')".into())), Code::TooCostly),
        (
            Filter(format!(
                "toRecipients/any(r: {})",
                many(40_000, " or ", |n| format!("r/name eq '{n}'"))
            )),
            Code::TooCostly,
        ),
        (Filter("1 ".repeat(500_000)), Code::TooCostly),
        (Filter("not ".repeat(300_000)), Code::TooCostly),
        (Filter(" ".repeat(Budget::BYTES + 1)), Code::TooLong),
        (Words(many(14_000, " ", |n| format!("w{n}"))), Code::TooManyTerms),
        (Words("a-".repeat(49_000)), Code::TooManyTerms),
        (Words("a".repeat(100_001)), Code::TooLong),
        (Typed(format!("({eight}) ").repeat(340)), Code::TooManyTerms),
        (Typed(many(1_200, " XOR ", |_| "a".into())), Code::TooManyTerms),
        (Typed(format!("\"{}\" XOR {eight}", "a ".repeat(7_000))), Code::TooCostly),
        (Typed(format!("from:{}", many(2_500, ",", |n| format!("a{n}")))), Code::TooManyTerms),
        (Typed("a ".repeat(8_000)), Code::TooManyTerms),
    ] {
        let mut budget = Budget::default();
        let errors = text.read(&mut budget).unwrap_err();
        assert_eq!(errors.as_slice()[0].code, code, "{:.60}", text.text());
        assert!(
            budget.terms() <= Budget::TERMS + ONE_PART,
            "{}: {:.60}",
            budget.terms(),
            text.text()
        );
    }
}

/// What the pages on the languages allow.
#[test]
fn what_is_allowed_is_accepted() {
    use Text::{Filter, Typed, Words};
    for (text, leaves_of_it) in [
        (Typed(many(1_000, " OR ", |n| format!("w{n}"))), 1_000),
        (Typed(many(1_024, " ", |n| format!("w{n}"))), 1_024),
        (Typed(format!("participants:{}", many(1_024, ",", |n| format!("n{n}")))), 1_024),
        (Typed(many(800, " ", |n| format!("subject:w{n}*"))), 800),
        (Typed(format!("\"{}\"", "a ".repeat(8_190))), 1),
        (Typed(many(9, " XOR ", |n| format!("w{n}"))), 766),
        (Words(many(1_500, " ", |n| format!("w{n}"))), 1_500),
        (Words(many(3_000, " ", |n| format!("subject:w{n}"))), 3_000),
        (Filter(format!("search.in(id, '{}')", many(100_000, ",", |n| format!("{n:07}")))), 1),
        (Filter(many(500, " or ", |n| format!("(id eq '{n}' and size ne {n})"))), 1_000),
    ] {
        let query = text.read(&mut Budget::default());
        let query = query.unwrap_or_else(|errors| panic!("{:.60}: {errors}", text.text()));
        assert_eq!(leaves(query.condition()), leaves_of_it, "{:.60}", text.text());
    }
}

#[test]
fn the_texts_of_a_request_share_one_budget() {
    let half = Text::Filter(many(Budget::TERMS / 2, " and ", |n| format!("size ne {n}")));
    let mut budget = Budget::default();
    half.read(&mut budget).unwrap();
    half.read(&mut budget).unwrap();
    let errors = Text::Typed("invoice".into()).read(&mut budget).unwrap_err();
    let error = &errors.as_slice()[0];
    assert_eq!((error.code, error.span.slice("invoice")), (Code::TooCostly, "invoice"));
}

#[test]
fn few_faults_are_told_of_one_text() {
    for text in
        [")".repeat(16_000), "AND ".repeat(4_000), "(a} ".repeat(4_000), "zz: ".repeat(4_000)]
    {
        let errors = Text::Typed(text).read(&mut Budget::default()).unwrap_err();
        assert_eq!(errors.as_slice().len(), Errors::MOST);
        assert!(errors.others() > 100 && errors.to_string().len() < 10_000, "{errors}");
    }
}

#[test]
fn what_is_told_of_a_long_name_is_short() {
    for text in [
        Text::Filter(format!("{} eq 'a'", "a".repeat(1_000_000))),
        Text::Filter(format!("{}('a')", "a".repeat(1_000_000))),
        Text::Filter(format!("size eq {}", "1".repeat(1_000_000))),
        Text::Typed(format!("{}:a", "a".repeat(16_000))),
        Text::Words(format!("{}:a", "a".repeat(90_000))),
    ] {
        let errors = text.read(&mut Budget::default()).unwrap_err();
        assert!(errors.to_string().len() < 2_000, "{:.60}", text.text());
    }
}

/// No token is so long, and an automaton of it would be larger than memory.
#[test]
fn no_word_is_spelt_nearly_as_a_book() {
    let text = Text::Words(format!("a OR {}~2", "b".repeat(90_000)));
    let query = text.read(&mut Budget::default()).unwrap();
    query.condition().for_each_leaf(&mut |leaf| {
        let postern_query::Predicate::Text(test) = &leaf.value else { panic!("{leaf:?}") };
        assert_eq!(test.pattern, TextPattern::Phrase(vec!["a".into()]));
    });
}

/// Pieces of each language that multiply.
const TYPED: &[&str] = &[
    "a ",
    "a XOR ",
    "(",
    ")",
    "{",
    "} ",
    "-",
    "NOT ",
    "OR ",
    "from:a,b ",
    "participants:(a ",
    "a,",
    "zz:",
    "\"a b\" ",
    "a NEAR/9 ",
    "\"a b c\"~9 ",
    "/a.*/ ",
    "/(a?b?){9}/ ",
    "*a* ",
    "a~2 ",
    "recipients:me,",
];
const FILTER: &[&str] = &[
    "isRead ",
    "or ",
    "and ",
    "not ",
    "(",
    ")",
    "id eq 'a' ",
    "toRecipients/any(r: r/name eq 'a') ",
    "toRecipients/any(r: ",
    "r/name ne 'b' ",
    "search.in(id, 'a,b,c') ",
    "search.ismatch('a b') ",
    "search.ismatch('a-b', 'body,body', 'full', 'all') ",
    "size gt 5 ",
    "'",
    ",",
];
const WORDS: &[&str] = &[
    "a ",
    "a-b ",
    "+",
    "-",
    "(",
    ")",
    "AND ",
    "OR ",
    "| ",
    "subject:",
    "subject:(",
    "\"a b\" ",
    "a* ",
    "/",
    "\"a b\"~9 ",
    "a?b ",
    "/a.*b/ ",
    "a~ ",
    "^2 ",
    "\\",
    "\"",
];

/// The pieces in any order, each as often as it likes.
fn made_of(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let part = (prop::sample::select(pieces), 1_usize..40);
    let parts = prop::collection::vec(part, 0..40);
    parts.prop_map(|parts| parts.iter().map(|(piece, times)| piece.repeat(*times)).collect())
}

fn hostile() -> impl Strategy<Value = Text> {
    prop_oneof![
        made_of(TYPED).prop_map(Text::Typed),
        made_of(FILTER).prop_map(Text::Filter),
        made_of(WORDS).prop_map(Text::Words),
        made_of(WORDS).prop_map(Text::SimpleWords),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    /// A byte is a term of a few fields at the most, but for XOR, which may write out 1,024 terms.
    #[test]
    fn terms_are_linear_in_the_text(text in hostile()) {
        let mut budget = Budget::default();
        let read = text.read(&mut budget);
        let fields = postern_query::schema::TextField::PREMIUM.len();
        let most = text.text().len() * fields + 1_024 * fields;
        prop_assert!(budget.terms() <= most, "{} of {}", budget.terms(), text.text().len());
        if let Ok(query) = read {
            prop_assert!(leaves(query.condition()) <= budget.terms());
            let _refused = budget.compile(&query, text.text());
            prop_assert!(budget.compiled() <= Budget::COMPILED + (1 << 20));
        }
    }
}
