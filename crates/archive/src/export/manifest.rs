//! What a package holds, so that whoever gets it can check it.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek as _, Write};

use md5::{Digest as _, Md5};
use postern_local_index::search::Scope;
use postern_query::Message;
use serde_json::{Map, Value, json};
use sha2::Sha256;

/// The name of a manifest in a ZIP, and the end of the name of one beside a file.
pub const MANIFEST: &str = "manifest.json";
/// How a whole manifest ends.
pub(super) const END: &str = "\"complete\":true}\n";

/// A manifest on its way. Its items wait in a file, so however many there are, few are in memory.
#[derive(Debug)]
pub struct Manifest {
    head: Map<String, Value>,
    items: BufWriter<File>,
    /// Files that belong to no message alone.
    files: Vec<Value>,
    counts: Counts,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    items: u64,
    lost: u64,
    duplicates: u64,
}

/// What was written of a message.
#[derive(Clone, Debug, Default)]
pub(super) struct Exported {
    /// Where it is in the package, if it is a file there.
    pub(super) path: Option<String>,
    /// The SHA-256 of its bytes there, before a mailbox file quotes them.
    pub(super) sha256: Option<String>,
    /// The SHA-256 of its original, where a page is written of it.
    pub(super) original: Option<String>,
    /// Where its other files are, with their SHA-256.
    pub(super) files: Vec<(String, String)>,
    /// Whether its original is gone.
    pub(super) is_lost: bool,
    /// The id of the message in whose place it stands.
    pub(super) duplicate_of: Option<String>,
}

impl Manifest {
    /// A manifest that begins with these fields: what was asked, by whom, and what answered.
    ///
    /// # Errors
    ///
    /// When the disk refuses a file for the items.
    pub fn new(head: Map<String, Value>) -> io::Result<Self> {
        let items = BufWriter::new(tempfile::tempfile()?);
        Ok(Self { head, items, files: Vec::new(), counts: Counts::default() })
    }

    /// The manifest with a file of the package that belongs to no message alone.
    pub(super) fn with_file(mut self, path: &str, sha256: &str) -> Self {
        self.files.push(file(path, sha256));
        self
    }

    pub(super) fn add(
        &mut self,
        message: &Message,
        scope: &Scope,
        one: &Exported,
    ) -> io::Result<()> {
        self.counts.lost += u64::from(one.is_lost);
        self.counts.duplicates += u64::from(one.duplicate_of.is_some());
        self.add_item(&item(message, scope, one))
    }

    /// Names an item as whoever made the file knows it.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub fn add_item(&mut self, item: &Value) -> io::Result<()> {
        let begins = if self.counts.items == 0 { "\n" } else { ",\n" };
        self.counts.items += 1;
        write!(self.items, "{begins}{item}")
    }

    /// Writes it as a whole; `complete` comes last. `file` is what [`Hashed`] says of the file that it lies beside.
    /// Gives the SHA-256 of what was written, in lower-case hexadecimal digits.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(self, out: &mut impl Write, file: Option<Value>) -> io::Result<String> {
        let mut out = Hashed::new(out);
        let Counts { items, lost, duplicates } = self.counts;
        let mut head = self.head;
        if let Some(file) = file {
            head.insert("file".to_owned(), file);
        }
        if !self.files.is_empty() {
            head.insert("files".to_owned(), self.files.into());
        }
        head.insert("tool".to_owned(), concat!("postern ", env!("CARGO_PKG_VERSION")).into());
        let text = Value::Object(head).to_string();
        write!(out, "{},\"items\":[", text.strip_suffix('}').unwrap_or(&text))?;
        let mut spooled = self.items.into_inner().map_err(io::IntoInnerError::into_error)?;
        spooled.rewind()?;
        io::copy(&mut BufReader::new(spooled), &mut out)?;
        let counts = json!({"items": items, "lost": lost, "duplicates": duplicates});
        write!(out, "],\"counts\":{counts},\"exceptions\":{},{END}", json!({"lost": lost}))?;
        Ok(out.sha256())
    }
}

/// A file on its way, of which a manifest beside it tells.
#[derive(Debug)]
pub struct Hashed<W> {
    out: W,
    digest: Sha256,
    bytes: u64,
}

impl<W: Write> Hashed<W> {
    /// What is written here goes to `out`.
    #[must_use]
    pub fn new(out: W) -> Self {
        Self { out, digest: Sha256::new(), bytes: 0 }
    }

    /// The SHA-256 of what was written.
    pub(super) fn sha256(self) -> String {
        hex(&self.digest.finalize())
    }

    /// Where it went to, and what a manifest says of it.
    #[must_use]
    pub fn end(self) -> (W, Value) {
        let sha256 = hex(&self.digest.finalize());
        (self.out, json!({"bytes": self.bytes, "sha256": sha256}))
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let taken = self.out.write(piece)?;
        self.digest.update(piece.get(..taken).unwrap_or_default());
        self.bytes += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn file(path: &str, sha256: &str) -> Value {
    json!({"path": path, "sha256": sha256})
}

fn item(message: &Message, scope: &Scope, one: &Exported) -> Value {
    let is_seen = |mailbox: Option<&str>| match scope {
        Scope::All => true,
        Scope::Mailboxes(names) => mailbox.is_some_and(|name| names.iter().any(|own| own == name)),
    };
    let places = message.places.iter().filter(|place| is_seen(place.mailbox.as_deref()));
    let places = places.map(|place| {
        let parts =
            [("mailbox", &place.mailbox), ("folder", &place.folder), ("source", &place.source)];
        let told = parts
            .into_iter()
            .filter_map(|(name, part)| Some((name.to_owned(), part.clone()?.into())));
        Value::Object(told.collect())
    });
    let fields = [
        ("id", Some(message.id.clone())),
        ("path", one.path.clone()),
        ("sha256", one.sha256.clone()),
        ("original", one.original.clone()),
        ("mih", message.internet_message_id.as_deref().map(mih)),
        ("exception", one.is_lost.then(|| "lost".to_owned())),
        ("duplicateOf", one.duplicate_of.clone()),
    ];
    let told = fields.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into())));
    let mut item: Map<String, Value> = told.collect();
    if !one.files.is_empty() {
        let files = one.files.iter().map(|(path, sha256)| file(path, sha256));
        item.insert("files".to_owned(), files.collect());
    }
    item.insert("places".to_owned(), places.collect());
    Value::Object(item)
}

/// The hash of a Message-ID by which other programs know equal messages: the MD5 of it with its angle brackets, as the
/// [EDRM](https://edrm.net/active-projects/dupeid/) has it.
///
/// ```
/// use postern_archive::export::mih;
///
/// let id = "<CALckR-a8UDkRjO4xJyjd_s0GPxQWw@mail.gmail.com>";
/// assert_eq!(mih(id), "1de319c276884bd0c9e2f1621ada26cc");
/// ```
#[must_use]
pub fn mih(message_id: &str) -> String {
    hex(&Md5::digest(message_id.as_bytes()))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
