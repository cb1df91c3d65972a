//! Damaged files of every kind: whatever is in them, reading ends, and nothing fails.
//!
//! `POSTERN_FUZZ=N` makes N damaged files instead of a few, `POSTERN_FUZZ_MAIL=FOLDER` takes the whole
//! ones from there as well.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use proptest::sample::Index;

use postern_query::Place;

use super::{Content, PlaceRule, read, walk};

const MESSAGE: &[u8] = b"From a@b Sat Jan  1 10:00:00 1994\nFrom: =?utf-8?q?Zo=C3=AB?= <z@x.com>\nTo: a@b\n\
    Date: Mon, 1 Jan 2024 10:00:00 +0000\nContent-Length: 3\nContent-Type: multipart/mixed; boundary=b\n\n\
    --b\nContent-Type: text/html; charset=koi8-r\n\n<p hidden>a<!-- b --><div style='x:y'>&eacute;</div>\n\
    --b\nContent-Type: message/rfc822; name=\"a\"\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeAoKeQ==\n\
    --b--\n\nFrom c@d Sat Jan  1 10:00:01 1994\nSubject: x\n\ny\n";

/// The largest whole file that is damaged.
const MAX_SEED: u64 = 1 << 20;

/// What is done to a file.
#[derive(Clone, Debug)]
enum Damage {
    Byte(Index, u8),
    Cut(Index),
    Removed(Index, usize),
    Doubled(Index, usize),
    Swollen(Index, u8, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let (at, length) = (any::<Index>, 1..400_usize);
    prop_oneof![
        8 => (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        1 => at().prop_map(Damage::Cut),
        2 => (at(), length.clone()).prop_map(|(at, length)| Damage::Removed(at, length)),
        2 => (at(), length).prop_map(|(at, length)| Damage::Doubled(at, length)),
        1 => (at(), any::<u8>(), 1..100_000_usize)
            .prop_map(|(at, byte, length)| Damage::Swollen(at, byte, length)),
    ]
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let end = bytes.len();
        let size = end.max(1);
        let range = |at: &Index, length: usize| {
            let start = at.index(size).min(end);
            start..(start + length).min(end)
        };
        match self {
            Self::Byte(at, byte) => bytes[range(at, 1)].fill(*byte),
            Self::Cut(at) => bytes.truncate(at.index(size)),
            Self::Removed(at, length) => drop(bytes.drain(range(at, *length))),
            Self::Doubled(at, length) => {
                let range = range(at, *length);
                let again = bytes[range.clone()].to_vec();
                bytes.splice(range.start..range.start, again);
            }
            Self::Swollen(at, byte, length) => {
                let start = range(at, 0).start;
                bytes.splice(start..start, std::iter::repeat_n(*byte, *length));
            }
        }
    }
}

/// Whole files of every kind.
fn made() -> [Vec<u8>; 5] {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(MESSAGE).unwrap();
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(MESSAGE.len() as u64);
    tar.append_data(&mut header, "a/1.mbox", MESSAGE).unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("a/1.mbox", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(MESSAGE).unwrap();
    [
        MESSAGE.to_vec(),
        gzip.finish().unwrap(),
        tar.into_inner().unwrap(),
        zip.finish().unwrap().into_inner(),
        b"{\"id\":\"1\",\"subject\":\"x\",\"attachments\":[{\"name\":\"a\"}]}\n".to_vec(),
    ]
}

/// The files of the folder that is named.
fn found() -> Vec<Vec<u8>> {
    let found = std::env::var_os("POSTERN_FUZZ_MAIL").map(PathBuf::from);
    let files = walk(found.as_slice()).flatten().collect::<Vec<_>>();
    let files = files.into_iter().filter(|file| file.length <= MAX_SEED);
    files.map(|file| fs::read(file.path).unwrap()).collect()
}

/// Reads a file of these bytes to its end, and says how many messages it gave.
fn messages_in(folder: &std::path::Path, bytes: &[u8]) -> usize {
    fs::write(folder.join("file"), bytes).unwrap();
    let (rule, mut count) = (PlaceRule::default(), 0);
    for file in walk(&[folder.to_path_buf()]).flatten() {
        read(&file, &rule, &AtomicBool::new(false), &mut |item| {
            let content = item.map(|item| item.content);
            count += usize::from(content.is_ok());
            if let Ok(Content::Raw(bytes)) = content {
                assert!(!crate::parse(&bytes, &Place::default()).id.is_empty());
                drop((
                    crate::html_of(&bytes),
                    crate::file_of(&bytes, 1),
                    crate::linked(&bytes, "a@b"),
                ));
            }
        });
    }
    count
}

fn cases() -> u32 {
    std::env::var("POSTERN_FUZZ").map_or(200, |text| text.parse().unwrap())
}

#[test]
fn damaged_files_are_read_to_their_end() {
    let folder = tempfile::tempdir().unwrap();
    for seed in made() {
        assert!(messages_in(folder.path(), &seed) > 0, "there is nothing to damage");
    }
    let seeds = [made().to_vec(), found()].concat();
    let config =
        ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) };
    proptest!(config, |(seed: Index, damages in prop::collection::vec(damage(), 1..12))| {
        let mut bytes = seeds[seed.index(seeds.len())].clone();
        damages.iter().for_each(|damage| damage.apply(&mut bytes));
        messages_in(folder.path(), &bytes);
    });
}
