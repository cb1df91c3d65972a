//! What can come next at each cursor. Every row was reasoned and read by eye.

use postern_query::complete::{Cursor, Wanted, at};
use postern_query::{Code, SyntaxTree};
use proptest::prelude::*;

use crate::context;
use crate::random::query_text;

/// A text with its cursor as `‸`, the text that a completion replaces, and the first two proposals, or the kind of
/// value that the index proposes.
type Row = (&'static str, &'static str, &'static str);

/// Where a term begins.
const TERMS: &[Row] = &[
    ("‸", "", "subject: body:"),
    ("fr‸", "fr", "from:"),
    ("FR‸", "FR", "from:"),
    ("-fr‸", "fr", "from:"),
    ("–fr‸", "fr", "from:"),
    ("+fr‸", "fr", "from:"),
    ("--fr‸", "fr", "from:"),
    ("-‸", "", "subject: body:"),
    ("a -‸", "", "subject: body:"),
    ("+‸", "", "subject: body:"),
    ("!fr‸", "fr", "from:"),
    ("invoice fr‸", "fr", "from:"),
    ("invoice ‸", "", "subject: body:"),
    ("invoice  ‸  overdue", "", "subject: body:"),
    ("a,fr‸", "a,fr", ""),
    ("au‸", "au", "from:"),
    ("sen‸", "sen", "sent: from:"),
    ("rec‸", "rec", "recipients: received:"),
    ("ha‸", "ha", "has: hasattachment:"),
    ("is‸", "is", "is: isread:"),
    ("message‸", "message", "id:"),
    ("zzz‸", "zzz", ""),
    ("日本 fr‸", "fr", "from:"),
    ("10:30‸", "10:30", ""),
    ("re:‸", "re:", ""),
    ("http://fr‸", "http://fr", ""),
    ("C:\\fr‸", "C:\\fr", ""),
    ("a\tfr‸", "fr", "from:"),
    ("a\nfr‸", "fr", "from:"),
    ("a\u{3000}fr‸", "fr", "from:"),
    ("*‸", "*", ""),
    ("fr*‸", "fr*", ""),
    ("\u{0} fr‸", "fr", "from:"),
    ("fr‸\u{301}", "fr\u{301}", "from:"),
    ("ẞẞ fr‸", "fr", "from:"),
    ("İ:fr‸", "İ:fr", ""),
    ("a\u{ad}fr‸", "a\u{ad}fr", ""),
];

/// In a word, and before something.
const WORDS: &[Row] = &[
    ("fr‸om", "from", "from:"),
    ("f‸rom x", "from", "from: filename:"),
    ("invoice o‸verdue", "overdue", "older_than: before:"),
    ("inv‸oice", "invoice", ""),
    ("a f‸r b", "fr", "from: filename:"),
    ("‸from", "", "subject: body:"),
    ("‸ invoice", "", "subject: body:"),
    ("‸(a)", "", "subject: body:"),
    ("‸\"a b\"", "", "subject: body:"),
    ("‸/x/", "", "subject: body:"),
    ("‸-b", "", "id: thread:"),
    ("‸AND b", "", ""),
    ("fr‸\"x\"", "fr", "from:"),
    ("ha‸\"x\"", "ha", ""),
];

/// In the name of an operator that has its mark.
const NAMES: &[Row] = &[
    ("fr‸om:alice", "from", "from"),
    ("‸from:alice", "from", "subject body"),
    ("from‸:alice", "from", "from"),
    ("befo‸r:2024", "befor", "before"),
    ("b‸efor:2024-01", "befor", "body bcc"),
    ("rec‸eived>=2024", "received", "received"),
    ("si‸ze>5M", "size", "size"),
    ("s‸ize>5M", "size", "size"),
    ("i‸s:unread", "is", "is id"),
    ("h‸as:attachment", "has", "has bcc"),
    ("from‸:", "from", "from"),
    ("fr‸:", "fr", "from"),
    ("nosuch‸:x", "nosuch", ""),
    ("date‸:2024..2025", "date", "date"),
    ("x fr‸om:(a OR b)", "from", "from"),
    ("(fr‸om:a)", "from", "from"),
    ("from:(fr‸om:a)", "from", ""),
    ("received>‸=2024", "", ""),
    ("a:fr‸om:b", "from:b", ""),
    ("(fr‸om:a)(c:c)(to:b)", "from", "from"),
];

/// In a value.
const VALUES: &[Row] = &[
    ("from:‸", "", "<person>"),
    ("from: ‸", "", "<person>"),
    ("from:al‸", "al", "<person>"),
    ("from:al‸ma mast", "alma", "<person>"),
    ("-FROM:al‸", "al", "<person>"),
    ("sender:al‸", "al", "<person>"),
    ("from:‸alma", "alma", "<person>"),
    ("from:alma‸", "alma", "<person>"),
    ("from:alma ‸", "", "subject: body:"),
    ("from:alma,‸", "", "<person>"),
    ("from:alma,b‸,c", "b", "<person>"),
    ("from:‸,b", "", "<person>"),
    ("from:\"Alice S‸", "\"Alice S", "<person>"),
    ("from:\"Ali‸ce S\"", "\"Alice S\"", "<person>"),
    ("from:\"Alice S\"‸", "\"Alice S\"", "<person>"),
    ("from:\"Alice S\" x‸", "x", "category:"),
    ("from:“Ali‸", "“Ali", "<person>"),
    ("from:'al‸", "'al", "<person>"),
    ("from:<al‸", "<al", "<person>"),
    ("from:=al‸", "al", "<person>"),
    ("from>al‸", "al", ""),
    ("from:@con‸", "@con", "<person>"),
    ("from:a@b.com‸", "a@b.com", "<person>"),
    ("from:é‸", "é", "<person>"),
    ("to:‸ from:b", "", "<person>"),
    ("from:\"‸", "\"", "<person>"),
    ("from:\"‸\"", "\"\"", "<person>"),
    ("from:\"\"‸", "\"\"", "<person>"),
    ("from:‸\"a b\"", "\"a b\"", "<person>"),
    ("from:\"a \\\" b‸\"", "\"a \\\" b\"", "<person>"),
    ("mailbox:an‸", "an", "<person>"),
    ("deliveredto:‸", "", "<person>"),
    ("is:un‸read", "unread", "unread"),
    ("is:‸", "", "read unread"),
    ("is:r‸", "r", "read replied"),
    ("is:re‸ed", "reed", "read replied"),
    ("flag:dr‸", "dr", "draft"),
    ("has:‸", "", "attachment"),
    ("has:att‸x", "attx", "attachment"),
    ("hasattachment:t‸", "t", "true"),
    ("isread:‸", "", "true false"),
    ("importance:h‸", "h", "high"),
    ("importance:low,‸", "", "low normal"),
    ("importance:l‸ow,high", "low", "low"),
    ("importance:low,h‸", "h", "high"),
    ("kind:m‸", "m", "meeting"),
    ("kind:email,‸", "", "email meeting"),
    ("kind:e‸mail,file", "email", "email"),
    ("sort:ne‸", "ne", "newest"),
    ("sort:s‸", "s", "smallest sender"),
    ("order:‸", "", "newest oldest"),
    ("mime:app‸", "app", "application/pdf application/zip"),
    ("mime:image/*,te‸", "te", "text/plain text/html"),
    ("in:Se‸", "Se", "<folder>"),
    ("in:\"Se‸", "\"Se", "<folder>"),
    ("in:\"Se‸nt Items\" x", "\"Sent Items\"", "<folder>"),
    ("in:\"Se‸ OR x", "\"Se", "<folder>"),
    ("in:\"Se‸nt x", "\"Sent", "<folder>"),
    ("in:\"Sent It‸ems x", "\"Sent Items", "<folder>"),
    ("(in:\"Se‸) x", "\"Se", "<folder>"),
    ("in:“Se‸nt” x", "“Sent”", "<folder>"),
    ("in:a,‸b", "a,b", "<folder>"),
    ("in:a/b‸", "a/b", "<folder>"),
    ("in:a:b‸", "a:b", "<folder>"),
    ("𝒳 in:𝒳‸", "𝒳", "<folder>"),
    ("category:a,b‸", "b", "<category>"),
    ("category:\"a b\",‸", "", "<category>"),
    ("category:a,\"b ‸c\"", "\"b c\"", "<category>"),
    ("category:a,‸\"b\"", "\"b\"", "<category>"),
    ("category:a;b‸", "b", "<category>"),
    ("category:promotions,‸", "", "<category>"),
    ("label:‸", "", "<category>"),
    ("ext:p‸", "p", "<extension>"),
    ("ext:pdf,d‸oc", "doc", "<extension>"),
    ("filename:q‸", "q", "<file>"),
    ("file:\"q 3‸\"", "\"q 3\"", "<file>"),
    ("list:an‸", "an", "<list>"),
    ("source:‸", "", "<source>"),
    ("subject:in‸", "in", ""),
    ("body:‸", "", ""),
    ("thread:ab‸", "ab", ""),
    ("id:<a‸", "<a", ""),
    ("contents:x‸", "x", ""),
    ("ref:‸", "", ""),
    ("nosuch:‸", "", ""),
    ("nosuch:x‸", "x", ""),
    ("nosuch:x ‸", "", "subject: body:"),
];

/// In a date or a size.
const RANGES: &[Row] = &[
    ("date:‸", "", "today yesterday"),
    ("date:la‸", "la", "last_week last_month"),
    ("date:\"last w‸", "\"last w", "last_week"),
    ("date:\"last w‸eek\" x", "\"last week\"", "last_week"),
    ("after:ye‸", "ye", "yesterday"),
    ("before:mo‸nday x", "monday", "monday"),
    ("date:2024..‸", "", "today yesterday"),
    ("date:2024..to‸", "to", "today"),
    ("date:ye‸..today", "ye", "yesterday"),
    ("date:‸..today", "", "today yesterday"),
    ("received>=‸", "", "today yesterday"),
    ("received>=ye‸", "ye", "yesterday"),
    ("received:>=ye‸", "ye", "yesterday"),
    ("sent<‸2024", "2024", "today yesterday"),
    ("modified:t‸", "t", "today this_week"),
    ("until:‸x", "x", "today yesterday"),
    ("newer_than:3‸", "3", "3d 3m"),
    ("older_than:‸", "", "1d 3d"),
    ("newer_than>=‸", "", ""),
    ("size>1‸", "1", "100K 1M"),
    ("size:1M..‸", "", "100K 500K"),
    ("larger:5‸", "5", "500K 5M"),
    ("size:‸", "", "100K 500K"),
];

/// In brackets.
const GROUPS: &[Row] = &[
    ("(‸", "", "subject: body:"),
    ("(fr‸", "fr", "from:"),
    ("(fr‸)", "fr", "from:"),
    ("()‸", "", "subject: body:"),
    ("((fr‸", "fr", "from:"),
    ("{fr‸", "fr", "from:"),
    ("{fr‸ to:b}", "fr", "from:"),
    ("{‸}", "", "subject: body:"),
    ("(mast OR is:un‸", "un", "unread"),
    ("(from:al) inv‸", "inv", ""),
    ("from:a AND (‸", "", "subject: body:"),
    ("from:a AND (fr‸", "fr", "from:"),
    ("from:a AND (‸)", "", "subject: body:"),
    ("from:a AND (to:‸", "", "<person>"),
    ("from:(‸", "", "<person>"),
    ("from:(al‸", "al", "<person>"),
    ("from:(bob OR al‸", "al", "<person>"),
    ("from:(bob ‸)", "", "<person>"),
    ("from:(bob) al‸", "al", ""),
    ("from:(alma OR b‸)", "b", "<person>"),
    ("from:(‸alma)", "alma", "<person>"),
    ("from:{a b‸", "b", "<person>"),
    ("from:((a) b‸", "b", "<person>"),
    ("from:(a) (‸", "", "subject: body:"),
    ("from:(-al‸", "al", "<person>"),
    ("from:(-‸", "", "<person>"),
    ("from:(a,b‸)", "b", "<person>"),
    ("from: (al‸", "al", "<person>"),
    ("from:(subject:x OR al‸", "al", "<person>"),
    ("is:(unread OR fl‸", "fl", "flagged"),
    ("in:(inbox OR \"Se‸", "\"Se", "<folder>"),
    ("subject:(a fr‸", "fr", ""),
    ("size:(‸", "", "100K 500K"),
    ("a) fr‸", "fr", "from:"),
    ("ANY(fr‸", "fr", "from:"),
    ("(c:c)(fr‸", "fr", "from:"),
];

/// Behind and in operators, quotes and faults.
const MARKS: &[Row] = &[
    ("a AND ‸", "", "subject: body:"),
    ("a AND fr‸", "fr", "from:"),
    ("a OR ‸", "", "subject: body:"),
    ("a OR fr‸om x", "from", "from:"),
    ("so‸", "so", "sort: source:"),
    ("(so‸", "so", "sort: source:"),
    ("a OR so‸", "so", "source:"),
    ("-so‸", "so", "source:"),
    ("a | fr‸", "fr", "from:"),
    ("a || fr‸", "fr", "from:"),
    ("a |‸", "", "subject: body:"),
    ("a|‸b", "", "subject: body:"),
    ("a AN‸D b", "", ""),
    ("a AND‸", "", ""),
    ("a OR‸", "", ""),
    ("NOT ‸", "", "subject: body:"),
    ("NOT fr‸", "fr", "from:"),
    ("a XOR fr‸", "fr", "from:"),
    ("a NEAR/5 ‸", "", ""),
    ("a NEAR/5 fr‸", "fr", ""),
    ("subject:b NEAR/5 su‸", "su", "subject:"),
    ("a NE‸AR/5 b", "", ""),
    ("a NEAR/5‸", "", ""),
    ("a and fr‸", "fr", "from:"),
    ("ANDREW fr‸", "fr", "from:"),
    ("AND fr‸", "fr", "from:"),
    ("OR ‸", "", "subject: body:"),
    ("a (c‸:c)(b)", "", ""),
    ("\"fr‸", "\"fr", ""),
    ("\"fr‸om\"", "\"from\"", ""),
    ("\"a\" fr‸", "fr", "from:"),
    ("\"a b\"~‸5", "", ""),
    ("\"a \\\" fr‸", "\"a \\\" fr", ""),
    ("“fr‸", "“fr", ""),
    ("„a“ fr‸", "fr", "from:"),
    ("/fr‸/", "", ""),
    ("from:/x‸/", "", ""),
    ("))((\"‸", "\"", ""),
    ("form:x AND (befor:y fr‸", "fr", "from:"),
    ("befor:x fr‸", "fr", "from:"),
    ("from: OR fr‸", "fr", "from:"),
    ("a OR OR fr‸", "fr", "from:"),
    ("[a TO fr‸]", "fr]", "from:"),
    ("a w/5 fr‸", "fr", "from:"),
    ("is:reed fr‸", "fr", "from:"),
];

fn check(rows: &[Row]) {
    let mut wrong = Vec::new();
    for (marked, replaced, expected) in rows {
        let (before, after) = marked.split_once('‸').unwrap();
        let text = format!("{before}{after}");
        let context = context();
        let cursor = Cursor::new(&text, before.len(), &context);
        let found = (cursor.typing().span.slice(&text), shown(&cursor));
        if found != (*replaced, (*expected).to_owned()) {
            wrong.push(format!("{marked}: {found:?}, not {:?}", (replaced, expected)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn shown(cursor: &Cursor<'_>) -> String {
    let of_index = match cursor.typing().wanted {
        Wanted::Operator | Wanted::Name | Wanted::Word(_) | Wanted::Anything => {
            let first = cursor.proposals(2).into_iter().map(|one| one.text);
            return first.collect::<Vec<_>>().join(" ");
        }
        Wanted::Person(_) => "<person>",
        Wanted::FileName => "<file>",
        Wanted::Extension => "<extension>",
        Wanted::Category => "<category>",
        Wanted::Folder => "<folder>",
        Wanted::MailingList => "<list>",
        Wanted::Source => "<source>",
        Wanted::Set => "<set>",
    };
    of_index.to_owned()
}

#[test]
fn at_terms_words_and_names() {
    check(TERMS);
    check(WORDS);
    check(NAMES);
}

#[test]
fn at_values() {
    check(VALUES);
    check(RANGES);
}

#[test]
fn in_brackets_and_behind_marks() {
    check(GROUPS);
    check(MARKS);
}

#[test]
fn two_hundred_positions() {
    let all = [TERMS, WORDS, NAMES, VALUES, RANGES, GROUPS, MARKS];
    assert!(all.iter().map(|rows| rows.len()).sum::<usize>() >= 200);
}

#[test]
fn values_are_quoted_where_they_need_it() {
    let context = context();
    for (text, value, expected) in [
        ("in:", "Inbox", Some("Inbox")),
        ("in:", "Sent Items", Some("\"Sent Items\"")),
        ("in:", "snoozed", Some("\"snoozed\"")),
        ("category:", "a,b", Some("\"a,b\"")),
        ("category:", "promotions", Some("\"promotions\"")),
        ("filename:", "q*.pdf", Some("\"q*.pdf\"")),
        ("from:(", "OR", Some("\"OR\"")),
        ("from:", "--", None),
        ("from:", "@contoso.com", Some("@contoso.com")),
        ("ext:", "tar.gz", None),
    ] {
        let cursor = Cursor::new(text, text.len(), &context);
        assert_eq!(cursor.value(value).as_deref(), expected, "{text}{value}");
    }
}

/// The faults of a text, each code as often as it occurs.
fn faults(text: &str) -> Vec<Code> {
    let context = context();
    let read = SyntaxTree::parse(text, context.limits).and_then(|tree| tree.resolve(&context));
    read.err().iter().flat_map(postern_query::Errors::as_slice).map(|error| error.code).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn no_cursor_panics(text in query_text(), cursor in 0..60_usize) {
        let typing = at(&text, cursor);
        prop_assert!(text.get(typing.span.start..typing.span.end).is_some());
        let at = text.floor_char_boundary(cursor);
        prop_assert!(typing.span.start <= at && at <= typing.span.end);
    }

    /// Of each kind of fault there are no more than before. An operator waits for a value.
    #[test]
    fn no_proposal_adds_a_fault(text in query_text(), cursor in 0..60_usize, value in "\\PC{0,4}") {
        let (context, before) = (context(), faults(&text));
        let cursor = Cursor::new(&text, cursor, &context);
        let fixed = cursor.proposals(100).into_iter().map(|one| one.text);
        for proposal in fixed.chain(cursor.value(&value)) {
            let waits = cursor.typing().wanted == Wanted::Operator
                && proposal.ends_with(':')
                && !touches(&text, cursor.typing().span.end);
            let samples = if waits { SAMPLES } else { &[""] };
            let adds_none = samples.iter().any(|sample| {
                let after = faults(&cursor.applied(&format!("{proposal}{sample}")));
                after.iter().all(|code| count(&after, *code) <= count(&before, *code))
            });
            prop_assert!(adds_none, "{text} + {proposal}");
        }
    }
}

/// Values that some operator takes.
const SAMPLES: &[&str] =
    &["a", "2024", "1", "1d", "true", "read", "attachment", "low", "email", "newest", "a/b"];

fn count(faults: &[Code], code: Code) -> usize {
    faults.iter().filter(|one| **one == code).count()
}

/// Whether a value touches the place.
fn touches(text: &str, place: usize) -> bool {
    let rest = text.get(place..).unwrap_or_default();
    rest.starts_with(|c: char| !c.is_whitespace() && !")}|".contains(c))
}
