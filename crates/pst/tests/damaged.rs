//! Damaged files: what can still be found is found, what is lost is told, and nothing goes wrong.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod writer;

use std::collections::BTreeSet;
use std::io::Cursor;

use fastrand::Rng;
use peak_alloc::PeakAlloc;
use postern_pst::{Content, DataFile, Item, Layout, OpenError, Options, Property, Value};
use writer::{Form, Placed, node, write};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

fn text(number: u16, text: &str) -> Property {
    Property { number, value: Value::Text(text.to_owned()) }
}

fn placed(number: u32) -> Placed {
    let recipient = |number: u32| vec![text(0x3001, &format!("Recipient {number}"))];
    let bytes =
        vec![u8::try_from(number % 251).unwrap(); [0, 10, 9000, 30_000][number as usize % 4]];
    let attachment = postern_pst::Attachment { properties: vec![], content: Content::Bytes(bytes) };
    let item = Item {
        properties: vec![
            text(0x001a, "IPM.Note"),
            text(0x0037, &format!("Message {number}")),
            text(0x1000, &"text ".repeat(number as usize % 2000)),
        ],
        recipients: (0..number % 60).map(recipient).collect(),
        attachments: vec![attachment],
        lost: vec![],
    };
    (vec![format!("Folder {}", number % 3)], item)
}

fn items(count: u32) -> Vec<Placed> {
    (0..count).map(placed).collect()
}

fn open(bytes: &[u8]) -> Result<DataFile<Cursor<&[u8]>>, OpenError> {
    DataFile::open(Cursor::new(bytes), Options::default())
}

/// The number of a message, and its subject where it can be read.
fn subjects(file: &DataFile<Cursor<&[u8]>>) -> Vec<(u32, Option<String>)> {
    let subject = |item: Item| {
        let subject = item.properties.into_iter().find(|property| property.number == 0x0037);
        subject.map(|subject| match subject.value {
            Value::Text(text) => text,
            other => format!("{other:?}"),
        })
    };
    file.messages()
        .map(|message| (message.node(), file.item(&message).ok().and_then(subject)))
        .collect()
}

/// The places of the pages of trees of that kind.
fn pages(layout: Layout, kind: u8, bytes: &[u8]) -> Vec<(usize, u8)> {
    let (page, mark, level) = match layout {
        Layout::Ansi => (512, 500, 499),
        Layout::Unicode => (512, 496, 491),
        Layout::Large => (4096, 4072, 4061),
    };
    let places = (0..bytes.len())
        .step_by(page)
        .filter(|at| bytes.get(at + mark..at + mark + 2) == Some(&[kind; 2]));
    places.map(|at| (at, bytes[at + level])).collect()
}

fn torn(bytes: &[u8], at: usize, length: usize) -> Vec<u8> {
    let mut torn = bytes.to_vec();
    torn[at..at + length].fill(0xa5);
    torn
}

fn every(count: u32) -> Vec<(u32, Option<String>)> {
    (0..count).map(|number| (node(number as usize), Some(format!("Message {number}")))).collect()
}

#[test]
fn blocks_are_found_where_any_page_of_their_tree_is_torn() {
    for form in Form::ALL {
        let whole = write(form, &items(50));
        let pages = pages(form.layout, 0x80, &whole);
        assert!(pages.len() > 1, "{form:?}");
        for (at, _) in pages {
            let torn = torn(&whole, at, 300);
            let file = open(&torn).unwrap();
            assert_eq!(subjects(&file), every(50), "{form:?}, page at {at}");
            assert!(file.is_damaged());
        }
    }
}

#[test]
fn nodes_are_found_where_a_page_above_the_leaves_is_torn() {
    for form in Form::ALL {
        let whole = write(form, &items(250));
        let above: Vec<_> =
            pages(form.layout, 0x81, &whole).into_iter().filter(|(_, level)| *level > 0).collect();
        assert!(!above.is_empty(), "{form:?}");
        for (at, _) in above {
            let torn = torn(&whole, at, 300);
            assert_eq!(subjects(&open(&torn).unwrap()), every(250), "{form:?}, page at {at}");
        }
    }
}

#[test]
fn messages_whose_nodes_are_torn_are_missing_and_their_folders_tell_of_them() {
    for form in Form::ALL {
        let whole = write(form, &items(400));
        let leaves: Vec<_> =
            pages(form.layout, 0x81, &whole).into_iter().filter(|(_, level)| *level == 0).collect();
        // The folders are on the first leaves, and stay.
        let (at, _) = leaves[leaves.len() - 2];
        let torn = torn(&whole, at, 300);
        let file = open(&torn).unwrap();
        let found: BTreeSet<_> = subjects(&file).into_iter().map(|(node, _)| node).collect();
        let missing: Vec<_> = file.missing().collect();
        assert!(!missing.is_empty(), "{form:?}");
        assert!(missing.iter().all(|one| !found.contains(&one.node)));
        assert_eq!(found.len() + missing.len(), 400, "{form:?}");
        for one in missing {
            let number = (one.node - node(0)) / 0x20;
            let row = file.row(one.folder, one.node).unwrap().unwrap();
            assert!(row.contains(&text(0x0037, &format!("Message {number}"))), "{row:?}");
            assert_eq!(file.path(one.folder).path, [format!("Folder {}", number % 3)]);
        }
    }
}

#[test]
fn a_file_that_is_cut_off_gives_what_is_there() {
    for form in Form::ALL {
        let whole = write(form, &items(50));
        // The trees stand at the end, so that without them nothing leads to the blocks.
        let (first, _) = pages(form.layout, 0x80, &whole)[0];
        let file = open(&whole[..first]).unwrap();
        assert_eq!(subjects(&file), every(50), "{form:?}");
    }
}

#[test]
fn what_is_lost_in_a_message_is_told() {
    let form = Form::ALL[2];
    let whole = write(form, &[placed(1042)]);
    // Its attachment, by its bytes: without a code they stand as they are.
    let content = vec![u8::try_from(1042 % 251).unwrap(); 100];
    let at = whole.windows(100).position(|window| window == content).unwrap();
    let mut torn = whole.clone();
    torn[at] ^= 1;
    let file = open(&torn).unwrap();
    let message = file.messages().next().unwrap();
    // A wrong checksum is no reason to leave it out.
    assert!(
        matches!(&file.item(&message).unwrap().attachments[0].content, Content::Bytes(bytes) if bytes.len() == 9000)
    );
    assert!(file.is_damaged());
}

#[test]
fn messages_that_were_deleted_are_found_when_asked_for() {
    for form in Form::ALL {
        let kept = items(40);
        let old = write(form, &items(41));
        // A later state of the same file: its trees no longer have the last message.
        let later = write(form, &kept);
        // The old pages lie behind the new file, as in free space.
        let gap = vec![0; later.len().next_multiple_of(4096) + 0x4400 % 4096 - later.len()];
        let new = [&later, &gap, &old[0x4400..]].concat();
        let options = |with_deleted| Options { with_deleted, ..Options::default() };
        let count = |with_deleted| {
            let file = DataFile::open(Cursor::new(&new), options(with_deleted)).unwrap();
            assert!(!file.is_damaged());
            file.messages()
                .filter(|message| message.is_found)
                .map(|message| message.node())
                .collect::<Vec<_>>()
        };
        assert_eq!(count(false), [0_u32; 0], "{form:?}");
        assert_eq!(count(true), [node(40)], "{form:?}");
    }
}

#[test]
fn what_is_no_data_file_says_so() {
    let whole = write(Form::ALL[3], &items(1));
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = whole.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    for (bytes, told) in [
        (vec![], "the file is empty"),
        (b"From ann".to_vec(), "this is no Outlook data file"),
        (with(8, b"AB"), "this is a personal address book"),
        (whole[..100].to_vec(), "the file is cut off in its head"),
        (with(10, &[38, 0]), "the file has version 38, which is newer"),
        (with(513, &[0x10]), "Windows encrypted the file"),
        (with(513, &[9]), "encoded in a way that is not known (9)"),
    ] {
        let error = open(&bytes).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}

// ---- any damage ----

/// Reads everything of a file, and says how many bytes came.
fn read_all(bytes: &[u8]) -> usize {
    let options = Options { with_deleted: bytes.len() % 2 == 1, ..Options::default() };
    let Ok(file) = DataFile::open(Cursor::new(bytes), options) else { return 0 };
    let mut read = file.names().map_or(0, |names| names.names.len());
    for message in file.messages() {
        read += file.folder(&message).path.len();
        read +=
            file.item(&message).map_or(1, |item| item.properties.len() + item.attachments.len());
    }
    read + file.missing().filter(|one| file.row(one.folder, one.node).is_ok()).count()
}

fn mutate(random: &mut Rng, bytes: &mut Vec<u8>) {
    let mut upto = |limit: usize| random.usize(..limit.max(1));
    for _ in 0..=upto(8) {
        let at = upto(bytes.len());
        match upto(8) {
            0 => bytes.truncate(at.max(600)),
            1 => {
                let (from, length) = (upto(bytes.len()), upto(2000));
                let part = bytes[from..(from + length).min(bytes.len())].to_vec();
                let end = (at + part.len()).min(bytes.len());
                bytes[at..end].copy_from_slice(&part[..end - at]);
            }
            2 => {
                let end = (at + upto(5000)).min(bytes.len());
                bytes[at..end].fill(0);
            }
            // The head and the trees, where a byte does most.
            3 => {
                let at = upto(564);
                bytes[at] = u8::try_from(upto(256)).unwrap();
            }
            4 => {
                let at = bytes.len() - 1 - upto(9000.min(bytes.len() - 1));
                bytes[at] = u8::try_from(upto(256)).unwrap();
            }
            _ => bytes[at] = u8::try_from(upto(256)).unwrap(),
        }
    }
}

/// `POSTERN_PST_MUTATIONS` says how many; `POSTERN_PST_FILES` names a folder whose files are mutated too.
#[test]
fn no_damage_leads_to_a_panic_or_takes_more_memory_than_it_may() {
    const MOST: usize = 64 << 20;
    let count = std::env::var("POSTERN_PST_MUTATIONS").map_or(280, |count| count.parse().unwrap());
    let mut files: Vec<_> = Form::ALL.iter().map(|form| write(*form, &items(6))).collect();
    if let Ok(folder) = std::env::var("POSTERN_PST_FILES") {
        let found = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| std::fs::read(file.unwrap().path()).unwrap());
        files.extend(found);
    }
    let mut random = Rng::with_seed(7);
    let mut read = 0;
    for number in 0..count {
        let mut bytes = files[number % files.len()].clone();
        mutate(&mut random, &mut bytes);
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        read += usize::from(read_all(&bytes) > 0);
        let used = MEMORY.peak_usage().saturating_sub(before);
        assert!(used < MOST, "{used} bytes for mutation {number}");
    }
    // Most damage leaves most of a file.
    assert!(read > count / 2, "{read} of {count}");
}
