//! What is known of one connection: the requests on their way, and for how long their client has kept
//! the gateway waiting.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// Bytes of an answer that are handed out at once, and that a client takes in time.
pub(super) const PIECE: usize = 64 << 10;
/// How often a connection is looked at that nobody keeps waiting, in its time.
const LOOKS: u32 = 8;

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    /// How long the client may keep the gateway waiting.
    time: Duration,
    progress: Mutex<Progress>,
    closing: Notify,
}

#[derive(Debug)]
struct Progress {
    /// Since when no request is on its way, if none is.
    silent: Option<Instant>,
    begun: u64,
    /// The requests on their way, each with the time since when a part of its answer waits to be taken.
    waiting: BTreeMap<u64, Option<Instant>>,
}

/// One request on its way, until its answer has ended.
#[derive(Debug)]
pub(super) struct Flight {
    connection: Arc<Connection>,
    id: u64,
}

impl Connection {
    pub(super) fn new(time: Duration) -> Arc<Self> {
        let progress =
            Progress { silent: Some(Instant::now()), begun: 0, waiting: BTreeMap::new() };
        Arc::new(Self { time, progress: Mutex::new(progress), closing: Notify::new() })
    }

    /// Notes that the head of a request is there.
    pub(super) fn begin(self: &Arc<Self>) -> Flight {
        let mut progress = self.lock();
        progress.begun += 1;
        progress.silent = None;
        let id = progress.begun;
        progress.waiting.insert(id, None);
        Flight { connection: Arc::clone(self), id }
    }

    /// Since when nothing was asked, if nothing is.
    pub(super) fn silent(&self) -> Option<Instant> {
        self.lock().silent
    }

    /// Has the connection closed.
    pub(super) fn close(&self) {
        self.closing.notify_one();
    }

    /// Waits until the client has kept the gateway waiting for too long, or the connection is to be
    /// closed for another one.
    pub(super) async fn ended(&self) {
        tokio::select! {
            () = self.overdue() => {}
            () = self.closing.notified() => {}
        }
    }

    async fn overdue(&self) {
        loop {
            let now = Instant::now();
            let due = self.due().unwrap_or(now + self.time / LOOKS);
            if due <= now {
                return;
            }
            sleep_until(due).await;
        }
    }

    /// When the client has been waited for long enough, if it is waited for.
    fn due(&self) -> Option<Instant> {
        let progress = self.lock();
        let since = progress.waiting.values().flatten().min().copied().or(progress.silent);
        since.map(|since| since + self.time)
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// The answer as it is handed out, piece by piece.
    pub(super) fn answer(self, body: Body) -> Answer {
        self.note(Some(Instant::now()));
        Answer { body, rest: Bytes::new(), flight: self }
    }

    fn note(&self, waiting: Option<Instant>) {
        self.connection.lock().waiting.insert(self.id, waiting);
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut progress = self.connection.lock();
        progress.waiting.remove(&self.id);
        if progress.waiting.is_empty() {
            progress.silent = Some(Instant::now());
        }
    }
}

/// An answer on its way. A server comes back for the next piece when the client has taken what went
/// before; an answer whose own next piece is late keeps nobody's clock running.
#[derive(Debug)]
pub(super) struct Answer {
    body: Body,
    rest: Bytes,
    flight: Flight,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.flight.note(None);
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                other => return Poll::Ready(other),
            }
        }
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        self.flight.note(Some(Instant::now()));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(rest));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(30);

    fn poll(answer: &mut Answer) -> Option<usize> {
        let mut context = Context::from_waker(std::task::Waker::noop());
        match Pin::new(answer).poll_frame(&mut context) {
            Poll::Ready(Some(frame)) => Some(frame.unwrap().into_data().unwrap().len()),
            Poll::Ready(None) => Some(0),
            Poll::Pending => None,
        }
    }

    #[tokio::test]
    async fn a_silent_connection_ends() {
        let connection = Connection::new(Duration::from_millis(50));
        connection.ended().await;
    }

    #[tokio::test]
    async fn a_connection_ends_when_it_is_told_to() {
        let connection = Connection::new(TIME);
        let _busy = connection.begin();
        connection.close();
        connection.ended().await;
    }

    #[test]
    fn a_request_that_is_worked_on_keeps_nobody_waiting() {
        let connection = Connection::new(TIME);
        let before = connection.due().unwrap();
        let requests = [connection.begin(), connection.begin()];
        let [first, second] = requests;
        drop(first);
        assert_eq!((connection.due(), connection.silent()), (None, None));
        drop(second);
        assert!(connection.due().unwrap() > before, "it is silent only from their end on");
    }

    #[test]
    fn an_answer_is_taken_piece_by_piece() {
        let connection = Connection::new(TIME);
        let large = vec![0; PIECE * 2 + 1];
        let mut answer = connection.begin().answer(Body::from(large));
        for length in [PIECE, PIECE, 1] {
            let before = connection.due().unwrap();
            std::thread::sleep(Duration::from_millis(2));
            assert_eq!(poll(&mut answer), Some(length));
            assert!(connection.due().unwrap() > before, "each piece has its own time");
        }
        assert!(answer.is_end_stream());
        drop(answer);
        assert!(connection.silent().is_some());
    }

    #[test]
    fn a_slow_answer_keeps_nobody_waiting() {
        let connection = Connection::new(TIME);
        let body = Body::from_stream(tokio_stream::pending::<Result<Bytes, axum::Error>>());
        let mut answer = connection.begin().answer(body);
        assert!(connection.due().is_some(), "it has not been asked for yet");
        assert_eq!(poll(&mut answer), None);
        assert_eq!(connection.due(), None);
    }

    #[test]
    fn one_unread_answer_among_others_is_waited_for() {
        let connection = Connection::new(TIME);
        let _unread = connection.begin().answer(Body::from("a"));
        let due = connection.due();
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(2));
            let _read = connection.begin().answer(Body::from("b"));
            assert_eq!(connection.due(), due, "the others do not put it off");
        }
    }

    #[test]
    fn the_length_of_an_answer_stays_known() {
        let connection = Connection::new(TIME);
        let mut answer = connection.begin().answer(Body::from(vec![0; PIECE + 7]));
        assert_eq!(answer.size_hint().exact(), Some(PIECE as u64 + 7));
        assert_eq!(poll(&mut answer), Some(PIECE));
        assert_eq!(answer.size_hint().exact(), Some(7));
    }
}
