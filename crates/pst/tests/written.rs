//! What is written is read again, in every form.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod writer;

use std::io::Cursor;

use postern_pst::{Attachment, Content, DataFile, Item, Listed, Options, Property, Value};
use proptest::collection::vec;
use proptest::prelude::*;
use writer::{Form, Placed, node, write};

/// The numbers that a table gives its rows by itself.
const OF_ROWS: std::ops::RangeInclusive<u16> = 0x67f2..=0x67f3;

fn open(bytes: Vec<u8>) -> DataFile<Cursor<Vec<u8>>> {
    DataFile::open(Cursor::new(bytes), Options::default()).unwrap()
}

/// Every item of the file, with its folders.
fn read(bytes: Vec<u8>) -> Vec<Placed> {
    let file = open(bytes);
    let read = file.messages().map(|message| {
        assert_eq!((message.listed, message.is_found), (Listed::Yes, false));
        let folder = file.folder(&message);
        assert!(!folder.is_lost);
        (folder.path, plain(file.item(&message).unwrap()))
    });
    let read = read.collect();
    assert!(!file.is_damaged() && file.missing().next().is_none());
    read
}

/// The item without what tables say of their rows.
fn plain(mut item: Item) -> Item {
    for recipient in &mut item.recipients {
        recipient.retain(|property| !OF_ROWS.contains(&property.number));
        recipient.sort_by_key(|property| property.number);
    }
    for attachment in &mut item.attachments {
        if let Content::Item(inner) = &mut attachment.content {
            **inner = plain(std::mem::take(inner));
        }
    }
    item
}

fn property(number: u16, value: Value) -> Property {
    Property { number, value }
}

fn text(number: u16, text: &str) -> Property {
    property(number, Value::Text(text.to_owned()))
}

fn note(subject: &str) -> Item {
    let properties = vec![text(0x001a, "IPM.Note"), text(0x0037, subject)];
    Item { properties, ..Item::default() }
}

fn of_bytes(length: usize) -> Attachment {
    let bytes = (0..length).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect();
    Attachment {
        properties: vec![property(0x3705, Value::Integer(1))],
        content: Content::Bytes(bytes),
    }
}

#[track_caller]
fn assert_same(form: Form, items: &[Placed]) {
    let found = read(write(form, items));
    assert_eq!(found.len(), items.len(), "{form:?}");
    for (found, item) in found.iter().zip(items) {
        assert_eq!(found, item, "{form:?}");
    }
}

#[test]
fn sizes_at_the_edges_of_heaps_blocks_and_lists() {
    let lengths =
        [0, 1, 3579, 3580, 3581, 8175, 8176, 8177, 8180, 8181, 65_023, 65_024, 65_025, 500_000];
    for form in Form::ALL {
        let item = Item { attachments: lengths.map(of_bytes).into(), ..note("sizes") };
        assert_same(form, &[(vec!["Inbox".into()], item)]);
    }
}

#[test]
fn lists_of_lists_of_blocks_and_of_nodes() {
    for form in Form::ALL {
        let large = Item { attachments: vec![of_bytes(600 * 8180)], ..note("large") };
        let many = Item { attachments: (0..250).map(|_| of_bytes(1)).collect(), ..note("many") };
        assert_same(form, &[(vec!["a".into()], large), (vec!["a".into(), "b".into()], many)]);
    }
}

#[test]
fn a_thousand_folders_and_a_folder_of_many_messages() {
    for form in Form::ALL {
        let of_folders =
            (0..1000).map(|number: u32| (vec!["f".to_owned(), number.to_string()], note("x")));
        let of_one = (0..700).map(|number: u32| {
            (vec!["one".to_owned()], note(&format!("{number} {}", "word ".repeat(40))))
        });
        let items: Vec<_> = of_folders.chain(of_one).collect();
        assert_same(form, &items);
    }
}

#[test]
fn items_in_items() {
    let holding = |item: Item| Item {
        attachments: vec![Attachment {
            properties: vec![property(0x3705, Value::Integer(5))],
            content: Content::Item(Box::new(item)),
        }],
        ..note("around")
    };
    let nested = (0..6).fold(note("inmost"), |item, _| holding(item));
    for form in Form::ALL {
        assert_same(form, &[(vec![], nested.clone())]);
    }
}

#[test]
fn a_password_is_told_and_nothing_else() {
    for (password, expected) in [(0, false), (0x1234_5678, true), (0x8000_0000, true)] {
        let form = Form { password, ..Form::ALL[3] };
        let file = open(write(form, &[(vec![], note("x"))]));
        assert_eq!((file.has_password(), file.messages().count()), (expected, 1));
    }
}

#[test]
fn the_name_of_the_categories_is_in_the_map_of_names() {
    let names = open(write(Form::ALL[3], &[])).names().unwrap();
    assert_eq!(names.entries, [0, 0, 0, 0, 5, 0, 0, 0]);
    assert_eq!(&names.names[..4], [16, 0, 0, 0]);
}

// ---- any items ----

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::Integer),
        any::<bool>().prop_map(Value::Flag),
        any::<i64>().prop_map(Value::Time),
        (-1e9..1e9).prop_map(Value::Float),
        any::<[u8; 16]>().prop_map(Value::Guid),
        ".{0,300}".prop_map(Value::Text),
        vec(any::<u8>(), 0..5000).prop_map(Value::Bytes),
        vec(any::<u8>(), 0..50).prop_map(Value::Narrow),
        vec(".{0,20}".prop_map(Value::Text), 1..5).prop_map(Value::Many),
        vec(any::<i32>().prop_map(|one| Value::Integer(one.into())), 1..5).prop_map(Value::Many),
    ]
}

fn properties() -> impl Strategy<Value = Vec<Property>> {
    let numbered = proptest::collection::btree_map(0x3a00_u16..0x3b00, value(), 0..40);
    numbered
        .prop_map(|all| all.into_iter().map(|(number, value)| property(number, value)).collect())
}

/// Of one type for each number, as a table has it.
fn recipient() -> impl Strategy<Value = Vec<Property>> {
    (any::<i32>(), ".{0,40}", any::<i64>(), vec(any::<u8>(), 1..40), any::<bool>()).prop_map(
        |(kind, name, time, id, flag)| {
            vec![
                property(0x0c15, Value::Integer(kind.into())),
                property(0x0e06, Value::Time(time)),
                property(0x0ff6, Value::Bytes(id)),
                text(0x3001, &name),
                property(0x3a40, Value::Flag(flag)),
            ]
        },
    )
}

fn attachment() -> impl Strategy<Value = Attachment> {
    let content = vec(any::<u8>(), 1..20_000);
    (properties(), content, any::<bool>()).prop_map(|(properties, bytes, is_ole)| Attachment {
        properties,
        content: if is_ole { Content::Ole(bytes) } else { Content::Bytes(bytes) },
    })
}

fn item() -> impl Strategy<Value = Item> {
    (properties(), vec(recipient(), 0..60), vec(attachment(), 0..4)).prop_map(
        |(properties, recipients, attachments)| Item {
            properties,
            recipients,
            attachments,
            lost: vec![],
        },
    )
}

fn placed() -> impl Strategy<Value = Placed> {
    (vec("[a-cäß ]{1,8}", 0..4), item())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_is_read(items in vec(placed(), 0..12), form in 0..Form::ALL.len()) {
        let form = Form::ALL[form];
        let found = read(write(form, &items));
        prop_assert_eq!(found, items, "{:?}", form);
    }
}

#[test]
fn numbers_of_items_are_those_of_their_nodes() {
    let items = [(vec![], note("a")), (vec![], note("b"))];
    let found: Vec<_> =
        open(write(Form::ALL[2], &items)).messages().map(|one| one.node()).collect();
    assert_eq!(found, [node(0), node(1)]);
}
