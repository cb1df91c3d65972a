//! `get_message`: one message with a piece of its body.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Told, Tool, arguments, other, row};
use crate::answer::Answer;
use crate::api::Api;

/// Characters of a body where nothing is said.
const LENGTH: usize = 8_000;

pub(super) const TOOL: Tool = Tool {
    name: "get_message",
    description: "Shows one message: its head, and of its body `length` characters from `offset` on. The answer says \
                  how long the body is and where to go on.",
    arguments: || {
        json!({
            "id": {"type": "string", "description": "The id of a message, as search says it."},
            "offset": {"type": "integer", "minimum": 0, "default": 0, "description": "In characters."},
            "length": {"type": "integer", "minimum": 1, "default": LENGTH, "description": "In characters."},
        })
    },
    required: &["id"],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    id: String,
    #[serde(default)]
    offset: usize,
    #[serde(default = "length")]
    length: usize,
}

const fn length() -> usize {
    LENGTH
}

pub(super) async fn call(api: &Api, given: Value) -> Told {
    let Arguments { id, offset, length } = arguments(given)?;
    shown(api, &id, offset, length.max(1)).await
}

/// As much of a message as fits into an answer: what the resource of a message holds.
pub(crate) async fn whole(api: &Api, id: &str) -> Told {
    shown(api, id, 0, usize::MAX).await
}

async fn shown(api: &Api, id: &str, offset: usize, length: usize) -> Told {
    let message = api.get("/v1/messages", id).await.map_err(|refused| other(&refused))?;
    let mut answer = Answer::of_mail();
    answer.line("message", row::facts(&message));
    answer.mail(&row::head(&message), 4 << 10);
    body(
        &mut answer,
        message.get("body").and_then(Value::as_str).unwrap_or_default(),
        offset,
        length,
    );
    Ok(answer.finish())
}

fn body(answer: &mut Answer, body: &str, offset: usize, length: usize) {
    let all = body.chars().count();
    let start = body.char_indices().nth(offset).map_or(body.len(), |(start, _)| start);
    let rest = body.get(start..).unwrap_or_default();
    let wanted: String = rest.chars().take(length).collect();
    let fits = answer.fitting(&wanted);
    let end = offset.min(all) + fits;
    answer.line("body", format!("characters {} to {end} of {all}", offset.min(all)));
    answer.mail(&wanted.chars().take(fits).collect::<String>(), usize::MAX);
    if end < all {
        answer.cut(format!("the body goes on; ask again with offset {end}"));
    }
}
