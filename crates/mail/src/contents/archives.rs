//! Archives and compressed files: their members, each read as a file.

use std::io::{Cursor, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use rars::error::ErrorKind;
use rars::{ArchiveReadOptions, ExtractedEntryMeta};
use sevenz_rust2::{ArchiveReader, Password};

use super::about::About;
use super::fault::Fault;
use super::kind::Packing;
use super::text::Text;
use super::{Attached, Contents, MAX_BYTES, MAX_DEPTH};
use crate::unpack::{Frames, Streams};

/// Files of an archive that are read.
pub(super) const MAX_FILES: usize = 10_000;

pub(super) const BOMB: Fault = Fault::TooLarge("it unpacks to more than 256 MiB");

/// The names and texts of what is packed in a file.
pub(super) fn read(
    packing: Packing,
    file: &Attached<'_>,
    contents: &mut Contents,
    out: &mut Text,
) -> Result<(), Fault> {
    let bytes = Cursor::new(file.bytes);
    match packing {
        Packing::Gzip => single(file, &mut MultiGzDecoder::new(bytes), contents, out),
        Packing::Zstandard => single(file, &mut Frames::new(bytes), contents, out),
        Packing::Xz => single(file, &mut Streams::new(bytes), contents, out),
        Packing::Bzip2 => single(file, &mut MultiBzDecoder::new(bytes), contents, out),
        Packing::Tar => tar(bytes, Members::open(contents, out)?),
        Packing::SevenZip => seven_zip(bytes, Members::open(contents, out)?),
        Packing::Rar => rar(file.bytes, Members::open(contents, out)?),
    }
}

/// The members of one archive. What is wrong with one is told, and the others are read.
pub(super) struct Members<'m> {
    contents: &'m mut Contents,
    out: &'m mut Text,
    count: usize,
    fault: Option<Fault>,
}

impl<'m> Members<'m> {
    pub(super) fn open(contents: &'m mut Contents, out: &'m mut Text) -> Result<Self, Fault> {
        if contents.depth >= MAX_DEPTH {
            return Err(Fault::TooLarge("too many archives in one another"));
        }
        contents.depth += 1;
        Ok(Self { contents, out, count: 0, fault: None })
    }

    /// Reads the next one, if there is room for it.
    pub(super) fn read(&mut self, name: &str, file: Result<&mut dyn Read, Fault>) -> bool {
        let bytes = file.and_then(|file| unpacked(file, &mut self.contents.unpacked_left));
        self.take(name, bytes)
    }

    fn take(&mut self, name: &str, bytes: Result<Vec<u8>, Fault>) -> bool {
        self.count += 1;
        if self.count > MAX_FILES {
            self.fault.get_or_insert(Fault::TooLarge("more than 10,000 files"));
            return false;
        }
        self.out.push(name);
        self.out.push("\n");
        let outcome = bytes.and_then(|bytes| {
            let file = Attached { bytes: &bytes, name, ..Attached::default() };
            self.contents.read_into(&file, self.out)
        });
        self.out.push("\n");
        if let Err(fault) = outcome {
            self.fault.get_or_insert_with(|| Fault::Inside(format!("{name}: {fault}")));
        }
        !self.out.is_cut() && self.contents.unpacked_left > 0
    }

    /// What was wrong with the first of them, or with the archive behind them.
    pub(super) fn close(self, outcome: Result<(), Fault>) -> Result<(), Fault> {
        self.contents.depth -= 1;
        // What is in an archive says nothing of the archive.
        self.out.about = About::default();
        self.fault.map_or(outcome, Err)
    }
}

/// The bytes of a file, which must be neither too many by themselves nor with all others.
fn unpacked(file: &mut dyn Read, budget: &mut u64) -> Result<Vec<u8>, Fault> {
    let most = (MAX_BYTES as u64).min(*budget) + 1;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).map_err(Fault::damaged)?;
    spend(bytes.len(), budget)?;
    Ok(bytes)
}

fn spend(length: usize, budget: &mut u64) -> Result<(), Fault> {
    *budget = budget.saturating_sub(length as u64);
    match length {
        _ if *budget == 0 => Err(BOMB),
        length if length > MAX_BYTES => Err(super::TOO_LONG),
        _ => Ok(()),
    }
}

/// A compressed file, which has the name of the archive less its ending.
fn single(
    file: &Attached<'_>,
    reader: &mut dyn Read,
    contents: &mut Contents,
    out: &mut Text,
) -> Result<(), Fault> {
    let name = file.name.rsplit_once('.').map_or(file.name, |(name, _)| name);
    let mut members = Members::open(contents, out)?;
    members.read(name, Ok(reader));
    members.close(Ok(()))
}

fn tar(bytes: Cursor<&[u8]>, mut members: Members<'_>) -> Result<(), Fault> {
    let mut archive = tar::Archive::new(bytes);
    let outcome = archive.entries().and_then(|entries| {
        for entry in entries {
            let mut entry = entry?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            if entry.header().entry_type().is_file() && !members.read(&name, Ok(&mut entry)) {
                break;
            }
        }
        Ok(())
    });
    members.close(outcome.map_err(Fault::damaged))
}

fn seven_zip(bytes: Cursor<&[u8]>, mut members: Members<'_>) -> Result<(), Fault> {
    let outcome = ArchiveReader::new(bytes, Password::empty()).and_then(|mut archive| {
        archive.set_thread_count(1);
        archive.for_each_entries(|entry, reader| {
            Ok(entry.is_directory() || members.read(entry.name(), Ok(reader)))
        })
    });
    members.close(outcome.map_err(seven_zip_fault))
}

fn seven_zip_fault(error: sevenz_rust2::Error) -> Fault {
    use sevenz_rust2::Error;
    match error {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => Fault::Encrypted,
        Error::UnsupportedCompressionMethod(method) if method.contains("AES") => Fault::Encrypted,
        Error::UnsupportedCompressionMethod(_) | Error::Unsupported(_) => {
            Fault::NotSupported("the way the 7-Zip archive is packed")
        }
        error => Fault::Damaged(format!("{error:?}")),
    }
}

/// Bytes of a member of a RAR archive, which are handed over as they come.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn rar(bytes: &[u8], mut members: Members<'_>) -> Result<(), Fault> {
    let options = ArchiveReadOptions::new()
        .with_max_header_count(2 * MAX_FILES as u64)
        .with_max_header_bytes(MAX_BYTES as u64)
        .with_max_member_output_bytes(MAX_BYTES as u64)
        .with_max_total_output_bytes(members.contents.unpacked_left)
        .with_rar50_dictionary_size_limit(super::MAX_UNPACKED);
    let mut last: Option<(String, Sink)> = None;
    let outcome = rars::ArchiveReader::read_with_options(bytes, options).and_then(|archive| {
        archive.extract_to_with_options(options, |entry: &ExtractedEntryMeta| {
            // A member is whole when the next one begins.
            if let Some((name, sink)) = last.take()
                && !members.take_spent(&name, sink.take())
            {
                return Err(rars::Error::Cancelled);
            }
            let sink = Sink::default();
            last = Some((entry.name_lossy(), sink.clone()));
            Ok(Box::new(sink))
        })
    });
    if let Some((name, sink)) = last {
        members.take_spent(&name, sink.take());
    }
    members.close(outcome.map_err(rar_fault))
}

impl Members<'_> {
    /// The same of bytes that are unpacked already.
    fn take_spent(&mut self, name: &str, bytes: Vec<u8>) -> bool {
        let spent = spend(bytes.len(), &mut self.contents.unpacked_left);
        self.take(name, spent.map(|()| bytes))
    }
}

fn rar_fault(error: rars::Error) -> Fault {
    match error.kind() {
        ErrorKind::PasswordRequired | ErrorKind::BadPassword => Fault::Encrypted,
        ErrorKind::ResourceLimit => BOMB,
        ErrorKind::UnsupportedFormat | ErrorKind::UnsupportedFeature => {
            Fault::NotSupported("the way the RAR archive is packed")
        }
        _ => Fault::damaged(error),
    }
}
