//! Whether a service can be reached at all, and what it shows of itself.

use std::time::Duration;

use http::HeaderMap;
use http::header::DATE;
use jiff::Timestamp;
use reqwest::tls::TlsInfo;

use crate::certificate::end_of;
use crate::outcome::http_date;
use crate::setup::{base_of, http_builder};
use crate::{Fault, Settings, SetupError};

/// What a service shows to whoever asks without a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// What time it is there, to a second.
    pub time: Option<Timestamp>,
    /// When its certificate ends; nothing without TLS.
    pub certificate_ends: Option<Timestamp>,
}

/// Why there is no contact with a service.
#[derive(Debug, thiserror::Error)]
pub enum ContactError {
    /// It cannot even be asked.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// It was asked in vain.
    #[error("{0}")]
    Fault(Fault),
}

/// Asks for `/` at that address, without a key. Any answer is contact.
///
/// # Errors
///
/// When the address is none, and when no answer begins within `time`.
pub async fn contact(
    base: &str,
    settings: &Settings,
    time: Duration,
) -> Result<Contact, ContactError> {
    let base = base_of(base)?;
    let http = http_builder(std::slice::from_ref(&base), settings)?.tls_info(true);
    let http = http.build().map_err(SetupError::Http)?;
    let answer = http.get(base).timeout(time).send().await;
    let answer = answer.map_err(|error| ContactError::Fault(Fault::of(&error)))?;
    let shown = answer.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate);
    Ok(Contact { time: time_of(answer.headers()), certificate_ends: shown.and_then(end_of) })
}

fn time_of(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get(DATE)?.to_str().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, Misbehaviour};

    const TIME: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn an_answer_of_any_kind_is_contact() {
        let fake = Fake::start().await.unwrap();
        fake.demand_key("another");
        let found = contact(&fake.url(), &Settings::default(), TIME).await.unwrap();
        assert_eq!(found, Contact::default(), "it says no time, and has no certificate");
        fake.answer_header("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let found = contact(&fake.url(), &Settings::default(), TIME).await.unwrap();
        // The example of RFC 9110; `date --utc --date '1994-11-06 08:49:37' +%s` says the number.
        assert_eq!(found.time, Timestamp::from_second(784_111_777).ok());
        let sent = fake.seen();
        assert!(sent.iter().all(|one| one.target == "/" && one.header("x-api-key").is_none()));
    }

    #[tokio::test]
    async fn silence_is_told_in_time() {
        let fake = Fake::start().await.unwrap();
        fake.misbehave(Misbehaviour::Hang);
        let found = contact(&fake.url(), &Settings::default(), Duration::from_millis(50)).await;
        assert!(matches!(found, Err(ContactError::Fault(Fault::Timeout))), "{found:?}");
        let found = contact("ftp://x.test", &Settings::default(), TIME).await;
        assert!(matches!(found, Err(ContactError::Setup(SetupError::Base))), "{found:?}");
    }
}
