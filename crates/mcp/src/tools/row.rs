//! A message as a row: first what we know of it, then what its sender wrote, between marks.

use serde_json::Value;

use crate::answer::{Answer, one_line};

/// Characters of one value in a row.
const VALUE: usize = 200;
/// People and files of each kind in a row.
const LISTED: usize = 3;
/// Notes, and advice, of one answer.
const REMARKS: usize = 5;

/// Our own words on a message.
pub(crate) fn facts(message: &Value) -> String {
    let mut facts = vec![format!("id={}", id(message))];
    for (name, key) in
        [("received", "receivedDateTime"), ("sent", "sentDateTime"), ("bytes", "size")]
    {
        match &message[key] {
            Value::Null => {}
            Value::String(text) => facts.push(format!("{name}={}", one_line(text))),
            other => facts.push(format!("{name}={other}")),
        }
    }
    let files = message["attachments"].as_array().map_or(0, Vec::len);
    if files > 0 {
        facts.push(format!("attachments={files}"));
    }
    facts.join(" ")
}

/// The id, which a `.jsonl` document may have brought: only one of plain signs stands among our own words.
pub(crate) fn id(message: &Value) -> String {
    let id = message["id"].as_str().unwrap_or_default();
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=' | '+' | '/');
    id.chars().filter(|c| plain(*c)).take(VALUE).collect()
}

/// What its sender wrote at its head: one line for each value, none of which can begin another.
pub(crate) fn head(message: &Value) -> String {
    let mut lines = Vec::new();
    let mut line = |name: &str, text: Option<String>| {
        let text = text.map(|text| one_line(&text)).filter(|text| !text.is_empty());
        lines.extend(text.map(|text| format!("{name}: {}", short(&text))));
    };
    line("subject", message["subject"].as_str().map(str::to_owned));
    line("from", Some(person(&message["from"])));
    line("to", Some(list(&message["to"], person)));
    line("cc", Some(list(&message["cc"], person)));
    line("files", Some(list(&message["attachments"], |file| text(&file["name"]))));
    line("place", Some(place(message)));
    lines.join("\n")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn person(person: &Value) -> String {
    let (name, address) = (text(&person["name"]), text(&person["address"]));
    match (name.is_empty(), address.is_empty()) {
        (false, false) => format!("{} ({})", short(&name), short(&address)),
        _ => name + &address,
    }
}

fn place(message: &Value) -> String {
    let parts = [text(&message["mailbox"]), text(&message["folder"])];
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" / ")
}

fn list(values: &Value, said: impl Fn(&Value) -> String) -> String {
    let values = values.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut texts: Vec<_> = values.iter().take(LISTED).map(|value| short(&said(value))).collect();
    if values.len() > LISTED {
        texts.push(format!("and {} more", values.len() - LISTED));
    }
    texts.join(", ")
}

fn short(text: &str) -> String {
    match text.char_indices().nth(VALUE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Who answered and how complete that is, which stands in every answer.
pub(crate) fn told(answer: &mut Answer, found: &Value) {
    let is_exact = found.pointer("/count/exact").and_then(Value::as_bool) == Some(true);
    let exact = if is_exact { "exact" } else { "at least" };
    let count = found.pointer("/count/value").unwrap_or(&Value::Null);
    answer.line("count", format!("{count} ({exact})"));
    let served = &found["servedBy"];
    let reason = served["reason"].as_str().map(|why| format!(", because {why}"));
    let engine = served["engine"].as_str().unwrap_or_default();
    answer.line("served by", format!("{engine}{}", reason.unwrap_or_default()));
    covered(answer, &found["coverage"]);
    for missing in ["filesMissing", "highlightMissing"] {
        found[missing].as_str().into_iter().for_each(|why| answer.line("missing", why));
    }
    understood(answer, &found["query"]);
}

fn covered(answer: &mut Answer, coverage: &Value) {
    if !coverage.is_object() {
        return;
    }
    let as_of = coverage["asOf"].as_str().map(|when| format!(", as of {when}")).unwrap_or_default();
    let (indexed, known) = (&coverage["indexed"], &coverage["known"]);
    answer.line("coverage", format!("{indexed} of {known} known messages{as_of}"));
    if let Some(files) = coverage["filesWithoutContent"].as_u64() {
        answer.line("files without content", files);
    }
    let sources = coverage["notAsked"].as_array().into_iter().flatten().filter_map(Value::as_str);
    sources.for_each(|source| answer.line("not asked", source));
}

fn understood(answer: &mut Answer, query: &Value) {
    query["canonical"].as_str().into_iter().for_each(|text| answer.line("query", text));
    let direction = query["direction"].as_str().map(|way| format!(", {way}")).unwrap_or_default();
    let fidelity = query["fidelity"].as_str().unwrap_or_default();
    answer.line("fidelity", format!("{fidelity}{direction}"));
    let notes = query["notes"].as_array().into_iter().flatten();
    notes.filter_map(Value::as_str).take(REMARKS).for_each(|note| answer.line("note", note));
    let advice = query["advice"].as_array().into_iter().flatten();
    let advice = advice.filter_map(|one| one["message"].as_str()).take(REMARKS);
    advice.for_each(|one| answer.line("advice", one));
}
