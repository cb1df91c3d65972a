//! Answers that are in memory as a whole while somebody reads them.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};

use super::problem::Problem;
use super::upstream_shape::UpstreamError;
use crate::State as Shared;
use crate::access::Caller;
use crate::local::pipe::CHUNK;
use crate::slots::{Full, Slot};

/// Why an answer is not sent now: too many others are.
#[derive(Debug)]
pub(super) struct Busy(String);

impl Busy {
    pub(super) fn new(state: &Shared, full: Full, what: &str) -> Self {
        state.metrics().refusal("streams");
        Self(full.why(what))
    }
}

impl From<Busy> for Problem {
    fn from(Busy(why): Busy) -> Self {
        Self::new(503, "busy", why)
    }
}

impl From<Busy> for UpstreamError {
    fn from(Busy(why): Busy) -> Self {
        Self::unavailable(why)
    }
}

/// A body that is in memory as a whole. A large one has its slot there until it is sent: else those who
/// read slowly would hold as many as there are connections.
pub(super) fn held(state: &Shared, caller: &Caller, bytes: Vec<u8>) -> Result<Body, Busy> {
    if bytes.len() <= CHUNK {
        return Ok(bytes.into());
    }
    let slot = state.slot_to_hold(caller, bytes.len());
    let slot = slot.map_err(|full| Busy::new(state, full, "MiB of answers"))?;
    Ok(Body::new(Pieces { bytes, sent: 0, _slot: slot }))
}

/// Copies of the pieces of an answer: a piece that is a part of it would keep all of it in memory.
struct Pieces {
    bytes: Vec<u8>,
    sent: usize,
    _slot: Slot,
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let rest = self.bytes.get(self.sent..).unwrap_or_default();
        let piece = Bytes::copy_from_slice(rest.get(..CHUNK).unwrap_or(rest));
        self.sent += piece.len();
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.sent == self.bytes.len()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.bytes.len() - self.sent).unwrap_or(u64::MAX))
    }
}
