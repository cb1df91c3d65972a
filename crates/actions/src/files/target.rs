//! Where a saved document goes on this machine.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Bytes that a file name may have at most on the systems that we know.
const LONGEST: usize = 240;

/// Why a document cannot be written to this machine.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It is never written over what is there.
    #[error("{0} is there already")]
    Exists(PathBuf),
    /// The system refuses.
    #[error("{path} cannot be written")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A file that is written under another name, and has its own only once it is whole.
#[derive(Debug)]
pub struct Target {
    path: PathBuf,
    over: bool,
    aside: NamedTempFile,
}

impl Target {
    /// Begins to write `path`; with `over` a file that is there is replaced.
    ///
    /// # Errors
    ///
    /// When a file is there, or the folder cannot be written.
    pub fn create(path: &Path, over: bool) -> Result<Self, TargetError> {
        if !over && path.symlink_metadata().is_ok() {
            return Err(TargetError::Exists(path.to_owned()));
        }
        let aside = tempfile::Builder::new()
            .prefix(".postern-")
            .suffix(".new")
            .tempfile_in(folder(path))
            .map_err(|source| io_error(path, source))?;
        Ok(Self { path: path.to_owned(), over, aside })
    }

    /// Begins to write `path` beside it, under its name with `.part`. What a killed one left there is written over,
    /// so that only one part is ever left.
    ///
    /// # Errors
    ///
    /// When a file is there, or the folder cannot be written.
    pub fn again(path: &Path, over: bool) -> Result<Self, TargetError> {
        if !over && path.symlink_metadata().is_ok() {
            return Err(TargetError::Exists(path.to_owned()));
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        match fs::remove_file(path.with_file_name(&name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(io_error(path, error));
            }
            _ => {}
        }
        let aside = tempfile::Builder::new()
            .prefix(&name)
            .rand_bytes(0)
            .tempfile_in(folder(path))
            .map_err(|source| io_error(path, source))?;
        Ok(Self { path: path.to_owned(), over, aside })
    }

    /// Gives the file its name and says how many bytes it has.
    ///
    /// # Errors
    ///
    /// When another file took the name meanwhile, or the disk refuses. The file is then gone.
    pub fn finish(self) -> Result<u64, TargetError> {
        let Self { path, over, aside } = self;
        let length = length(aside.as_file()).map_err(|source| io_error(&path, source))?;
        let named = if over { aside.persist(&path) } else { aside.persist_noclobber(&path) };
        match named {
            Ok(_) => Ok(length),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(TargetError::Exists(path))
            }
            Err(error) => Err(io_error(&path, error.error)),
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.aside.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.aside.flush()
    }
}

/// The folder that a file lies in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What lies on the disk.
fn length(file: &File) -> io::Result<u64> {
    file.sync_all()?;
    Ok(file.metadata()?.len())
}

fn io_error(path: &Path, source: io::Error) -> TargetError {
    TargetError::Io { path: path.to_owned(), source }
}

/// A name of the server as a name in a folder of this machine. It has no part that leads out of the folder, and
/// none that a system treats in a special way.
///
/// ```
/// use postern_actions::files::local_name;
///
/// assert_eq!(local_name("plan.docx"), "plan.docx");
/// assert_eq!(local_name("../../etc/passwd"), "_.._etc_passwd");
/// assert_eq!(local_name("CON.txt"), "_CON.txt");
/// ```
#[must_use]
pub fn local_name(name: &str) -> String {
    let plain: String = name.chars().map(|c| if is_special(c) { '_' } else { c }).collect();
    // A leading dot hides a file; a dot or space at the end is lost on Windows.
    let plain = plain.trim_start_matches('.').trim_end_matches(['.', ' ']).trim_start();
    let plain = if is_device(plain) { format!("_{plain}") } else { plain.to_owned() };
    let plain = shortened(&plain);
    if plain.is_empty() { "document".to_owned() } else { plain }
}

fn is_special(c: char) -> bool {
    c.is_control()
        || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Names that Windows gives to devices, with any ending.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |port: &str| {
        let digit = stem.strip_prefix(port);
        digit.is_some_and(|digit| digit.len() == 1 && digit.bytes().all(|b| b.is_ascii_digit()))
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

/// A name that is too long loses the end of its stem and keeps its ending.
fn shortened(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if ending.len() < 16 => (stem, format!(".{ending}")),
        _ => (name, String::new()),
    };
    let end = stem.floor_char_boundary(LONGEST - ending.len());
    stem.get(..end).unwrap_or_default().to_owned() + &ending
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_server_stay_in_the_folder() {
        let long = format!("{}.pdf", "ä".repeat(200));
        let short = format!("{}.pdf", "ä".repeat(118));
        for (name, local) in [
            ("Content.jpg", "Content.jpg"),
            ("a b (1).txt", "a b (1).txt"),
            ("日本.txt", "日本.txt"),
            ("..", "document"),
            (".", "document"),
            ("", "document"),
            ("   ", "document"),
            ("/etc/passwd", "_etc_passwd"),
            ("..\\..\\x", "_.._x"),
            ("C:\\x", "C__x"),
            (".bashrc", "bashrc"),
            ("x.", "x"),
            ("x\0y\n", "x_y_"),
            ("inv\u{202e}fdp.exe", "inv_fdp.exe"),
            ("nul", "_nul"),
            ("com1.log", "_com1.log"),
            ("com10.log", "com10.log"),
            ("console", "console"),
            (&long, &short),
        ] {
            let found = local_name(name);
            assert_eq!(found, local, "{name}");
            assert_eq!(Path::new(&found).components().count(), 1);
        }
    }

    #[test]
    fn what_a_killed_one_left_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::mem::forget(Target::again(&path, false).unwrap());
        let mut target = Target::again(&path, false).unwrap();
        target.write_all(b"one").unwrap();
        assert_eq!(std::fs::read(folder.path().join("a.txt.part")).unwrap(), b"one");
        assert_eq!(target.finish().unwrap(), 3);
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(matches!(Target::again(&path, false), Err(TargetError::Exists(_))));
    }

    #[test]
    fn a_file_has_its_name_only_once_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let mut target = Target::create(&path, false).unwrap();
        target.write_all(b"one").unwrap();
        assert!(!path.exists());
        assert_eq!(target.finish().unwrap(), 3);
        assert_eq!(std::fs::read(&path).unwrap(), b"one");

        let error = Target::create(&path, false).unwrap_err();
        assert!(matches!(error, TargetError::Exists(_)));
        let mut target = Target::create(&path, true).unwrap();
        target.write_all(b"two!").unwrap();
        drop(target);
        assert_eq!(std::fs::read(&path).unwrap(), b"one", "what was not finished left nothing");
        let mut target = Target::create(&path, true).unwrap();
        target.write_all(b"two!").unwrap();
        assert_eq!(target.finish().unwrap(), 4);
        assert_eq!(std::fs::read(&path).unwrap(), b"two!");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_came_meanwhile_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let target = Target::create(&path, false).unwrap();
        std::fs::write(&path, "other").unwrap();
        assert!(matches!(target.finish(), Err(TargetError::Exists(_))));
        assert_eq!(std::fs::read(&path).unwrap(), b"other");
    }
}
