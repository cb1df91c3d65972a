//! Says queries for a target, one a line; and makes what is needed to judge the result.
//!
//! ```text
//! emit --to elasticsearch|quickwit|kql|aqs < queries    what is sent for each query
//! emit --to odata < queries                             the whole condition as one filter
//! emit --to lucene < queries                            query text, and the condition that it stands for
//! emit --ids 300 < queries                              the messages of 300 that each query means, in order
//! emit --documents 300                                  these messages as the index holds them
//! emit --mapping                                        the index
//! ```
//!
//! A query is in the Postern language; after `odata:` it is a filter, after `lucene:` query text.
//! What goes wrong is an object with `error`.

#![allow(clippy::print_stdout, reason = "an example talks to the terminal")]

use std::cmp::Ordering::{self, Equal};
use std::io::{self, BufRead as _};

use postern_query::datatap::IndexFields;
use postern_query::emit::{Json, Sent, elasticsearch};
use postern_query::evaluate::{flag_value, instant_value, number_value, string_value};
use postern_query::schema::{Sort, SortField, TextField};
use postern_query::{
    Attachment, Capabilities, Compiled, Condition, Context, Errors, Expr, Fidelity, Message, Place,
    Predicate, Query, Recipient, Target, TextPattern, TextTest, evaluate, lucene, odata,
};

fn main() -> io::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse().unwrap_or(100);
    match arguments.as_slice() {
        ["--mapping"] => println!("{}", elasticsearch::mapping()),
        ["--documents", count] => {
            messages(number(count)).for_each(|one| {
                println!("{}", elasticsearch::document(&one, elasticsearch::Profile::OpenSearch));
            });
        }
        ["--ids", count] => {
            let messages: Vec<_> = messages(number(count)).collect();
            for_each_query(|query| ids(query, &messages))?;
        }
        ["--to", target] => for_each_query(|query| sent(query, target))?,
        _ => println!("{}", error("usage", "see the head of this example")),
    }
    Ok(())
}

fn for_each_query(answer: impl Fn(&Query) -> String) -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let answer = match read(&line?) {
            Ok(query) => answer(&query),
            Err(errors) => error("query", &errors.to_string()),
        };
        println!("{answer}");
    }
    Ok(())
}

fn read(line: &str) -> Result<Query, Errors> {
    if let Some(filter) = line.strip_prefix("odata:") {
        return odata::parse_filter(filter);
    }
    if let Some(text) = line.strip_prefix("lucene:") {
        return lucene::parse(text, lucene::Options::default());
    }
    let now = "2024-05-22T15:30:00Z".parse().unwrap_or_default();
    postern_query::parse(line, &Context::utc(now)).map(|parsed| parsed.query)
}

fn sent(query: &Query, target: &str) -> String {
    match target {
        "odata" => {
            let filter = odata::compile(query, &whole_index());
            shown(filter.map(|filter| Json::object([("filter", filter.as_str().into())])))
        }
        "lucene" if !is_words(query.condition()) => error("unsupported", "not words alone"),
        "lucene" => {
            let text = lucene::compile(query, lucene::Syntax::Full);
            let shape = shape(query.condition());
            shown(text.map(|text| Json::object([("text", text.as_str().into()), ("shape", shape)])))
        }
        other => {
            match Target::ALL.iter().chain([&elasticsearch::QUICKWIT]).find(|one| one.name == other)
            {
                Some(target) => {
                    shown(target.compile(query, &Capabilities::default()).map(Sent::into_json))
                }
                None => error("target", other),
            }
        }
    }
}

/// An endpoint that has every field and passes every function.
fn whole_index() -> Capabilities {
    Capabilities {
        fields: IndexFields::complete(),
        search_functions: true,
        ..Capabilities::default()
    }
}

// ---- what query text means ----

fn is_words(condition: &Condition) -> bool {
    let mut words = true;
    condition.for_each_leaf(&mut |leaf| words &= matches!(leaf.value, Predicate::Text(_)));
    words
}

/// A condition over words as and, or, not over what is looked for in one field.
fn shape(condition: &Condition) -> Json {
    let parts = |parts: &[Condition]| Json::List(parts.iter().map(shape).collect());
    match condition {
        Expr::And(inner) => Json::object([("and", parts(inner))]),
        Expr::Or(inner) => Json::object([("or", parts(inner))]),
        Expr::Not(inner) => Json::object([("not", shape(inner))]),
        Expr::Leaf(leaf) => match &leaf.value {
            Predicate::Text(test) => words(test),
            _ => Json::object([("or", Json::List(Vec::new()))]),
        },
    }
}

fn words(test: &TextTest) -> Json {
    let paths = if test.fields == TextField::DEFAULT {
        vec![""]
    } else {
        test.fields.iter().map(|field| field.path()).collect()
    };
    let each = paths.into_iter().flat_map(|path| pattern(path, &test.pattern));
    Json::object([("or", Json::List(each.collect()))])
}

fn pattern(path: &str, pattern: &TextPattern) -> Vec<Json> {
    let atom = |kind: &str, text: &str, number: usize| {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let atom = vec![path.into(), kind.into(), text.into(), number.into()];
        Json::object([("is", Json::List(atom))])
    };
    match pattern {
        TextPattern::Phrase(tokens) => vec![atom("phrase", &tokens.join(" "), 0)],
        TextPattern::Wildcard(shape) => vec![atom("wildcard", &shape.to_string(), 0)],
        TextPattern::Regex(regex) => vec![atom("regexp", regex.as_str(), 0)],
        TextPattern::Fuzzy(fuzzy) => vec![atom("fuzzy", fuzzy.token(), fuzzy.edits().into())],
        TextPattern::Sloppy(sloppy) => {
            vec![atom("phrase", &sloppy.tokens.join(" "), sloppy.slop as usize)]
        }
        // Each order of two words; more of them are judged by the tests of the crate.
        TextPattern::Near(near) => {
            let gaps = near.gaps().unwrap_or_default();
            let words: Vec<_> = near.parts.iter().map(|part| part.join(" ")).collect();
            let turned: Vec<_> = words.iter().rev().cloned().collect();
            let orders = if near.ordered { vec![words] } else { vec![words, turned] };
            orders.iter().map(|words| atom("phrase", &words.join(" "), gaps)).collect()
        }
    }
}

fn shown(compiled: Compiled<Json>) -> String {
    let why = compiled.notes.iter().find(|note| note.fidelity == Fidelity::Unsupported);
    let why = why.map(|note| note.message.clone()).unwrap_or_default();
    compiled.sent.map_or_else(|| error("unsupported", &why), |sent| sent.to_string())
}

fn error(code: &str, message: &str) -> String {
    let fault = Json::object([("code", code.into()), ("message", message.into())]);
    Json::object([("error", fault)]).to_string()
}

/// The ids in the order of the query; `ordered` where it does not depend on relevance.
fn ids(query: &Query, messages: &[Message]) -> String {
    let order = query.natural_order();
    let mut found: Vec<_> =
        messages.iter().filter(|one| evaluate(query.condition(), one)).collect();
    found.sort_by(|a, b| {
        order.iter().map(|sort| compared(*sort, a, b)).find(|one| one.is_ne()).unwrap_or(Equal)
    });
    let ids = Json::List(found.iter().map(|message| message.id.as_str().into()).collect());
    let ordered = order.iter().all(|sort| sort.by != SortField::Score);
    Json::object([("ids", ids), ("ordered", ordered.into())]).to_string()
}

/// A missing value is the least of all.
fn compared(sort: Sort, a: &Message, b: &Message) -> Ordering {
    let ordering = match sort.by {
        SortField::Score => Equal,
        SortField::String(field) => string_value(field, a).cmp(&string_value(field, b)),
        SortField::Flag(field) => flag_value(field, a).cmp(&flag_value(field, b)),
        SortField::Number(field) => number_value(field, a).cmp(&number_value(field, b)),
        SortField::Instant(field) => instant_value(field, a).cmp(&instant_value(field, b)),
    };
    if sort.descending { ordering.reverse() } else { ordering }
}

// ---- messages ----

/// Messages that are the same every time, of few words, so that queries find some and not all.
fn messages(count: u64) -> impl Iterator<Item = Message> {
    (0..count).map(|number| message(number, &mut Dice(number.wrapping_mul(0x9e37_79b9) + 7)))
}

/// Numbers that look random (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        for shift in [13_i8, -7, 17] {
            let by = u32::from(shift.unsigned_abs());
            self.0 ^= if shift > 0 { self.0 << by } else { self.0 >> by };
        }
        (self.0 >> 11) % limit
    }

    fn some<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(5) > 0).then(|| value(self))
    }

    fn pick(&mut self, words: &[&str]) -> String {
        let index = usize::try_from(self.below(words.len() as u64)).unwrap_or_default();
        words.get(index).copied().unwrap_or_default().to_owned()
    }

    fn list<T>(&mut self, most: u64, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| one(self)).collect()
    }

    fn text(&mut self, most: u64) -> String {
        const WORDS: &[&str] = &[
            "invoice",
            "Invoices",
            "overdue",
            "Draft",
            "contract",
            "a.user",
            "O'Brien",
            "naïve",
            "ÜBER",
            "東京",
            "colour",
            "color",
            "inv-42",
            "report_final",
            "and",
            "1,234.5",
            "x",
        ];
        self.list(most, |dice| dice.pick(WORDS)).join(" ")
    }

    fn address(&mut self) -> String {
        let local = self.pick(&["alice", "Alice.Smith", "a.user", "bob-b", "o'brien", "x_y"]);
        let domain =
            self.pick(&["contoso.com", "Contoso.com", "eu.contoso.com", "x.gov", "a.user"]);
        format!("{local}@{domain}")
    }

    fn person(&mut self) -> Recipient {
        const NAMES: &[&str] =
            &["Alice Smith", "Smith, Alice", "Bob O'Brien", "Zoë", "alice", "A. User"];
        Recipient { name: self.some(|dice| dice.pick(NAMES)), address: self.some(Self::address) }
    }

    fn file(&mut self) -> Attachment {
        const FILES: &[&str] = &[
            "Contract.pdf",
            "q3_report-final.PDF",
            "notes.txt",
            "invoice.pdf.exe",
            "a b.pdf",
            "x*",
        ];
        Attachment {
            name: self.some(|dice| dice.pick(FILES)),
            content_type: self.some(|dice| dice.pick(&["application/pdf", "image/png"])),
            size: self.some(|dice| i64::try_from(dice.below(6)).unwrap_or_default()),
            text: self.some(|dice| dice.text(4)),
            unread: None,
        }
    }

    fn moment(&mut self) -> jiff::Timestamp {
        let millisecond = 1_700_000_000_000 + self.below(40) * 1_000_000_000 + self.below(3);
        jiff::Timestamp::from_millisecond(millisecond.try_into().unwrap_or_default())
            .unwrap_or_default()
    }

    fn flag(&mut self) -> Option<bool> {
        self.some(|dice| dice.below(2) == 0)
    }
}

fn message(number: u64, dice: &mut Dice) -> Message {
    let from = dice.person();
    Message {
        id: format!("m{number:04}"),
        internet_message_id: dice.some(|dice| format!("<{}@x>", dice.below(9))),
        conversation_id: dice.some(|dice| format!("AAQk{}=", dice.below(9))),
        subject: dice.some(|dice| dice.text(5)),
        body: dice.some(|dice| dice.text(12)),
        passages: Vec::new(),
        from_address: from.address,
        from_name: from.name,
        to_recipients: dice.list(3, Dice::person),
        cc_recipients: dice.list(2, Dice::person),
        bcc_recipients: dice.list(1, Dice::person),
        received: dice.some(Dice::moment),
        sent: dice.some(Dice::moment),
        has_attachments: dice.flag(),
        importance: dice.some(|dice| dice.pick(&["low", "normal", "high"])),
        categories: dice.list(2, |dice| dice.pick(&["Red", "red", "Blue Category", "x\"y"])),
        attachments: dice.list(2, Dice::file),
        size: dice.some(|dice| i64::try_from(dice.below(10)).unwrap_or_default()),
        delivered_to: dice.list(2, Dice::address),
        list_id: dice.some(|dice| dice.pick(&["dev.example.org", "Dev.Example.org"])),
        references: dice.list(2, |dice| format!("<{}@x>", dice.below(9))),
        kind: dice.some(|dice| dice.pick(&["email", "meeting"])),
        is_signed: dice.flag(),
        is_encrypted: dice.flag(),
        created: None,
        modified: None,
        version: None,
        newest: None,
        damage: None,
        other_parts: Vec::new(),
        places: vec![place(dice)],
    }
}

fn place(dice: &mut Dice) -> Place {
    Place {
        mailbox: dice.some(Dice::address),
        folder: dice.some(|dice| dice.pick(&["Inbox", "Archive/2024", "Archive/inbox", "x/2024"])),
        source: dice.some(|dice| dice.pick(&["datatap", "files"])),
        is_read: dice.flag(),
        is_flagged: dice.flag(),
        is_replied: dice.flag(),
        is_draft: dice.flag(),
        item_id: dice.some(|dice| dice.below(9).to_string()),
        fragment_id: None,
    }
}
