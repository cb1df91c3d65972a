//! What a connection to the service is made of.

use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Url, redirect};
use rustls::crypto::ring;

use crate::pin::pinned;

/// Times and limits that rarely need changing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long a forwarded answer may stay silent.
    pub read_timeout: Duration,
    /// How many bytes the answer of a search may have.
    pub answer_limit: usize,
    /// Whose certificates are trusted.
    pub trust: Trust,
}

/// Which certificates of a service are trusted. There is no way to trust all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Those that the system trusts.
    #[default]
    System,
    /// Those of the system, and those that lead to one of these, in PEM.
    Certificates(Vec<u8>),
    /// The one certificate with this SHA-256 of its DER form, whatever its name and its age. The service
    /// still has to prove in every handshake that it has the key of that certificate.
    Sha256([u8; 32]),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(3),
            read_timeout: Duration::from_secs(60),
            answer_limit: 256 << 20,
            trust: Trust::System,
        }
    }
}

/// Why there can be no client.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The base address is not one.
    #[error("the address of the service is none; give it as https://HOST[:PORT][/PATH]")]
    Base,
    /// The base address holds a name or a password; it is not repeated.
    #[error("the address of a service holds no name and no password; give the key by itself")]
    Credentials,
    /// The certificates to trust cannot be read.
    #[error("the certificates to trust are none; give a file in PEM")]
    Certificates,
    /// The HTTP client cannot be made.
    #[error("cannot prepare secure connections; are the certificates of this system installed?")]
    Http(#[source] reqwest::Error),
    /// A pinned certificate cannot be held against those of the service.
    #[error("cannot prepare secure connections")]
    Tls(#[source] rustls::Error),
}

/// The base address, which stands in front of every path, and a client for it.
///
/// # Errors
///
/// When the address is none, or the certificates to trust are none.
pub fn connect(base: &str, settings: &Settings) -> Result<(Url, Client), SetupError> {
    let url = base_of(base)?;
    let http = http_client(std::slice::from_ref(&url), settings)?;
    Ok((url, http))
}

/// The same for several addresses of one service.
pub(crate) fn connect_all(
    bases: &[String],
    settings: &Settings,
) -> Result<(Vec<Url>, Client), SetupError> {
    let urls = bases.iter().map(|base| base_of(base)).collect::<Result<Vec<_>, _>>()?;
    let http = http_client(&urls, settings)?;
    Ok((urls, http))
}

pub(crate) fn base_of(base: &str) -> Result<Url, SetupError> {
    let url = Url::parse(base).ok();
    if base.contains('@') || url.as_ref().is_some_and(has_credentials) {
        return Err(SetupError::Credentials);
    }
    url.filter(is_base).ok_or(SetupError::Base)
}

fn is_base(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none()
}

fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// The start of every HTTP client here: it says what TLS computes with, without which there is no client.
#[expect(clippy::disallowed_methods, reason = "the one place where a client begins")]
pub fn http() -> ClientBuilder {
    // An error says that it was said before.
    drop(ring::default_provider().install_default());
    Client::builder()
}

pub(crate) fn http_client(bases: &[Url], settings: &Settings) -> Result<Client, SetupError> {
    http_builder(bases, settings)?.build().map_err(SetupError::Http)
}

/// The same before it is made.
pub(crate) fn http_builder(
    bases: &[Url],
    settings: &Settings,
) -> Result<ClientBuilder, SetupError> {
    let builder = http()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .connect_timeout(settings.connect_timeout)
        .read_timeout(settings.read_timeout)
        .pool_idle_timeout(Duration::from_secs(60))
        .user_agent(concat!("postern/", env!("CARGO_PKG_VERSION")));
    // Without TLS no certificates are needed, and a system without any can still be used.
    let is_plain = bases.iter().all(|base| base.scheme() == "http");
    let builder = if is_plain { builder.tls_certs_only([]) } else { builder };
    trusting(builder, &settings.trust)
}

fn trusting(builder: ClientBuilder, trust: &Trust) -> Result<ClientBuilder, SetupError> {
    match trust {
        Trust::System => Ok(builder),
        Trust::Certificates(pem) => Ok(builder.tls_certs_merge(certificates(pem)?)),
        Trust::Sha256(hash) => {
            let pinned = pinned(*hash).map_err(SetupError::Tls)?;
            Ok(builder.tls_backend_preconfigured(pinned))
        }
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, SetupError> {
    let found = Certificate::from_pem_bundle(pem).map_err(|_| SetupError::Certificates)?;
    if found.is_empty() { Err(SetupError::Certificates) } else { Ok(found) }
}
