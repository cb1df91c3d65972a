//! TLS for connections: the certificate is read again when it changes.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::{debug, info, warn};

use super::connection::Connection;
use crate::config::{ConfigError, Tls, TlsFiles};

/// How often the files are looked at.
const LOOKING: Duration = Duration::from_secs(1);

/// The certificate that new connections are shown.
pub(super) struct Certificate {
    files: Tls,
    server: RwLock<Arc<ServerConfig>>,
    /// What was read last, good or not.
    last: RwLock<Result<TlsFiles, String>>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Certificate {
    pub(super) fn read(files: &Tls) -> Result<Arc<Self>, ConfigError> {
        let last = files.read()?;
        let server = RwLock::new(Arc::new(files.server(&last)?));
        Ok(Arc::new(Self { files: files.clone(), server, last: RwLock::new(Ok(last)) }))
    }

    /// The connection inside of TLS; `None` where its client speaks none, or is too slow.
    pub(super) async fn shake(
        &self,
        socket: TcpStream,
        connection: &Connection,
    ) -> Option<TlsStream<TcpStream>> {
        let server = Arc::clone(&self.server.read().unwrap_or_else(PoisonError::into_inner));
        tokio::select! {
            biased;
            shaken = TlsAcceptor::from(server).accept(socket) => {
                shaken.inspect_err(|error| debug!(%error, "a connection spoke no TLS with us")).ok()
            }
            () = connection.ended() => None,
        }
    }

    /// Takes up what is written into the files; it never ends.
    pub(super) async fn keep_reading(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOKING).await;
            let own = Arc::clone(&self);
            drop(tokio::task::spawn_blocking(move || own.look()).await);
        }
    }

    /// Files that are not valid change nothing: one of the two may not have been written yet.
    fn look(&self) {
        let found = self.files.read();
        let seen = found.as_ref().map_err(ToString::to_string).cloned();
        if seen == *self.last.read().unwrap_or_else(PoisonError::into_inner) {
            return;
        }
        match found.and_then(|found| self.files.server(&found)) {
            Ok(server) => {
                *self.server.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(server);
                info!("the certificate was read again");
            }
            Err(error) => warn!(%error, "the certificate; that of before stays in use"),
        }
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = seen;
    }
}
