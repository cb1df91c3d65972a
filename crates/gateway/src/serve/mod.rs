//! Binding to an address and serving until told to end.

mod connection;
mod files;
mod open;
mod tls;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{Request, Response, StatusCode, Version};
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::api;
use crate::config::{ConfigError, Limits, Tls};
use crate::state::State;
use connection::{Answer, Connection, PIECE};
use open::{Admitted, Open};
use tls::Certificate;

/// Connections that may wait in the system until they are taken: as many as there may be.
const WAITING: u32 = 4_096;

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
    /// There is no TLS with the certificate that is configured.
    #[error(transparent)]
    Tls(#[from] ConfigError),
}

/// A gateway that listens, and serves when run.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    certificate: Option<Arc<Certificate>>,
}

/// Listens on `address`; port 0 picks a free one.
///
/// # Errors
///
/// When the address cannot be listened on.
pub async fn bind(address: SocketAddr) -> Result<Bound, ServeError> {
    let listener = listen(address).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => ServeError::InUse(address),
        io::ErrorKind::PermissionDenied => ServeError::Denied(address, error),
        _ => ServeError::Other(address, error),
    })?;
    let address = listener.local_addr().map_err(|error| ServeError::Other(address, error))?;
    Ok(Bound { listener, address, certificate: None })
}

/// A connection that finds no room in the queue of the system is tried again by its client after a second.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // As the library does: without it a restart waits for the connections of the process before.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}

impl Bound {
    /// The address that is listened on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same inside of TLS, where there is to be any. The files are read again when they change.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or is not what it should be.
    pub fn inside(self, tls: Option<&Tls>) -> Result<Self, ServeError> {
        Ok(Self { certificate: tls.map(Certificate::read).transpose()?, ..self })
    }

    /// The base URL of what is served.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
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
        let limits = *state.limits();
        let probing = tokio::spawn(state.clone().keep_probing());
        let syncing = tokio::spawn(state.clone().keep_syncing());
        let telling = tokio::spawn(state.clone().keep_telling());
        let keys = tokio::spawn(state.clone().keep_reading_keys());
        let leftovers = tokio::spawn(state.clone().stop_leftovers());
        state.keep_upgrading();
        state.keep_verifying();
        let reading = self.certificate.clone().map(|own| tokio::spawn(own.keep_reading()));
        let ending = state.clone();
        let (app, connections) = (api::app(state), GracefulShutdown::new());
        tokio::select! {
            never = accept(self, &app, &limits, &connections) => match never {},
            () = ended => {}
        }
        ending.acts().end();
        drop(timeout(limits.time, connections.shutdown()).await);
        // One that nobody waits for any more is given as long. What it had begun by then is recorded as begun, and
        // so as not known.
        drop(timeout(limits.time, ending.acts().ended()).await);
        probing.abort();
        // What was taken in by then is still committed.
        syncing.abort();
        telling.abort();
        keys.abort();
        reading.inspect(tokio::task::JoinHandle::abort);
        leftovers.abort();
        drop(timeout(limits.time, ending.stop_sessions()).await);
        Ok(())
    }
}

/// Serves each connection beside the others.
async fn accept(
    mut bound: Bound,
    app: &Router,
    limits: &Limits,
    connections: &GracefulShutdown,
) -> Infallible {
    let server = Server { http: Arc::new(server(limits)), app: app.clone() };
    let open = Open::new(files::enough_for(limits.connections), limits.time);
    loop {
        let (socket, _) = Listener::accept(&mut bound.listener).await;
        prepare(&socket, limits.time);
        let (server, watcher) = (server.clone(), connections.watcher());
        let (admitted, certificate) = (open.admit().await, bound.certificate.clone());
        tokio::spawn(async move {
            let Some(certificate) = certificate else {
                return server.keep(socket, watcher, admitted).await;
            };
            if let Some(socket) = certificate.shake(socket, &admitted.connection).await {
                server.keep(socket, watcher, admitted).await;
            }
        });
    }
}

/// What answers the requests of a connection.
#[derive(Clone)]
struct Server {
    http: Arc<auto::Builder<TokioExecutor>>,
    app: Router,
}

impl Server {
    /// Serves a connection to its end, which its client must not keep waiting for.
    async fn keep(
        self,
        socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        watcher: Watcher,
        admitted: Admitted,
    ) {
        let service = service(self.app, Arc::clone(&admitted.connection));
        let served = self.http.serve_connection(TokioIo::new(socket), service).into_owned();
        // What has come by now is read first.
        tokio::select! {
            biased;
            served = watcher.watch(served) => if let Err(error) = served {
                tracing::debug!(error, "a connection broke off");
            },
            () = admitted.connection.ended() => tracing::debug!("a connection that waited was closed"),
        }
    }
}

/// Sets what may fail without harm. Answers are small: waiting to fill a packet only makes them late. Of an
/// answer that is not read the system holds little, and no longer than we would.
fn prepare(socket: &TcpStream, time: Duration) {
    let options = SockRef::from(socket);
    drop(options.set_tcp_nodelay(true));
    drop(options.set_send_buffer_size(4 * PIECE));
    #[cfg(target_os = "linux")]
    drop(options.set_tcp_user_timeout(Some(time)));
    #[cfg(not(target_os = "linux"))]
    let _ = time;
}

/// Little is held of a client that does not read or does not go on: one piece of an answer, and heads as
/// long as they may be.
fn server(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    let heads = 2 * limits.uri.saturating_add(limits.headers);
    // How long a head may take is what `Connection` watches.
    server.http1().header_read_timeout(None::<Duration>).max_buf_size(heads.max(PIECE));
    let windows = u32::try_from(PIECE).unwrap_or(u32::MAX);
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.time)
        .keep_alive_timeout(limits.time)
        .initial_stream_window_size(windows)
        .initial_connection_window_size(2 * windows)
        .max_send_buf_size(PIECE);
    server
}

/// The application, with a note on the connection of each request that is on its way.
fn service(
    app: Router,
    connection: Arc<Connection>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<Answer>,
    Error = Infallible,
    Future: Send + 'static,
> {
    let app = TowerToHyperService::new(app);
    service_fn(move |request: Request<Incoming>| {
        let flight = connection.begin();
        let answering = names_its_host(&request).then(|| app.call(request));
        async move {
            let response: Response<Body> = match answering {
                Some(answering) => answering.await?,
                None => without_host(),
            };
            Ok::<_, Infallible>(response.map(|body| flight.answer(body)))
        }
    })
}

/// Whether a request says once whom it is addressed to, as RFC 9112, section 3.2, and RFC 9113, section 8.3.1,
/// demand. Two programs on its way could otherwise take it for two different ones.
fn names_its_host<B>(request: &Request<B>) -> bool {
    let target = request.uri().authority().map(Authority::as_str);
    let mut hosts = request.headers().get_all(HOST).iter();
    let is_named = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().is_ok_and(|host| {
            is_host(host) && target.is_none_or(|target| target.eq_ignore_ascii_case(host))
        }),
        (None, None) => request.version() != Version::HTTP_11,
        _ => false,
    };
    is_named && target.is_none_or(is_host)
}

/// A name or an address, and perhaps a port (RFC 9110, section 7.2).
fn is_host(text: &str) -> bool {
    let authority = text.parse::<Authority>();
    authority.is_ok_and(|authority| !text.contains('@') && !authority.host().is_empty())
}

fn without_host() -> Response<Body> {
    let why = "a request has one header `Host`, which names a host (RFC 9112, section 3.2)\n";
    let mut response = Response::new(Body::from(why));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_that_name_one_host() {
        let (old, now, two) = (Version::HTTP_10, Version::HTTP_11, Version::HTTP_2);
        for (version, target, hosts, expected) in [
            (now, "/", &["x.org"][..], true),
            (now, "/", &["127.0.0.1:7700"], true),
            (now, "/", &["[::1]:7700"], true),
            (now, "/", &[], false),
            (now, "/", &["x.org", "x.org"], false),
            (now, "/", &["x.org, y.org"], false),
            (now, "/", &["x.org/a"], false),
            (now, "/", &["a b"], false),
            (now, "/", &["ann@x.org"], false),
            (now, "/", &[""], false),
            (now, "http://x.org/", &["X.org"], true),
            (now, "http://x.org/", &["y.org"], false),
            (now, "http://x.org/", &[], false),
            (old, "/", &[], true),
            (old, "/", &["x.org"], true),
            (old, "/", &["x.org", "x.org"], false),
            (two, "http://x.org/", &[], true),
            (two, "http://x.org/", &["x.org"], true),
            (two, "http://x.org/", &["y.org"], false),
            (two, "http://ann@x.org/", &[], false),
            (two, "/", &["x.org"], true),
            (two, "/", &["x.org", "x.org"], false),
        ] {
            let mut request = Request::builder().version(version).uri(target);
            for host in hosts {
                request = request.header(HOST, *host);
            }
            let request = request.body(()).unwrap();
            assert_eq!(names_its_host(&request), expected, "{version:?} {target} {hosts:?}");
        }
    }
}
