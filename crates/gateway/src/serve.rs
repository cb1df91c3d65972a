//! Binding to an address and serving until told to end.

use std::io;
use std::net::SocketAddr;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use crate::api;
use crate::state::State;

/// Why the gateway cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Somebody else listens there.
    #[error("{0} is in use; stop what listens there, or give another port with --listen")]
    InUse(SocketAddr),
    /// Not allowed to.
    #[error("{0} may not be listened on: {1}; give a port above 1023 with --listen")]
    Denied(SocketAddr, io::Error),
    /// Any other reason.
    #[error("{0} cannot be listened on: {1}; check the address given with --listen")]
    Other(SocketAddr, io::Error),
}

/// A gateway that listens, and serves when run.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

/// Listens on `address`; port 0 picks a free one.
///
/// # Errors
///
/// When the address cannot be listened on.
pub async fn bind(address: SocketAddr) -> Result<Bound, ServeError> {
    let listener = TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => ServeError::InUse(address),
        io::ErrorKind::PermissionDenied => ServeError::Denied(address, error),
        _ => ServeError::Other(address, error),
    })?;
    let address = listener.local_addr().map_err(|error| ServeError::Other(address, error))?;
    Ok(Bound { listener, address })
}

impl Bound {
    /// The address that is listened on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `ended`, then lets requests under way finish.
    ///
    /// # Errors
    ///
    /// When the listener fails.
    pub async fn run(
        self,
        state: State,
        ended: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        // Answers are small: waiting to fill a packet only makes them late.
        let listener = self.listener.tap_io(|socket| drop(socket.set_nodelay(true)));
        let probing = tokio::spawn(state.clone().keep_probing());
        let syncing = tokio::spawn(state.clone().keep_syncing());
        let served = axum::serve(listener, api::app(state)).with_graceful_shutdown(ended).await;
        probing.abort();
        // What was taken in by then is still committed.
        syncing.abort();
        served
    }
}
