//! What the next commit of the ledger will change, in a file of its own: written in one go and read
//! in one go, it costs neither the work nor the room of a table.
//!
//! Two numbers (the commit, and the messages that are unreadable after it), then for each change the
//! lengths of its key and of its record, and both; all numbers in eight bytes, the least first. No
//! record forgets the file.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::ledger::Change;
use super::record::Record;
use crate::search::Error;

/// A key and the bytes of its record, none for a file that is forgotten.
pub(crate) type Parts<'b> = (&'b [u8], &'b [u8]);

/// Changes that may not be in force yet.
#[derive(Debug)]
pub(crate) struct Proposal(Vec<u8>);

impl Proposal {
    /// Written aside and renamed, so that no half of it is ever read.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(crate) fn write<'c>(
        path: &Path,
        number: u64,
        unreadable: u64,
        changes: impl Iterator<Item = Change<'c>>,
    ) -> Result<(), Error> {
        let aside = path.with_extension("next.new");
        let mut out = BufWriter::new(File::create(&aside)?);
        put(&mut out, number)?;
        put(&mut out, unreadable)?;
        for (key, record) in changes {
            let bytes = record.map(Record::to_bytes).unwrap_or_default();
            for part in [key.as_slice(), &bytes] {
                put(&mut out, part.len() as u64)?;
            }
            out.write_all(key.as_slice())?;
            out.write_all(&bytes)?;
        }
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(aside, path)?;
        // A name is safe when its folder is.
        #[cfg(unix)]
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())?;
        Ok(())
    }

    /// The proposal that lies there, if there is one.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, Error> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(Self(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// # Errors
    ///
    /// When it cannot be removed.
    pub(crate) fn remove(path: &Path) -> Result<(), Error> {
        Ok(fs::remove_file(path)?)
    }

    /// Number of the commit.
    pub(crate) fn number(&self) -> Result<u64, Error> {
        taken(&mut self.0.as_slice()).ok_or_else(corrupt)
    }

    /// Messages that are unreadable after it.
    pub(crate) fn unreadable(&self) -> Result<u64, Error> {
        taken(&mut self.0.get(8..).unwrap_or_default()).ok_or_else(corrupt)
    }

    /// Keys and the bytes of their records.
    pub(crate) fn changes(&self) -> Result<Vec<Parts<'_>>, Error> {
        let mut rest = self.0.get(16..).unwrap_or_default();
        let mut changes = Vec::new();
        while !rest.is_empty() {
            changes.push(change(&mut rest).ok_or_else(corrupt)?);
        }
        Ok(changes)
    }
}

fn corrupt() -> Error {
    Error::Corrupt("what the ledger was to change".into())
}

fn put(out: &mut impl Write, number: u64) -> io::Result<()> {
    out.write_all(&number.to_le_bytes())
}

fn taken(rest: &mut &[u8]) -> Option<u64> {
    let (number, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u64::from_le_bytes(*number))
}

fn change<'b>(rest: &mut &'b [u8]) -> Option<Parts<'b>> {
    let lengths = [taken(rest)?, taken(rest)?];
    let [key, record] = lengths.map(|length| {
        let (part, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        *rest = after;
        Some(part)
    });
    key.zip(record)
}

#[cfg(test)]
mod tests {
    use super::super::record::Key;
    use super::*;

    #[test]
    fn changes_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.next");
        assert!(Proposal::read(&path).unwrap().is_none());
        let (key, gone, record) =
            (Key::from_bytes(b"a\xff"), Key::from_bytes(b"b"), Record::default());
        let changes = [(&key, Some(&record)), (&gone, None)];
        Proposal::write(&path, 7, 2, changes.into_iter()).unwrap();
        let proposal = Proposal::read(&path).unwrap().unwrap();
        assert_eq!((proposal.number().unwrap(), proposal.unreadable().unwrap()), (7, 2));
        let bytes = record.to_bytes();
        assert_eq!(proposal.changes().unwrap(), [(&b"a\xff"[..], bytes.as_slice()), (b"b", b"")]);
        let cut = Proposal(proposal.0[..proposal.0.len() - 1].to_vec());
        assert!(cut.changes().is_err());
        assert!(Proposal(vec![1]).number().is_err());
    }
}
