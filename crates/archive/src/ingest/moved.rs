//! Messages that lost a place: each is read again from a file that still holds it, and indexed with the
//! places that are left. Texts of attachments are not stored, so the index alone cannot do it.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use postern_local_index::Error;
use postern_local_index::write::Writer;
use postern_mail::contents::Contents;
use postern_mail::id_of;
use postern_mail::source::{self, Content, Item, PlaceRule, Unreadable};
use postern_query::Message;

use super::Faults;

/// Messages that are looked for at once.
const BATCH: usize = 10_000;

/// Indexes again whatever lies in other places than the index knows. A message whose remaining file
/// cannot be read is reported, and tried again in the next run.
///
/// # Errors
///
/// When the ledger cannot be read, or the index not be written.
pub(super) fn index_again(
    writer: &mut Writer,
    contents: &mut Contents,
    faults: &mut Faults,
) -> Result<(), Error> {
    let mut last = None;
    loop {
        let ids = writer.moved(last.as_deref(), BATCH)?;
        let Some(end) = ids.last() else { return Ok(()) };
        last = Some(end.clone());
        for (path, mut wanted) in by_file(writer, ids)? {
            read_again(writer, &path, &mut wanted, contents)?;
            if !wanted.is_empty() {
                let reason = "a message of it is found as it was before, also at a place that it \
                              has left, because the file cannot be read again";
                faults.push(Unreadable::new(path, reason));
            }
        }
    }
}

/// Indexes the same messages again, as far as `read` has them.
///
/// # Errors
///
/// When the ledger cannot be read, or the index not be written.
pub(super) fn place(
    writer: &mut Writer,
    read: &mut dyn FnMut(&str) -> Option<Message>,
) -> Result<(), Error> {
    let mut last = None;
    loop {
        let ids = writer.moved(last.as_deref(), BATCH)?;
        for message in ids.iter().filter_map(|id| read(id)) {
            writer.place_again(&message)?;
        }
        let Some(end) = ids.into_iter().next_back() else { return Ok(()) };
        last = Some(end);
    }
}

/// The messages by the first file that holds them, so that each file is read once.
fn by_file(writer: &Writer, ids: Vec<String>) -> Result<BTreeMap<PathBuf, HashSet<String>>, Error> {
    let mut files: BTreeMap<PathBuf, HashSet<String>> = BTreeMap::new();
    for id in ids {
        let held = writer.occurrences(&id)?;
        let file = held.iter().find(|one| one.path.exists()).or(held.first());
        if let Some(file) = file {
            files.entry(file.path.clone()).or_default().insert(id);
        }
    }
    Ok(files)
}

/// Reads a file until all messages that are wanted of it were found.
fn read_again(
    writer: &mut Writer,
    path: &Path,
    wanted: &mut HashSet<String>,
    contents: &mut Contents,
) -> Result<(), Error> {
    let (stop, mut outcome) = (AtomicBool::new(false), Ok(()));
    for file in source::walk(&[path.to_owned()]).flatten() {
        source::read(&file, &PlaceRule::default(), &stop, &mut |item| {
            let found = item.ok().and_then(|item| message(item, wanted, contents));
            if let Some(message) = found.filter(|found| wanted.remove(&found.id)) {
                outcome = writer.place_again(&message);
            }
            stop.store(outcome.is_err() || wanted.is_empty(), Ordering::Relaxed);
        });
    }
    outcome
}

/// The message, if it is wanted. The bytes of one tell its id before it is parsed.
fn message(item: Item, wanted: &HashSet<String>, contents: &mut Contents) -> Option<Message> {
    match &item.content {
        Content::Raw(bytes) if !wanted.contains(&id_of(bytes)) => None,
        // A file is found at its only place, and not read here.
        Content::File(..) => None,
        Content::Raw(_) | Content::Item(_) | Content::Document(_) => Some(item.read(contents)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::ops::ControlFlow;

    use jiff::Timestamp;
    use postern_local_index::search::{Asker, Index, Search};
    use postern_local_index::write::Options;
    use postern_query::{Context, parse};

    use super::*;
    use crate::ingest::{Ingest, Summary, run};

    const MAIL: &str = "Subject: due\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n\
        --b\nContent-Type: text/plain; name=\"list.txt\"\n\
        Content-Disposition: attachment; filename=\"list.txt\"\n\nzinc\n--b--\n";

    /// Takes in a folder; what is gone of it is forgotten.
    fn take_in(data: &Path, mail: &Path) -> Summary {
        let options = Options { memory_bytes: 16 << 20, threads: 1, rebuild: false };
        let paths = vec![mail.to_owned()];
        let ingest = Ingest { paths, options, prune: true, ..Ingest::default() };
        let clock = || Timestamp::UNIX_EPOCH;
        run(data, &ingest, &clock, &mut |_| ControlFlow::Continue(())).unwrap()
    }

    fn count(data: &Path, text: &str) -> usize {
        let context = Context::utc(Timestamp::UNIX_EPOCH);
        let query = &parse(text, &context).unwrap().query;
        let all = Search { query, order: &[], after: None, offset: 0, limit: 0, highlight: false };
        Index::open(data).unwrap().search(&all, &Asker::unlimited()).unwrap().count
    }

    /// A message was found at a place that it had left until its other file was read again.
    #[test]
    fn a_place_that_goes_away_goes_away_in_the_same_run() {
        let (mail, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let [ann, bob] = ["ann", "bob"].map(|name| mail.path().join(name));
        for folder in [&ann, &bob] {
            fs::create_dir(folder).unwrap();
        }
        fs::write(ann.join("1.eml"), MAIL).unwrap();
        let other = "From a@b Mon Jan  1 10:00:00 2024\nSubject: other\n\nx\n\n";
        let both = format!("{other}From a@b Mon Jan  1 10:00:00 2024\n{MAIL}\n");
        fs::write(bob.join("Old.mbox"), both).unwrap();
        take_in(data.path(), mail.path());
        let counts = || {
            [
                "mailbox:ann due",
                "mailbox:bob due",
                "contents:zinc",
                "mailbox:bob other",
                "-mailbox:ann",
            ]
            .map(|text| count(data.path(), text))
        };
        assert_eq!(counts(), [1, 1, 1, 1, 1], "it lies in both mailboxes");
        fs::remove_file(ann.join("1.eml")).unwrap();
        assert!(take_in(data.path(), mail.path()).unreadable.is_empty());
        assert_eq!(counts(), [0, 1, 1, 1, 2], "Bob alone has it, with the text of its attachment");
    }

    #[test]
    fn a_message_in_many_mailboxes_is_found_in_each() {
        let (mail, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for number in 0..12 {
            let folder = mail.path().join(format!("user{number}"));
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("1.eml"), MAIL).unwrap();
        }
        let summary = take_in(data.path(), mail.path());
        assert_eq!((summary.indexed, summary.duplicates), (1, 11));
        let found = |number| count(data.path(), &format!("mailbox:user{number} contents:zinc"));
        assert!((0..12).all(|number| found(number) == 1));
    }

    #[test]
    fn a_file_that_cannot_be_read_again_is_reported() {
        let (mail, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let [ann, bob] = ["ann", "bob"].map(|name| mail.path().join(name));
        for folder in [&ann, &bob] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("1.eml"), MAIL).unwrap();
        }
        take_in(data.path(), mail.path());
        fs::remove_dir_all(&bob).unwrap();
        fs::remove_file(ann.join("1.eml")).unwrap();
        // Below Ann's folder alone, nobody looks whether Bob's file is still there.
        let told = take_in(data.path(), &ann).unreadable;
        assert_eq!(told.count, 1);
        assert_eq!(count(data.path(), "due"), 1);
        assert!(take_in(data.path(), mail.path()).unreadable.is_empty());
        assert_eq!(count(data.path(), "due"), 0);
    }
}
