//! An address that keeps heads of an audit log: each is one `POST` of plain text.

use std::fmt;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use tokio::time::timeout;

use crate::setup::http_client;
use crate::webhook::{NotTaken, WebhookError, address};
use crate::{Fault, Settings};

/// An address that keeps what it is sent.
#[derive(Clone)]
pub struct Keeper {
    url: Url,
    http: Client,
    time: Duration,
}

impl fmt::Debug for Keeper {
    /// The address may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}

impl Keeper {
    /// Whether something may be sent there: `https://…`, or `http://` on this machine, without name and password.
    ///
    /// ```
    /// use postern_upstream::keeper::Keeper;
    ///
    /// assert!(Keeper::may_be("https://heads.example/postern?a=b").is_ok());
    /// assert!(Keeper::may_be("http://heads.example/").is_err());
    /// assert!(Keeper::may_be("https://ann:word@heads.example/").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// Why it may not.
    pub fn may_be(url: &str) -> Result<(), WebhookError> {
        address(url).map(drop)
    }

    /// The one at that address, which has so long for each answer.
    ///
    /// # Errors
    ///
    /// When nothing may be sent there, or there is no client.
    pub fn new(url: &str, time: Duration) -> Result<Self, WebhookError> {
        let url = address(url)?;
        let settings = Settings { read_timeout: time, ..Settings::default() };
        let http = http_client(std::slice::from_ref(&url), &settings)?;
        Ok(Self { url, http, time })
    }

    /// Sends a text once. No redirect is followed.
    ///
    /// # Errors
    ///
    /// When it did not take it, or nobody knows whether it did.
    pub async fn keep(&self, text: &str) -> Result<(), NotTaken> {
        let request = self.http.post(self.url.clone()).body(text.to_owned());
        let request = request.header(CONTENT_TYPE, "text/plain; charset=utf-8");
        let answer = timeout(self.time, request.send()).await;
        let answer = answer.map_err(|_| NotTaken::Fault(Fault::Timeout))?;
        let status = answer.map_err(|error| NotTaken::Fault(Fault::of(&error)))?.status();
        if status.is_success() { Ok(()) } else { Err(NotTaken::Status(status.as_u16())) }
    }
}
