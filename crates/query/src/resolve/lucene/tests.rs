//! Text to messages: what is found, what is refused, and how much is taken.

use proptest::prelude::*;

use super::condition;
use crate::lucene::{Mode, Options, Syntax, parse};
use crate::schema::TextField;
use crate::{Code, Errors, Expr, Message, Recipient, evaluate};

const ALL: Options = Options { syntax: Syntax::Full, mode: Mode::All };
const ANY: Options = Options { syntax: Syntax::Full, mode: Mode::Any };
const SIMPLE: Options = Options { syntax: Syntax::Simple, mode: Mode::Any };
const SIMPLE_ALL: Options = Options { syntax: Syntax::Simple, mode: Mode::All };

fn mail(id: &str, subject: &str, body: &str) -> Message {
    let to = |address: &str| Recipient { name: None, address: Some(address.into()) };
    Message {
        id: id.into(),
        subject: Some(subject.into()),
        body: Some(body.into()),
        to_recipients: vec![to(&format!("{id}@example.com"))],
        ..Message::default()
    }
}

fn mails() -> Vec<Message> {
    vec![
        mail("1", "invoice overdue", "foo bar"),
        mail("2", "invoice", "please pay, overdue"),
        mail("3", "foo", "bar"),
        mail("4", "Contoso report", "SVP10-NOR-00"),
    ]
}

/// The ids found, one after the other.
#[track_caller]
fn find(text: &str, options: Options, expected: &str) {
    let query = parse(text, options).unwrap_or_else(|errors| panic!("{text:?}: {errors}"));
    let found: String = mails()
        .into_iter()
        .filter(|mail| evaluate(query.condition(), mail))
        .map(|mail| mail.id)
        .collect();
    assert_eq!(found, expected, "{text:?}");
}

fn errors(text: &str, options: Options) -> Errors {
    parse(text, options).expect_err(text)
}

#[test]
fn everything() {
    for text in ["", " \n", "*", " * ", "\u{3000}"] {
        for options in [ALL, ANY, SIMPLE, SIMPLE_ALL] {
            assert!(parse(text, options).unwrap().condition().is_everything(), "{text:?}");
        }
    }
    find("\u{a0}", ANY, "");
}

#[test]
fn membership() {
    find("invoice AND overdue", ANY, "12");
    find("invoice foo", ANY, "123");
    find("invoice foo", ALL, "1");
    find("invoice AND overdue OR foo", ANY, "12");
    find("invoice OR NOT overdue", ANY, "");
    find("foo AND (NOT invoice)", ANY, "");
    find("foo -invoice", ANY, "3");
    find("INVOICE AND Pay", ANY, "2");
    find("🎉 OR (-a)^2", ANY, "");
    find("🎉", ANY, "");
    find("invoi* repo?t", ANY, "124");
    find("svp10-nor*", ANY, "");
}

/// A term may be in any field, but the pieces of one term must be in the same, and so must a phrase.
#[test]
fn one_field_for_one_term() {
    find("foo-bar", ANY, "13");
    find("foo-bar", ALL, "1");
    find("foo-bar", SIMPLE_ALL, "1");
    find("foo bar", ALL, "13");
    find("\"foo bar\"", ANY, "1");
    find("\"svp10 nor 00\"", ANY, "4");
}

#[test]
fn named_fields() {
    find("subject:overdue", ANY, "1");
    find("body:(foo overdue)", ANY, "12");
    find("toRecipients/address:3", ANY, "3");
    find("example.com", ANY, "");
    find("subject:invoice please", ALL, "2");
    let from = condition("alice", ANY, &[TextField::FromName], false).unwrap();
    assert!(!evaluate(&from, &mail("9", "alice", "")));
    assert_eq!(condition("a", ANY, &[], true).map(|none| evaluate(&none, &mails()[0])), Ok(false));
}

#[test]
fn simple_membership() {
    find("foo +bar", SIMPLE, "13");
    find("invoice -overdue", SIMPLE, "1234");
    find("invoice -pay", SIMPLE_ALL, "1");
    find("-invoice", SIMPLE, "34");
    find("AND", SIMPLE, "");
}

#[test]
fn negations_alone() {
    for text in ["-a", "NOT a", "-a -b", "(-a)", "subject:(-a)", "-a 🎉"] {
        assert_eq!(errors(text, ANY).as_slice()[0].code, Code::MissingOperand, "{text}");
    }
    assert_eq!(parse("+(-a)", ANY).unwrap().condition(), &Expr::nothing());
}

/// Every fault that is no fault of grammar is told at once.
#[test]
fn faults_of_meaning() {
    let found = errors("subjct:(a b) c~ AND importance:🎉", ANY);
    let codes: Vec<_> = found.as_slice().iter().map(|error| error.code.as_str()).collect();
    assert_eq!(codes, ["unknown_field", "unknown_field"]);
    let first = &found.as_slice()[0];
    assert_eq!(first.hint.as_deref(), Some("did you mean `subject:`?"));
    assert!(first.label.ends_with("bccRecipients/address, attachments/name"), "{}", first.label);
}

#[test]
fn limits() {
    let words = |count| "ab ".repeat(count);
    assert!(parse(&words(1_500), ANY).is_ok());
    assert_eq!(errors(&words(1_501), ANY).as_slice()[0].code, Code::TooManyTerms);
    assert_eq!(errors(&words(1_501), SIMPLE).as_slice()[0].code, Code::TooManyTerms);
    assert!(parse(&format!("subject:({})", words(3_000)), ANY).is_ok());
    assert!(parse(&" ".repeat(100_000), ANY).is_ok());
    assert_eq!(errors(&" ".repeat(100_001), ANY).as_slice()[0].code, Code::TooLong);
}

/// Runs where a careless recursion would overflow.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(test).unwrap();
    thread.join().unwrap();
}

#[test]
fn deep_texts() {
    on_a_small_stack(|| {
        let nested = |depth| "(a AND ".repeat(depth) + "foo" + &")".repeat(depth);
        let simple = |depth| "-(a ".repeat(depth) + "foo" + &")".repeat(depth);
        assert!(
            parse(&nested(64), ANY).is_ok_and(|query| !evaluate(query.condition(), &mails()[0]))
        );
        assert!(
            parse(&simple(64), SIMPLE).is_ok_and(|query| evaluate(query.condition(), &mails()[0]))
        );
        for depth in [65, 1_000, 12_000] {
            assert_eq!(errors(&nested(depth), ANY).as_slice()[0].code, Code::TooDeep);
            assert_eq!(errors(&simple(depth), SIMPLE).as_slice()[0].code, Code::TooDeep);
        }
        let alternating = "a+b|".repeat(200);
        assert_eq!(errors(&alternating, SIMPLE).as_slice()[0].code, Code::TooDeep);
        assert!(parse(&"(".repeat(100_000), SIMPLE).is_ok());
        assert_eq!(errors(&"(".repeat(100_000), ANY).as_slice()[0].code, Code::TooDeep);
    });
}

fn arb_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-c*?~^:./\\\\\"()+\\-!|&\\[\\]{} \u{3000}é🎉東0-9]{1,3}",
        2 => proptest::sample::select(vec![
            " AND ", " OR ", " NOT ", "&&", "||", "subject:", "nope:", "toRecipients/name:(", "\"a b\"",
            "\\u00", "\\u0041", "(a", ")", " -", "[a TO b]", "/x/", "^2", "~1", "*:*", "\\",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,3}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn arb_options() -> impl Strategy<Value = Options> {
    proptest::sample::select(vec![ANY, ALL, SIMPLE, SIMPLE_ALL])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// No text makes the parser panic or point outside of it.
    #[test]
    fn spans_lie_inside_the_text(text in arb_text(), options in arb_options()) {
        match parse(&text, options) {
            Err(errors) => {
                for error in errors.as_slice() {
                    prop_assert!(text.get(error.span.start..error.span.end).is_some(), "{error:?}");
                }
            }
            Ok(query) => query.condition().for_each_leaf(&mut |leaf| {
                assert!(text.get(leaf.span.start..leaf.span.end).is_some_and(|typed| !typed.is_empty()));
            }),
        }
    }

    /// Simple text is never wrong.
    #[test]
    fn simple_text_is_accepted(text in arb_text(), all in any::<bool>()) {
        let options = if all { SIMPLE_ALL } else { SIMPLE };
        prop_assert!(parse(&text, options).is_ok());
    }

    /// Words between which nothing stands are joined by the mode, in both syntaxes.
    #[test]
    fn syntaxes_agree_on_plain_words(text in "[a-c]{1,2}( [a-c]{1,2}){0,3}", all in any::<bool>()) {
        let (full, simple) = if all { (ALL, SIMPLE_ALL) } else { (ANY, SIMPLE) };
        prop_assert_eq!(parse(&text, full), parse(&text, simple));
    }
}
