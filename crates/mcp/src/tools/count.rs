//! `count`: how many messages a query finds, by sender, month and so on.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Told, Tool, arguments, find, row};
use crate::answer::{Answer, one_line};
use crate::api::Api;

/// What can be counted by.
const BY: [&str; 13] = [
    "sender",
    "domain",
    "mailbox",
    "folder",
    "year",
    "month",
    "day",
    "kind",
    "type",
    "extension",
    "category",
    "hasAttachment",
    "source",
];

/// Whose values come from dates and the like, and from no sender.
const OURS: [&str; 5] = ["year", "month", "day", "kind", "hasAttachment"];

pub(super) const TOOL: Tool = Tool {
    name: "count",
    description: "Counts the messages that a query finds, and with `by` the most frequent values of one field.",
    arguments: || {
        json!({
            "query": {"type": "string", "description": "What to count. Nothing counts everything."},
            "by": {"type": "string", "enum": BY},
        })
    },
    required: &["query"],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    query: String,
    by: Option<String>,
}

pub(super) async fn call(api: &Api, given: Value) -> Told {
    let Arguments { query, by } = arguments(given)?;
    if by.as_deref().is_some_and(|by| !BY.contains(&by)) {
        return Err(format!("code: invalid_arguments\nerror: `by` is one of {}\n", BY.join(", ")));
    }
    let question = [("limit", 0.into()), ("facets", by.iter().cloned().collect())];
    let question = question.map(|(name, value): (&str, Value)| (name.to_owned(), value));
    let found = find(api, &query, None, question.into_iter().collect()).await?;
    let mut answer = Answer::of_mail();
    row::told(&mut answer, &found);
    if let Some(by) = by {
        values(&mut answer, &found, &by);
    }
    Ok(answer.finish())
}

fn values(answer: &mut Answer, found: &Value, by: &str) {
    if let Some(why) = found.pointer(&format!("/facetsMissing/{by}")).and_then(Value::as_str) {
        return answer.line("not counted", why);
    }
    let Some(facet) = found.pointer(&format!("/facets/{by}")) else { return };
    let values = facet["values"].as_array().map(Vec::as_slice).unwrap_or_default();
    let lines = values.iter().map(|one| {
        let value = one["value"].as_str().unwrap_or_default();
        format!("{} {}", one["count"], one_line(value))
    });
    let lines = lines.collect::<Vec<_>>().join("\n");
    answer.line(&format!("values of {by}"), values.len());
    answer.line("other values", &facet["others"]);
    if OURS.contains(&by) {
        answer.paragraph(&lines);
    } else if !answer.mail(&lines, usize::MAX) {
        answer.cut("not all values fit into 32 KiB; ask with a narrower query");
    }
}
