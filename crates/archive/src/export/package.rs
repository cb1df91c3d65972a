//! A ZIP with a manifest as its last file.

use std::io::{self, BufWriter, Read, Write};

use postern_query::Message;
use sha2::{Digest as _, Sha256};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::manifest::{MANIFEST, Manifest, hex};
use super::{Broken, copy};

/// A ZIP on its way. It has no clock: the same files make the same bytes.
pub(super) struct Package<W: Write>(Box<ZipWriter<StreamWriter<W>>>);

/// How a file lies in a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// As it is: an original.
    Original,
    /// An original that may have more bytes than four of a ZIP can count.
    Huge,
    /// Packed: text that was made here.
    Text,
    /// Packed, of whatever length: a list of all that is in it.
    List,
}

/// From which size on an original is huge: half of what fits, because a size that is told may be wrong.
const HUGE: i64 = 1 << 31;

impl Kind {
    /// How the original of a message lies there.
    pub(super) fn of(message: &Message) -> Self {
        let is_huge = message.size.is_some_and(|size| size >= HUGE);
        if is_huge { Self::Huge } else { Self::Original }
    }

    fn options(self) -> SimpleFileOptions {
        let method = match self {
            Self::Original | Self::Huge => CompressionMethod::Stored,
            Self::Text | Self::List => CompressionMethod::Deflated,
        };
        let options = SimpleFileOptions::default().last_modified_time(DateTime::default());
        options.compression_method(method).large_file(matches!(self, Self::Huge | Self::List))
    }
}

impl<W: Write> Package<W> {
    pub(super) fn new(out: W) -> Self {
        Self(Box::new(ZipWriter::new_stream(out)))
    }

    /// Puts a file into it, and says the SHA-256 of its bytes.
    pub(super) fn put(
        &mut self,
        name: &str,
        kind: Kind,
        from: &mut dyn Read,
    ) -> Result<String, Broken> {
        self.begin(name, kind)?;
        let mut digest = Sha256::new();
        copy(from, &mut |piece| {
            digest.update(piece);
            self.0.write_all(piece)
        })?;
        Ok(hex(&digest.finalize()))
    }

    /// Begins a file, which is then written to [`Package::file`].
    pub(super) fn begin(&mut self, name: &str, kind: Kind) -> io::Result<()> {
        Ok(self.0.start_file(name, kind.options())?)
    }

    pub(super) fn file(&mut self) -> &mut impl Write {
        self.0.as_mut()
    }

    /// Ends it, with the manifest as the last file, and says the SHA-256 of that.
    pub(super) fn finish(mut self, manifest: Option<Manifest>) -> io::Result<Option<String>> {
        let sha256 = manifest.map(|manifest| self.last(manifest)).transpose()?;
        self.0.finish()?.into_inner().flush()?;
        Ok(sha256)
    }

    fn last(&mut self, manifest: Manifest) -> io::Result<String> {
        self.begin(MANIFEST, Kind::List)?;
        let mut out = BufWriter::new(self.0.as_mut());
        let sha256 = manifest.write(&mut out, None)?;
        out.flush()?;
        Ok(sha256)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Seek as _, SeekFrom};

    use zip::ZipArchive;

    use super::*;
    use crate::export::ending;

    const MIB: usize = 1 << 20;

    /// A file in which zeros take no room.
    struct Sparse {
        file: File,
        zeros: Vec<u8>,
    }

    impl Write for Sparse {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if bytes != self.zeros {
                return self.file.write(bytes);
            }
            self.file.seek(SeekFrom::Current(bytes.len().try_into().unwrap()))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Both a file of more than 4 GiB and one that begins behind so many bytes are read again (APPNOTE.TXT, 4.5.3).
    #[test]
    fn a_package_may_have_more_than_4_gib() {
        let mut out = tempfile::tempfile().unwrap();
        let (file, zeros) = (out.try_clone().unwrap(), vec![0; MIB]);
        let mut package = Package::new(Sparse { file, zeros: zeros.clone() });
        let huge = Message { size: Some(4 << 30), ..Message::default() };
        package.begin("huge", Kind::of(&huge)).unwrap();
        (0..4_097).for_each(|_| package.file().write_all(&zeros).unwrap());
        let small = Message { size: Some(1), ..Message::default() };
        package.put("small", Kind::of(&small), &mut &b"x"[..]).unwrap();
        package.finish(None).unwrap();
        assert_eq!(ending::files(&mut out).unwrap(), Some(2));
        let mut zip = ZipArchive::new(out).unwrap();
        assert_eq!(zip.by_name("huge").unwrap().size(), 4_097 << 20);
        let mut small = String::new();
        zip.by_name("small").unwrap().read_to_string(&mut small).unwrap();
        assert_eq!(small, "x");
    }
}
