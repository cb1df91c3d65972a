//! No literal gets out of its quotes, in any target.

use postern_query::emit::elasticsearch::{self, Profile};
use postern_query::emit::{aqs, kql};
use postern_query::{Query, odata};
use proptest::prelude::*;
use serde_json::Value;

/// Quotes of every kind, escapes, brackets, delimiters, operators, controls, characters that turn
/// the direction of text, and characters of four bytes.
fn literal() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z]{1,3}",
        Just("\"".to_owned()),
        Just("'".to_owned()),
        Just("\\".to_owned()),
        Just("\\\"".to_owned()),
        Just("“".to_owned()),
        Just("*".to_owned()),
        Just("\" OR size>0 OR \"".to_owned()),
        Just("\"}},{\"match_all\":{}},{\"x\":{\"y\":\"".to_owned()),
        Just(" NOT ".to_owned()),
        Just(")(".to_owned()),
        Just("a:b".to_owned()),
        Just("NEAR(3)".to_owned()),
        Just("\u{202e}".to_owned()),
        Just("\u{0}".to_owned()),
        Just("\n".to_owned()),
        Just("𝒳".to_owned()),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

/// Queries that hold a literal in different places.
fn queries(literal: &str) -> Vec<Query> {
    let quoted = format!("'{}'", literal.replace('\'', "''"));
    let filters = [
        format!("fromName eq {quoted}"),
        format!("isRead and (fromName ne {quoted} or hasAttachments)"),
        format!("categories/any(c: c eq {quoted})"),
        format!("attachments/any(x: x/name eq {quoted})"),
        format!("toRecipients/any(r: r/name eq {quoted} or r/address eq {quoted})"),
    ];
    filters.iter().map(|filter| odata::parse_filter(filter).unwrap()).collect()
}

/// The texts of a JSON value.
fn texts<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(members) => members.values().for_each(|value| texts(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A token of a text of terms, as a reader without any knowledge of the writer sees it.
#[derive(Debug, PartialEq)]
enum Token {
    Bracket(char),
    /// A run without spaces, brackets and quotes.
    Bare(String),
    /// What stands between two quotes, which nothing escapes.
    Quoted(String),
}

/// Nothing where a quote is left open.
fn lex(text: &str) -> Option<Vec<Token>> {
    let (mut tokens, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let (head, tail) = rest.split_at(first.len_utf8());
        rest = match head {
            " " => tail,
            "(" | ")" => {
                tokens.push(Token::Bracket(first));
                tail
            }
            "\"" => {
                let (inside, after) = tail.split_once('"')?;
                tokens.push(Token::Quoted(inside.to_owned()));
                after
            }
            _ => {
                let end = rest.find([' ', '(', ')', '"']).unwrap_or(rest.len());
                let (bare, after) = rest.split_at(end);
                tokens.push(Token::Bare(bare.to_owned()));
                after
            }
        };
    }
    Some(tokens)
}

/// The tokens with the literal replaced; the text must be that of a harmless literal.
fn skeleton(text: &str, literal: &str) -> Option<Vec<Token>> {
    let tokens = lex(text)?.into_iter();
    let tokens = tokens.map(|token| match token {
        Token::Quoted(inside) if inside == literal => Token::Quoted("x y".to_owned()),
        Token::Bare(bare) => match bare.strip_suffix(literal) {
            Some(name) if name.ends_with(':') => Token::Bare(name.to_owned()),
            _ => Token::Bare(bare),
        },
        other => other,
    });
    // A bare literal stands for a quoted one.
    let mut same = Vec::new();
    for token in tokens {
        let opens = matches!(&token, Token::Bare(name) if name.ends_with(':'));
        let quoted = matches!(token, Token::Quoted(_));
        if quoted && matches!(same.last(), Some(Token::Quoted(_))) {
            same.pop();
        }
        same.push(token);
        if opens {
            same.push(Token::Quoted("x y".to_owned()));
        }
    }
    Some(same)
}

proptest! {
    #![proptest_config(crate::properties::cases(400))]

    #[test]
    fn json_keeps_literals(literal in literal()) {
        for query in queries(&literal) {
            for profile in [Profile::OpenSearch, Profile::Quickwit] {
                let body = elasticsearch::compile(&query, profile).sent.unwrap().to_string();
                let value: Value = serde_json::from_str(&body).unwrap();
                let mut found = Vec::new();
                texts(&value, &mut found);
                prop_assert!(found.contains(&literal.as_str()), "{literal:?} in {body}");
                prop_assert!(!body.contains(['\u{202e}', '\u{0}', '\n']), "{body:?}");
                let members = value.as_object().unwrap().keys().collect::<Vec<_>>();
                prop_assert_eq!(members, ["query", "sort"]);
            }
        }
    }

    /// What is sent for a literal has the shape of what is sent for a harmless one.
    #[test]
    fn terms_keep_literals(literal in literal()) {
        for (query, harmless) in queries(&literal).iter().zip(queries("x y")) {
            for compile in [kql::compile, aqs::compile] {
                let Some(text) = compile(query).sent else { continue };
                let model = compile(&harmless).sent.unwrap();
                prop_assert_eq!(
                    skeleton(&text, &literal), skeleton(&model, "x y"), "{:?} as {}", literal, text
                );
            }
        }
    }
}
