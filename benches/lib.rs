//! What the benchmarks share: mail to work on, and an index of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;
use postern_archive::ingest::{Ingest, Progress};
use postern_archive::{Archive, Error, WriteOptions};
use postern_gateway::config::{Config, Overrides};
use postern_gateway::{State, bind};
use postern_mail::contents::AttachmentText;
use postern_mail::source;
use postern_mail::source::{Content, Item, PlaceRule};
use postern_query::Message;
use postern_query::Place;

/// Raw messages: those below `POSTERN_BENCH_MAIL` (real mail), else the samples, over and over with
/// a line of their own each, until there are `count`.
///
/// # Panics
///
/// When there is no mail at all.
#[must_use]
#[expect(clippy::panic, reason = "without mail there is nothing to measure")]
pub fn raw_mail(count: usize) -> Vec<Vec<u8>> {
    let root = std::env::var_os("POSTERN_BENCH_MAIL").map_or_else(samples, PathBuf::from);
    let mut found = Vec::new();
    let (rule, go_on) = (PlaceRule::default(), AtomicBool::new(false));
    for file in source::walk(&[root]).flatten() {
        // What is no mail is left out.
        source::read(&file, &rule, &go_on, &mut |item| {
            if let Ok(Item { content: Content::Raw(bytes), .. }) = item {
                found.push(bytes);
            }
        });
        if found.len() >= count {
            break;
        }
    }
    let Some(first) = found.first().cloned() else { panic!("there is no mail to measure with") };
    let whole = found.len();
    for number in whole..count {
        let mut copy = found.get(number % whole).unwrap_or(&first).clone();
        copy.extend_from_slice(format!("\ncopy {number}\n").as_bytes());
        found.push(copy);
    }
    found.truncate(count);
    found
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/mail")
}

/// Writes each message into a file of its own.
///
/// # Errors
///
/// When the disk refuses.
pub fn write_mail(folder: &Path, mail: &[Vec<u8>]) -> std::io::Result<()> {
    for (number, bytes) in mail.iter().enumerate() {
        let place = folder.join(format!("box{}/Inbox", number % 5));
        fs::create_dir_all(&place)?;
        fs::write(place.join(format!("{number}.eml")), bytes)?;
    }
    Ok(())
}

/// Writes each message into a Maildir, once, as read; the first is called `first`.
///
/// # Errors
///
/// When the disk refuses.
pub fn write_maildirs(folder: &Path, mail: &[Vec<u8>], first: usize) -> std::io::Result<()> {
    let mut seen = std::collections::HashSet::new();
    let unique = mail.iter().filter(|bytes| seen.insert(postern_mail::id_of(bytes)));
    for (number, bytes) in (first..).zip(unique) {
        let place = folder.join(format!("box{}", number % 5));
        for part in ["cur", "new", "tmp"] {
            fs::create_dir_all(place.join(part))?;
        }
        fs::write(place.join(format!("cur/{number}:2,S")), bytes)?;
    }
    Ok(())
}

/// The messages, read.
#[must_use]
pub fn messages(mail: &[Vec<u8>]) -> Vec<Message> {
    mail.iter().map(|bytes| postern_mail::parse(bytes, &Place::default())).collect()
}

/// Indexes a folder as the command does with `--no-attachment-text`.
///
/// # Errors
///
/// When the index cannot be written.
pub fn index(data: &Path, folder: &Path) -> Result<u64, Error> {
    let ingest = Ingest {
        paths: vec![folder.to_path_buf()],
        options: WriteOptions::default(),
        jobs: 2,
        attachment_text: AttachmentText::Off,
        ..Ingest::default()
    };
    let clock = || Timestamp::UNIX_EPOCH;
    let go_on = &mut |_: &Progress| std::ops::ControlFlow::Continue(());
    Archive::below(data).ingest(&ingest, &clock, go_on).map(|summary| summary.indexed)
}

/// A gateway over an index, before a premium service or alone, and its address.
///
/// # Panics
///
/// When it cannot be started.
#[expect(clippy::unwrap_used, reason = "without it there is nothing to measure")]
pub async fn gateway(data: &Path, premium: Option<String>) -> String {
    let overrides =
        Overrides { listen: Some("127.0.0.1:0".into()), premium, ..Overrides::default() };
    let config = Config::load(None, &overrides, data.to_path_buf()).unwrap();
    let state = State::new(&config, || Timestamp::UNIX_EPOCH).unwrap();
    let bound = bind(config.listen).await.unwrap();
    let address = bound.address();
    tokio::spawn(bound.run(state, std::future::pending()));
    format!("http://{address}")
}
