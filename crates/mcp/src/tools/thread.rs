//! `get_thread`: a conversation, oldest first.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Told, Tool, arguments, other, row};
use crate::answer::Answer;
use crate::api::Api;

/// Bytes of one message at least: with less it says nothing.
const LEAST: usize = 600;

pub(super) const TOOL: Tool = Tool {
    name: "get_thread",
    description: "Shows a conversation, oldest message first: the head of each message and the beginning of its body.",
    arguments: || json!({"id": {"type": "string", "description": "The id of one of its messages, as search says it."}}),
    required: &["id"],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    id: String,
}

pub(super) async fn call(api: &Api, given: Value) -> Told {
    let Arguments { id } = arguments(given)?;
    let thread = api.get("/v1/threads", &id).await.map_err(|refused| other(&refused))?;
    Ok(answer(&thread))
}

fn answer(thread: &Value) -> String {
    let mut answer = Answer::of_mail();
    let messages = thread["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    answer.line("messages", messages.len());
    answer.line("complete", &thread["complete"]);
    let shown = messages.len().min(answer.room() / LEAST);
    let share = answer.room() / shown.max(1);
    for (number, message) in messages.iter().take(shown).enumerate() {
        let facts = format!("{}. {}", number + 1, row::facts(message));
        answer.paragraph(&facts);
        let body = message["body"].as_str().unwrap_or_default();
        let text = format!("{}\n\n{body}", row::head(message));
        if !answer.mail(&text, share.saturating_sub(facts.len() + 1)) {
            answer.cut("bodies are cut short; get_message shows one whole");
        }
    }
    if shown < messages.len() || thread["complete"].as_bool() == Some(false) {
        answer.cut("there are more messages; search for thread:ID sort:oldest, with its cursor, finds them all");
    }
    answer.finish()
}
