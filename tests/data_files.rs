//! Outlook data files, from the file to what a search finds.

#[path = "../crates/pst/tests/writer/mod.rs"]
mod writer;

use postern_pst::{Attachment, Content, Item, Property, Value};
use writer::{Form, Placed, write};

use crate::ingest::Setting;

fn text(number: u16, text: &str) -> Property {
    Property { number, value: Value::Text(text.to_owned()) }
}

fn message(number: u32) -> Placed {
    let properties = vec![
        text(0x001a, "IPM.Note"),
        text(0x0037, &format!("Voyage {number}")),
        text(0x0c1f, "ann@contoso.com"),
        text(0x1000, &format!("harbour {}", "and more ".repeat(800))),
    ];
    let recipient = vec![text(0x3001, "Bob Ray"), text(0x3003, "bob@contoso.com")];
    let file = Attachment {
        properties: vec![
            text(0x3707, "berths.txt"),
            Property { number: 0x3705, value: Value::Integer(1) },
        ],
        content: Content::Bytes(b"pelican ".repeat(2000)),
    };
    let item =
        Item { properties, recipients: vec![recipient], attachments: vec![file], lost: vec![] };
    (vec!["Inbox".into(), "Harbour".into()], item)
}

/// The path of the mailbox, so that the first folder names it.
const FILE: &str = "ann@contoso.com/archive.pst";

#[test]
fn data_files_of_every_form_are_read_whole() {
    for form in Form::ALL {
        let setting = Setting::new();
        let items: Vec<_> = (0..30).map(message).collect();
        setting.write(FILE, write(form, &items));
        let summary = setting.index(&[]);
        assert_eq!(
            (&summary["indexed"], &summary["unreadableCount"]),
            (&30.into(), &0.into()),
            "{form:?}"
        );
        for (query, expected) in [
            ("subject:voyage", "30"),
            ("from:ann to:bob harbour", "30"),
            ("filename:berths.txt contents:pelican", "30"),
            ("in:Harbour", "30"),
        ] {
            assert_eq!(setting.count(query), expected, "{form:?}: {query}");
        }
    }
}

#[test]
fn a_damaged_data_file_is_read_as_far_as_it_goes_and_says_so() {
    let setting = Setting::new();
    let items: Vec<_> = (0..30).map(message).collect();
    let mut bytes = write(Form::ALL[3], &items);
    // The end of the tree of blocks is not there.
    bytes.truncate(bytes.len() - 4096);
    setting.write(FILE, bytes);
    let summary = setting.index(&[]);
    assert_eq!(summary["indexed"], 30, "{summary}");
    assert_eq!(setting.count("harbour contents:pelican"), "30");
    let told = summary["unreadable"][0]["reason"].as_str().unwrap();
    assert!(
        told.starts_with("the file is damaged: every message that could still be found"),
        "{summary}"
    );
}

#[test]
fn a_data_file_with_a_password_is_read_and_said_to_have_one() {
    let setting = Setting::new();
    setting.write(FILE, write(Form { password: 0x1234_5678, ..Form::ALL[3] }, &[message(1)]));
    let summary = setting.index(&[]);
    assert_eq!(summary["indexed"], 1);
    assert_eq!(summary["notMailCount"], 0, "{summary}");
    let told = summary["notes"][0]["reason"].as_str().unwrap();
    assert!(told.contains("asks Outlook for a password"), "{summary}");
}

#[test]
fn data_files_that_cannot_be_opened_say_why() {
    let whole = write(Form::ALL[3], &[message(1)]);
    for (at, bytes, told) in [
        (513, &[0x10][..], "Windows encrypted the file"),
        (10, &[38, 0], "newer than the versions that are read"),
    ] {
        let setting = Setting::new();
        let mut changed = whole.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        setting.write(FILE, changed);
        let summary = setting.index(&[]);
        let reason = summary["unreadable"][0]["reason"].as_str().unwrap();
        assert!(reason.contains(told), "{summary}");
    }
}
