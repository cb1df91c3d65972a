//! What a gateway is told: one TOML file, and what the command line puts over it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use postern_upstream::Secret;
use serde::Deserialize;

use crate::access::{Access, Key};

/// Where the gateway listens when nothing is said.
pub const LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7700);

/// A checked configuration. Secrets in it are hidden from `Debug`.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address and port.
    pub listen: SocketAddr,
    /// Where the local index lies.
    pub data: PathBuf,
    /// The premium endpoint, if there is one.
    pub premium: Option<Premium>,
    /// Who may ask.
    pub access: Access,
}

/// The premium endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Premium {
    /// Base URL.
    pub url: String,
    /// Name of the search index, for our own paths.
    pub index: String,
    /// How long it is waited for.
    pub deadline: Duration,
    /// Whether `search.in` and `search.ismatch` are known to pass.
    pub search_functions: bool,
    /// Whether addresses are known to be stored in lower case.
    pub lower_case_addresses: bool,
}

/// What the command line says; it goes over the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Address and port.
    pub listen: Option<String>,
    /// Base URL of premium.
    pub premium: Option<String>,
    /// Tenant of the one key.
    pub tenant: Option<String>,
    /// The one key, which is also sent upstream.
    pub key: Option<String>,
    /// How long premium is waited for.
    pub deadline: Option<String>,
}

/// What is wrong with a configuration, and what to write.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(
        "the configuration {path} cannot be read: {reason}; check the path given with --config"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file is not what it should be.
    #[error("the configuration {path} is not valid: {reason}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Why, with the place.
        reason: String,
    },
    /// A value that cannot be.
    #[error("{0}")]
    Value(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileConfig {
    listen: Option<String>,
    data: Option<PathBuf>,
    premium: Option<FilePremium>,
    #[serde(default)]
    keys: Vec<FileKey>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePremium {
    url: String,
    index: Option<String>,
    deadline: Option<String>,
    #[serde(default)]
    search_functions: bool,
    #[serde(default)]
    lower_case_addresses: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileKey {
    name: String,
    /// Hex of the SHA-256 of the key that clients present.
    sha256: String,
    tenant: String,
    upstream_key: Option<String>,
    #[serde(default)]
    mailboxes: Vec<String>,
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileKey").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Config {
    /// Reads the file, if there is one, and puts `overrides` over it; `data` is where the index lies
    /// when the file does not say.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, has unknown keys, or a value cannot be.
    pub fn load(
        file: Option<&Path>,
        overrides: &Overrides,
        data: PathBuf,
    ) -> Result<Self, ConfigError> {
        let file = file.map(read).transpose()?.unwrap_or_default();
        let listen = overrides.listen.as_ref().or(file.listen.as_ref());
        let premium = premium(file.premium, overrides)?;
        let mut keys = file.keys.into_iter().map(key).collect::<Result<Vec<_>, _>>()?;
        keys.extend(own_key(overrides)?);
        let config = Self {
            listen: listen.map(|text| address(text)).transpose()?.unwrap_or(LISTEN),
            data: file.data.unwrap_or(data),
            premium,
            access: Access::new(keys),
        };
        config.check()
    }

    /// Without a key it is for this machine's one user, so nobody else may reach it.
    fn check(self) -> Result<Self, ConfigError> {
        if self.access.is_open() && !self.listen.ip().is_loopback() {
            return Err(ConfigError::Value(format!(
                "without a key only this machine may ask, so {} cannot be listened on; give --tenant and --key, or listen on 127.0.0.1",
                self.listen
            )));
        }
        Ok(self)
    }

    /// How long a search may take in all.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        self.premium.as_ref().map_or(DEADLINE, |premium| premium.deadline)
    }
}

const DEADLINE: Duration = Duration::from_secs(5);

fn read(path: &Path) -> Result<FileConfig, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    toml::from_str(&text).map_err(|error| ConfigError::Invalid {
        path: path.to_owned(),
        // The line itself may hold a secret, so only its place is told.
        reason: format!("{}{}", error.message(), place(&text, error.span())),
    })
}

fn place(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let before = span.and_then(|span| text.get(..span.start));
    before
        .map_or_else(String::new, |before| format!(" (line {})", before.matches('\n').count() + 1))
}

fn premium(
    file: Option<FilePremium>,
    overrides: &Overrides,
) -> Result<Option<Premium>, ConfigError> {
    let Some(mut told) =
        file.or_else(|| overrides.premium.as_ref().map(|_| FilePremium::default()))
    else {
        return Ok(None);
    };
    if let Some(url) = &overrides.premium {
        told.url.clone_from(url);
    }
    let deadline = overrides.deadline.as_ref().or(told.deadline.as_ref());
    Ok(Some(Premium {
        url: told.url,
        index: told.index.unwrap_or_else(|| "dg-search-index".to_owned()),
        deadline: deadline.map(|text| duration(text)).transpose()?.unwrap_or(DEADLINE),
        search_functions: told.search_functions,
        lower_case_addresses: told.lower_case_addresses,
    }))
}

fn key(file: FileKey) -> Result<Key, ConfigError> {
    let digest = digest(&file.sha256).ok_or_else(|| {
        let name = &file.name;
        ConfigError::Value(format!("sha256 of the key `{name}` is not 64 hex digits; make it with `printf %s KEY | sha256sum`"))
    })?;
    Ok(Key {
        name: file.name,
        digest,
        tenant: file.tenant,
        upstream: file.upstream_key.map(Secret::new),
        mailboxes: file.mailboxes,
    })
}

fn own_key(overrides: &Overrides) -> Result<Option<Key>, ConfigError> {
    let Some(text) = &overrides.key else { return Ok(None) };
    let Some(tenant) = &overrides.tenant else {
        return Err(ConfigError::Value(
            "a key belongs to a tenant; give --tenant ID with --key".to_owned(),
        ));
    };
    Ok(Some(Key::same(tenant, text)))
}

fn digest(hex: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (byte, at) in out.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()?;
    }
    Some(out)
}

fn address(text: &str) -> Result<SocketAddr, ConfigError> {
    let plain = text.replace("localhost", "127.0.0.1");
    plain.parse().map_err(|_| {
        ConfigError::Value(format!("`{text}` is no address to listen on; write 127.0.0.1:7700"))
    })
}

/// `5s`, `800ms`, `1m`.
fn duration(text: &str) -> Result<Duration, ConfigError> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(split).unwrap_or_default();
    let milliseconds: Option<u64> = match unit {
        "ms" => Some(1),
        "" | "s" => Some(1_000),
        "m" => Some(60_000),
        _ => None,
    };
    let whole = digits
        .parse::<u64>()
        .ok()
        .zip(milliseconds)
        .and_then(|(count, unit)| count.checked_mul(unit));
    match whole {
        Some(milliseconds @ 1..=600_000) => Ok(Duration::from_millis(milliseconds)),
        Some(_) | None => Err(ConfigError::Value(format!(
            "`{text}` is no deadline; write 5s or 800ms, at most 10m"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str, overrides: &Overrides) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("postern.toml");
        std::fs::write(&path, toml).unwrap();
        Config::load(Some(&path), overrides, "data".into()).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_said() {
        let config = Config::load(None, &Overrides::default(), "data".into()).unwrap();
        assert_eq!((config.listen, config.deadline()), (LISTEN, Duration::from_secs(5)));
        assert!(config.premium.is_none() && config.access.is_open());
    }

    #[test]
    fn a_whole_file() {
        let toml = format!(
            "listen = \"0.0.0.0:80\"\ndata = \"/srv/mail\"\n[premium]\nurl = \"https://x.example\"\ndeadline = \"800ms\"\n\
             [[keys]]\nname = \"app\"\nsha256 = \"{}\"\ntenant = \"t\"\nupstream_key = \"very secret\"\nmailboxes = [\"a@x\"]\n",
            "ab".repeat(32)
        );
        let config = load(&toml, &Overrides::default()).unwrap();
        assert_eq!(config.deadline(), Duration::from_millis(800));
        assert!(!format!("{config:?}").contains("secret"), "secrets are hidden");
        let over = Overrides { deadline: Some("2s".into()), ..Overrides::default() };
        assert_eq!(load(&toml, &over).unwrap().deadline(), Duration::from_secs(2));
    }

    #[test]
    fn faults_say_what_to_write() {
        let check = |toml: &str, expected: &str| {
            let error = load(toml, &Overrides::default()).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check("lisen = \"x\"", "unknown field `lisen`");
        check("a = 1\n[[keys]]\nupstream_key = \"secret\"\n", "line 1");
        check("listen = \"here\"", "`here` is no address to listen on; write 127.0.0.1:7700");
        check("listen = \"0.0.0.0:80\"", "without a key only this machine may ask");
        check("[premium]\nurl = \"x\"\ndeadline = \"soon\"", "`soon` is no deadline");
        check(
            "[[keys]]\nname = \"a\"\nsha256 = \"zz\"\ntenant = \"t\"",
            "sha256 of the key `a` is not 64 hex digits",
        );
        let missing =
            Config::load(Some(Path::new("/no/such/file")), &Overrides::default(), "d".into());
        assert!(missing.unwrap_err().to_string().contains("check the path given with --config"));
        let lonely = Overrides { key: Some("k".into()), ..Overrides::default() };
        assert!(load("", &lonely).unwrap_err().contains("give --tenant ID"));
    }
}
