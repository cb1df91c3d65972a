//! What the next commit of the ledger will change, in a file of its own: written in one go and read
//! in one go, it costs neither the work nor the room of a table.
//!
//! Two numbers (the commit, and the messages that are unreadable after it), then the [changes](Change),
//! each the length of what it says in eight bytes, the least first, a letter, and what it says.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::changes::{Changes, State};
use super::held::FileNumber;
use crate::Error;

/// One change of the ledger. They come in this order, the keys of each kind in theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change<'b> {
    /// What is known of a file, as the bytes of its record.
    File(FileNumber, &'b [u8]),
    /// A reading of a file found a message, under this key.
    Held(u32, &'b [u8]),
    /// What other readings of a file found is gone.
    Sweep(FileNumber, u32),
    /// The file is forgotten, with all that it held.
    Forget(FileNumber),
}

/// Changes that may not be in force yet.
#[derive(Debug)]
pub(crate) struct Proposal(Vec<u8>);

impl Proposal {
    /// Written aside and renamed, so that no half of it is ever read.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(crate) fn write(
        path: &Path,
        number: u64,
        unreadable: u64,
        changes: &Changes,
    ) -> Result<(), Error> {
        let aside = path.with_extension("next.new");
        let mut out = BufWriter::new(File::create(&aside)?);
        put(&mut out, number)?;
        put(&mut out, unreadable)?;
        put_changes(&mut out, changes)?;
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

    /// The changes, in their order.
    pub(crate) fn changes(&self) -> impl Iterator<Item = Result<Change<'_>, Error>> {
        let mut rest = self.0.get(16..).unwrap_or_default();
        std::iter::from_fn(move || {
            let is_over = rest.is_empty();
            (!is_over).then(|| {
                change(&mut rest).ok_or_else(|| {
                    rest = &[];
                    corrupt()
                })
            })
        })
    }
}

fn corrupt() -> Error {
    Error::Corrupt("what the ledger was to change".into())
}

fn put_changes(out: &mut impl Write, changes: &Changes) -> io::Result<()> {
    for (number, file) in changes.files() {
        if file.state != State::Gone {
            put_change(out, b'f', number, &file.record.to_bytes())?;
        }
    }
    for (key, reading) in changes.held() {
        put_change(out, b'h', reading, key)?;
    }
    for (number, file) in changes.files().filter(|(_, file)| file.is_known) {
        match file.state {
            State::Open => {}
            State::Closed => {
                put_change(out, b's', number, &file.record.reading.to_le_bytes())?;
            }
            State::Gone => put_change(out, b'g', number, &[])?,
        }
    }
    Ok(())
}

fn put_change(out: &mut impl Write, letter: u8, number: u32, bytes: &[u8]) -> io::Result<()> {
    put(out, bytes.len() as u64 + 5)?;
    out.write_all(&[letter])?;
    out.write_all(&number.to_le_bytes())?;
    out.write_all(bytes)
}

fn put(out: &mut impl Write, number: u64) -> io::Result<()> {
    out.write_all(&number.to_le_bytes())
}

fn taken(rest: &mut &[u8]) -> Option<u64> {
    let (number, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u64::from_le_bytes(*number))
}

fn change<'b>(rest: &mut &'b [u8]) -> Option<Change<'b>> {
    let length = usize::try_from(taken(rest)?).ok()?;
    let (whole, after) = rest.split_at_checked(length)?;
    *rest = after;
    let (letter, whole) = whole.split_first()?;
    let (number, bytes) = whole.split_first_chunk()?;
    let number = u32::from_le_bytes(*number);
    match letter {
        b'f' => Some(Change::File(number, bytes)),
        b'h' => Some(Change::Held(number, bytes)),
        b's' => Some(Change::Sweep(number, u32::from_le_bytes(bytes.try_into().ok()?))),
        b'g' => Some(Change::Forget(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::changes::Touched;
    use crate::ledger::record::{Key, Record};

    #[test]
    fn changes_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.next");
        assert!(Proposal::read(&path).unwrap().is_none());
        let (record, mut changes) = (Record::new(Key::from_bytes(b"a\xff")), Changes::default());
        changes.touch(1, Touched::new(record.key.clone()));
        let gone = Record::new(Key::from_bytes(b"b"));
        changes.touch(2, Touched { state: State::Gone, ..Touched::known(gone) });
        changes.touch(3, Touched::known(record.clone()));
        changes.hold(1, b"id", "", 9);
        Proposal::write(&path, 7, 2, &changes).unwrap();
        let proposal = Proposal::read(&path).unwrap().unwrap();
        assert_eq!((proposal.number().unwrap(), proposal.unreadable().unwrap()), (7, 2));
        let (bytes, held) = (record.to_bytes(), [&[0, 0, 0, 1][..], b"id"].concat());
        let found: Result<Vec<_>, _> = proposal.changes().collect();
        let (file, held) = (|number| Change::File(number, &bytes), Change::Held(9, &held));
        let expected = [file(1), file(3), held, Change::Forget(2), Change::Sweep(3, 0)];
        assert_eq!(found.unwrap(), expected);
        let cut = Proposal(proposal.0[..proposal.0.len() - 1].to_vec());
        assert!(cut.changes().any(|change| change.is_err()));
        assert!(Proposal(vec![1]).number().is_err());
    }
}
