//! Writes a data file for other programs to read: `write FORM MESSAGES FILE`, where FORM is a number from 0
//! to 6 (see `Form::ALL`). What is in it follows from the number of each message.

#[path = "../tests/writer/mod.rs"]
mod writer;

use std::error::Error;

use postern_pst::{Attachment, Content, Item, Property, Value};
use writer::{Form, Placed, write};

fn main() -> Result<(), Box<dyn Error>> {
    let [form, messages, path] = std::env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "usage: write FORM MESSAGES FILE")?;
    let form = *Form::ALL.get(form.parse::<usize>()?).ok_or("there is no such form")?;
    let items: Vec<Placed> = (0..messages.parse()?).map(placed).collect();
    std::fs::write(path, write(form, &items))?;
    Ok(())
}

fn placed(number: u32) -> Placed {
    (
        vec!["Inbox".into(), format!("Folder {}", number % 5)],
        message(number, number.is_multiple_of(3)),
    )
}

fn message(number: u32, with_inner: bool) -> Item {
    let properties = vec![
        text(0x001a, "IPM.Note"),
        text(0x0037, &format!("Message {number}")),
        time(0x0039, number),
        text(0x0c1a, &format!("Sender {number}")),
        text(0x0c1e, "SMTP"),
        text(0x0c1f, &format!("sender{number}@contoso.com")),
        time(0x0e06, number),
        property(0x0e07, Value::Integer(1)),
        text(
            0x1000,
            &format!("Text of message {number}. {}", "Grüße, 日本. ".repeat(number as usize % 700)),
        ),
    ];
    let recipients = (0..=number % 40).map(recipient).collect();
    let length = match number % 4 {
        0 => 0,
        1 => 10,
        2 => 5000,
        _ => 100_000,
    };
    let mut attachments = vec![attachment(number, length)];
    if with_inner {
        let inner = Content::Item(Box::new(message(number + 1_000_000, false)));
        attachments.push(Attachment {
            properties: vec![property(0x3705, Value::Integer(5)), text(0x3001, "inner")],
            content: inner,
        });
    }
    Item { properties, recipients, attachments, lost: Vec::new() }
}

fn recipient(number: u32) -> Vec<Property> {
    vec![
        property(0x0c15, Value::Integer(1)),
        text(0x3001, &format!("Recipient {number}")),
        text(0x3002, "SMTP"),
        text(0x3003, &format!("recipient{number}@contoso.com")),
    ]
}

fn attachment(number: u32, length: usize) -> Attachment {
    let bytes: Vec<u8> =
        format!("{number} ").into_bytes().into_iter().cycle().take(length).collect();
    let properties = vec![
        text(0x3704, "file.bin"),
        property(0x3705, Value::Integer(1)),
        text(0x3707, &format!("file {number}.bin")),
    ];
    Attachment { properties, content: Content::Bytes(bytes) }
}

fn property(number: u16, value: Value) -> Property {
    Property { number, value }
}

fn text(number: u16, text: &str) -> Property {
    property(number, Value::Text(text.to_owned()))
}

/// 2024-01-01, and as many seconds later.
fn time(number: u16, seconds: u32) -> Property {
    property(number, Value::Time(133_485_408_000_000_000 + i64::from(seconds) * 10_000_000))
}
