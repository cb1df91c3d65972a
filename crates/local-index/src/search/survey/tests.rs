use std::collections::BTreeMap;
use std::ops::ControlFlow;

use postern_query::{Attachment, Context, FILE, Message, Query, parse};

use super::{Extent, Looked};
use crate::Error;
use crate::search::{Asker, Index, Scope, Work};
use crate::testing::{index_of, place};

fn on(_: Looked) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn survey(index: &Index, queries: &[Query], asker: &Asker) -> (Vec<Extent>, Vec<u64>, Extent) {
    let mut survey = index.survey(&Query::everything(), asker, &mut on).unwrap();
    let each = queries.iter().map(|query| survey.count(query, asker).unwrap()).collect();
    let (unique, all) = survey.finish(asker).unwrap();
    (each, unique, all)
}

fn typed(text: &str) -> Query {
    parse(text, &Context::utc("2024-05-22T12:00:00Z".parse().unwrap())).unwrap().query
}

/// The message of that id, with a subject, of that size, second and mailbox.
fn mail(id: &str, subject: &str, size: i64, second: i64, mailbox: &str) -> Message {
    Message {
        id: id.into(),
        internet_message_id: Some(format!("<{id}>")),
        subject: Some(subject.into()),
        size: Some(size),
        received: jiff::Timestamp::from_second(second).ok(),
        places: vec![place(mailbox, "Inbox")],
        ..Message::default()
    }
}

fn parts() -> [Vec<Message>; 2] {
    let file = |name: &str| Attachment { name: Some(name.into()), ..Attachment::default() };
    let sent = |second| jiff::Timestamp::from_second(second).ok();
    let files = vec![file("a"), file("b")];
    let answer = |message: Message, to: &str| Message { references: vec![to.into()], ..message };
    [
        vec![
            Message { attachments: files, ..mail("a", "red", 10, 100, "ann") },
            answer(mail("b", "red blue", 20, 50, "ann"), "<a>"),
            mail("c", "blue", -7, 200, "bob"),
        ],
        vec![
            answer(mail("d", "green", 40, 300, "bob"), "<a>"),
            Message { received: None, sent: sent(7), ..mail("e", "grey", 50, 0, "bob") },
            Message {
                kind: Some(FILE.into()),
                attachments: vec![file("plan")],
                ..mail("f", "grey", 60, 9, "bob")
            },
        ],
    ]
}

#[track_caller]
fn check(queries: &[&str], asker: &Asker, expected: &str) {
    let data = tempfile::tempdir().unwrap();
    let index = index_of(data.path(), &parts());
    let queries: Vec<_> = queries.iter().map(|text| typed(text)).collect();
    let (each, unique, all) = survey(&index, &queries, asker);
    let told = |extent: &Extent, unique: &str| {
        let second = |time: Option<jiff::Timestamp>| time.map_or(-1, jiff::Timestamp::as_second);
        let mailboxes = extent.mailboxes.iter().map(|one| format!("{}{}", one.value, one.count));
        format!(
            "{}/{unique} family {} conversation {} {} bytes {}..{} {}",
            extent.messages,
            extent.family,
            extent.conversation,
            extent.bytes,
            second(extent.first),
            second(extent.last),
            mailboxes.collect::<Vec<_>>().join("+")
        )
    };
    let lines = each.iter().zip(&unique).map(|(each, unique)| told(each, &unique.to_string()));
    let lines: Vec<_> = lines.chain([told(&all, "-")]).collect();
    assert_eq!(lines.join("\n"), expected);
}

#[test]
fn lines_are_counted_beside_each_other() {
    check(
        &["red", "blue", "red"],
        &Asker::unlimited(),
        "2/0 family 4 conversation 3 30 bytes 50..100 ann2\n\
         2/1 family 2 conversation 4 20 bytes 50..200 ann1+bob1\n\
         2/0 family 4 conversation 3 30 bytes 50..100 ann2\n\
         3/- family 5 conversation 4 30 bytes 50..200 ann2+bob1",
    );
    check(
        &["grey", "nothing", ""],
        &Asker::unlimited(),
        "2/0 family 2 conversation 2 110 bytes 7..9 bob2\n\
         0/0 family 0 conversation 0 0 bytes -1..-1 \n\
         6/4 family 8 conversation 6 180 bytes 7..300 ann2+bob4\n\
         6/- family 8 conversation 6 180 bytes 7..300 ann2+bob4",
    );
}

/// What may not be seen is not counted, and connects nothing: `a` and `b` are not there for bob.
#[test]
fn others_are_not_there() {
    let bob = Asker { scope: Scope::Mailboxes(vec!["bob".into()]), work: Work::limited() };
    check(
        &["blue", "green"],
        &bob,
        "1/1 family 1 conversation 1 0 bytes 200..200 bob1\n\
         1/1 family 1 conversation 1 40 bytes 300..300 bob1\n\
         2/- family 2 conversation 2 40 bytes 200..300 bob2",
    );
}

/// A line that fails finds nothing, and the others keep their numbers.
#[test]
fn a_line_that_costs_too_much_stops_nothing() {
    let data = tempfile::tempdir().unwrap();
    let index = index_of(data.path(), &parts());
    let asker = Asker { scope: Scope::All, work: Work::limited() };
    let mut survey = index.survey(&Query::everything(), &asker, &mut on).unwrap();
    let many: Vec<_> = (0..200).map(|number| format!("*{number}a*")).collect();
    let refused = survey.count(&typed(&many.join(" OR ")), &asker);
    assert!(matches!(refused, Err(Error::TooManyPatterns { .. })), "{refused:?}");
    assert_eq!(survey.count(&typed("red"), &asker).unwrap().messages, 2);
    assert_eq!(survey.finish(&asker).unwrap().0, [0, 2]);
}

#[test]
fn what_is_looked_at_is_within() {
    let data = tempfile::tempdir().unwrap();
    let body =
        |id: &str, body: &str| Message { body: Some(body.into()), ..mail(id, "x", 1, 1, "ann") };
    let text = |text: &str| Attachment { text: Some(text.into()), ..Attachment::default() };
    let with = Message { attachments: vec![text("paid")], ..body("b", "") };
    let index =
        index_of(data.path(), &[vec![body("a", "words"), with, mail("c", "y", 1, 1, "ann")]]);
    let mut seen = BTreeMap::new();
    let survey = index.survey(&typed("x"), &Asker::unlimited(), &mut |looked| {
        seen.insert(looked.message.id, [looked.has_words, looked.has_attachment_words]);
        ControlFlow::Continue(())
    });
    survey.unwrap();
    let expected = [("a", [true, false]), ("b", [false, true])];
    assert_eq!(seen, expected.map(|(id, has)| (id.to_owned(), has)).into());
    let stopped = index.survey(&typed("x"), &Asker::unlimited(), &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(Error::Stopped)));
}
