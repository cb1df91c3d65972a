//! What an answer of the upstream means.

use std::time::Duration;

use bytes::Bytes;
use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::{Fault, Found};

/// A whole answer: status, end-to-end headers and body as they came.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers without those that speak of the connection.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The hits and their count, if this is the answer of a search.
    #[must_use]
    pub fn found(&self) -> Option<Found> {
        Found::parse(&self.body)
    }
}

/// What came of asking.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// 200 with a body that can be read.
    Served(Answer),
    /// 400, or another status that finds fault with the request.
    BadRequest(Answer),
    /// 401: the key is missing or wrong.
    BadKey(Answer),
    /// The service is not there for this tenant.
    NotPremium(Answer),
    /// 429, and how long to wait if it was said.
    Busy(Answer, Option<Duration>),
    /// The upstream failed.
    Failed(Fault),
}

impl Outcome {
    /// A short stable name, for logs and metrics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Served(_) => "served",
            Self::BadRequest(_) => "bad_request",
            Self::BadKey(_) => "bad_key",
            Self::NotPremium(_) => "not_premium",
            Self::Busy(..) => "busy",
            Self::Failed(fault) => fault.code(),
        }
    }

    /// What `answer` means; `readable` says whether the body of a 200 is what was asked for.
    pub(crate) fn of(answer: Answer, readable: fn(&[u8]) -> bool) -> Self {
        match answer.status.as_u16() {
            200 if readable(&answer.body) => Self::Served(answer),
            401 => Self::BadKey(answer),
            402 | 403 | 404 | 409 | 501 => Self::NotPremium(answer),
            429 => {
                let wait = retry_after(&answer.headers);
                Self::Busy(answer, wait)
            }
            400..=499 => Self::BadRequest(answer),
            status @ 300..=399 => Self::Failed(Fault::Redirect(status)),
            status @ 500.. => Self::Failed(Fault::Status(status)),
            _ => Self::Failed(Fault::Unparsable),
        }
    }
}

/// Seconds, or a date that is read against the answer's own `Date`: no clock is needed.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let wait = http_date(text)?.duration_since(http_date(headers.get(DATE)?.to_str().ok()?)?);
    Some(wait.try_into().unwrap_or(Duration::ZERO))
}

/// A time as headers have it.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, expected: &str) {
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        assert_eq!(Outcome::of(answer, Found::is_envelope).code(), expected, "{status} {body}");
    }

    #[test]
    fn table_of_outcomes() {
        check(200, r#"{"Results":[],"Count":0}"#, "served");
        check(200, r#"{"results":[]}"#, "served");
        check(200, "<!doctype html>", "unparsable");
        check(200, r#"{"Results":["#, "unparsable");
        check(200, "", "unparsable");
        check(204, "", "unparsable");
        check(302, "", "redirect");
        check(400, "", "bad_request");
        check(414, "", "bad_request");
        check(401, "", "bad_key");
        for status in [402, 403, 404, 409, 501] {
            check(status, "", "not_premium");
        }
        check(429, "", "busy");
        for status in [500, 502, 503, 504] {
            check(status, "", "status");
        }
    }

    #[track_caller]
    fn check_wait(retry_after_text: &str, expected: Option<u64>) {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, "Mon, 01 Jan 2024 10:00:00 GMT".parse().unwrap());
        headers.insert(RETRY_AFTER, retry_after_text.parse().unwrap());
        assert_eq!(retry_after(&headers), expected.map(Duration::from_secs), "{retry_after_text}");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        check_wait("7", Some(7));
        check_wait("Mon, 01 Jan 2024 10:00:09 GMT", Some(9));
        check_wait("Mon, 01 Jan 2024 09:00:00 GMT", Some(0));
        check_wait("soon", None);
    }
}
