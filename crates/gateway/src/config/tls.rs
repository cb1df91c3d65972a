//! The certificate that the gateway shows to its clients.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{InconsistentKeys, ServerConfig};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use toml::Table;

use super::shown::{path, put};
use super::{ConfigError, invalid};

/// What is spoken inside of TLS, the best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The files that TLS is served with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate of the gateway in PEM, and those that lead from it to a known authority.
    pub certificate: PathBuf,
    /// The private key of the certificate in PEM, without a password.
    pub key: PathBuf,
}

/// What the two files had.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Tls {
    /// The SHA-256 of the certificate of the gateway in its DER form.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or holds no certificate.
    pub fn fingerprint(&self) -> Result<[u8; 32], ConfigError> {
        let chain = self.chain(&read("certificate", &self.certificate)?)?;
        Ok(Sha256::digest(chain.first().map_or(&[][..], |own| own)).into())
    }

    pub(crate) fn read(&self) -> Result<TlsFiles, ConfigError> {
        let certificate = read("certificate", &self.certificate)?;
        Ok(TlsFiles { certificate, key: read("key", &self.key)? })
    }

    /// Whether TLS can be served with what the files have now.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or is not what it should be.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.server(&self.read()?).map(drop)
    }

    /// What TLS is made with.
    pub(crate) fn server(&self, files: &TlsFiles) -> Result<ServerConfig, ConfigError> {
        let (chain, key) = (self.chain(&files.certificate)?, self.private_key(&files.key)?);
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions();
        let server =
            builder.and_then(|ready| ready.with_no_client_auth().with_single_cert(chain, key));
        let mut server = server.or_else(|error| invalid(self.refused(&error)))?;
        server.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
        Ok(server)
    }

    fn chain(&self, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
        match chain {
            Ok(chain) if !chain.is_empty() => Ok(chain),
            _ => invalid(format!(
                "`certificate` of [tls], {}, holds no certificate in PEM; put that of the gateway first, then those that issued it",
                self.certificate.display()
            )),
        }
    }

    /// No error of the reader is told: it could quote what it read.
    fn private_key(&self, text: &[u8]) -> Result<PrivateKeyDer<'static>, ConfigError> {
        let file = self.key.display();
        let why = if is_encrypted(text) {
            "has a password; write it without one: openssl pkey -in KEY -out NEW"
        } else {
            "holds no private key in PEM"
        };
        let told = || invalid(format!("`key` of [tls], {file}, {why}"));
        PrivateKeyDer::from_pem_slice(text).or_else(|_| told())
    }

    fn refused(&self, error: &rustls::Error) -> String {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                format!("the key {key} of [tls] does not belong to the certificate {certificate}")
            }
            rustls::Error::General(_) => format!(
                "TLS cannot be served with the key {key} of [tls]: its kind is not supported; make one with \
                 `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out NEW`, or RSA of 2048 bits or \
                 more, and have a certificate issued for it ({error})"
            ),
            _ => format!(
                "TLS cannot be served with the certificate {certificate} and the key {key}: {error}"
            ),
        }
    }

    pub(super) fn shown(&self) -> Table {
        let mut table = Table::new();
        put(&mut table, "certificate", path(&self.certificate));
        put(&mut table, "key", path(&self.key));
        table
    }
}

fn is_encrypted(text: &[u8]) -> bool {
    String::from_utf8_lossy(text).contains("ENCRYPTED")
}

fn read(name: &str, file: &Path) -> Result<Vec<u8>, ConfigError> {
    // To open a pipe waits for whoever writes into it, and its bytes are there only once.
    let is_pipe = std::fs::metadata(file).is_ok_and(|it| !it.is_file() && !it.is_dir());
    if is_pipe {
        let file = file.display();
        return invalid(format!("`{name}` of [tls], {file}, is no regular file; copy it into one"));
    }
    std::fs::read(file).or_else(|error| {
        invalid(format!("`{name}` of [tls], {}, cannot be read: {error}", file.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &str = include_str!("../../../upstream/src/tests_certificates/server.pem");
    const AUTHORITY: &str = include_str!("../../../upstream/src/tests_certificates/authority.pem");
    const KEY: &str = include_str!("../../../upstream/src/tests_certificates/server.key");

    #[track_caller]
    fn told(certificate: &str, key: &str) -> Result<(), String> {
        let tls = Tls { certificate: "own.pem".into(), key: "own.key".into() };
        let files = TlsFiles { certificate: certificate.into(), key: key.into() };
        tls.server(&files).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn a_certificate_with_its_key_is_served() {
        assert_eq!(told(CERTIFICATE, KEY), Ok(()));
        assert_eq!(told(&format!("{CERTIFICATE}{AUTHORITY}"), KEY), Ok(()), "with its issuer");
    }

    /// `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521`
    const P521: &str = "-----BEGIN PRIVATE KEY-----\n\
        MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIBUYLOqv4k4dHQac4e\n\
        w8mjtUxu8wNSkv0nquY7Hip86rKnJmDs2CWCwD/FNuiHQ/lZyTuA5UUNBZwy0EK+\n\
        3RyGREahgYkDgYYABAHHscbczkCzbD3r8wFAVVIvy3kP1g6Vos/7R4Go18Xgk8rm\n\
        EFniaKlTA9aDyXsLRd/tSPHxXEvbtyEfITart6+DbQFcfbrbc+zF6Ybe3JpDqG/v\n\
        II5zr7BvKevl6YCGwQkYtIgxeGgmxVwkjaNTGGOKgN8B6WHrbMqBl4i9cyjftVT2\n\
        Sw==\n-----END PRIVATE KEY-----\n";

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_no_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let told = super::read("certificate", &pipe).unwrap_err().to_string();
        assert!(told.contains("is no regular file; copy it into one"), "{told}");
    }

    #[test]
    fn what_cannot_be_served_is_told_and_no_key_is_quoted() {
        let encrypted = KEY.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        let older = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n";
        let torn: String = KEY.chars().take(KEY.len() / 2).collect();
        for (certificate, key, expected) in [
            ("", KEY, "own.pem, holds no certificate in PEM"),
            (KEY, KEY, "own.pem, holds no certificate in PEM"),
            (CERTIFICATE, "", "own.key, holds no private key in PEM"),
            (CERTIFICATE, CERTIFICATE, "own.key, holds no private key in PEM"),
            (CERTIFICATE, &torn, "own.key, holds no private key in PEM"),
            (CERTIFICATE, &encrypted, "own.key, has a password"),
            (CERTIFICATE, older, "own.key, has a password"),
            (
                CERTIFICATE,
                P521,
                "own.key of [tls]: its kind is not supported; make one with `openssl",
            ),
            (AUTHORITY, KEY, "own.key of [tls] does not belong to the certificate own.pem"),
        ] {
            let told = told(certificate, key).unwrap_err();
            assert!(told.contains(expected), "{told}");
            assert!(KEY.lines().all(|line| !told.contains(line)), "{told}");
        }
    }
}
