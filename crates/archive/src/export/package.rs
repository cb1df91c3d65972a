//! A ZIP with a manifest as its last file.

use std::io::{self, BufWriter, Read, Write};

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
    /// Packed: text that was made here.
    Text,
    /// Packed, of whatever length: a list of all that is in it.
    List,
}

impl Kind {
    fn options(self) -> SimpleFileOptions {
        let method = match self {
            Self::Original => CompressionMethod::Stored,
            Self::Text | Self::List => CompressionMethod::Deflated,
        };
        let options = SimpleFileOptions::default().last_modified_time(DateTime::default());
        options.compression_method(method).large_file(self == Self::List)
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

    /// Ends it, with the manifest as the last file.
    pub(super) fn finish(mut self, manifest: Option<Manifest>) -> io::Result<()> {
        if let Some(manifest) = manifest {
            self.begin(MANIFEST, Kind::List)?;
            let mut out = BufWriter::new(self.0.as_mut());
            manifest.write(&mut out, None)?;
            out.flush()?;
        }
        self.0.finish()?.into_inner().flush()
    }
}
