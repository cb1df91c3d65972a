//! Ways an upstream can fail.

use std::error::Error as _;
use std::fmt;
use std::io;

use crate::pin::is_changed;

/// How the upstream failed; such a failure says nothing about the request itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No connection could be made.
    Connect,
    /// The connection could not be secured.
    Tls,
    /// The service shows another certificate than the pinned one.
    Certificate,
    /// No whole answer within the deadline.
    Timeout,
    /// The connection broke before the answer was whole.
    CutOff,
    /// The answer is larger than the limit.
    TooLarge,
    /// The answer is not what the service would say.
    Unparsable,
    /// The answer sends elsewhere; redirects are never followed.
    Redirect(u16),
    /// A status that speaks of a failure.
    Status(u16),
    /// Nothing was sent: the path would lead to another place than it says.
    Astray,
}

impl Fault {
    /// A short stable name, for logs and metrics.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Certificate => "certificate",
            Self::Timeout => "timeout",
            Self::CutOff => "cut_off",
            Self::TooLarge => "too_large",
            Self::Unparsable => "unparsable",
            Self::Redirect(_) => "redirect",
            Self::Status(_) => "status",
            Self::Astray => "astray",
        }
    }

    /// What kept a request from its answer.
    #[must_use]
    pub fn of(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::Timeout
        } else if error.is_connect() {
            of_connecting(error)
        } else {
            Self::CutOff
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("no connection"),
            Self::Tls => f.write_str("no secure connection"),
            Self::Certificate => f.write_str("it shows another certificate than the pinned one"),
            Self::Timeout => f.write_str("no answer in time"),
            Self::CutOff => f.write_str("the answer was cut off"),
            Self::TooLarge => f.write_str("the answer is too large"),
            Self::Unparsable => f.write_str("the answer cannot be read"),
            Self::Redirect(status) => write!(f, "it redirects (status {status})"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::Astray => f.write_str("the path leads elsewhere, so nothing was sent"),
        }
    }
}

fn of_connecting(error: &reqwest::Error) -> Fault {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    let causes: Vec<&io::Error> = causes.filter_map(|cause| cause.downcast_ref()).collect();
    if causes.iter().any(|cause| is_changed(cause)) {
        Fault::Certificate
    } else if causes.into_iter().any(is_invalid_data) {
        Fault::Tls
    } else {
        Fault::Connect
    }
}

/// The TLS layer reports its errors as I/O errors with invalid data, wrapped in another one whose
/// `source` skips them.
fn is_invalid_data(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>());
    error.kind() == io::ErrorKind::InvalidData || inner.is_some_and(is_invalid_data)
}
