//! Small items of our own making.

use std::io::{Cursor, Write as _};

use postern_query::Message;

use super::{Contents, OutlookItem, Properties, Value};
use crate::parse;
use postern_query::Place;

// ---- .msg ----

/// The storage, the length of the head, and the properties with their types.
type Fixed<'f> = (&'f str, usize, &'f [(u32, u64)]);

/// A `.msg` file with streams of text, and fixed properties, at the given paths.
fn msg(streams: &[(&str, &[u8])], fixed: &[Fixed<'_>]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (folder, head, values) in fixed {
        file.create_storage_all(folder).unwrap();
        let mut bytes = vec![0; *head];
        for (tag, value) in *values {
            bytes.extend(tag.to_le_bytes());
            bytes.extend([0; 4]);
            bytes.extend(value.to_le_bytes());
        }
        let path = format!("{folder}/__properties_version1.0");
        file.create_stream(path).unwrap().write_all(&bytes).unwrap();
    }
    for (path, bytes) in streams {
        file.create_stream(path).unwrap().write_all(bytes).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A message from an Exchange mailbox with a recipient, a file, a picture in its text, and a message.
fn exchange() -> Vec<u8> {
    let inner = "/__attach_version1.0_#00000002/__substg1.0_3701000D";
    let texts: Vec<(String, Vec<u8>)> = [
        ("/__substg1.0_0037001F", "Größe"),
        ("/__substg1.0_001A001F", "IPM.Note"),
        ("/__substg1.0_0042001F", "Ann"),
        ("/__substg1.0_0065001F", "/O=CONTOSO/OU=EX/CN=RECIPIENTS/CN=ANN"),
        ("/__substg1.0_5D02001F", "ann@contoso.com"),
        ("/__substg1.0_1000001F", "the\r\ntext"),
        ("/__substg1.0_1035001F", "<m@contoso.com>"),
        ("/__substg1.0_1042001F", "<root@contoso.com>"),
        ("/__substg1.0_8005101F-00000000", "Red"),
        ("/__substg1.0_8005101F-00000001", "to do"),
        ("/__substg1.0_8006101F-00000000", "no category"),
        ("/__recip_version1.0_#00000000/__substg1.0_3001001F", "'bob@x.com'"),
        ("/__recip_version1.0_#00000000/__substg1.0_3003001F", "bob@x.com"),
        ("/__attach_version1.0_#00000000/__substg1.0_3707001F", "plan.pdf"),
        ("/__attach_version1.0_#00000000/__substg1.0_370E001F", "application/PDF"),
        ("/__attach_version1.0_#00000001/__substg1.0_3707001F", "logo.png"),
        (&format!("{inner}/__substg1.0_0037001F"), "inside"),
        (&format!("{inner}/__substg1.0_1000001F"), "needle"),
    ]
    .map(|(path, text)| (path.to_owned(), wide(text)))
    .into();
    let mut streams: Vec<_> =
        texts.iter().map(|(path, text)| (path.as_str(), text.as_slice())).collect();
    // The name at byte 0 of the second stream is that of 0x8005.
    let entry = [0, 0, 0, 0, 5, 0, 5, 0];
    let names = [&16_u32.to_le_bytes()[..], &wide("Keywords")].concat();
    streams.push(("/__nameid_version1.0/__substg1.0_00030102", &entry));
    streams.push(("/__nameid_version1.0/__substg1.0_00040102", &names));
    streams.push(("/__substg1.0_8005101F", &[0; 8]));
    streams.push(("/__attach_version1.0_#00000000/__substg1.0_37010102", b"12345"));
    let ticks = 133_485_408_000_000_000; // 2024-01-01T00:00:00Z
    msg(
        &streams,
        &[
            ("/__nameid_version1.0", 0, &[]),
            (
                "/",
                32,
                &[(0x0e06_0040, ticks), (0x0017_0003, 2), (0x0e07_0003, 1), (0x1081_0003, 103)],
            ),
            ("/__recip_version1.0_#00000000", 8, &[(0x0c15_0003, 2)]),
            ("/__attach_version1.0_#00000000", 8, &[(0x3705_0003, 1)]),
            ("/__attach_version1.0_#00000001", 8, &[(0x7ffe_000b, 1)]),
            ("/__attach_version1.0_#00000002", 8, &[(0x3705_0003, 5)]),
            (inner, 24, &[]),
        ],
    )
}

fn read(raw: &[u8]) -> Message {
    parse(
        raw,
        &Place { mailbox: Some("ann".into()), folder: Some("Inbox".into()), ..Place::NOWHERE },
    )
}

#[test]
fn a_message_of_exchange() {
    let message = read(&exchange());
    assert_eq!(message.subject.as_deref(), Some("Größe"));
    assert_eq!(message.from_name.as_deref(), Some("Ann"));
    assert_eq!(message.from_address.as_deref(), Some("ann@contoso.com"));
    assert_eq!(message.cc_recipients[0].address.as_deref(), Some("bob@x.com"));
    assert_eq!(message.cc_recipients[0].name.as_deref(), Some("bob@x.com"));
    assert_eq!(message.body.as_deref(), Some("the\ntext"));
    assert_eq!(message.received.unwrap().to_string(), "2024-01-01T00:00:00Z");
    assert_eq!(message.internet_message_id.as_deref(), Some("<m@contoso.com>"));
    assert_eq!(message.references, ["<root@contoso.com>"]);
    assert_eq!(message.importance.as_deref(), Some("high"));
    assert_eq!((message.place().is_read, message.place().is_draft), (Some(true), Some(false)));
    assert_eq!((message.place().is_replied, message.place().is_flagged), (Some(true), None));
    assert_eq!(message.categories, ["Red", "to do"]);
    assert_eq!(message.place().folder.as_deref(), Some("Inbox"));
    let files: Vec<_> = message
        .attachments
        .iter()
        .map(|file| (file.name.as_deref(), file.content_type.as_deref(), file.size))
        .collect();
    assert_eq!(
        files,
        [
            (Some("plan.pdf"), Some("application/pdf"), Some(5)),
            (Some("inside"), Some("message/rfc822"), None),
        ]
    );
    assert_eq!(message.attachments[1].text.as_deref(), Some("inside\nneedle"));
}

/// Of an item of a damaged data file there may be no more than its row in the folder.
#[test]
fn items_that_cannot_be_opened_are_what_their_folder_lists() {
    const DAMAGE: &str = "only what its folder lists of it could be read";
    let listed = |row: i64, subject: &str| {
        let mut properties = Properties::default();
        properties.insert(0x001a, Value::Text("IPM.Contact".into()));
        properties.insert(0x0037, Value::Text(subject.into()));
        properties.insert(0x67f2, Value::Number(row));
        let item =
            OutlookItem { properties, damage: Some(DAMAGE.into()), ..OutlookItem::default() };
        super::message(&item, &Place::default(), &mut Contents::default())
    };
    let message = listed(1, "Ann Lee");
    assert_eq!(
        (message.subject.as_deref(), message.kind.as_deref()),
        (Some("Ann Lee"), Some("contact"))
    );
    assert_eq!(message.damage.as_deref(), Some(DAMAGE));
    assert_eq!(message.id, listed(1, "Ann Lee").id);
    assert_ne!(message.id, listed(2, "Ann Lee").id, "another row is another item");
}

#[test]
fn other_compound_files_are_no_items() {
    let word = msg(&[("/WordDocument", b"x")], &[]);
    assert!(!super::is_item(&word) && super::is_item(&exchange()));
}

#[test]
fn damaged_items_are_read_as_far_as_they_go() {
    let whole = exchange();
    for at in (0..whole.len()).step_by(61) {
        read(&whole[..at]);
        let mut changed = whole.clone();
        changed[at] ^= 0xff;
        read(&changed);
    }
}

// ---- TNEF ----

fn attribute(level: u8, id: u32, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap();
    [&[level][..], &id.to_le_bytes(), &length.to_le_bytes(), content, &[0, 0]].concat()
}

fn winmail() -> Vec<u8> {
    let mut properties = 3_u32.to_le_bytes().to_vec();
    let padded = |text: &str| {
        let text = wide(text);
        let mut bytes = u32::try_from(text.len()).unwrap().to_le_bytes().to_vec();
        bytes.extend(text);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    };
    for (tag, text) in [(0x1000_001f_u32, "secret text"), (0x0037_001f, "Plan")] {
        properties.extend(tag.to_le_bytes());
        properties.extend(1_u32.to_le_bytes());
        properties.extend(padded(text));
    }
    properties.extend(0x8001_101f_u32.to_le_bytes());
    properties.extend(super::names::PUBLIC_STRINGS);
    properties.extend(1_u32.to_le_bytes());
    properties.extend(padded("Keywords\0"));
    properties.extend(2_u32.to_le_bytes());
    properties.extend([padded("Red\0"), padded("to do\0")].concat());
    [
        b"\x78\x9f\x3e\x22\x01\x00".to_vec(),
        attribute(1, 0x0006_9007, &1252_u64.to_le_bytes()),
        attribute(1, 0x0006_9003, &properties),
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0001_8010, b"caf\xe9.pdf\0"),
        attribute(2, 0x0006_800f, b"123"),
    ]
    .concat()
}

#[test]
fn a_file_of_its_own() {
    let message = read(&winmail());
    assert_eq!(message.subject.as_deref(), Some("Plan"));
    assert_eq!(message.body.as_deref(), Some("secret text"));
    assert_eq!(message.categories, ["Red", "to do"]);
    assert_eq!(message.attachments[0].name.as_deref(), Some("café.pdf"));
    assert_eq!(message.attachments[0].size, Some(3));
}

#[test]
fn the_wrapping_of_a_message_is_opened() {
    let mut raw = b"Subject: outer\nContent-Type: multipart/mixed; boundary=b\n\n\
        --b\nContent-Type: application/ms-tnef; name=winmail.dat\n\
        Content-Disposition: attachment; filename=winmail.dat\nContent-Transfer-Encoding: binary\n\n"
        .to_vec();
    raw.extend(winmail());
    raw.extend(b"\n--b--\n");
    let message = read(&raw);
    assert_eq!(message.subject.as_deref(), Some("outer"));
    assert_eq!(message.body.as_deref(), Some("secret text"));
    let names: Vec<_> = message.attachments.iter().map(|file| file.name.as_deref()).collect();
    assert_eq!(names, [Some("café.pdf")]);
}

#[test]
fn damaged_wrappings_are_read_as_far_as_they_go() {
    let whole = winmail();
    for at in 0..whole.len() {
        read(&whole[..at]);
        for bit in [0x01, 0x80] {
            let mut changed = whole.clone();
            changed[at] ^= bit;
            read(&changed);
        }
    }
}

// ---- an EML of it, and its outline ----

/// What is searched for in an item is there in the EML that is made of it.
#[test]
fn an_eml_says_what_the_item_says() {
    let raw = exchange();
    let (item, eml) = (parse(&raw, &Place::NOWHERE), super::eml_of(&raw).unwrap());
    let made = parse(&eml, &Place::NOWHERE);
    let text = String::from_utf8_lossy(&eml);
    let is_marked = text.contains("X-Postern-Made-From: application/vnd.ms-outlook");
    assert!(is_marked && text.contains(&item.id), "{text}");
    assert_eq!((&made.subject, &made.received), (&item.subject, &item.received));
    assert_eq!((&made.from_name, &made.from_address), (&item.from_name, &item.from_address));
    let addresses = |message: &Message| -> Vec<_> {
        message.cc_recipients.iter().map(|one| one.address.clone()).collect()
    };
    assert_eq!((addresses(&made), made.to_recipients.len()), (addresses(&item), 0));
    assert_eq!(made.internet_message_id, item.internet_message_id);
    assert_eq!((&made.references, &made.categories), (&item.references, &item.categories));
    let words = |message: &Message| -> Vec<String> {
        message.body.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect()
    };
    assert_eq!(words(&made), words(&item));
    let names = |message: &Message| -> Vec<_> {
        message.attachments.iter().map(|file| file.name.clone()).collect()
    };
    assert_eq!(names(&made), names(&item));
    assert_eq!(super::eml_of(&raw).unwrap(), eml, "the same each time");
}

/// Whoever writes a subject, a name, an id or the name of a file writes no header of what is made of the item, and
/// closes no quotes in it.
#[test]
fn no_value_of_an_item_makes_a_header() {
    for end in [
        "\r\n", "\n", "\r", "\u{b}", "\u{85}", "\u{2028}", "\0\r\n", "\r\n\r\n", "\"\r\n", ";\r\n ",
    ] {
        let evil = wide(&format!(
            "a{end}X-Injected: yes{end}; name=\"b.exe\"; x=\"{end}Bcc: mallory@evil.example"
        ));
        let headers = wide(&format!(
            "X-Kept: a\rX-Injected: yes\r\nX-Other{end}X-Mailer: b\r\n\r\nX-Injected: yes\r\n"
        ));
        let class = wide("IPM.Note");
        let (recipient, file) = ("/__recip_version1.0_#00000000", "/__attach_version1.0_#00000000");
        let inside = format!("{file}/__substg1.0_");
        let names = [
            "/__substg1.0_0037001F",
            "/__substg1.0_0042001F",
            "/__substg1.0_5D02001F",
            "/__substg1.0_1035001F",
            "/__substg1.0_1042001F",
            "/__substg1.0_1039001F",
        ];
        let of_people = ["3001001F", "3003001F", "39FE001F"]
            .map(|tag| format!("{recipient}/__substg1.0_{tag}"));
        let of_files = ["3707001F", "370E001F", "3712001F"].map(|tag| format!("{inside}{tag}"));
        let hostile = names.iter().map(|name| (*name).to_owned()).chain(of_people).chain(of_files);
        let hostile: Vec<_> = hostile.collect();
        for kept in [Some(&headers), None] {
            let mut streams: Vec<(&str, &[u8])> = vec![("/__substg1.0_001A001F", &class)];
            streams.extend(hostile.iter().map(|path| (path.as_str(), evil.as_slice())));
            streams.extend(kept.map(|headers| ("/__substg1.0_007D001F", headers.as_slice())));
            let content = format!("{inside}37010102");
            streams.push((&content, b"12345"));
            let fixed: [Fixed<'_>; 3] = [
                ("/", 32, &[]),
                (recipient, 8, &[(0x0c15_0003, 1)]),
                (file, 8, &[(0x3705_0003, 1)]),
            ];
            let eml = String::from_utf8(super::eml_of(&msg(&streams, &fixed)).unwrap()).unwrap();
            let lines = eml.split(['\r', '\n', '\u{b}', '\u{85}', '\u{2028}', '\0']);
            for line in lines {
                let is_made =
                    ["X-Injected", "Bcc: mallory"].iter().any(|name| line.starts_with(name));
                assert!(!is_made, "{end:?} makes {line:?} of {eml}");
            }
            let made = parse(eml.as_bytes(), &Place::NOWHERE);
            assert_eq!(made.attachments.len(), 1, "{end:?}: {eml}");
            let name = made.attachments[0].name.clone().unwrap();
            assert!(name.starts_with('a') && name.contains("b.exe\"; x="), "{end:?}: {name}");
            assert!(made.bcc_recipients.is_empty(), "{end:?}: {eml}");
        }
    }
}

#[test]
fn an_outline_is_of_whole_files_alone() {
    let raw = exchange();
    let outline = super::outline(&raw).unwrap();
    assert_eq!(outline.subject.as_deref(), Some("Größe"));
    assert_eq!(outline.from_address.as_deref(), Some("ann@contoso.com"));
    assert_eq!(outline.sent, parse(&raw, &Place::NOWHERE).sent);
    for length in (0..raw.len()).step_by(64) {
        assert_eq!(super::outline(&raw[..length]), None, "cut at {length} of {}", raw.len());
    }
    assert_eq!(super::outline(b"<html><body>Please sign in</body></html>"), None);
}

/// Two people, each with a whole address: it is from the first, not from whoever sent it for them.
#[test]
fn who_it_is_from_comes_before_who_sent_it() {
    let texts: Vec<(String, Vec<u8>)> = [
        ("/__substg1.0_001A001F", "IPM.Note"),
        ("/__substg1.0_0042001F", "Ann"),
        ("/__substg1.0_0065001F", "ann@x.com"),
        ("/__substg1.0_0C1A001F", "The list"),
        ("/__substg1.0_0C1F001F", "list-admin@x.com"),
    ]
    .map(|(path, text)| (path.to_owned(), wide(text)))
    .into();
    let streams: Vec<_> = texts.iter().map(|(path, text)| (path.as_str(), &**text)).collect();
    let message = parse(&msg(&streams, &[("/", 32, &[])]), &Place::NOWHERE);
    assert_eq!(message.from_address.as_deref(), Some("ann@x.com"));
    assert_eq!(message.from_name.as_deref(), Some("Ann"));
}
