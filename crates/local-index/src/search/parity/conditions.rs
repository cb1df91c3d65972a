//! Random questions over every kind of predicate, under any nesting.

use std::sync::Arc;

use postern_query::analysis::name_words;
use postern_query::analysis::{lower_case, terms};
use postern_query::pattern::{Fuzzy, Near, Regex, Sloppy, Wildcard};
use postern_query::schema::{
    FlagField, InstantField, NumberField, Sort, SortField, StringField, TextField,
};
use postern_query::{
    AttachmentTest, Comparison, Condition, Expr, FILE, FlagTest, InstantTest, Located, Number,
    NumberTest, PersonPattern, Predicate, RecipientTest, Role, SetTest, Span, StringTest,
    TextPattern, TextTest,
};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::messages::{
    address, domain, file_name, id, label, local, media_type, moment, number, piece, reference,
    text,
};
use crate::format::schema::LISTS;

/// Leaves under and, or, not.
pub(super) fn nested<L: Clone + std::fmt::Debug + 'static>(
    leaf: impl Strategy<Value = L> + 'static,
) -> impl Strategy<Value = Expr<L>> {
    leaf.prop_map(Expr::Leaf).prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Expr::And),
            vec(inner.clone(), 0..4).prop_map(Expr::Or),
            inner.prop_map(Expr::negated),
        ]
    })
}

pub(super) fn condition() -> impl Strategy<Value = Condition> {
    nested(predicate().prop_map(|predicate| Located::new(predicate, Span::default())))
}

pub(super) fn order() -> impl Strategy<Value = Vec<Sort>> {
    let by = prop_oneof![
        Just(SortField::Score),
        select(StringField::ALL).prop_map(SortField::String),
        select(FlagField::ALL).prop_map(SortField::Flag),
        select(NumberField::ALL).prop_map(SortField::Number),
        select(InstantField::ALL).prop_map(SortField::Instant),
    ];
    vec((by, any::<bool>()).prop_map(|(by, descending)| Sort { by, descending }), 0..4)
}

fn predicate() -> impl Strategy<Value = Predicate> {
    prop_oneof![
        6 => text_test().prop_map(Predicate::Text),
        3 => string_predicate(),
        1 => (select(FlagField::ALL), flag_test()).prop_map(|(a, b)| Predicate::Flag(a, b)),
        1 => (select(NumberField::ALL), number_test()).prop_map(|(a, b)| Predicate::Number(a, b)),
        1 => (select(InstantField::ALL), instant_test()).prop_map(|(a, b)| Predicate::Instant(a, b)),
        4 => (select(&LISTS[..]), of_one_element(recipient_test().boxed()))
            .prop_map(|(list, test)| Predicate::Recipient(list, test)),
        4 => of_one_element(attachment_test().boxed()).prop_map(Predicate::Attachment),
        2 => nested(string_test(label())).prop_map(Predicate::Category),
        2 => reference().prop_map(Predicate::Reference),
        1 => btree_set(id(), 0..8).prop_map(|ids| {
            Predicate::Set(SetTest { name: "s".into(), ids: Arc::new(ids) })
        }),
        6 => (subsequence(&Role::ALL[..], 0..=Role::ALL.len()), person_pattern())
            .prop_map(|(roles, pattern)| Predicate::Person { roles, pattern }),
    ]
}

fn text_test() -> impl Strategy<Value = TextTest> {
    let fields = prop_oneof![
        Just(TextField::DEFAULT.to_vec()),
        subsequence(TextField::ALL, 0..=3),
        select(TextField::ALL).prop_map(|field| vec![field]),
    ];
    (fields, text_pattern(), any::<bool>()).prop_map(|(fields, pattern, scored)| TextTest {
        fields,
        pattern,
        scored,
    })
}

fn text_pattern() -> impl Strategy<Value = TextPattern> {
    prop_oneof![
        3 => prop_oneof![piece(), address(), file_name()]
            .prop_map(|text| TextPattern::Phrase(terms(&text))),
        1 => vec(piece(), 0..3).prop_map(TextPattern::Phrase),
        2 => wildcard(prop_oneof![piece(), local(), domain()].boxed()).prop_map(TextPattern::Wildcard),
        2 => regex().prop_map(TextPattern::Regex),
        2 => (prop_oneof![word(), "[a-zé]{0,4}"], 0..=2u8)
            .prop_map(|(token, edits)| TextPattern::Fuzzy(Fuzzy::new(token, edits))),
        3 => (vec(word(), 0..4), 0..6u32)
            .prop_map(|(tokens, slop)| TextPattern::Sloppy(Sloppy { tokens, slop })),
        3 => (vec(vec(word(), 1..3), 0..3), 0..6u32, any::<bool>()).prop_map(
            |(parts, distance, ordered)| TextPattern::Near(Near { parts, distance, ordered }),
        ),
    ]
}

/// One token, mostly of those that are often there.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(&["due", "invoice", "al", "o'due", "a", "pdf"][..]).prop_map(str::to_owned),
        1 => piece().prop_map(|text| terms(&text).into_iter().next().unwrap_or(text)),
    ]
}

/// An expression of the grammar, whatever it says.
fn regex() -> impl Strategy<Value = Regex> {
    let known = &["inv(oice)?s?", "D.e", "@", "due|al", "[^a-z]+", ".*é.*", "\"a.user\"", "東"];
    let pieces = &[
        "a", "d", "é", ".", "|", "*", "+", "?", "@", "(", ")", "[a-m]", "[^é]", "{1,2}", "\\",
        "\"", "東", "()", "/",
    ];
    let text = prop_oneof![
        select(&known[..]).prop_map(str::to_owned),
        vec(select(&pieces[..]), 0..6).prop_map(|pieces| pieces.concat()),
        "\\PC{0,4}",
    ];
    text.prop_filter_map("no expression", |text| Regex::parse(&text).ok())
}

/// A text with a piece of it left open, in lower case.
fn wildcard(text: BoxedStrategy<String>) -> impl Strategy<Value = Wildcard> {
    (text, 0..4usize, select(&["*", "?", "", "**"][..]), select(&["*", "?", ""][..])).prop_map(
        |(text, keep, middle, end)| {
            let text: Vec<char> = lower_case(&text).chars().take(30).collect();
            let (start, rest) = text.split_at(keep.min(text.len()));
            let rest: String = rest.iter().skip(1).collect();
            Wildcard::parse(&format!("{}{middle}{rest}{end}", start.iter().collect::<String>()))
        },
    )
}

fn string_predicate() -> impl Strategy<Value = Predicate> {
    let value = prop_oneof![
        label(),
        text(),
        address(),
        Just("message-1".to_owned()),
        Just(FILE.to_owned())
    ];
    (select(StringField::ALL), string_test(value))
        .prop_map(|(field, test)| Predicate::String(field, test))
}

fn string_test(
    value: impl Strategy<Value = String> + 'static,
) -> impl Strategy<Value = StringTest> {
    let value = value.boxed();
    prop_oneof![
        3 => value.clone().prop_map(StringTest::Is),
        1 => vec(value.clone(), 0..4).prop_map(StringTest::OneOf),
        2 => prop_oneof![value.clone(), value.clone().prop_map(|text| text.to_uppercase())]
            .prop_map(StringTest::Same),
        2 => wildcard(value.clone()).prop_map(StringTest::Shaped),
        2 => (value, 0..3usize).prop_map(|(text, parts)| {
            StringTest::PathEnd(text.rsplitn(parts + 1, '/').take(parts).collect::<Vec<_>>().join("/"))
        }),
        1 => Just(StringTest::Missing),
    ]
}

fn flag_test() -> impl Strategy<Value = FlagTest> {
    prop_oneof![2 => any::<bool>().prop_map(FlagTest::Is), 1 => Just(FlagTest::Missing)]
}

fn comparison() -> impl Strategy<Value = Comparison> {
    use Comparison::{AtLeast, AtMost, Equal, Greater, Less};
    select(&[Equal, Less, AtMost, Greater, AtLeast][..])
}

fn number_test() -> impl Strategy<Value = NumberTest> {
    let constant = prop_oneof![
        number().prop_map(Number::Integer),
        select(&[0.5, -0.5, 1.0, -0.0, 1e300, -1e300, 9_223_372_036_854_775_808.0][..])
            .prop_map(Number::Float),
    ];
    prop_oneof![
        4 => (comparison(), constant).prop_map(|(a, b)| NumberTest::Compare(a, b)),
        1 => Just(NumberTest::Missing),
    ]
}

fn instant_test() -> impl Strategy<Value = InstantTest> {
    let between = moment().prop_map(|moment| {
        moment.checked_add(jiff::SignedDuration::from_nanos(7)).unwrap_or(moment)
    });
    prop_oneof![
        3 => (comparison(), moment()).prop_map(|(a, b)| InstantTest::Compare(a, b)),
        1 => (comparison(), between).prop_map(|(a, b)| InstantTest::Compare(a, b)),
        1 => Just(InstantTest::Missing),
    ]
}

/// Conditions that are often meant of one and the same element.
fn of_one_element<L: Clone + std::fmt::Debug + 'static>(
    leaf: impl Strategy<Value = L> + Clone + 'static,
) -> impl Strategy<Value = Expr<L>> {
    let both = (leaf.clone(), leaf.clone())
        .prop_map(|(one, other)| Expr::And(vec![Expr::Leaf(one), Expr::Leaf(other)]));
    let but_not = (leaf.clone(), leaf.clone()).prop_map(|(one, other)| {
        Expr::And(vec![Expr::Leaf(one), Expr::negated(Expr::Leaf(other))])
    });
    prop_oneof![1 => both, 1 => but_not, 2 => nested(leaf)]
}

fn recipient_test() -> impl Strategy<Value = RecipientTest> {
    prop_oneof![
        string_test(text()).prop_map(RecipientTest::Name),
        string_test(address()).prop_map(RecipientTest::Address),
    ]
}

fn attachment_test() -> impl Strategy<Value = AttachmentTest> {
    let end = prop_oneof![
        select(&["pdf", "gz", "tar.gz", "", ".", "c.d.e.f.g.h.i.j.k.pdf", "."][..])
            .prop_map(str::to_owned),
        file_name().prop_map(|name| lower_case(&name)),
    ];
    prop_oneof![
        string_test(file_name()).prop_map(AttachmentTest::Name),
        string_test(media_type()).prop_map(AttachmentTest::ContentType),
        number_test().prop_map(AttachmentTest::Size),
        file_name().prop_map(AttachmentTest::Named),
        end.prop_map(|text| AttachmentTest::Extension(text.into())),
        file_name().prop_map(|name| AttachmentTest::Words(name_words(&name))),
        select(&["report final", "pdf a", "q3", "due invoice", "pdf due", "pdf pdf"][..])
            .prop_map(|words| AttachmentTest::Words(name_words(words))),
        wildcard(file_name().boxed()).prop_map(AttachmentTest::Shaped),
    ]
}

fn person_pattern() -> impl Strategy<Value = PersonPattern> {
    let address = || address().prop_map(|address| lower_case(&address));
    let domain = || domain().prop_map(|domain| lower_case(&domain));
    let local = || local().prop_map(|local| lower_case(&local));
    let name = || prop_oneof![piece(), local()].prop_map(|text| lower_case(&text));
    prop_oneof![
        prop_oneof![address(), Just(String::new())]
            .prop_map(|text| PersonPattern::Address(text.into())),
        domain().prop_map(|text| PersonPattern::Domain(text.into())),
        domain().prop_map(|text| PersonPattern::SubDomains(text.into())),
        prop_oneof![domain(), local()].prop_map(|text| PersonPattern::DomainOrLocal(text.into())),
        name().prop_map(|text| PersonPattern::Words(text.into())),
        name().prop_map(|text| PersonPattern::NamePhrase(text.into())),
        wildcard(name().boxed()).prop_map(PersonPattern::Shaped),
        wildcard(address().boxed()).prop_map(PersonPattern::AddressShaped),
    ]
}
