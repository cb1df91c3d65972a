//! Binding to an address and serving until told to end.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::time::timeout;

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

    /// Serves until `ended`, then lets requests under way finish, for as long as a request may take.
    ///
    /// # Errors
    ///
    /// Never yet: a listener that cannot accept for a while, such as without file descriptors, tries again.
    pub async fn run(
        self,
        state: State,
        ended: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let time = state.limits().time;
        let probing = tokio::spawn(state.clone().keep_probing());
        let syncing = tokio::spawn(state.clone().keep_syncing());
        let connections = GracefulShutdown::new();
        tokio::select! {
            never = accept(self.listener, api::app(state), time, &connections) => match never {},
            () = ended => {}
        }
        drop(timeout(time, connections.shutdown()).await);
        probing.abort();
        // What was taken in by then is still committed.
        syncing.abort();
        Ok(())
    }
}

/// Serves each connection beside the others. One that does not finish its headers in `time`, or is quiet
/// for so long between requests, is closed: else anybody could hold as many as this process can have.
async fn accept(
    mut listener: TcpListener,
    app: Router,
    time: Duration,
    connections: &GracefulShutdown,
) -> Infallible {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(time);
    server.http2().timer(TokioTimer::new()).keep_alive_interval(time).keep_alive_timeout(time);
    loop {
        let (socket, _) = Listener::accept(&mut listener).await;
        // Answers are small: waiting to fill a packet only makes them late.
        drop(socket.set_nodelay(true));
        let service = TowerToHyperService::new(app.clone());
        let served = server.serve_connection(TokioIo::new(socket), service).into_owned();
        let served = connections.watch(served);
        tokio::spawn(async {
            if let Err(error) = served.await {
                tracing::debug!(error, "a connection broke off");
            }
        });
    }
}
