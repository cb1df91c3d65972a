//! Files of every kind, whole and broken.

#[path = "../../tests/packed/mod.rs"]
mod packed;

use std::fs;
use std::io::Write as _;
use std::sync::atomic::AtomicBool;

use super::budget::Budget;
use super::read::Reading;
use super::*;
use crate::id_of;

/// What a file of that name and content holds: `part:bytes`, `part#id` of a document, or
/// `part!reason`, with a `-` before it for what is no mail.
fn items(name: &str, content: &[u8]) -> Vec<String> {
    places(name, content).into_iter().map(|(_, item)| item).collect()
}

/// The same with `mailbox/folder` of each message.
fn places(name: &str, content: &[u8]) -> Vec<(String, String)> {
    read_within(1 << 30, name, content)
}

fn read_within(most: u64, name: &str, content: &[u8]) -> Vec<(String, String)> {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("mail");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join(name), content).unwrap();
    let (rule, stop) = (PlaceRule::default(), AtomicBool::new(false));
    let source = walk(&[folder]).next().unwrap().unwrap();
    let mut found = Vec::new();
    let mut each = |item| found.push(shown(item));
    Reading::new(&source, &rule, &Budget::new(most, &stop), &mut each).file();
    found
}

fn shown(item: Result<Item, Unreadable>) -> (String, String) {
    match item {
        Ok(Item { part, home, content }) => (
            [&home.place.mailbox, &home.place.folder].map(|name| name.clone().unwrap()).join("/"),
            match content {
                Content::Raw(bytes) => format!("{part}:{}", String::from_utf8_lossy(&bytes)),
                Content::Document(message) => format!("{part}#{}", message.id),
                Content::Item(item) => format!("{part}#{}", item.attachments.len()),
                Content::File(file, _) => file.name,
            },
        ),
        Err(fault) => {
            let sign = if fault.fate == Fate::NotMail { "-" } else { "" };
            (String::new(), format!("{sign}{}!{}", fault.part, fault.reason))
        }
    }
}

use packed::xz;

const FROM: &str = "From a@b Sat Jan  1 10:00:00 1994\n";
const ONE: &[u8] = b"A: 1\n\nx";
const NOT_MAIL: &str = "-!there are no header lines at its start, so it is not mail";

// ---- plain files ----

/// The rest of a message that was too long went away without a word.
#[test]
fn a_message_that_is_too_long_is_reported() {
    let long = [ONE, &vec![b'y'; MAX_MESSAGE]].concat();
    let found = items("1", &long);
    let [message, fault] = found.as_slice() else { panic!("{} items", found.len()) };
    assert_eq!(message.len(), ":".len() + MAX_MESSAGE);
    assert!(fault.starts_with("!only the first 64 MiB"), "{fault}");
}

#[test]
fn single_messages() {
    assert_eq!(items("1.eml", b"Subject: x\n\ny"), [":Subject: x\n\ny"]);
    assert_eq!(items("noname", b"\nSubject: x\n\ny"), [":\nSubject: x\n\ny"]);
    assert_eq!(items("a", b""), ["-!the file is empty"]);
    assert_eq!(items("a", b"%PDF-1.7\n1 0 obj"), [NOT_MAIL]);
    assert_eq!(items("a", b"see http://x.com\n"), [NOT_MAIL]);
    let packed = "!it is packed with lzip, which is not read here; unpack it first";
    assert_eq!(items("a.lz", b"LZIP..."), [packed]);
}

#[test]
fn mailbox_files() {
    let one = format!("{FROM}A: 1\n\nx\n");
    let two = format!("{one}\n{FROM}B: 2\n");
    assert_eq!(items("a", one.as_bytes()), [format!(":{one}")]);
    assert_eq!(items("a.mbox", one.as_bytes()), ["34:A: 1\n\nx\n"]);
    let no_such_line = "From me\nA: 1\n\nx";
    assert_eq!(items("a", no_such_line.as_bytes()), [format!(":{no_such_line}")]);
    assert_eq!(items("a", two.as_bytes()), ["34:A: 1\n\nx\n", "77:B: 2\n"]);
}

#[test]
fn messages_of_apple_mail() {
    let list = "<?xml version=\"1.0\"?>\n<plist><key>flags</key><integer>1</integer></plist>";
    assert_eq!(items("1.emlx", format!("7   \nA: 1\n\nx{list}").as_bytes()), [":A: 1\n\nx"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.emlx");
    fs::write(&path, format!("7\nA: 1\n\nx{list}")).unwrap();
    let origin = Origin { path, part: String::new() };
    assert_eq!(original(&origin, &id_of(ONE)).unwrap(), ONE);
}

/// A file of bytes is a message, a fault, or no mail: one of them is said.
#[test]
fn mailbox_files_behind_a_byte_order_mark_were_counted_nowhere() {
    for (content, expected) in [
        ("\u{feff}From a@b\nA: 1\n\nx", ":\u{feff}From a@b\nA: 1\n\nx"),
        ("\n\nFrom a@b\nA: 1\n\nx", ":\n\nFrom a@b\nA: 1\n\nx"),
        (" \nFrom a@b\nA: 1\n\nx", ": \nFrom a@b\nA: 1\n\nx"),
        ("\u{feff}A: 1\n\nx", ":\u{feff}A: 1\n\nx"),
        ("\u{feff}", "-!the file is empty"),
        ("\u{feff}words", NOT_MAIL),
    ] {
        assert_eq!(items("a", content.as_bytes()), [expected], "{content:?}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// Whatever a file holds, it is counted: as messages, as a fault, or as no mail.
    #[test]
    fn nothing_vanishes(text in "(\u{feff}|From |a@b|Date: |1|\n|\r| |x|: |\\{|<\\?xml){0,24}") {
        proptest::prop_assert!(!items("a", text.as_bytes()).is_empty());
    }
}

#[test]
fn document_files() {
    let found = items("a.jsonl", b"{\"id\":\"1\"}\n\n{\"id\":5}\nnonsense\n{\"id\":\"2\"}");
    assert_eq!(found.len(), 4);
    assert_eq!((found[0].as_str(), found[3].as_str()), ("#1", "#2"));
    assert_eq!(found[1], "!line 3, column 7: invalid type: integer `5`, expected a string");
    assert!(found[2].starts_with("!line 4, column 2: "), "{found:?}");
    assert_eq!(items("a", b"\xef\xbb\xbf{\"id\":\"1\"}"), ["#1"]);
}

#[test]
fn brackets_that_begin_no_document() {
    for content in [&b"{\\rtf1\\ansi\n{}\n"[..], b"{\n \"id\": 1\n}", b"{\"a\":1}\n{\"id\":\"1\"}"]
    {
        assert_eq!(items("a", content), [NOT_MAIL]);
    }
    let found = items("a.jsonl", b"{\"a\":1}\n{\"id\":\"1\"}");
    assert_eq!(found, ["!line 1, column 7: missing field `id`", "#1"]);
}

// ---- packed files ----

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(content).unwrap();
    out.finish().unwrap()
}

fn bzip2(content: &[u8]) -> Vec<u8> {
    let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    out.write_all(content).unwrap();
    out.finish().unwrap()
}

fn zstandard(content: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(content, ruzstd::encoding::CompressionLevel::Fastest)
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        // Not by `set_path`, which refuses what is hostile.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_cksum();
        out.append(&header, *content).unwrap();
    }
    out.into_inner().unwrap()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        out.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(content).unwrap();
    }
    out.finish().unwrap().into_inner()
}

#[test]
fn compressed_files() {
    let two = format!("{FROM}A: 1\n\nx\n\n{FROM}B: 2\n");
    // Two members, and two frames with one to be skipped between them, are one file.
    let halves = two.as_bytes().split_at(20);
    let members = [gzip(halves.0), gzip(halves.1)].concat();
    let skipped = b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec();
    let frames = [zstandard(halves.0), skipped, zstandard(halves.1)].concat();
    let streams = [bzip2(halves.0), bzip2(halves.1)].concat();
    // Zeros may stand between the streams of an xz file, and behind them.
    let zeros = [xz(halves.0), vec![0; 8], xz(halves.1), vec![0; 4]].concat();
    let whole = [gzip, zstandard, bzip2, xz].map(|pack| pack(two.as_bytes()));
    for packed in whole.into_iter().chain([members, frames, streams, zeros]) {
        assert_eq!(items("any name", &packed), ["34:A: 1\n\nx\n", "77:B: 2\n"]);
    }
    assert_eq!(places("a.eml.gz", &gzip(ONE)), [("mail/Inbox".into(), ":A: 1\n\nx".into())]);
    assert_eq!(items("a", &gzip(b"%PDF")), [NOT_MAIL]);
}

#[test]
fn archives_are_folders() {
    let files = [("ann/Sent/1.eml", ONE), ("ann/photo", b"\x89PNG"), ("2", b"B: 2\n\ny")];
    let not_mail = NOT_MAIL.replace("-!", "-ann/photo!");
    let expected = [
        ("box/ann/Sent", "ann/Sent/1.eml:A: 1\n\nx"),
        ("", &not_mail),
        ("box/Inbox", "2:B: 2\n\ny"),
    ]
    .map(|(place, item)| (place.to_owned(), item.to_owned()));
    for (name, packed) in [
        ("box.zip", zip(&files)),
        ("box.tar", tar(&files)),
        ("box.tar.gz", gzip(&tar(&files))),
        ("box.tgz", gzip(&tar(&files))),
        ("box.tar.zst", zstandard(&tar(&files))),
        ("box.tbz2", bzip2(&tar(&files))),
        ("box.tar.xz", xz(&tar(&files))),
    ] {
        assert_eq!(places(name, &packed), expected, "{name}");
    }
}

#[test]
fn maildirs_in_archives() {
    let packed = tar(&[("box/cur/1278.M1.h:2,FS", ONE), ("box/.Lists.rust/new/1279.M1.h", b"?")]);
    let found = places("ann@x.com.tar", &packed);
    assert_eq!(
        found,
        [
            ("mail/ann@x.com/box".to_owned(), "box/cur/1278.M1.h:2,FS:A: 1\n\nx".to_owned()),
            (
                "mail/ann@x.com/box/Lists/rust".to_owned(),
                "box/.Lists.rust/new/1279.M1.h:?".to_owned()
            ),
        ]
        .map(|(place, item)| (place.replacen("mail/", "", 1), item))
    );
}

#[test]
fn archives_in_archives() {
    let mbox = format!("{FROM}A: 1\n\nx\n\n{FROM}B: 2\n");
    let inner = zip(&[("deep/old.mbox", mbox.as_bytes())]);
    let outer = tar(&[("in.zip", &inner), ("1.eml.gz", &gzip(ONE))]);
    assert_eq!(
        places("out.tar.gz", &gzip(&outer)),
        [
            ("out/in/deep", "in.zip!deep/old.mbox!34:A: 1\n\nx\n"),
            ("out/in/deep", "in.zip!deep/old.mbox!77:B: 2\n"),
            ("out/Inbox", "1.eml.gz:A: 1\n\nx"),
        ]
        .map(|(place, item)| (place.to_owned(), item.to_owned()))
    );
    let deep = (0..5).fold(ONE.to_vec(), |inner, _| gzip(&inner));
    assert_eq!(items("a", &deep), [":A: 1\n\nx"]);
    assert_eq!(items("a", &gzip(&deep)), ["!more than 5 archives in one another"]);
}

#[test]
fn names_of_entries_are_hostile() {
    let files = [("../../up.eml", ONE), ("/abs/1.eml", ONE), ("C:\\a\\2.eml", ONE)];
    for packed in [zip(&files), tar(&files)] {
        let found = places("box.zip", &packed);
        let found: Vec<_> = found.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(found, ["box/Inbox", "box/abs", "box/C:/a"]);
    }
}

#[test]
fn what_unpacks_without_end_is_left() {
    let bomb = gzip(&[ONE, &[b'x'; 3 << 20]].concat());
    let found = read_within(2 << 20, "a.gz", &bomb);
    assert_eq!(found.len(), 2, "what was read, and that it ended there");
    assert!(found[1].1.starts_with("!it unpacks to more than 2 MiB"), "{}", found[1].1);
    let large = [ONE, &[b'x'; 3 << 20]].concat();
    let many = zip(&[("1", &large), ("2", ONE), ("3", ONE)]);
    let found = read_within(2 << 20, "a.zip", &many);
    assert_eq!(found.len(), 2, "nothing is read after it");
}

#[test]
fn broken_archives_give_what_they_have() {
    let files = [("1.eml", ONE), ("2.eml", b"B: 2\n\ny".as_slice()), ("3.eml", ONE)];
    // A tar file cut off in its second entry.
    let cut = tar(&files)[..512 * 3 + 3].to_vec();
    let found = items("a.tar", &cut);
    assert_eq!(found[0], "1.eml:A: 1\n\nx");
    assert!(
        found.iter().skip(1).all(|item| item.contains('!') || item == "2.eml:B: "),
        "{found:?}"
    );
    // A zip file whose second entry is damaged: its check sum does not fit.
    let mut packed = zip(&files);
    let at = memchr::memmem::find(&packed, b"2.eml").unwrap() + 5;
    packed[at] ^= 0xff;
    let found = items("a.zip", &packed);
    assert_eq!(found.iter().filter(|item| item.contains(":A: 1")).count(), 2, "{found:?}");
    assert!(found.iter().any(|item| item.starts_with("2.eml!")), "{found:?}");
    // Compressed files cut off anywhere, and anything at all behind a magic number.
    for packed in [
        gzip(&[b'a'; 5000]),
        zstandard(&[b'a'; 5000]),
        bzip2(&[b'a'; 5000]),
        xz(&[b'a'; 5000]),
        zip(&files),
        tar(&files),
    ] {
        for length in (0..packed.len()).step_by(7) {
            drop(items("a", &packed[..length]));
        }
    }
}

#[test]
fn damaged_data_files_are_reported() {
    for length in [4, 100, 564, 5_000] {
        let mut file = vec![0; length];
        file[..4].copy_from_slice(b"!BDN");
        let found = items("a.pst", &file);
        assert!(found.len() == 1 && found[0].starts_with('!'), "{found:?}");
    }
}

#[test]
fn office_documents_are_no_archives() {
    let packed = zip(&[("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"A: 1\n\nx")]);
    assert_eq!(items("a.docx", &packed), ["-!a document made of zipped parts"]);
}

#[test]
fn a_stopped_run_reads_no_further() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mbox");
    fs::write(&path, format!("{FROM}A: 1\n\nx\n\n").repeat(50_000)).unwrap();
    let (rule, stop) = (PlaceRule::default(), AtomicBool::new(false));
    let source = walk(&[path]).next().unwrap().unwrap();
    let mut found = 0;
    read(&source, &rule, &stop, &mut |item| {
        found += usize::from(item.is_ok());
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(found < 5_000, "{found}");
}

// ---- originals ----

/// Asks for the original of the message `bytes` at a place of a file.
fn original_of(content: &[u8], place: &str, bytes: &[u8]) -> Result<Vec<u8>, Lost> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, content).unwrap();
    original(&Origin { path, part: place.to_owned() }, &id_of(bytes))
}

#[test]
fn originals_are_found_wherever_they_lie() {
    let two = b"A: 2\n\ny\n";
    let mailbox = [FROM.as_bytes(), ONE, b"\n\n", FROM.as_bytes(), two].concat();
    let at = (FROM.len() + ONE.len() + 2 + FROM.len()).to_string();
    let archive = tar(&[("a/1.eml", ONE), ("a/box.mbox", &mailbox)]);
    for (content, place, expected) in [
        (ONE.to_vec(), "", ONE),
        (mailbox.clone(), at.as_str(), &two[..]),
        (gzip(ONE), "", ONE),
        (archive.clone(), "a/1.eml", ONE),
        (gzip(&archive), "a/1.eml", ONE),
        (archive, &format!("a/box.mbox!{at}"), &two[..]),
    ] {
        assert_eq!(original_of(&content, place, expected).unwrap(), expected, "{place}");
    }
}

#[test]
fn originals_that_are_gone_say_why() {
    assert!(matches!(original_of(b"A: 3\n\nz", "", ONE), Err(Lost::Changed)));
    assert!(matches!(original_of(&tar(&[]), "a", ONE), Err(Lost::Changed)));
    let document = b"{\"id\":\"1\"}\n";
    assert!(matches!(original_of(document, "0", ONE), Err(Lost::Changed | Lost::OtherForm)));
    let away = Origin { path: "/no/such/file".into(), part: String::new() };
    assert!(matches!(original(&away, "1"), Err(Lost::Unreadable(_))));
}
