//! `explain`: what a query means, and what each engine would be sent.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Told, Tool, arguments};
use crate::answer::{Answer, refusal};
use crate::api::Api;

pub(super) const TOOL: Tool = Tool {
    name: "explain",
    description: "Says in words what a query means, its canonical text, remarks, and how faithfully each engine can say it. \
                  It searches nothing.",
    arguments: || json!({"query": {"type": "string"}}),
    required: &["query"],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    query: String,
}

pub(super) async fn call(api: &Api, given: Value) -> Told {
    let Arguments { query } = arguments(given)?;
    let told = api.post("/v1/translate", &json!({"q": query})).await;
    told.map(|told| answer(&told)).map_err(|refused| refusal(&refused, &query))
}

/// There is no text of mail in it: all of it is made of the query.
fn answer(told: &Value) -> String {
    let mut answer = Answer::of_ours();
    for name in ["canonical", "english"] {
        told[name].as_str().into_iter().for_each(|text| answer.line(name, text));
    }
    messages(&mut answer, "advice", &told["advice"]);
    for (name, target) in told["targets"].as_object().into_iter().flatten() {
        let direction = target["direction"].as_str().map(|way| format!(", {way}"));
        let fidelity = target["fidelity"].as_str().unwrap_or_default();
        answer.line(name, format!("{fidelity}{}", direction.unwrap_or_default()));
        messages(&mut answer, "  note", &target["notes"]);
        if !target["sent"].is_null() {
            answer.line("  sent", &target["sent"]);
        }
    }
    answer.finish()
}

fn messages(answer: &mut Answer, name: &str, remarks: &Value) {
    let remarks = remarks.as_array().into_iter().flatten();
    let messages = remarks.filter_map(|one| one["message"].as_str());
    messages.for_each(|message| answer.line(name, message));
}
