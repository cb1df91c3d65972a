//! Text to clauses, row by row. Rows named after a Lucene test are that test's.

use super::{Clause, Leaf, Mode, Node, Occur, Words, classic, simple};
use crate::Error;

/// Clauses as Lucene writes them: `+required -prohibited optional`. The pieces of one term stand in
/// angle brackets.
fn form(node: &Node) -> String {
    match node {
        Node::Everything => "*:*".to_owned(),
        Node::Leaf(leaf) => leaf_form(leaf),
        Node::Clauses(clauses) => clauses.iter().map(clause_form).collect::<Vec<_>>().join(" "),
    }
}

fn clause_form(clause: &Clause) -> String {
    let mark = match clause.occur {
        Occur::Optional => "",
        Occur::Required => "+",
        Occur::Prohibited => "-",
    };
    match &clause.node {
        node @ Node::Clauses(_) => format!("{mark}({})", form(node)),
        node @ (Node::Leaf(_) | Node::Everything) => format!("{mark}{}", form(node)),
    }
}

fn leaf_form(leaf: &Leaf) -> String {
    let field = leaf.field.as_ref().map_or(String::new(), |field| format!("{}:", field.value));
    let words = match &leaf.words {
        Words::Pieces(pieces) => format!("<{}>", pieces.join(" ")),
        Words::Phrase(tokens) if tokens.len() == 1 => tokens.join(""),
        Words::Phrase(tokens) => format!("\"{}\"", tokens.join(" ")),
        Words::Pattern(shape) => shape.to_string(),
        Words::Fuzzy(fuzzy) => format!("{}~{}", fuzzy.token(), fuzzy.edits()),
        Words::Sloppy(sloppy) => format!("\"{}\"~{}", sloppy.tokens.join(" "), sloppy.slop),
        Words::Regex(regex) => format!("/{}/", regex.as_str()),
    };
    field + &words
}

fn answer(parsed: Result<Option<Node>, Error>) -> String {
    match parsed {
        Ok(None) => String::new(),
        Ok(Some(node)) => form(&node),
        Err(error) => format!("{}: {}", error.code, error.title),
    }
}

#[track_caller]
fn full(text: &str, expected: &str) {
    full_in(Mode::Any, text, expected);
}

#[track_caller]
fn full_in(mode: Mode, text: &str, expected: &str) {
    let parsed = classic::parse(text, mode).map(|parsed| parsed.node);
    assert_eq!(answer(parsed), expected, "{text:?} in {mode:?}");
}

/// The code and the characters at fault.
#[track_caller]
fn refused(text: &str, code: &str, at: &str) {
    let Err(error) = classic::parse(text, Mode::Any) else { panic!("{text:?} is accepted") };
    assert_eq!((error.code.as_str(), error.span.slice(text)), (code, at), "{text:?}: {error}");
    assert!(error.hint.is_some(), "{text:?}: {error}");
}

#[track_caller]
fn plain(mode: Mode, text: &str, expected: &str) {
    assert_eq!(answer(simple::parse(text, mode)), expected, "{text:?} in {mode:?}");
}

/// `QueryParserTestBase.testSimple`.
#[test]
fn clauses() {
    full("term term term", "term term term");
    full("türm term term", "türm term term");
    full("a AND b", "+a +b");
    full("(a AND b)", "+a +b");
    full("c OR (a AND b)", "c (+a +b)");
    full("a AND NOT b", "+a -b");
    full("a AND -b", "+a -b");
    full("a AND !b", "+a -b");
    full("a && b", "+a +b");
    full("a && ! b", "+a b");
    full("a OR b", "a b");
    full("a || b", "a b");
    full("a OR !b", "a -b");
    full("a OR -b", "a -b");
    full("a OR NOT b", "a -b");
    full("+term -term term", "+term -term term");
    full("foo:term AND field:anotherTerm", "+foo:term +field:anotherterm");
    full("term AND \"phrase phrase\"", "+term +\"phrase phrase\"");
    full("\"hello there\"", "\"hello there\"");
    full("germ term^2.0", "germ term");
    full("(term)^2.0 (foo bar)^2", "term ((foo bar))");
    full("(foo OR bar) AND (baz OR boo)", "+(foo bar) +(baz boo)");
    full("((a OR b) AND NOT c) OR d", "(+(a b) -c) d");
    full("+(apple \"steve jobs\") -(foo bar baz)", "+(apple \"steve jobs\") -(foo bar baz)");
    full("+title:(dog OR cat) -author:\"bob dole\"", "+(title:dog title:cat) -author:\"bob dole\"");
}

/// `QueryParserTestBase.testPrecedence`; there is none.
#[test]
fn no_precedence() {
    full("A AND B OR C AND D", "+a +b +c +d");
    full("a AND b OR c", "+a +b c");
    full("a OR b AND c", "a +b +c");
}

/// `QueryParserTestBase.testDefaultOperator` and `addClause`.
#[test]
fn mode_all() {
    full_in(Mode::All, "a b", "+a +b");
    full_in(Mode::All, "a OR b", "a b");
    full_in(Mode::All, "a b OR c", "+a b c");
    full_in(Mode::All, "-a OR b", "-a b");
    full_in(Mode::All, "a OR +b", "a b");
    full_in(Mode::All, "a OR NOT b c", "a -b +c");
    full_in(Mode::All, "foo-bar x", "+<foo bar> +x");
}

/// `QueryParserTestBase.testOperatorVsWhitespace`, `testSlop`, `testNumber`, `testQueryStringEscaping`.
#[test]
fn tokens() {
    full("a -b", "a -b");
    full("a - b + c ! d", "a b c d");
    full("a&b a|b AND&& ANDROID", "<a b> <a b> and android");
    full("foo-bar-", "<foo bar>");
    full("a!b", "a -b");
    full("3 6-9-2001", "3 <6 9 2001>");
    full("+a\u{3000}-b\n\tc", "+a -b c");
    full("\"a AND b\" \"(+\\\"q\"", "\"a and b\" q");
    full("and or not", "and or not");
}

/// A clause without a token vanishes, but its operator has marked the clause before it.
#[test]
fn nothing_to_look_for() {
    full("a AND \"\"", "a");
    full("a AND 🎉 b", "+a b");
    full("🎉 🎈", "");
    full("(🎉)", "");
    full("-🎉 a", "a");
    full("-a 🎉", "-a");
    full("(-a)", "-a");
    full("(-a)^2", "(-a)");
    full("🎉 (-a)", "(-a)");
    full("+(-a)", "+(-a)");
}

/// `QueryParserTestBase.testWildcard`, `testLeadingWildcardType`, `testEscapedWildcard`.
#[test]
fn patterns() {
    full("term* te?m Te*M^3", "term* te?m te*m");
    full("term*^2 term*~ [", "unsupported: ranges are no part of query text");
    full("term*~1 te?m~", "term* te?m");
    full("air-condition*", "air-condition*");
    full("foo\\*bar* fo\\O*r", "foo*bar* foO*r");
    full("*foo", "syntax: a term cannot start with `*` or `?`");
    full("?", "syntax: a term cannot start with `*` or `?`");
    full("a AND *", "syntax: a term cannot start with `*` or `?`");
    full("\\*foo*", "syntax: a term cannot start with `*` or `?`");
    full("\\*foo?", "*foo?");
    let long = format!("{}*", "a".repeat(1_001));
    full(&long, "too_long: a pattern is longer than 1000 characters");
    plain(Mode::Any, &long, "too_long: a pattern is longer than 1000 characters");
}

/// `QueryParserTestBase.testFuzzy…`, `testSlop`, `testRegexps`.
#[test]
fn fuzzy_near_and_regular() {
    full("term~ TERM~2 term^3~0 term~1^3 b", "term~2 term~2 term~0 term~1 b");
    full("a~b c", "a~2 c");
    full("a-b~1", "a-b~1");
    full("term~3", "invalid_number: a term may be spelt within 0, 1 or 2 edits");
    full("term~0.7", "invalid_number: a term may be spelt within 0, 1 or 2 edits");
    full(
        "\"a b\"~5 \"a b\"~ \"a b\"~0.9 \"a\"~5 \"a b\"^2~1",
        "\"a b\"~5 \"a b\" \"a b\" a \"a b\"~1",
    );
    full("/[A-Z][123]/^0.5 field:/a\\/(b c)/ d", "/[a-z][123]/ field:/a\\/(b c)/ d");
    full("/a(b/", "invalid_regex: this is no regular expression: expected `)`");
    full(
        "/a~b/",
        "unsupported: a regular expression cannot be answered: complement `~` cannot be answered here",
    );
}

/// `QueryParserTestBase.testEscaped`, `testEscapedVsUnicode`.
#[test]
fn escapes() {
    full("\\[brackets \\(a\\ b\\) XY\\u005a \\\\", "brackets <a b> xyz");
    full("a\\u0062c:x \\-b \\AND", "abc:x b and");
    full("toRecipients\\/address:x", "toRecipients/address:x");
    full("\\uD83C\\uDF89 \\uD83Cx", "x");
}

#[test]
fn fields() {
    full("toRecipients/address:x@y.com", "toRecipients/address:<x y.com>");
    full("-toRecipients/name:(a b)", "-(toRecipients/name:a toRecipients/name:b)");
    full("content:deferred tax", "content:deferred tax");
    full("a:(b c:d \"e f\" g*)", "a:b c:d a:\"e f\" a:g*");
    full("*:x", "*:x");
}

/// `QueryParserTestBase.testException`, `testEscaped`.
#[test]
fn refusals() {
    refused("\"some phrase", "unclosed_quote", "\"");
    refused("(foo bar", "unclosed_group", "(");
    refused("(", "unclosed_group", "(");
    refused("foo bar))", "unclosed_group", ")");
    refused("field:term:with:colon some more terms", "syntax", ":");
    refused("(sub query)^5.0^2.0 plus more", "syntax", "^2.0");
    refused("secret AND illegal) AND access:confidential", "unclosed_group", ")");
    refused("XY\\", "syntax", "\\");
    refused("XY\\u004", "syntax", "XY\\u004");
    refused("a AND", "missing_operand", "AND");
    refused("OR b", "missing_operand", "OR");
    refused("a && || b", "missing_operand", "||");
    refused("a AND ()", "missing_operand", "()");
    refused("(a AND ) b", "missing_operand", "AND");
    refused("a -", "missing_operand", "-");
    refused("+-a", "missing_operand", "-");
    refused("subject:-a", "missing_operand", "-");
    refused("subject:", "missing_operand", ":");
    refused("(a b)~2", "syntax", "~2");
    refused("a]", "syntax", "]");
    refused("é [a TO b} c", "unsupported", "[a TO b}");
    refused("a^b", "syntax", "^");
    refused(
        "a^9999999999999999999999999999999999999999",
        "invalid_number",
        "^9999999999999999999999999999999999999999",
    );
    refused("see http://example.com/x", "syntax", "/");
    refused("c:/users", "syntax", "/");
}

/// `TestSimpleQueryParser`: operators, groups, negation.
#[test]
fn simple_trees() {
    use Mode::{All, Any};
    plain(Any, "foo bar", "foo bar");
    plain(All, "foo bar", "+foo +bar");
    plain(Any, "foo+bar foo|bar", "(+foo +bar) foo bar");
    plain(Any, "budget hotel +pool", "+(budget hotel) +pool");
    plain(All, "a|b c", "+(a b) +c");
    plain(All, "a b | c", "(+a +b) c");
    plain(All, "a b | c | d e", "+((+a +b) c d) +e");
    plain(All, "(a|b) c", "+(a b) +c");
    plain(Any, "wifi -luxury", "wifi (-luxury *:*)");
    plain(All, "wifi -luxury", "+wifi +(-luxury *:*)");
    plain(Any, "--foo", "foo");
    plain(Any, "-(foo bar)", "-(foo bar) *:*");
    plain(Any, "pool - ocean", "pool ocean");
    plain(Any, "foo-bar foo AND bar", "<foo bar> foo and bar");
    plain(Any, "\"foo bar\" fo* foo~1 subject:a", "\"foo bar\" fo* <foo 1> subject:a");
}

/// `TestSimpleQueryParser.testEscaped…`, `testGarbage…`, `testStarBecomesMatchAll`.
#[test]
fn simple_garbage() {
    let any = |text, expected| plain(Mode::Any, text, expected);
    any("\\+foo \\\"a\\ b\\\" f\\oo \\-x", "foo <a b> foo x");
    any("foo\\* fo*o * a**", "foo <fo o> a**");
    any("+", "");
    any("|| ++ foo + | bar", "+foo +bar");
    any("(foo bar", "foo bar");
    any("foo) bar", "foo bar");
    any("\"foo", "foo");
    any("foo + () bar", "foo bar");
    any("foo + \"\" bar", "foo bar");
    any("foo + 🎉 bar", "+foo +bar");
    any("foo (🎉) bar\\", "foo bar");
    any("(\"a (b\" c) d", "\"a b\" c d");
    any("(\"a (b)\" c) d", "(\"a b\" c) d");
    any("(a\\) b) c", "(a b) c");
}
