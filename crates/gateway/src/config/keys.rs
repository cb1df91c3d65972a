//! Keys that are made here: a file of their hashes in the data folder, which a running gateway reads again.
//!
//! A writer holds a lock, and puts a whole new file in the place of the old one, so that readers need none.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use postern_actions::Verb;
use postern_upstream::Secret;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::file::{self, FileKey};
use super::{Config, ConfigError, invalid};
use crate::access::{Key, Right};

const NAME: &str = "keys.toml";
const LOCK: &str = "keys.lock";
const NEW: &str = "keys.toml.new";
/// Bytes of the file, which is read whole.
const MOST_BYTES: u64 = 1 << 20;
/// Characters of the name of a key.
const LONGEST_NAME: usize = 100;
/// What each key begins with, so that people and scanners for secrets know one when they see it.
const PREFIX: &str = "postern_";
const HEAD: &str = "# Hashes of the keys that `postern key new` made. It writes this file, and so does `postern key revoke`;\n\
                    # a running gateway reads it again. While the file is there, nobody may ask without a key.\n\n";

/// What a key that is made may do.
#[derive(Clone, Debug, Default)]
pub struct NewKey {
    /// What it is called.
    pub name: String,
    /// The tenant that it opens.
    pub tenant: String,
    /// The only mailboxes it may see; none is all.
    pub mailboxes: Vec<String>,
    /// What it may have done with what it finds.
    pub actions: Vec<Verb>,
    /// What else it may do.
    pub rights: Vec<Right>,
    /// The file with the key that premium is asked with.
    pub upstream_key_file: Option<PathBuf>,
}

/// The file as it is written.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct Kept {
    keys: Vec<KeptKey>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct KeptKey {
    name: String,
    sha256: String,
    tenant: String,
    made: Timestamp,
    upstream_key_file: Option<PathBuf>,
    mailboxes: Option<Vec<String>>,
    #[serde(default)]
    actions: Vec<String>,
    rights: Vec<String>,
}

impl Config {
    /// The file with the hashes of the keys that were made here.
    #[must_use]
    pub fn keys_file(&self) -> PathBuf {
        self.data.join(NAME)
    }

    /// Makes a key, and keeps its hash. A running gateway knows it within a few seconds.
    ///
    /// # Errors
    ///
    /// When the key does not go with the configuration, its name is taken, or the file cannot be written.
    ///
    /// ```
    /// use postern_gateway::config::{Config, NewKey, Overrides};
    ///
    /// let data = tempfile::tempdir()?;
    /// let load = || Config::load(None, &Overrides::default(), data.path().into());
    /// let new = NewKey { name: "app".into(), tenant: "t1".into(), ..NewKey::default() };
    /// let key = load()?.make_key(&new, jiff::Timestamp::UNIX_EPOCH)?;
    /// assert!(load()?.access.caller(Some(key.expose()), None).is_ok());
    /// load()?.revoke_key("app")?;
    /// assert!(load()?.access.caller(Some(key.expose()), None).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn make_key(&self, new: &NewKey, now: Timestamp) -> Result<Secret, ConfigError> {
        check_name(&new.name)?;
        let secret = secret()?;
        let key = kept(new, secret.expose(), now)?;
        self.change(|keys| {
            keys.push(key);
            Ok(())
        })?;
        Ok(secret)
    }

    /// Forgets a key that was made here. A running gateway refuses it within a few seconds.
    ///
    /// # Errors
    ///
    /// When no such key was made here, or the file cannot be written.
    pub fn revoke_key(&self, name: &str) -> Result<(), ConfigError> {
        let is_written = |key: &&Key| key.made.is_none() && key.name == name;
        if self.access.keys().iter().any(|key| is_written(&key)) {
            return invalid(format!(
                "the key `{name}` stands in the configuration; remove its [[keys]] there and restart the gateway"
            ));
        }
        self.change(|keys| {
            let before = keys.len();
            keys.retain(|key| key.name != name);
            if keys.len() < before {
                return Ok(());
            }
            invalid(format!("there is no key `{name}`; `postern key list` shows them"))
        })
    }

    /// The same configuration with the keys that this text of the file has; without one, with none that were made.
    pub(crate) fn with_made(&self, text: Option<&str>) -> Result<Self, ConfigError> {
        let made = text.map(|text| keys(&self.keys_file(), text)).transpose()?;
        let mut config = self.clone();
        config.access = config.access.with_made(made);
        config.check()?;
        Ok(config)
    }

    /// What the file has now.
    pub(crate) fn made_text(&self) -> Result<Option<String>, ConfigError> {
        let path = self.keys_file();
        match read(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => Ok(None),
                // Who may not look into the folder serves nobody from it.
                ErrorKind::PermissionDenied if fs::symlink_metadata(&path).is_err() => {
                    Ok(Some(String::new()))
                }
                _ => Err(unreadable(&path, &error)),
            },
        }
    }

    /// Changes the file while no other process does, if the configuration is valid with what becomes of it.
    fn change(
        &self,
        change: impl FnOnce(&mut Vec<KeptKey>) -> Result<(), ConfigError>,
    ) -> Result<(), ConfigError> {
        let failed = |error: io::Error| {
            ConfigError::Value(format!("{} cannot be written: {error}", self.keys_file().display()))
        };
        let _lock = lock(&self.data).map_err(failed)?;
        let path = self.keys_file();
        let mut kept = match self.made_text()? {
            Some(text) => file::parse::<Kept>(&path, &text)?,
            None => Kept::default(),
        };
        change(&mut kept.keys)?;
        let text = toml::to_string(&kept).map_err(|error| failed(io::Error::other(error)))?;
        let text = format!("{HEAD}{text}");
        if text.len() as u64 > MOST_BYTES {
            return invalid("there is no room for more keys; revoke some");
        }
        self.with_made(Some(&text))?;
        replace(&self.data, &text).map_err(failed)
    }
}

fn check_name(name: &str) -> Result<(), ConfigError> {
    let is_fit = (1..=LONGEST_NAME).contains(&name.chars().count())
        && !name.contains(char::is_control)
        && name != crate::access::LOCAL;
    if is_fit {
        return Ok(());
    }
    invalid(format!(
        "a key is called by 1 to {LONGEST_NAME} characters on one line, and not `{}`",
        crate::access::LOCAL
    ))
}

/// A new key: 256 random bits.
fn secret() -> Result<Secret, ConfigError> {
    let mut bits = [0_u8; 32];
    getrandom::fill(&mut bits)
        .or_else(|error| invalid(format!("this machine has no randomness: {error}")))?;
    Ok(Secret::new(format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bits))))
}

fn kept(new: &NewKey, secret: &str, now: Timestamp) -> Result<KeptKey, ConfigError> {
    let absolute = |path: &PathBuf| std::path::absolute(path);
    let upstream_key_file = new.upstream_key_file.as_ref().map(absolute).transpose();
    Ok(KeptKey {
        name: new.name.clone(),
        sha256: Sha256::digest(secret).iter().map(|byte| format!("{byte:02x}")).collect(),
        tenant: new.tenant.clone(),
        made: now,
        upstream_key_file: upstream_key_file.or_else(|error| invalid(error.to_string()))?,
        mailboxes: (!new.mailboxes.is_empty()).then(|| new.mailboxes.clone()),
        actions: new.actions.iter().map(|verb| verb.as_str().to_owned()).collect(),
        rights: new.rights.iter().map(|right| right.as_str().to_owned()).collect(),
    })
}

/// A file that is blank was emptied by accident, or is being written by somebody else. It never is when this program
/// wrote it.
fn keys(path: &Path, text: &str) -> Result<Vec<Key>, ConfigError> {
    if text.trim().is_empty() {
        let reason = "it is empty; put it back from a copy, or remove it".to_owned();
        return Err(ConfigError::Invalid { path: path.to_owned(), reason });
    }
    file::parse::<Kept>(path, text)?.keys.into_iter().map(Key::try_from).collect()
}

impl TryFrom<KeptKey> for Key {
    type Error = ConfigError;

    fn try_from(kept: KeptKey) -> Result<Self, ConfigError> {
        let key = Self::try_from(FileKey {
            name: kept.name,
            sha256: kept.sha256,
            tenant: kept.tenant,
            upstream_key: None,
            upstream_key_file: kept.upstream_key_file,
            mailboxes: kept.mailboxes,
            actions: kept.actions,
            rights: Some(kept.rights),
        })?;
        Ok(Self { made: Some(kept.made), ..key })
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(io::Error::other(format!("it has more than {MOST_BYTES} bytes")));
    }
    Ok(text)
}

fn unreadable(path: &Path, error: &io::Error) -> ConfigError {
    ConfigError::Value(format!(
        "the keys in {} cannot be read: {error}; run this as the user that the data folder belongs to",
        path.display()
    ))
}

fn lock(data: &Path) -> io::Result<File> {
    fs::create_dir_all(data)?;
    let file = private().open(data.join(LOCK))?;
    belongs_like(data, &data.join(LOCK))?;
    file.lock()?;
    Ok(file)
}

/// Puts a file with this text in the place of the one before; a kill leaves one or the other.
fn replace(data: &Path, text: &str) -> io::Result<()> {
    let new = data.join(NEW);
    let mut file = private().truncate(true).open(&new)?;
    file.write_all(text.as_bytes())?;
    belongs_like(data, &new)?;
    file.sync_all()?;
    fs::rename(&new, data.join(NAME))?;
    #[cfg(unix)]
    File::open(data)?.sync_all()?;
    Ok(())
}

/// How a file is opened for writing that is its owner's alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// What an administrator writes for the user of the service has to be readable by that user.
#[cfg(unix)]
fn belongs_like(folder: &Path, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let (folder, own) = (fs::metadata(folder)?, fs::metadata(path)?);
    if folder.uid() == own.uid() {
        return Ok(());
    }
    chown(path, Some(folder.uid()), Some(folder.gid()))
}

#[cfg(not(unix))]
fn belongs_like(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}
