//! Paging, ties, relevance and limits, case by case.

use super::compile::{expand, fuzzy};
use postern_query::pattern::{Fuzzy, Near, Regex, Sloppy, Wildcard};
use postern_query::schema::{InstantField, Sort, SortField, StringField, TextField};
use postern_query::{
    Attachment, AttachmentTest, Condition, Expr, Located, Message, PersonPattern, Predicate, Query,
    Recipient, Role, Span, StringTest, TextPattern, TextTest, evaluate,
};

use super::{Asker, Index, Search, Work};
use crate::Error;
use crate::search::compile::expand::{Pattern, Terms};
use crate::search::scorers::clause::single;
use crate::testing::{index_of, place};

fn words(id: &str, body: &str) -> Message {
    Message { id: id.into(), body: Some(body.into()), ..Message::default() }
}

fn leaf(predicate: Predicate) -> Condition {
    Expr::Leaf(Located::new(predicate, Span::default()))
}

fn word(word: &str, scored: bool) -> Condition {
    let pattern = TextPattern::Phrase(vec![word.into()]);
    leaf(Predicate::Text(TextTest { fields: TextField::DEFAULT.to_vec(), pattern, scored }))
}

fn ids(index: &Index, condition: &Condition, order: &[Sort]) -> Vec<String> {
    let query = &Query::of(condition.clone());
    let search = Search { query, order, after: None, offset: 0, limit: 100, highlight: false };
    index.ids(&search, &Asker::unlimited()).unwrap().ids
}

fn scores(index: &Index, condition: &Condition, order: &[Sort]) -> Vec<f32> {
    let query = &Query::of(condition.clone());
    let search = Search { query, order, after: None, offset: 0, limit: 100, highlight: false };
    index.search(&search, &Asker::unlimited()).unwrap().hits.iter().map(|hit| hit.score).collect()
}

const BY_SCORE: [Sort; 1] = [Sort::descending(SortField::Score)];

#[test]
fn an_index_has_a_size_that_grows() {
    let bytes = |parts: &[Vec<Message>]| {
        let data = tempfile::tempdir().unwrap();
        index_of(data.path(), parts).bytes()
    };
    let (one, other) = (vec![words("1", "x")], vec![words("2", "y")]);
    let few = bytes(std::slice::from_ref(&one));
    assert!(0 < few && few < bytes(&[one, other]));
}

#[test]
fn ties_fall_by_id_over_all_segments() {
    let data = tempfile::tempdir().unwrap();
    let part = |names: &[&str]| names.iter().map(|id| words(id, "x")).collect::<Vec<_>>();
    // The first eight bytes do not tell these apart.
    let parts = [part(&["message-9", "message-10"]), part(&["message-1", "a", "message-95"])];
    let index = index_of(data.path(), &parts);
    let expected = ["a", "message-1", "message-10", "message-9", "message-95"];
    assert_eq!(ids(&index, &Condition::everything(), &[]), expected);
    let newest = Sort::descending(SortField::Instant(InstantField::Received));
    assert_eq!(ids(&index, &word("x", true), &[newest]), expected);
    assert_eq!(ids(&index, &word("x", true), &BY_SCORE), expected);
}

#[test]
fn strings_sort_over_segments_and_missing_ones_stand_outside() {
    let data = tempfile::tempdir().unwrap();
    let from = |id: &str, address: Option<&str>| Message {
        id: id.into(),
        from_address: address.map(str::to_owned),
        ..Message::default()
    };
    let parts = [
        vec![from("1", Some("b")), from("2", None), from("3", Some("é"))],
        vec![from("4", Some("a")), from("5", Some("B")), from("6", Some("b"))],
    ];
    let index = index_of(data.path(), &parts);
    let by = SortField::String(StringField::FromAddress);
    let everything = Condition::everything();
    assert_eq!(ids(&index, &everything, &[Sort::ascending(by)]), ["2", "5", "4", "1", "6", "3"]);
    assert_eq!(ids(&index, &everything, &[Sort::descending(by)]), ["3", "1", "6", "4", "5", "2"]);
}

#[test]
fn relevance_counts_only_what_is_asked_for_and_scored() {
    let data = tempfile::tempdir().unwrap();
    let part = vec![words("1", "due due due"), words("2", "due and much else"), words("3", "else")];
    let index = index_of(data.path(), &[part]);
    assert_eq!(scores(&index, &word("due", false), &BY_SCORE), [1.0, 1.0]);
    assert_eq!(scores(&index, &Expr::negated(word("due", true)), &[]), [1.0]);
    assert_eq!(ids(&index, &word("due", true), &BY_SCORE), ["1", "2"]);
    let either = Expr::Or(vec![word("due", true), word("else", false)]);
    let scores = scores(&index, &either, &BY_SCORE);
    assert!(scores[0] > scores[1] && scores[1] > 0.0 && scores[2] == 0.0, "{scores:?}");
    let both = Expr::And(vec![word("due", true), word("else", false)]);
    let alone = word("due", true);
    assert_eq!(self::scores(&index, &both, &[])[0], self::scores(&index, &alone, &[])[1]);
}

#[test]
fn a_pattern_has_a_limit() {
    let data = tempfile::tempdir().unwrap();
    let index = index_of(data.path(), &[vec![words("1", "aa ab b")], vec![words("2", "ac")]]);
    let searcher = index.searcher();
    let terms = Terms::of(crate::format::schema::words(TextField::Body));
    let expand = |pattern: &str, mut budget: usize| {
        let shape = Wildcard::parse(pattern);
        let meter = Work::unlimited().meter("x");
        expand::expand(&searcher, terms, Pattern::Shape(&shape), &mut budget, &meter)
            .map(|_| budget)
    };
    assert_eq!(expand("a*", 3).unwrap(), 0);
    assert_eq!(expand("b*", 3).unwrap(), 2);
    let error = expand("a*", 2).unwrap_err();
    assert!(matches!(&error, Error::TooCostly { part } if part == "a*"), "{error}");
}

/// The limit counts for every kind of pattern.
#[test]
fn every_pattern_has_a_limit() {
    let data = tempfile::tempdir().unwrap();
    let index = index_of(data.path(), &[vec![words("1", "aa ab b")], vec![words("2", "ac")]]);
    let searcher = index.searcher();
    let body = crate::format::schema::words(TextField::Body);
    let regex = Regex::parse("a.").unwrap();
    let value = StringTest::Shaped(Wildcard::parse("a?"));
    for pattern in [Pattern::Regex(&regex), Pattern::Value(&value)] {
        let expand = |mut budget| {
            let meter = Work::unlimited().meter("x");
            expand::expand(&searcher, Terms::of(body), pattern, &mut budget, &meter).map(|_| budget)
        };
        assert_eq!(expand(4).unwrap(), 1, "{pattern}");
        assert!(matches!(expand(2), Err(Error::TooCostly { .. })), "{pattern}");
    }
    let word = Fuzzy::new("aa", 1);
    let meter = Work::unlimited().meter("x");
    let seen = fuzzy::Seen { searcher: &searcher, visible: None, meter: &meter };
    let part = |term, _: &str| single(term);
    let fuzzy = |mut budget| fuzzy::fuzzy(&seen, body, &word, &mut budget, &part);
    assert!(fuzzy(3).is_ok());
    let error = fuzzy(2).unwrap_err();
    assert!(error.to_string().starts_with("`aa~1` asks too much"), "{error}");
}

fn body(pattern: TextPattern) -> Condition {
    leaf(Predicate::Text(TextTest { fields: vec![TextField::Body], pattern, scored: true }))
}

/// As Lucene's `FuzzyQuery` does it: of more than fifty terms those most like the word, then those
/// that come first; the shorter word says how much an edit weighs.
#[test]
fn a_misspelt_word_stands_for_fifty_terms() {
    let data = tempfile::tempdir().unwrap();
    let word = |n: u8| format!("{}{}aa", char::from(b'a' + n / 26), char::from(b'a' + n % 26));
    // 78 words of four letters, in two segments, and one of three: it is the shorter of two.
    let message = |n: u8| words(&format!("{n:02}"), &word(n));
    let parts = [(0..78).step_by(2), (1..78).step_by(2)].map(|part| part.map(message).collect());
    let mut parts: [Vec<Message>; 2] = parts;
    parts[0].push(words("short", "zaa"));
    let index = index_of(data.path(), &parts);
    let found = ids(&index, &body(TextPattern::Fuzzy(Fuzzy::new("zzaa", 2))), &[]);
    // One edit: aaaa would be two, zaa and nothing else is one. The rest in the order of the terms.
    let mut expected: Vec<_> = (0..78).map(|n| (n % 26 != 25, n)).collect();
    expected.sort_unstable();
    let mut expected: Vec<_> = expected.iter().take(49).map(|(_, n)| format!("{n:02}")).collect();
    expected.push("short".into());
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn a_variant_of_a_message_that_is_gone_takes_no_place() {
    let data = tempfile::tempdir().unwrap();
    let gone = (0..60).map(|n| words(&n.to_string(), &format!("aa{}", char::from(b'a' + n % 26))));
    let gone: Vec<_> = gone.collect();
    let anew = (0..60).map(|n| words(&n.to_string(), "other")).chain([words("x", "zzz aaa")]);
    let index = index_of(data.path(), &[gone, anew.collect()]);
    assert_eq!(ids(&index, &body(TextPattern::Fuzzy(Fuzzy::new("aaz", 1))), &[]), ["x"]);
}

/// A rare misspelling is no better than the word itself.
#[test]
fn the_nearer_word_comes_first() {
    let data = tempfile::tempdir().unwrap();
    let common = (0..20).map(|n| words(&format!("{n:02}"), "colour"));
    let part = common.chain([words("a", "colours"), words("b", "color other")]).collect();
    let index = index_of(data.path(), &[part]);
    let found = ids(&index, &body(TextPattern::Fuzzy(Fuzzy::new("colour", 1))), &BY_SCORE);
    assert_eq!(found.len(), 22);
    assert_eq!(found[20..], ["a", "b"]);
}

#[test]
fn words_near_each_other_count_for_relevance_as_words() {
    let data = tempfile::tempdir().unwrap();
    let part =
        vec![words("1", "due x y invoice due"), words("2", "invoice due"), words("3", "due")];
    let index = index_of(data.path(), &[part]);
    let tokens = vec!["due".to_owned(), "invoice".to_owned()];
    let near = Near { parts: vec![tokens.clone()], distance: 0, ordered: true };
    assert_eq!(ids(&index, &body(TextPattern::Near(near)), &[]), [""; 0]);
    let sloppy = body(TextPattern::Sloppy(Sloppy { tokens: tokens.clone(), slop: 2 }));
    let one = |token: &String| body(TextPattern::Phrase(vec![token.clone()]));
    let both = Expr::And(tokens.iter().map(one).collect());
    assert_eq!(scores(&index, &sloppy, &BY_SCORE), scores(&index, &both, &BY_SCORE));
}

#[test]
fn deep_nesting_is_safe() {
    let data = tempfile::tempdir().unwrap();
    let index = index_of(data.path(), &[vec![words("1", "due"), words("2", "x")]]);
    let mut condition = word("due", true);
    for _ in 0..32 {
        condition = Expr::negated(Expr::Or(vec![condition, Expr::nothing()]));
    }
    assert_eq!(ids(&index, &condition, &[]), ["1"]);
}

/// Found by the property test: the engine asks a phrase that is left out about documents before
/// its first, which its own scorer does not allow.
#[test]
fn a_phrase_can_be_left_out() {
    let data = tempfile::tempdir().unwrap();
    let part = (0..9).map(|n| words(&n.to_string(), if n == 4 { "a b" } else { "b a" })).collect();
    let index = index_of(data.path(), &[part]);
    let pattern = TextPattern::Phrase(vec!["a".into(), "b".into()]);
    let fields = vec![TextField::Body];
    let phrase = leaf(Predicate::Text(TextTest { fields, pattern, scored: false }));
    let rest = ids(&index, &Expr::negated(phrase), &[]);
    assert_eq!(rest, ["0", "1", "2", "3", "5", "6", "7", "8"]);
}

fn to(people: &[(&str, &str)]) -> Message {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let person =
        |(name, address): &(&str, &str)| Recipient { name: some(name), address: some(address) };
    Message { to_recipients: people.iter().map(person).collect(), ..Message::default() }
}

fn files(names: &[&str]) -> Message {
    let file = |name: &&str| Attachment { name: Some((*name).into()), ..Attachment::default() };
    Message { attachments: names.iter().map(file).collect(), ..Message::default() }
}

/// The index and the judge agree, and of these messages exactly the first `matching` match.
#[track_caller]
fn check(predicate: Predicate, matching: usize, messages: Vec<Message>) {
    let data = tempfile::tempdir().unwrap();
    let numbered = messages.into_iter().enumerate();
    let messages: Vec<_> =
        numbered.map(|(n, message)| Message { id: n.to_string(), ..message }).collect();
    let index = index_of(data.path(), std::slice::from_ref(&messages));
    let condition = leaf(predicate);
    let judged = messages.iter().filter(|message| evaluate(&condition, message));
    assert!(judged.map(|message| &message.id).eq(&ids(&index, &condition, &[])));
    assert_eq!(ids(&index, &condition, &[]).len(), matching);
}

/// A text that was cut to be a term has another end.
#[test]
fn long_values_are_tested_whole() {
    let long = |end: &str| format!("{}{end}", "Inbox/".repeat(1_000));
    let folder = |end: &str| Message { places: vec![place("m", &long(end))], ..Message::default() };
    let test = |test: StringTest| Predicate::String(StringField::Folder, test);
    let folders = || vec![folder("Bills"), folder("Other")];
    check(test(StringTest::PathEnd("inbox/bills".into())), 1, folders());
    check(test(StringTest::Same(long("BILLS"))), 1, folders());
    check(test(StringTest::Shaped(Wildcard::parse("inbox*bills"))), 1, folders());
    check(test(StringTest::PathEnd("inbox".into())), 0, folders());
    check(
        Predicate::Reference(long("")),
        1,
        vec![
            Message { references: vec![long("")], ..Message::default() },
            Message { references: vec![long("x")], ..Message::default() },
        ],
    );
}

fn person(pattern: PersonPattern) -> Predicate {
    Predicate::Person { roles: vec![Role::To], pattern }
}

#[test]
fn words_do_not_run_over_from_one_name_to_the_next() {
    let words = |text: &str| person(PersonPattern::Words(text.into()));
    let phrase = |text: &str| person(PersonPattern::NamePhrase(text.into()));
    let neighbours = || vec![to(&[("x a b", "")]), to(&[("a", ""), ("b", "")]), to(&[("b a", "")])];
    check(phrase("a b"), 1, neighbours());
    check(words("a b"), 1, neighbours());
    check(words("a b"), 1, vec![to(&[("", "x-a.b@y")]), to(&[("", "a@b"), ("b", "c@d")])]);
    let name = AttachmentTest::Words(vec!["pdf".into(), "due".into()]);
    let name = Predicate::Attachment(Expr::Leaf(name));
    check(name, 1, vec![files(&["x.pdf-due"]), files(&["a.pdf", "due.txt"])]);
}

#[test]
fn text_does_run_over_from_one_name_to_the_next() {
    let pattern = TextPattern::Phrase(vec!["a".into(), "b".into()]);
    let test = TextTest { fields: vec![TextField::ToName], pattern, scored: false };
    check(Predicate::Text(test), 2, vec![to(&[("a b", "")]), to(&[("a", ""), ("b", "")])]);
}

#[test]
fn conditions_on_one_element_hold_of_one_element() {
    let is = |text: &str| StringTest::Is(text.to_owned());
    let name = Expr::Leaf(postern_query::RecipientTest::Name(is("Al")));
    let address = Expr::Leaf(postern_query::RecipientTest::Address(is("a@x.com")));
    let list = postern_query::schema::RecipientList::To;
    let both = Expr::And(vec![name.clone(), address.clone()]);
    let people = || {
        vec![to(&[("B", "b@x.com"), ("Al", "a@x.com")]), to(&[("Al", "b@x.com"), ("B", "a@x.com")])]
    };
    check(Predicate::Recipient(list, both), 1, people());
    let but_not = Expr::And(vec![name, Expr::negated(address)]);
    let mut people = people();
    people.reverse();
    check(Predicate::Recipient(list, but_not), 1, people);
}

/// Deeper than the terms go.
#[test]
fn many_dots() {
    let deep = "a.b.c.d.e.f.g.h.i.j";
    for end in ["j", "i.j", "d.e.f.g.h.i.j", "c.d.e.f.g.h.i.j", "b.c.d.e.f.g.h.i.j"] {
        let domain = person(PersonPattern::SubDomains(end.into()));
        check(domain, 1, vec![to(&[("", &format!("x@{deep}"))]), to(&[("", &format!("x@{end}"))])]);
        let file = Predicate::Attachment(Expr::Leaf(AttachmentTest::Extension(end.into())));
        check(file, 1, vec![files(&[deep]), files(&["j"])]);
    }
}

#[test]
fn an_index_made_anew_is_noticed() {
    let data = tempfile::tempdir().unwrap();
    drop(crate::testing::writer(data.path()));
    let index = Index::open(data.path()).unwrap();
    assert!(!index.is_replaced());
    std::thread::sleep(std::time::Duration::from_millis(20));
    let options = crate::write::Options { rebuild: true, ..crate::testing::small() };
    drop(crate::write::Writer::open(data.path(), &options).unwrap());
    assert!(index.is_replaced());
}
