//! Where heads are sent, so that somebody else can vouch for the log.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::head::FORMAT;

/// Somebody who keeps heads.
pub trait Witness: Send {
    /// Keeps a signed head. While it does, nothing is brought to the disk.
    ///
    /// # Errors
    ///
    /// When it cannot; the log goes on, and the next head covers what this one did.
    fn keep(&mut self, head: &str) -> io::Result<()>;
}

/// A file that heads are appended to, with an empty line behind each.
#[derive(Debug)]
pub(crate) struct InFile(pub(crate) PathBuf);

impl Witness for InFile {
    fn keep(&mut self, head: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0)?;
        file.write_all(format!("{head}\n").as_bytes())?;
        file.sync_data()
    }
}

/// A stream of the process, a line for each head, with `\n` for its line feeds.
#[derive(Debug)]
struct OnLines<W>(W);

impl<W: Write + Send> Witness for OnLines<W> {
    fn keep(&mut self, head: &str) -> io::Result<()> {
        self.0.write_all(format!("{}\n", on_one_line(head)).as_bytes())?;
        self.0.flush()
    }
}

/// The log of the system, by its socket: facility `log audit` (13), severity `notice`, RFC 5424, section 6.2.1.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct InSyslog(pub(crate) PathBuf);

#[cfg(unix)]
impl Witness for InSyslog {
    fn keep(&mut self, head: &str) -> io::Result<()> {
        let priority = 13 * 8 + 5;
        let text = format!("<{priority}>postern: {}", on_one_line(head));
        let socket = std::os::unix::net::UnixDatagram::unbound()?;
        socket.send_to(text.as_bytes(), &self.0).map(drop)
    }
}

impl dyn Witness {
    /// A file that heads are appended to.
    #[must_use]
    pub fn file(path: PathBuf) -> Box<Self> {
        Box::new(InFile(path))
    }

    /// The standard output.
    #[must_use]
    pub fn stdout() -> Box<Self> {
        Box::new(OnLines(io::stdout()))
    }

    /// The standard error.
    #[must_use]
    pub fn stderr() -> Box<Self> {
        Box::new(OnLines(io::stderr()))
    }

    /// The log of the system.
    #[cfg(unix)]
    #[must_use]
    pub fn syslog() -> Box<Self> {
        Box::new(InSyslog("/dev/log".into()))
    }
}

/// What stands before a head on one line.
const ON_ONE_LINE: &str = "audit head ";

/// A head that is a line of something else.
fn on_one_line(head: &str) -> String {
    format!("{ON_ONE_LINE}{}", head.replace('\n', "\\n"))
}

/// The last head of what a witness kept: of a file of heads, or of a log with heads on lines of their own.
///
/// ```
/// use postern_audit::last_kept;
///
/// let note = |n| format!("postern-audit/v1\nentries {n}\n\n— postern-audit AAAA\n");
/// let file = format!("{}\n{}\n", note(1), note(2));
/// assert_eq!(last_kept(&file), Some(note(2)));
/// let log = format!("Nov 30 postern: audit head {}\nother\n", note(3).replace('\n', "\\n"));
/// assert_eq!(last_kept(&log), Some(note(3)));
/// assert_eq!(last_kept("nothing"), None);
/// ```
#[must_use]
pub fn last_kept(text: &str) -> Option<String> {
    let lines = text.lines().filter_map(|line| line.split_once(ON_ONE_LINE));
    let unfolded = lines.map(|(_, head)| head.replace("\\n", "\n")).next_back();
    let whole = text.rfind(FORMAT).and_then(|at| text.get(at..));
    let whole = whole.and_then(|note| {
        let (text, rest) = note.split_once("\n\n")?;
        let signatures = rest.split("\n\n").next()?.trim_end_matches('\n');
        Some(format!("{text}\n\n{signatures}\n"))
    });
    unfolded.or(whole)
}
