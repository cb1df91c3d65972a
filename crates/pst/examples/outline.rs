//! Prints a line of JSON for each message of a data file: its number and folder, its subject, the length of
//! its text, its recipients, and its attachments with their SHA-256. `outline FILE [--deleted]`

#![expect(clippy::print_stdout, reason = "it prints what it finds")]

use std::error::Error;
use std::fs::File;

use postern_pst::{Content, DataFile, Item, Options, Property, Value};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

const TEXTS: [u16; 3] = [0x1000, 0x1009, 0x1013];

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: outline FILE [--deleted]")?;
    let with_deleted = std::env::args().any(|argument| argument == "--deleted");
    let file = DataFile::open(File::open(path)?, Options { with_deleted, ..Options::default() })?;
    for message in file.messages() {
        let item = match file.item(&message) {
            Ok(item) => outline(&item),
            Err(error) => json!({ "error": error.to_string() }),
        };
        let folder = file.folder(&message).path.join("/");
        println!("{}", json!({ "node": message.node(), "folder": folder, "item": item }));
    }
    for missing in file.missing() {
        println!(
            "{}",
            json!({ "node": missing.node, "folder": file.path(missing.folder).path.join("/") })
        );
    }
    println!("{}", json!({ "damaged": file.is_damaged(), "password": file.has_password() }));
    Ok(())
}

fn outline(item: &Item) -> Json {
    let has_text =
        item.properties.iter().any(|one| TEXTS.contains(&one.number) && is_text(&one.value));
    json!({
        "subject": text(&item.properties, 0x0037),
        "text": text(&item.properties, 0x1000),
        "hasText": has_text,
        "recipients": item.recipients.len(),
        "attachments": item.attachments.iter().map(|one| attachment(&one.content)).collect::<Vec<_>>(),
        "lost": item.lost,
    })
}

fn is_text(value: &Value) -> bool {
    match value {
        Value::Text(text) => !text.is_empty(),
        Value::Narrow(bytes) | Value::Bytes(bytes) => !bytes.is_empty(),
        _ => false,
    }
}

fn text(properties: &[Property], number: u16) -> Json {
    match properties.iter().find(|one| one.number == number).map(|one| &one.value) {
        Some(Value::Text(text)) => json!(text),
        Some(Value::Narrow(text)) => json!(String::from_utf8_lossy(text)),
        _ => Json::Null,
    }
}

fn attachment(content: &Content) -> Json {
    match content {
        Content::Bytes(bytes) | Content::Ole(bytes) => {
            let digest: String =
                Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            json!({ "length": bytes.len(), "sha256": digest })
        }
        Content::Item(item) => outline(item),
        Content::None => Json::Null,
        other => json!(format!("{other:?}")),
    }
}
