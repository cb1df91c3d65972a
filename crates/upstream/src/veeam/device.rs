//! Device codes: a person signs in elsewhere, and the restore goes on here.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::restore::answer;
use super::{Problem, Session, Veeam};
use crate::Secret;
use crate::answer::{Record, read};

/// What a device code is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceSignIn {
    /// The id of the application that restores.
    pub application: String,
    /// The organization that is restored to, where it is another one.
    pub organization: Option<String>,
    /// Its region, such as `Worldwide`.
    pub region: Option<String>,
}

/// A code for a person to enter at an address.
#[derive(Clone, Debug)]
pub struct DeviceCode {
    /// The code: whoever has it can restore with it once somebody has signed in.
    pub code: Secret,
    /// The address to enter it at.
    pub url: String,
    /// How long it is good.
    pub expires_in: Duration,
}

impl DeviceCode {
    fn read(body: &Bytes) -> Option<Self> {
        let record = read(body).and_then(Record::new)?;
        let seconds = record.get("expiresIn").and_then(Value::as_u64).unwrap_or(900);
        Some(Self {
            code: Secret::new(record.word("userCode")?),
            url: record.word("verificationUrl")?,
            expires_in: Duration::from_secs(seconds),
        })
    }
}

impl Session {
    /// Asks for a code with which a person signs in for restores of this session.
    ///
    /// See <https://helpcenter.veeam.com/archive/vbo365/50/rest/getting_device_code_restore.html>.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub async fn device_code(&self, sign_in: &DeviceSignIn) -> Result<DeviceCode, Problem> {
        let mut body = Map::new();
        body.insert("targetApplicationId".to_owned(), sign_in.application.as_str().into());
        for (name, value) in
            [("targetOrganizationName", &sign_in.organization), ("targetRegion", &sign_in.region)]
        {
            if let Some(value) = value {
                body.insert(name.to_owned(), value.as_str().into());
            }
        }
        let path = "/organization/restoreDeviceCode".to_owned();
        // A second code does no harm, but a person would not know which one to enter.
        let ask = Ask::order(Method::POST, path, Some(&Value::Object(body)));
        self.ask(ask, DeviceCode::read).await
    }
}

impl Veeam {
    /// Whether somebody has signed in with a code; nothing where the version cannot say (up to v5).
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries. A code that has expired is [refused](Problem::Refused).
    pub async fn is_signed_in(&self, code: &Secret) -> Result<Option<bool>, Problem> {
        if !self.version().await?.has_own_urls() {
            return Ok(None);
        }
        let body = json!({ "userCode": code.expose() });
        let ask = Ask::question("/DeviceCode/check".to_owned(), Some(&body));
        let ask = Ask { secrets: vec![code.clone()], ..ask };
        Ok(Some(self.ask(ask, answer).await?.is_set("authenticated")))
    }
}
