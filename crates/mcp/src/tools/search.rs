//! `search`: messages that a query finds.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Told, Tool, arguments, find, row};
use crate::answer::Answer;
use crate::api::Api;

/// Messages where nothing is said, and at most.
const LIMIT: usize = 20;
const LIMIT_AT_MOST: usize = 50;

pub(super) const TOOL: Tool = Tool {
    name: "search",
    description: "Finds collected mail and files by a query, such as: from:alice has:attachment after:2024-01 \"annual report\". \
                  Words beside each other must all be there; OR, NOT and brackets work. Gives one row for each message, \
                  who answered and how complete that is. Call syntax_help for the operators. A query with faults comes \
                  back with the place, a hint and, as `fixed`, the whole corrected query.",
    arguments: || {
        json!({
            "query": {"type": "string", "description": "What to look for. Nothing finds everything."},
            "limit": {"type": "integer", "minimum": 1, "maximum": LIMIT_AT_MOST, "default": LIMIT},
            "cursor": {"type": "string", "description": "The `next cursor` of the answer before, with the same query, sort and limit."},
            "sort": {"type": "string", "enum": ["newest", "oldest", "relevance", "largest", "smallest", "sender", "subject"]},
        })
    },
    required: &["query"],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    query: String,
    limit: Option<usize>,
    cursor: Option<String>,
    sort: Option<String>,
}

pub(super) async fn call(api: &Api, given: Value) -> Told {
    let Arguments { query, limit, cursor, sort } = arguments(given)?;
    let limit = limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_AT_MOST).contains(&limit) {
        return Err(format!("code: invalid_arguments\nerror: `limit` is 1 to {LIMIT_AT_MOST}\n"));
    }
    let question = [("limit", limit.into()), ("cursor", cursor.into()), ("highlight", true.into())];
    let question = question.map(|(name, value): (&str, Value)| (name.to_owned(), value));
    let found = find(api, &query, sort.as_deref(), question.into_iter().collect()).await?;
    Ok(answer(&found))
}

fn answer(found: &Value) -> String {
    let mut answer = Answer::of_mail();
    row::told(&mut answer, found);
    let rows = found["results"].as_array().map(Vec::as_slice).unwrap_or_default();
    found["nextCursor"].as_str().into_iter().for_each(|cursor| answer.line("next cursor", cursor));
    // Each row has its share, so that none is left out because of others.
    let share = answer.room() / rows.len().max(1);
    for (number, message) in rows.iter().enumerate() {
        let facts = format!("{}. {}", number + 1, row::facts(message));
        answer.paragraph(&facts);
        let snippet = message.pointer("/snippet/text").and_then(Value::as_str).unwrap_or_default();
        let text = format!("{}\nsnippet: {}", row::head(message), crate::answer::one_line(snippet));
        answer.mail(&text, share.saturating_sub(facts.len() + 1));
    }
    answer.finish()
}
