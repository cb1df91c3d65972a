//! Whether a log can be written on, by a look at its end.

use std::path::Path;

use crate::error::AuditError;
use crate::files::{folder, lock_file, segments};
use crate::note::Signer;
use crate::tail::Tail;

/// How often lines that are not sealed are looked at.
const LOOKS: u32 = 5;

/// How the end of a log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// There is no log yet.
    None,
    /// Its last head is signed by the key, and all behind it is sealed.
    Sound,
    /// Behind that stand lines that the key neither signed nor sealed.
    Longer,
}

/// Looks at the last segment of the log of the data folder `data`, which has at most 64 MB however long the log is.
/// [`verify`](crate::verify) reads all of it. Nothing is written, and who writes waits for nobody.
///
/// ```
/// use postern_audit::{End, key_file, look};
///
/// let data = std::env::temp_dir().join("there-is-no-log-here");
/// assert_eq!(look(&data, &key_file(&data))?, End::None);
/// # Ok::<(), postern_audit::AuditError>(())
/// ```
///
/// # Errors
///
/// Those that writing would have: the key is gone or another one, or a file cannot be read or written by this user.
pub fn look(data: &Path, key_file: &Path) -> Result<End, AuditError> {
    let place = folder(data);
    let last = if place.exists() { segments(&place)?.pop() } else { None };
    let Some(last) = last else { return Ok(End::None) };
    if !key_file.exists() {
        return Err(AuditError::KeyGone(key_file.to_owned()));
    }
    let key = Signer::read(key_file)?;
    let lock = lock_file(&place);
    if lock.exists() {
        let opened = std::fs::OpenOptions::new().append(true).open(&lock);
        opened.map_err(|error| AuditError::io(&lock, error))?;
    }
    // Others may write while this looks: what they wrote by then is sealed when it is looked at again.
    for _ in 0..LOOKS {
        // A line that is being written has no end yet.
        if !Tail::of(&place, last, &key)?.rest()?.contains(&b'\n') {
            return Ok(End::Sound);
        }
    }
    Ok(End::Longer)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;
    use crate::{Entry, Log, Settings, What, key_file};

    #[test]
    fn the_end_of_a_log() {
        let data = tempfile::tempdir().unwrap();
        let key = key_file(data.path());
        let look = || look(data.path(), &key);
        assert_eq!(look().unwrap(), End::None);
        let settings = Settings {
            key_file: key.clone(),
            witnesses: Vec::new(),
            clock: || Timestamp::UNIX_EPOCH,
            warn: Arc::new(|_: &str| {}),
        };
        let log = Log::open(data.path(), settings).unwrap();
        log.write(Entry::new(What::Export, "ann")).unwrap();
        assert_eq!(look().unwrap(), End::Sound, "while it is open");
        drop(log);
        assert_eq!(look().unwrap(), End::Sound);
        let segment = folder(data.path()).join("000001.jsonl");
        let mut file = fs::OpenOptions::new().append(true).open(&segment).unwrap();
        file.write_all(b"{\"half").unwrap();
        assert_eq!(look().unwrap(), End::Sound, "a line that is being written");
        file.write_all(b"\":1}\n").unwrap();
        assert_eq!(look().unwrap(), End::Longer);
        let text = fs::read(&key).unwrap();
        fs::write(&key, "no key\n").unwrap();
        assert!(matches!(look(), Err(AuditError::NoKey(_))));
        fs::remove_file(&key).unwrap();
        assert!(matches!(look(), Err(AuditError::KeyGone(_))));
        Signer::at(&key).unwrap();
        assert!(matches!(look(), Err(AuditError::OtherKey(_))));
        fs::write(&key, text).unwrap();
        assert_eq!(look().unwrap(), End::Longer);
    }
}
