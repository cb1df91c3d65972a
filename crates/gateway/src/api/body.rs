//! The bodies of requests and answers as the guard sees them: a request's is small and comes in time, and
//! whatever an answer needs is held until its body has ended.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use http_body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::config::Limits;

type Polled = Poll<Option<Result<Frame<Bytes>, axum::Error>>>;

/// What was wrong with a body, as far as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("the body is too large")]
    TooLarge,
    #[error("the body took too long to arrive")]
    TooSlow,
}

/// What is found out about a body while somebody else reads it.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings(Arc<AtomicU8>);

impl Findings {
    pub(super) fn fault(&self) -> Option<Fault> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(Fault::TooLarge),
            _ => Some(Fault::TooSlow),
        }
    }

    fn note(&self, fault: Fault) {
        let number = match fault {
            Fault::TooLarge => 1,
            Fault::TooSlow => 2,
        };
        self.0.store(number, Ordering::Relaxed);
    }
}

/// The request with a body that ends with an error past its limits, and what is found out about it.
pub(super) fn limited(request: Request, limits: &Limits) -> (Request, Findings) {
    let findings = Findings::default();
    if request.body().is_end_stream() {
        return (request, findings);
    }
    let (left, time, noted) = (limits.body, limits.time, findings.clone());
    let request = request.map(|body| Body::new(Limited::new(body, left, time, noted)));
    (request, findings)
}

/// The answer, and what is given back when it has ended.
pub(super) fn holding<T: Send + Unpin + 'static>(response: Response, held: T) -> Response {
    response.map(|body| Body::new(Held { body, _held: held }))
}

/// A body that is read up to a size and for a time.
#[derive(Debug)]
struct Limited {
    body: Body,
    left: usize,
    end: Pin<Box<Sleep>>,
    findings: Findings,
}

impl Limited {
    fn new(body: Body, left: usize, time: Duration, findings: Findings) -> Self {
        Self { body, left, end: Box::pin(sleep(time)), findings }
    }

    fn fail(&self, fault: Fault) -> Polled {
        self.findings.note(fault);
        Poll::Ready(Some(Err(axum::Error::new(fault))))
    }
}

impl HttpBody for Limited {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) else {
            ready!(self.end.as_mut().poll(context));
            return self.fail(Fault::TooSlow);
        };
        let length = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
            Some(Err(_)) | None => 0,
        };
        match self.left.checked_sub(length) {
            Some(left) => self.left = left,
            None => return self.fail(Fault::TooLarge),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A body that holds on to something.
#[derive(Debug)]
struct Held<T> {
    body: Body,
    _held: T,
}

impl<T: Unpin> HttpBody for Held<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
