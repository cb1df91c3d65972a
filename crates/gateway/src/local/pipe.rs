//! From a writer that blocks to a body that is sent.

use std::fmt;
use std::io::{self, Write as _};
use std::time::Duration;

use axum::body::{Body, Bytes};
use postern_archive::IndexError;
use postern_archive::export::Broken;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tracing::warn;

use super::LocalError;

/// Bytes that are sent at once.
pub(crate) const CHUNK: usize = 64 << 10;
/// Chunks on the way.
const IN_FLIGHT: usize = 4;

type Chunk = io::Result<Bytes>;

/// Why something was not written to its end.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The client went away, or takes nothing.
    Client,
    /// It cannot be read.
    Local(LocalError),
}

impl From<io::Error> for Stopped {
    fn from(_: io::Error) -> Self {
        Self::Client
    }
}

impl From<Broken> for Stopped {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Out(_) => Self::Client,
            Broken::Original(error) => Self::Local(LocalError::Failed(error.to_string())),
            Broken::Stored(error) => Self::Local(error.into()),
        }
    }
}

impl From<IndexError> for Stopped {
    fn from(error: IndexError) -> Self {
        Self::Local(error.into())
    }
}

/// The end that is written to.
#[derive(Debug)]
pub(crate) struct Pipe {
    sender: Sender<Chunk>,
    buffer: Vec<u8>,
    patience: Duration,
    begun: Option<Begun>,
}

/// Tells that the first bytes are there, or why there are none.
struct Begun {
    teller: oneshot::Sender<Result<(), LocalError>>,
    held: Option<Box<dyn Send>>,
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").finish_non_exhaustive()
    }
}

impl Begun {
    fn tell(self, how: Result<(), LocalError>) {
        drop(self.held);
        // Where nobody waits, nobody needs to know.
        drop(self.teller.send(how));
    }
}

/// The end that is sent.
#[derive(Debug)]
pub(crate) struct Outlet {
    receiver: Receiver<Chunk>,
    begun: oneshot::Receiver<Result<(), LocalError>>,
}

impl Pipe {
    /// A pipe whose reader may take nothing for as long as `patience`.
    pub(crate) fn new(patience: Duration) -> (Self, Outlet) {
        let (sender, receiver) = channel(IN_FLIGHT);
        let (teller, begins) = oneshot::channel();
        let begun = Begun { teller, held: None };
        let pipe = Self { sender, buffer: Vec::new(), patience, begun: Some(begun) };
        (pipe, Outlet { receiver, begun: begins })
    }

    /// Sends what `write` writes. What fails on the way is cut off, so that nobody takes it for whole.
    pub(crate) fn run(mut self, write: impl FnOnce(&mut Self) -> Result<(), Stopped>) {
        let written = write(&mut self).and_then(|()| Ok(self.flush()?));
        match (written, self.begun.take()) {
            (Ok(()), Some(begun)) => begun.tell(Ok(())),
            (Err(Stopped::Local(error)), Some(begun)) => begun.tell(Err(error)),
            (Err(Stopped::Local(error)), None) => {
                warn!(%error, "an answer broke off");
                drop(self.send(Err(io::Error::other("the answer broke off"))));
            }
            (Ok(()), None) | (Err(Stopped::Client), _) => {}
        }
    }

    /// What is needed until the first bytes are sent, and not while somebody reads them.
    pub(crate) fn hold_until_begun(&mut self, held: impl Send + 'static) {
        if let Some(begun) = &mut self.begun {
            begun.held = Some(Box::new(held));
        }
    }

    fn send(&mut self, chunk: Chunk) -> io::Result<()> {
        if let Some(begun) = self.begun.take() {
            begun.tell(Ok(()));
        }
        let sending = self.sender.send_timeout(chunk, self.patience);
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        Handle::current().block_on(sending).map_err(gone)
    }
}

impl Outlet {
    /// Waits until the first bytes are there: what fails before them is an error, not a body.
    pub(crate) async fn begin(&mut self) -> Result<(), LocalError> {
        let broken = |_| LocalError::Failed("the answer broke off".to_owned());
        (&mut self.begun).await.map_err(broken)?
    }

    /// The body, which holds what it needs until it is sent or given up.
    pub(crate) fn body(self, held: impl Send + 'static) -> Body {
        Body::from_stream(ReceiverStream::new(self.receiver).map(move |chunk| {
            let _held = &held;
            chunk
        }))
    }
}

impl io::Write for Pipe {
    /// Takes no more than a chunk has room for.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(CHUNK - self.buffer.len());
        self.buffer.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        if self.buffer.len() == CHUNK {
            self.flush()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::take(&mut self.buffer);
        self.send(Ok(Bytes::from(chunk)))
    }
}
