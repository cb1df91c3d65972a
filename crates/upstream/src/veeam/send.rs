//! Mail sent as an attachment, and whether the server can send.

use serde_json::{Map, Value, json};

use super::ask::{Ask, Take};
use super::restore::answer;
use super::verb::{SEND_DEFAULT, SEND_TO};
use super::{Chosen, Kind, Problem, Session, Veeam};
use crate::answer::Record;

/// The mail that something is sent with as an attachment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    /// The address that it comes from.
    pub from: String,
    /// The address that it goes to.
    pub to: String,
    /// Its subject.
    pub subject: Option<String>,
    /// Its text.
    pub text: Option<String>,
}

impl Letter {
    /// The arguments of a request.
    pub(super) fn put(&self, arguments: &mut Map<String, Value>) {
        let parts = [("subject", &self.subject), ("text", &self.text)];
        let parts = parts.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        for (name, value) in [("from", &self.from), ("to", &self.to)].into_iter().chain(parts) {
            arguments.insert(name.to_owned(), value.as_str().into());
        }
    }
}

/// How the server sends mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailSettings {
    /// The server that takes the mail; nothing where sending is not set up.
    pub server: Option<String>,
    /// The address that mail to a mailbox of its own comes from.
    pub from: Option<String>,
    /// The subject of such mail.
    pub subject: Option<String>,
}

impl MailSettings {
    fn read(record: &Record) -> Self {
        // v6 and later know other ways to send, which have no server of their own.
        let way = ["smtpServer", "server", "mailApiUrl"].into_iter().find_map(|it| record.word(it));
        Self {
            server: way.filter(|_| record.get("enableNotification") != Some(&json!(false))),
            from: record.word("from"),
            subject: record.word("subject"),
        }
    }
}

impl Veeam {
    /// How the server sends mail items (`VexEmailSettings`), or documents.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn mail_settings(&self, kind: Kind) -> Result<MailSettings, Problem> {
        let has_own = self.version().await?.has_own_urls();
        let path = match kind {
            Kind::Exchange => "/VexEmailSettings",
            Kind::OneDrive if has_own => "/VeodEmailSettings",
            Kind::OneDrive => "/VespEmailSettings",
        };
        let found = self.ask(Ask::get(path.to_owned()), answer).await;
        match found {
            Ok(record) => Ok(MailSettings::read(&record)),
            Err(Problem::NotFound { .. }) => Ok(MailSettings::default()),
            Err(problem) => Err(problem),
        }
    }
}

impl Session {
    /// Sends mail as an attachment to the mailbox that it lies in. It is asked once.
    ///
    /// # Errors
    ///
    /// As for [`Session::restore`].
    pub async fn send_default(&self, chosen: &Chosen) -> Result<(), Problem> {
        let arguments = Some(chosen.arguments()).filter(|arguments| !arguments.is_empty());
        let arguments = arguments.map(Value::Object);
        let version = self.version().await?;
        let ask = SEND_DEFAULT.at(version, &chosen.place()?, arguments.as_ref());
        self.ask(ask.taken(Take::Done), answer).await.map(|_| ())
    }

    /// Sends mail as an attachment with this letter. It is asked once.
    ///
    /// # Errors
    ///
    /// As for [`Session::restore`].
    pub async fn send_to(&self, chosen: &Chosen, letter: &Letter) -> Result<(), Problem> {
        let mut arguments = chosen.arguments();
        letter.put(&mut arguments);
        let version = self.version().await?;
        let ask = SEND_TO.at(version, &chosen.place()?, Some(&Value::Object(arguments)));
        self.ask(ask.taken(Take::Done), answer).await.map(|_| ())
    }
}
