//! A note of Veeam's item search says which way the answer errs. Here an obvious model of that search judges it.
//!
//! The model is written from Microsoft's page on Advanced Query Syntax: terms side by side must all hold, AND, OR and
//! NOT stand in capitals, `property:value` looks into one property and a bare value into each. Nobody says how a
//! value is compared, so each claim must hold whether by words, by their beginnings or as a part of the text, and
//! whether or not `_` joins two words to one.

use postern_query::emit::{Direction, aqs};
use postern_query::{Attachment, FILE, Message, Query, Recipient, evaluate};
use proptest::prelude::*;

use crate::properties::cases;
use crate::random::{good_query, message};
use crate::{parse, random};

/// How values are compared.
#[derive(Clone, Copy, Debug)]
enum By {
    Words,
    Beginnings,
    Parts,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    by: By,
    /// Whether `_` joins two words to one.
    joins: bool,
    /// Whether a message that names no importance has the normal one.
    is_normal: bool,
}

fn readings() -> impl Iterator<Item = Reading> {
    let both = [true, false];
    [By::Words, By::Beginnings, By::Parts].into_iter().flat_map(move |by| {
        let joined = both.into_iter().flat_map(move |joins| both.map(|other| (joins, other)));
        joined.map(move |(joins, is_normal)| Reading { by, joins, is_normal })
    })
}

#[derive(Debug)]
enum Said {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Term { property: String, operator: String, value: String, rest: bool },
}

/// Reads a text from its beginning.
struct Reader<'t>(&'t str);

impl Reader<'_> {
    fn took(&mut self, start: &str) -> bool {
        self.0 = self.0.trim_start();
        let rest = self.0.strip_prefix(start);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// Groups of one kind: a text that mixes AND and OR means what nobody says.
    fn group(&mut self) -> Said {
        let (mut parts, mut is_any) = (vec![self.part()], None);
        while !self.0.trim_start().is_empty() && !self.0.trim_start().starts_with(')') {
            let any = self.took("OR ");
            assert_eq!(*is_any.get_or_insert(any), any, "AND and OR side by side: {}", self.0);
            self.took("AND ");
            parts.push(self.part());
        }
        if is_any == Some(true) { Said::Any(parts) } else { Said::All(parts) }
    }

    fn part(&mut self) -> Said {
        if self.took("NOT ") {
            return Said::Not(Box::new(self.part()));
        }
        if self.took("(") {
            let group = self.group();
            assert!(self.took(")"), "a bracket is not closed: {}", self.0);
            return group;
        }
        self.term()
    }

    fn term(&mut self) -> Said {
        let of_name = |c: char| c.is_ascii_alphabetic() || c == '.';
        let named = self.0.split_once(':').filter(|(name, _)| name.chars().all(of_name));
        let property = named.map_or("", |(name, _)| name).to_owned();
        self.0 = named.map_or(self.0, |(_, rest)| rest);
        let value = self.0.trim_start_matches(|c| named.is_some() && "~<>=".contains(c));
        let (operator, value) = self.0.split_at(self.0.len() - value.len());
        self.0 = value;
        let (value, rest) = self.value();
        Said::Term { property, operator: operator.to_owned(), value, rest }
    }

    fn value(&mut self) -> (String, bool) {
        let (value, left) = match self.0.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').expect("a closing quote"),
            None => self.0.split_at(self.0.find([' ', '(', ')']).unwrap_or(self.0.len())),
        };
        assert!(!value.is_empty(), "no value: {}", self.0);
        self.0 = left;
        (value.trim_end_matches('*').to_owned(), value.ends_with('*'))
    }
}

fn read(text: &str) -> Said {
    let mut reader = Reader(text);
    let said = reader.group();
    assert_eq!(reader.0.trim(), "", "all of {text} is read");
    said
}

impl Said {
    fn finds(&self, message: &Message, reading: Reading) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.finds(message, reading)),
            Self::Any(parts) => parts.iter().any(|part| part.finds(message, reading)),
            Self::Not(part) => !part.finds(message, reading),
            Self::Term { property, operator, value, rest } => match property.as_str() {
                "importance" => {
                    let normal = reading.is_normal.then_some("normal");
                    message.importance.as_deref().or(normal) == Some(value)
                }
                "received" => compared(message.received, operator, value),
                "sent" => compared(message.sent, operator, value),
                "datecreated" => compared(message.created, operator, value),
                "datemodified" => compared(message.modified, operator, value),
                "size" => message.size.is_some_and(|size| sized(size, operator, value)),
                text => values(text, message)
                    .iter()
                    .any(|text| compare(text, operator, value, *rest, reading)),
            },
        }
    }
}

fn compared(found: Option<jiff::Timestamp>, operator: &str, value: &str) -> bool {
    let wanted: jiff::Timestamp = value.parse().expect("a moment");
    found.is_some_and(|found| is_so(&found, operator, &wanted))
}

fn sized(found: i64, operator: &str, value: &str) -> bool {
    is_so(&found, operator, &value.parse().expect("a size"))
}

fn is_so<T: PartialOrd>(found: &T, operator: &str, wanted: &T) -> bool {
    match operator {
        ">" => found > wanted,
        ">=" => found >= wanted,
        "<" => found < wanted,
        "<=" => found <= wanted,
        "=" | "" => found == wanted,
        other => panic!("{other} compares nothing"),
    }
}

fn compare(text: &str, operator: &str, value: &str, rest: bool, reading: Reading) -> bool {
    if operator == "~=" {
        return text.to_lowercase().contains(&value.to_lowercase());
    }
    assert_eq!(operator, "", "of texts");
    let (found, wanted) = (words(text, reading), words(value, reading));
    if wanted.is_empty() {
        return text.to_lowercase().contains(&value.to_lowercase());
    }
    let is_word = |found: &String, wanted: &String| found == wanted;
    let begins = |found: &String, wanted: &String| found.starts_with(wanted.as_str());
    let is_there = |same: fn(&String, &String) -> bool| {
        let mut windows = found.windows(wanted.len());
        windows.any(|some| some.iter().zip(&wanted).all(|(found, wanted)| same(found, wanted)))
    };
    match reading.by {
        By::Parts => found.join(" ").contains(&wanted.join(" ")),
        By::Words if !rest => is_there(is_word),
        By::Words | By::Beginnings => is_there(begins),
    }
}

fn words(text: &str, reading: Reading) -> Vec<String> {
    let is_inside = |c: char| c.is_alphanumeric() || (reading.joins && c == '_');
    let text = text.to_lowercase();
    let words = text.split(|c| !is_inside(c)).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// The texts of a property; of the one without a name, all there are.
fn values(property: &str, message: &Message) -> Vec<String> {
    let one = |text: &Option<String>| text.iter().cloned().collect::<Vec<_>>();
    let names = |people: &[Recipient]| people.iter().filter_map(|one| one.name.clone()).collect();
    let addresses =
        |people: &[Recipient]| people.iter().filter_map(|one| one.address.clone()).collect();
    let of =
        |properties: &[&str]| properties.iter().flat_map(|name| values(name, message)).collect();
    match property {
        "subject" | "title" => one(&message.subject),
        "body" => one(&message.body),
        "category" => message.categories.clone(),
        "filename" => message.file().and_then(|file| file.name.clone()).into_iter().collect(),
        "contents" => message.file().and_then(|file| file.text.clone()).into_iter().collect(),
        "System.Author" | "System.Document.LastAuthor" => {
            [one(&message.from_name), one(&message.from_address)].concat()
        }
        "attachments" => message.files().filter_map(|file| file.name.clone()).collect(),
        "System.Message.FromName" => one(&message.from_name),
        "System.Message.FromAddress" => one(&message.from_address),
        "System.Message.ToName" => names(&message.to_recipients),
        "System.Message.ToAddress" => addresses(&message.to_recipients),
        "System.Message.CcName" => names(&message.cc_recipients),
        "System.Message.CcAddress" => addresses(&message.cc_recipients),
        "System.Message.BccName" => names(&message.bcc_recipients),
        "System.Message.BccAddress" => addresses(&message.bcc_recipients),
        "from" => of(&["System.Message.FromName", "System.Message.FromAddress"]),
        "to" => of(&["System.Message.ToName", "System.Message.ToAddress"]),
        "cc" => of(&["System.Message.CcName", "System.Message.CcAddress"]),
        "bcc" => of(&["System.Message.BccName", "System.Message.BccAddress"]),
        "Veeam.Message.Header" => {
            let ids = [&message.internet_message_id, &message.list_id];
            let others = message.references.iter().chain(&message.delivered_to).cloned();
            let headers: Vec<_> = ids.into_iter().flat_map(one).chain(others).collect();
            [headers, of(&["subject", "from", "to", "cc"])].concat()
        }
        "" => of(&["subject", "body", "category", "attachments", "bcc", "Veeam.Message.Header"]),
        other => panic!("{other} is no property of item search that finds texts"),
    }
}

/// Texts with the separators at which searches differ.
fn text() -> impl Strategy<Value = String> {
    "[a-cA-C]{1,2}([ ._@,-][a-c]{1,2}){0,4}"
}

/// Queries of the parts that item search can say without erring both ways.
fn query() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (prop_oneof![Just(""), Just("subject:"), Just("body:")], text())
            .prop_map(|(property, text)| format!("{property}\"{text}\"")),
        ("(subject:|body:|)", "[a-c]{1,2}")
            .prop_map(|(property, word)| format!("{property}{word}*")),
        ("(from|to|cc|bcc|participants)", text())
            .prop_map(|(role, text)| format!("{role}:\"{text}\"")),
        "(from|to|recipients|deliveredto):[a-c]{1,2}@[a-c]{1,2}\\.com",
        "(from|to|cc):@[a-c]{1,2}\\.com",
        ("(filename|category)", text())
            .prop_map(|(property, text)| format!("{property}:\"{text}\"")),
        "filename:[a-c]{1,2}(\\.pdf)?",
        "importance:(low|normal|high)",
        "(received|sent)(<|<=|>|>=|:)2024-0[1-3](-15)?",
        "(ref:[a-c]@[a-c]|list:[a-c]\\.[A-C]|id:[a-c]@[a-c])",
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|parts| format!("({})", parts.join(" "))),
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|parts| format!("({})", parts.join(" OR "))),
            inner.prop_map(|part| format!("-{part}")),
        ]
    })
}

/// A message whose texts are cut at other places by other searches.
fn cut() -> impl Strategy<Value = Message> {
    let texts = prop::collection::vec(prop::option::of(text()), 6);
    let importance = prop::option::of("(low|normal|high)");
    (message(), texts, importance).prop_map(|(mut message, mut texts, importance)| {
        message.subject = texts.pop().flatten();
        message.body = texts.pop().flatten();
        message.from_name = texts.pop().flatten();
        message.categories = texts.pop().flatten().into_iter().collect();
        let name = |texts: &mut Vec<Option<String>>| texts.pop().flatten();
        message.to_recipients.iter_mut().for_each(|one| one.name = None);
        message.cc_recipients =
            vec![Recipient { name: name(&mut texts), address: Some("ab@c.com".into()) }];
        message.attachments.iter_mut().for_each(|file| file.name = name(&mut texts));
        message.importance = importance;
        message
    })
}

/// Queries of the parts that the search of drives can say without erring both ways, and of what no file has.
fn query_of_documents() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        text().prop_map(|text| format!("filename:\"{text}\"")),
        "filename:[a-c]{1,2}(\\.[a-c]{1,2})?",
        "filename:[a-c]{1,2}\\*",
        "ext:[a-c]{1,2}",
        "(created|modified|received)(<|<=|>|>=|:)2024-0[1-3](-15)?",
        "(created|modified)(<|<=|>|>=)2024-02-01T00:00:00(\\.5)?Z",
        "size(<|<=|>|>=|:)[0-3]",
        "(kind:(file|email)|is:read|has:attachment|to:a|category:b|sent>2024-01|importance:high)",
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|parts| format!("({})", parts.join(" "))),
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|parts| format!("({})", parts.join(" OR "))),
            inner.prop_map(|part| format!("-{part}")),
        ]
    })
}

/// A moment around those that are asked for; Veeam lists none with a fraction of a second, while queries have them.
fn moment() -> impl Strategy<Value = Option<jiff::Timestamp>> {
    let texts = "2024-0[1-3]-(01|15)T00:00:0[01]Z";
    prop::option::of(texts.prop_map(|text| text.parse().expect("a moment")))
}

/// A document of a drive: what its source lists, and what its content says of it.
fn document() -> impl Strategy<Value = Message> {
    let name = prop_oneof![text(), "[a-cA-C]{1,2}[ ._-][a-cA-C]{1,2}\\.[a-cA-C]{1,2}"];
    let about = (prop::option::of(text()), prop::option::of(text()), prop::option::of(text()));
    (name, about, moment(), moment(), prop::option::of(0_i64..4)).prop_map(
        |(name, (title, author, words), created, modified, size)| Message {
            kind: Some(FILE.to_owned()),
            subject: title,
            from_name: author,
            created,
            modified,
            received: modified,
            size,
            has_attachments: Some(false),
            attachments: vec![Attachment {
                name: Some(name),
                text: words,
                ..Attachment::default()
            }],
            ..Message::default()
        },
    )
}

/// Whether the claim of the translation holds for a message, however item search compares.
fn judge(query: &Query, message: &Message) -> Result<Option<Direction>, TestCaseError> {
    let compile = if message.is_file() { aqs::compile_documents } else { aqs::compile };
    let compiled = compile(query);
    let (direction, Some(sent)) = (compiled.direction(), compiled.sent) else { return Ok(None) };
    let direction = direction.expect("each note has a direction");
    if direction == Direction::Either {
        return Ok(Some(direction));
    }
    let (said, here) = (read(&sent), evaluate(query.condition(), message));
    for reading in readings() {
        let there = said.finds(message, reading);
        let holds = if direction == Direction::Wider { there || !here } else { here || !there };
        prop_assert!(holds, "{direction:?} {sent} {reading:?}: {there} there, {here} here");
    }
    Ok(Some(direction))
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn wider_contains_and_narrower_lies_inside(text in query(), message in cut()) {
        if let Ok(parsed) = parse(&text) {
            judge(&parsed.query, &message)?;
        }
    }

    #[test]
    fn the_same_of_any_query_and_message(text in good_query(), message in message()) {
        if let Ok(parsed) = parse(&text) {
            judge(&parsed.query, &message)?;
        }
    }

    #[test]
    fn the_same_of_documents(text in query_of_documents(), document in document()) {
        if let Ok(parsed) = parse(&text) {
            judge(&parsed.query, &document)?;
        }
    }

    #[test]
    fn the_same_of_any_query_and_document(text in good_query(), document in document()) {
        if let Ok(parsed) = parse(&text) {
            judge(&parsed.query, &document)?;
        }
    }

    /// What all files meet, or none, is settled; the rest means the same.
    #[test]
    fn among_files_and_among_mail_a_query_means_the_same(
        text in prop_oneof![query(), query_of_documents(), good_query()],
        filter in random::good_filter(),
        (document, mail) in (document(), cut()),
    ) {
        let typed = parse(&text).ok().map(|parsed| parsed.query);
        let filter = postern_query::odata::parse_filter(&filter).ok();
        for query in typed.into_iter().chain(filter) {
            let holds = |query: &Query, message| evaluate(query.condition(), message);
            prop_assert_eq!(holds(&query.among_files(), &document), holds(&query, &document));
            prop_assert_eq!(holds(&query.among_mail(), &mail), holds(&query, &mail));
        }
    }

    #[test]
    fn the_same_of_filters(text in random::good_filter(), message in message()) {
        if let Ok(query) = postern_query::odata::parse_filter(&text) {
            judge(&query, &message)?;
        }
    }
}

/// The model finds, and leaves out, what the page says: a model that found all would judge nothing.
#[test]
fn the_model_is_that_of_the_page() {
    let message = Message {
        subject: Some("Quarterly re_port".into()),
        from_address: Some("ann@contoso.com".into()),
        ..Message::default()
    };
    let finds =
        |text: &str, by, joins| read(text).finds(&message, Reading { by, joins, is_normal: true });
    assert!(finds("subject:quarterly", By::Words, true));
    assert!(!finds("subject:quarter", By::Words, true));
    assert!(finds("subject:quarter", By::Beginnings, true));
    assert!(finds("subject:quarter*", By::Words, true));
    assert!(!finds("subject:arter", By::Beginnings, true));
    assert!(finds("subject:arter", By::Parts, true));
    assert!(finds("port", By::Words, false) && !finds("port", By::Words, true));
    assert!(finds("subject:~=port", By::Words, true));
    assert!(finds("NOT subject:ann (ann OR bob) from:\"ann@contoso.com\"", By::Words, true));
    assert!(!finds("importance:high", By::Words, true));
}
