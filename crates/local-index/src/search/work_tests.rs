//! What questions cost, in units, and that all of them end.

use std::path::Path;

use postern_query::pattern::Regex;
use postern_query::schema::TextField;
use postern_query::{
    Context, Expr, Located, Message, Predicate, Query, Role, Span, TextPattern, TextTest, odata,
    parse,
};
use tempfile::TempDir;

use super::work::TERM;
use super::{
    Asker, Completion, Counting, Facet, Index, MAX_OPEN_PATTERNS, Scope, Search, Thread, Work,
};
use crate::Error;
use crate::testing::{index_of, place};

/// Messages with a common word, a word of their own, people and a conversation.
fn mail(messages: usize) -> Vec<Message> {
    let message = |n: usize| Message {
        id: n.to_string(),
        subject: Some(format!("common subject{n}")),
        body: Some(format!("common words of message number{n}, and so on")),
        from_address: Some(format!("sender{n}@contoso.com")),
        from_name: Some(format!("Sender {n}")),
        conversation_id: Some("one".into()),
        places: vec![place(if n.is_multiple_of(2) { "even" } else { "odd" }, "Inbox")],
        received: jiff::Timestamp::from_second(i64::try_from(n).unwrap() * 86_400).ok(),
        to_recipients: vec![postern_query::Recipient {
            name: Some("A".into()),
            address: Some("a@x.example".into()),
        }],
        ..Message::default()
    };
    (0..messages).map(message).collect()
}

fn index(messages: usize) -> (TempDir, Index) {
    let data = tempfile::tempdir().unwrap();
    let index = index_of(data.path(), &[mail(messages)]);
    (data, index)
}

fn typed(text: &str) -> Query {
    let context = Context::utc(jiff::Timestamp::UNIX_EPOCH);
    parse(text, &context).unwrap().query
}

/// Verified message by message: terms do not say that one recipient has both.
fn on_one_element() -> Query {
    let filter = "toRecipients/any(r: r/name eq 'A' and r/address ne 'b@x.example')";
    odata::parse_filter(filter).unwrap()
}

/// Asks one kind of question.
type Question = Box<dyn Fn(&Index, &Asker) -> Result<(), Error>>;

fn search(query: Query, limit: usize, highlight: bool) -> Question {
    Box::new(move |index, asker| {
        let search = Search { query: &query, order: &[], after: None, offset: 0, limit, highlight };
        index.search(&search, asker).map(drop)
    })
}

/// That older versions and files are left out costs nothing where there are none, and words look for no name.
#[test]
fn mail_pays_nothing_for_files() {
    let (_data, index) = index(500);
    let spent = |query: Query| {
        let work = Work::limited();
        let asker = Asker { scope: Scope::All, work: work.clone() };
        search(query, 9, false)(&index, &asker).unwrap();
        work.spent()
    };
    for text in ["common", "common number7", "*", "comm*"] {
        let plain = spent(typed(text));
        assert_eq!(spent(typed(text).newest_only()), plain, "{text}");
        assert_eq!(spent(typed(text).mail_only().newest_only()), plain, "{text}");
    }
}

fn questions() -> Vec<(&'static str, Question)> {
    let facets = |index: &Index, asker: &Asker| {
        let all = Query::everything();
        index
            .counts(&all, &Counting { facets: &Facet::ALL, ..Counting::default() }, asker)
            .map(drop)
    };
    let complete = |index: &Index, asker: &Asker| {
        let sender = Completion::Address(&[Role::From]);
        index.complete(&Query::everything(), sender, "", 9, asker).map(drop)
    };
    vec![
        ("word", search(typed("common"), 9, false)),
        ("words", search(typed("common OR message OR number7"), 9, false)),
        ("count", search(typed("common words"), 0, false)),
        ("phrase", search(typed("\"common words of\""), 9, false)),
        ("long phrase", search(typed(&format!("\"{}\"", "common ".repeat(40))), 9, false)),
        ("near", search(typed("common NEAR/3 message"), 9, false)),
        ("not", search(typed("common -message"), 9, false)),
        ("pattern", search(typed("*umber*"), 9, false)),
        ("regex", search(typed("/.*er[0-9]+/"), 9, false)),
        ("fuzzy", search(typed("numbr1~2"), 9, false)),
        ("shape of an address", search(typed("from:*ender*@*"), 9, false)),
        ("on one element", search(on_one_element(), 9, false)),
        ("highlight", search(typed("common"), 1_000, true)),
        ("facets", Box::new(facets)),
        ("complete", Box::new(complete)),
        ("thread", Box::new(|index, asker| index.thread("0", asker).map(drop))),
        ("address book", Box::new(|index, asker| index.address_book(asker).map(drop))),
    ]
}

fn asker(work: Work, scope: &Scope) -> Asker {
    Asker { scope: scope.clone(), work }
}

fn scopes() -> [Scope; 2] {
    [Scope::All, Scope::Mailboxes(vec!["even".into()])]
}

/// Units of a question; the index is opened anew, so that nothing is known beforehand.
fn cost(data: &Path, question: &Question, scope: &Scope) -> u64 {
    let work = Work::unlimited();
    question(&Index::open(data).unwrap(), &asker(work.clone(), scope)).unwrap();
    work.spent()
}

/// Whoever holds less than a question costs gets an error, and no more is done than between two looks.
#[test]
fn every_question_ends_when_its_budget_does() {
    let (data, index) = index(600);
    for (name, question) in questions() {
        for scope in scopes() {
            let whole = cost(data.path(), &question, &scope);
            assert!(whole > 100, "{name} costs {whole}");
            for part in [1, 2, 3, 10, 100].map(|divisor| (whole / divisor).saturating_sub(1).max(1))
            {
                let work = Work::up_to(part);
                let ended = question(&index.clone(), &asker(work.clone(), &scope));
                // What a scope weighs is known by now, so it may cost less.
                if work.spent() > part {
                    assert!(
                        matches!(ended, Err(Error::TooCostly { .. })),
                        "{name} at {part}: {ended:?}"
                    );
                }
                assert!(work.spent() <= part + 40_000, "{name} at {part}: {}", work.spent());
            }
            let work = Work::up_to(1);
            let ended = question(&index, &asker(work, &scope));
            assert!(matches!(ended, Err(Error::TooCostly { .. })), "{name}: {ended:?}");
        }
    }
}

/// Nobody waits: nothing is done.
#[test]
fn a_stopped_question_does_nothing() {
    let (_data, index) = index(600);
    for (name, question) in questions() {
        for scope in scopes() {
            let work = Work::limited();
            work.stop();
            let ended = question(&index, &asker(work.clone(), &scope));
            assert!(matches!(ended, Err(Error::Stopped)), "{name}: {ended:?}");
            assert_eq!(work.spent(), 0, "{name}");
        }
    }
}

/// Twice the mail costs at most a little more than twice as much, and every question of this kind is
/// within the budget of a request.
#[test]
fn what_is_spent_grows_with_the_index() {
    let ((few, _), (many, index)) = (index(300), index(600));
    for (name, question) in questions() {
        for scope in scopes() {
            let (one, two) =
                (cost(few.path(), &question, &scope), cost(many.path(), &question, &scope));
            assert!(two <= one * 5 / 2 + 10_000, "{name}: {one} and {two}");
            question(&index, &asker(Work::limited(), &scope)).unwrap();
        }
    }
}

/// The longest query there is: each body is gone over once, not once for each word.
#[test]
fn a_thousand_words_with_highlights_are_never_too_dear() {
    let (data, index) = index(200);
    let words: Vec<_> = (0..1_000).map(|n| format!("number{n}")).collect();
    let many = search(typed(&words.join(" OR ")), 200, true);
    let few = search(typed(&words[..200].join(" OR ")), 200, true);
    many(&index, &asker(Work::limited(), &Scope::All)).unwrap();
    let (few, many) = [few, many].map(|question| cost(data.path(), &question, &Scope::All)).into();
    assert!(many <= few + few / 10, "800 words more that no message has: {few} and {many}");
}

#[test]
fn a_pattern_that_is_there_twice_is_looked_up_once() {
    let (data, _) = index(200);
    let twice = typed("*umber*").or(typed("*umber*").and(typed("common")));
    let [once, twice] = [typed("*umber*"), twice]
        .map(|query| cost(data.path(), &search(query, 0, false), &Scope::All));
    assert!(twice < once + once / 2, "{once} and {twice}");
}

/// To come to a term of a dictionary takes far more than to look at a message in a list.
#[test]
fn a_walk_through_a_dictionary_costs_what_it_takes() {
    let (data, _) = index(600);
    for (text, at_least) in [
        ("body:*umber*", 600 * TERM),
        ("body:number*", 600 * TERM),
        ("body:/number[0-9]+x?/", 600 * TERM),
        ("body:numberx~2", 100 * TERM),
    ] {
        let units = cost(data.path(), &search(typed(text), 0, false), &Scope::All);
        assert!(units >= at_least, "{text} costs {units}");
        assert!(units < 600 * 4_000, "{text} costs {units}");
    }
}

#[test]
fn patterns_that_begin_with_anything_are_few() {
    let (_data, index) = index(10);
    let ask =
        |text: &str| search(typed(text), 9, false)(&index, &asker(Work::limited(), &Scope::All));
    let open = |many: usize| {
        let patterns: Vec<_> = (0..many).map(|n| format!("*number{n}*")).collect();
        patterns.join(" OR ")
    };
    ask(&open(MAX_OPEN_PATTERNS)).unwrap();
    let work = Work::limited();
    let ended = search(typed(&open(MAX_OPEN_PATTERNS + 1)), 9, false)(
        &index,
        &asker(work.clone(), &Scope::All),
    );
    let error = ended.unwrap_err();
    assert_eq!(work.spent(), 0, "it is refused before any is looked up");
    assert!(error.to_string().starts_with("`*number3*` is one too many"), "{error}");
    // The end of an address is looked up, and so is a beginning.
    for each in ["from:@x{}.example", "from:*.x{}.example", "begin{}*"] {
        let all: Vec<_> = (0..20).map(|n| each.replace("{}", &n.to_string())).collect();
        ask(&all.join(" OR ")).unwrap();
    }
}

/// Three patterns in two fields each are three.
#[test]
fn a_pattern_counts_once_in_all_its_fields() {
    let (_data, index) = index(10);
    let text = "*number1* OR from:*ender* OR attachment:*ile*";
    search(typed(text), 9, false)(&index, &asker(Work::limited(), &Scope::All)).unwrap();
}

/// It would match nothing, and nobody would know.
#[test]
fn an_expression_that_is_too_large_to_be_compiled_is_refused() {
    let (_data, index) = index(10);
    let regex = Regex::parse(".*a.{100}").unwrap();
    assert_eq!(regex.size(), None);
    let test = TextTest {
        fields: vec![TextField::Body],
        pattern: TextPattern::Regex(regex),
        scored: true,
    };
    let query = Query::of(Expr::Leaf(Located::new(Predicate::Text(test), Span::default())));
    for asker in [Asker::unlimited(), asker(Work::limited(), &Scope::All)] {
        let error = search(query.clone(), 9, false)(&index, &asker).unwrap_err();
        assert!(matches!(error, Error::TooCostly { part } if part == "/.*a.{100}/"));
    }
}

#[test]
fn a_facet_that_is_named_twice_is_counted_once() {
    let (_data, index) = index(200);
    let facets = |names: &[Facet]| {
        let work = Work::unlimited();
        let asker = asker(work.clone(), &Scope::All);
        let all = Query::everything();
        let counting = Counting { facets: names, ..Counting::default() };
        let counted = index.counts(&all, &counting, &asker).unwrap().facets;
        (counted, work.spent())
    };
    let (one, once) = facets(&[Facet::Sender]);
    let (many, often) = facets(&[Facet::Sender; 1_000]);
    assert_eq!((many.len(), &many[999]), (1_000, &one[0]));
    assert_eq!(once, often);
}

/// A conversation of somebody who sees every other message is not held together by the others.
#[test]
fn a_conversation_is_that_of_the_messages_that_may_be_seen() {
    let data = tempfile::tempdir().unwrap();
    let message = |id: &str, mailbox: &str, references: &[&str]| Message {
        id: id.into(),
        internet_message_id: Some(format!("<{id}>")),
        places: vec![place(mailbox, "Inbox")],
        references: references.iter().map(|one| format!("<{one}>")).collect(),
        ..Message::default()
    };
    let parts = [vec![
        message("a", "mine", &[]),
        message("b", "theirs", &["a"]),
        message("c", "mine", &["b"]),
        message("d", "mine", &["c"]),
    ]];
    let index = index_of(data.path(), &parts);
    let ids = |thread: Thread| thread.ids.concat();
    let mine = asker(Work::limited(), &Scope::Mailboxes(vec!["mine".into()]));
    assert_eq!(ids(index.thread("a", &mine).unwrap()), "a");
    assert_eq!(ids(index.thread("c", &mine).unwrap()), "cd");
    assert_eq!(ids(index.thread("b", &mine).unwrap()), "");
    assert_eq!(ids(index.thread("a", &Asker::unlimited()).unwrap()), "abcd");
}

/// 20,000 equalities took 17 s and 10 GB where one large message had a value that is too long for a term:
/// it was read for each of them.
#[test]
fn a_message_that_has_to_be_read_was_read_for_each_condition() {
    let mut messages = mail(10);
    messages.push(Message {
        id: "long".into(),
        from_address: Some(format!("{}@contoso.com", "x".repeat(5_000))),
        subject: Some("common".into()),
        ..Message::default()
    });
    let data = tempfile::tempdir().unwrap();
    let index = index_of(data.path(), &[messages]);
    let equalities: Vec<_> = (0..5_000)
        .map(|n| format!("fromAddress eq 'a{n}@b.c' or not (fromAddress ne 'sender1@contoso.com')"))
        .collect();
    let values = odata::parse_filter(&equalities.join(" or ")).unwrap();
    let words = typed("subject:common");
    for (query, expected) in
        [(values.clone(), 1), (words.clone().and(values.clone()), 1), (words.or(values), 11)]
    {
        let asker = Asker::unlimited();
        let search = Search {
            query: &query,
            order: &[],
            after: None,
            offset: 0,
            limit: 20,
            highlight: false,
        };
        assert_eq!(index.search(&search, &asker).unwrap().count, expected);
        let spent = asker.work.spent();
        // One reading of the message is 4,000 units; for each condition it would be 20 million.
        assert!(spent < 2_000_000, "{spent}");
    }
}
