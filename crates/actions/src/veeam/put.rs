//! Mail put back into mailboxes, and sent.

use postern_upstream::veeam::{Credentials, Kind, Letter, Problem, Session, Veeam};

use super::chosen;
use crate::{Act, Acting, Item, Outcome, Proposal, Steps, Verb};

/// Puts items back where they were, or into another mailbox.
#[derive(Debug)]
pub struct MailRestore {
    /// The session whose backup they come from.
    pub session: Session,
    /// The address of the mailbox that they go into.
    pub to: Option<String>,
    /// How Veeam logs on to Microsoft 365.
    pub credentials: Credentials,
}

impl MailRestore {
    /// The plan to put these items back, or into the mailbox of that address.
    #[must_use]
    pub fn plan(source: &str, place: &str, items: Vec<Item>, to: Option<&str>) -> Proposal {
        let mut plan = Proposal::new(Verb::Restore, source, place, Steps::Each, items);
        plan.into = to.map_or_else(
            || "the mailbox and folder that each came from".to_owned(),
            |mailbox| format!("the mailbox {mailbox}"),
        );
        plan.lasting =
            "What is written into a live mailbox cannot be taken back from here.".to_owned();
        match to {
            Some(mailbox) => plan.with("to", mailbox),
            None => plan,
        }
    }
}

impl Act for MailRestore {
    fn act<'a>(&'a self, items: &'a [Item]) -> Acting<'a> {
        Box::pin(async move {
            let Some(chosen) = chosen(items) else { return Outcome::Done(None) };
            match self.session.restore(&chosen, self.to.as_deref(), &self.credentials).await {
                Ok(restored) => Outcome::of_restored(&restored),
                Err(problem) => Outcome::of(Verb::Restore, &problem),
            }
        })
    }
}

/// Sends items as attachments: to the mailbox that each lies in, or with a letter to another address.
#[derive(Debug)]
pub struct MailSend {
    /// The session whose backup they come from.
    pub session: Session,
    /// The letter to another address.
    pub letter: Option<Letter>,
}

impl MailSend {
    /// The plan to send these items.
    #[must_use]
    pub fn plan(source: &str, place: &str, items: Vec<Item>, letter: Option<&Letter>) -> Proposal {
        let mut plan = Proposal::new(Verb::Send, source, place, Steps::Each, items);
        plan.lasting = "A mail that was sent cannot be called back.".to_owned();
        let Some(letter) = letter else {
            plan.into = "the mailbox that each came from, as an attachment".to_owned();
            return plan;
        };
        plan.into = format!("{}, as an attachment of a mail from {}", letter.to, letter.from);
        plan = plan.with("to", &letter.to).with("from", &letter.from);
        for (name, value) in [("subject", &letter.subject), ("text", &letter.text)] {
            if let Some(value) = value {
                plan = plan.with(name, value);
            }
        }
        plan
    }
}

impl Act for MailSend {
    fn act<'a>(&'a self, items: &'a [Item]) -> Acting<'a> {
        Box::pin(async move {
            let Some(chosen) = chosen(items) else { return Outcome::Done(None) };
            let sent = match &self.letter {
                Some(letter) => self.session.send_to(&chosen, letter).await,
                None => self.session.send_default(&chosen).await,
            };
            match sent {
                Ok(()) => Outcome::Done(None),
                Err(problem) => Outcome::of(Verb::Send, &problem),
            }
        })
    }
}

/// Why nothing can be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoMail {
    /// The server was not told how.
    #[error(
        "Veeam cannot send mail yet: an administrator of the backup server has to fill in the mail settings of \
         Veeam Explorer for Microsoft Exchange (Notification Settings there, or PUT /VexEmailSettings): the mail \
         server, its port, and the address that mail comes from"
    )]
    NotSetUp,
    /// The settings cannot be read.
    #[error("the mail settings of Veeam cannot be read: {0}")]
    Problem(#[from] Problem),
}

/// Whether the server can send mail.
///
/// # Errors
///
/// [`NoMail`] says what an administrator has to do.
pub async fn can_send(client: &Veeam) -> Result<(), NoMail> {
    match client.mail_settings(Kind::Exchange).await?.server {
        Some(_) => Ok(()),
        None => Err(NoMail::NotSetUp),
    }
}
