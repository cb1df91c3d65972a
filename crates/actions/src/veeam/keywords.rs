//! The keyword form of an export: a word or a phrase, in a folder or a mailbox. Up to v5 also in an item.

use postern_query::schema::StringField;
use postern_query::{Condition, Expr, PersonPattern, Predicate, Query, Role, StringTest};
use postern_upstream::veeam::{
    Chosen, Folder, Mailbox, Paged, Problem, Scope, Session, Under, Version,
};

use crate::Item;

/// Mailboxes and folders on a page.
const PAGE: u32 = 1_000;

/// The mailbox or folder that a query names and nothing else, which can be asked for a keyword as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Within {
    /// The address of the mailbox.
    pub mailbox: String,
    /// The path of the folder in it.
    pub folder: Option<String>,
}

/// Why a keyword cannot be asked for there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotWithin {
    /// There is no such mailbox in the backup.
    #[error("the backup has no mailbox {0}; check its address")]
    NoMailbox(String),
    /// There is no such folder.
    #[error(
        "the mailbox {mailbox} has no folder {folder} in the backup; give its path from the top"
    )]
    NoFolder {
        /// The mailbox.
        mailbox: String,
        /// The path.
        folder: String,
    },
    /// From v6 on, single items have no keyword.
    #[error(
        "from v6 on Veeam takes a keyword for a folder or a mailbox, and not for a single item ({version} is spoken); \
         ask for its folder: {folder}; or for its mailbox: {mailbox}"
    )]
    NotForItems {
        /// What is spoken.
        version: String,
        /// The query for the folder.
        folder: String,
        /// The query for the mailbox.
        mailbox: String,
    },
    /// A keyword is for one thing.
    #[error(
        "a keyword is for a mailbox (mailbox:ADDRESS), a folder of it (with in:FOLDER), or one message up to v5, \
         and this query finds {0} messages"
    )]
    NotOne(usize),
    /// Veeam does not answer.
    #[error(transparent)]
    Problem(#[from] Problem),
}

impl NotWithin {
    /// Whether a keyword can be asked for in these items, which is only in a single one and only up to v5.
    ///
    /// # Errors
    ///
    /// When it cannot: [`NotOne`](Self::NotOne), or [`NotForItems`](Self::NotForItems) with what can be asked for
    /// instead.
    pub fn check(items: &[Item], version: Version) -> Result<(), Self> {
        match items {
            [_] if version < Version::V6 => Ok(()),
            [item] => Err(Self::instead_of(item, version)),
            [] | [..] => Err(Self::NotOne(items.len())),
        }
    }

    fn instead_of(item: &Item, version: Version) -> Self {
        let mailbox = format!("mailbox:{}", item.owner);
        let folder = format!("{mailbox} in:\"{}\"", item.folder.as_deref().unwrap_or("Inbox"));
        Self::NotForItems { version: version.to_string(), folder, mailbox }
    }
}

impl Within {
    /// Reads a query that names a mailbox, or a folder of one, and nothing else; nothing for another one.
    #[must_use]
    pub fn read(query: &Query) -> Option<Self> {
        let parts = match query.condition() {
            Expr::And(parts) => parts.as_slice(),
            one @ (Expr::Leaf(_) | Expr::Or(_) | Expr::Not(_)) => std::slice::from_ref(one),
        };
        let (mut mailbox, mut folder) = (None, None);
        for part in parts {
            let (slot, text) = match said(part)? {
                Said::Mailbox(text) => (&mut mailbox, text),
                Said::Folder(text) => (&mut folder, text),
            };
            if slot.replace(text).is_some() {
                return None;
            }
        }
        Some(Self { mailbox: mailbox?, folder })
    }

    /// The mailbox or folder as a whole: the one item that stands for it in a plan, and how Veeam is asked for it.
    ///
    /// # Errors
    ///
    /// When there is none, or Veeam does not answer.
    pub async fn whole(&self, session: &Session) -> Result<(Item, Chosen), NotWithin> {
        let (at, id, chosen) = self.chosen(session).await?;
        let of = if self.folder.is_some() { "folder" } else { "mailbox" };
        let item = Item {
            at,
            id,
            owner: self.mailbox.clone(),
            folder: self.folder.clone(),
            title: format!("all mail of this {of} with the keyword"),
            message: None,
        };
        Ok((item, chosen))
    }

    /// The mailbox or folder at Veeam: the ids of the mailbox and of what is asked, and how it is asked.
    async fn chosen(&self, session: &Session) -> Result<(String, String, Chosen), NotWithin> {
        let address = &self.mailbox;
        let mailbox = mailbox(session, address).await?;
        let mailbox = mailbox.ok_or_else(|| NotWithin::NoMailbox(address.clone()))?.id;
        let mut within: Option<String> = None;
        for name in self.folder.iter().flat_map(|path| path.split('/')) {
            let found = folder(session, &mailbox, within.as_deref(), name).await?;
            let missing = || NotWithin::NoFolder {
                mailbox: address.clone(),
                folder: self.folder.clone().unwrap_or_default(),
            };
            within = Some(found.ok_or_else(missing)?.id);
        }
        Ok(match within {
            Some(folder) => {
                let scope = Scope::Folder(mailbox.clone(), folder.clone());
                (mailbox, folder, Chosen::All(scope))
            }
            None => (mailbox.clone(), mailbox.clone(), Chosen::All(Scope::Mailbox(mailbox))),
        })
    }
}

/// What a part of a query names.
enum Said {
    Mailbox(String),
    Folder(String),
}

fn said(part: &Condition) -> Option<Said> {
    let Expr::Leaf(leaf) = part else { return None };
    match &leaf.value {
        Predicate::Person { roles, pattern: PersonPattern::Address(address) }
            if roles.as_slice() == [Role::Owner] =>
        {
            Some(Said::Mailbox(address.as_str().to_owned()))
        }
        Predicate::String(StringField::Mailbox, StringTest::Is(text) | StringTest::Same(text)) => {
            Some(Said::Mailbox(text.clone()))
        }
        Predicate::String(
            StringField::Folder,
            StringTest::Is(text) | StringTest::Same(text) | StringTest::PathEnd(text),
        ) => Some(Said::Folder(text.clone())),
        Predicate::Text(_)
        | Predicate::String(..)
        | Predicate::Flag(..)
        | Predicate::Number(..)
        | Predicate::Instant(..)
        | Predicate::Recipient(..)
        | Predicate::Attachment(_)
        | Predicate::Category(_)
        | Predicate::Reference(_)
        | Predicate::Set(_)
        | Predicate::Person { .. } => None,
    }
}

async fn mailbox(session: &Session, address: &str) -> Result<Option<Mailbox>, Problem> {
    let is_it = |one: &Mailbox| !one.is_archive && one.email.eq_ignore_ascii_case(address);
    Paged::find(PAGE, is_it, |page| async move { session.mailboxes(&page).await }).await
}

async fn folder(
    session: &Session,
    mailbox: &str,
    within: Option<&str>,
    name: &str,
) -> Result<Option<Folder>, Problem> {
    let under = within.map_or(Under::Top, Under::Folder);
    let is_it = |one: &Folder| one.name.to_lowercase() == name.to_lowercase();
    Paged::find(PAGE, is_it, |page| async move { session.folders(mailbox, under, &page).await })
        .await
}

#[cfg(test)]
mod tests {
    use postern_query::{Context, parse};

    use super::*;

    fn item(folder: Option<&str>) -> Item {
        let text = str::to_owned;
        let (owner, folder) = (text("ann@x.com"), folder.map(text));
        Item { at: text("m1"), id: text("i1"), owner, folder, title: text("t"), message: None }
    }

    #[test]
    fn a_keyword_is_for_one_message_up_to_v5() {
        let (one, two) = ([item(Some("Inbox/Old"))], [item(None), item(None)]);
        for (items, version, refused) in [
            (&one[..], Version::V5, None),
            (&one, Version::V6, Some("mailbox:ann@x.com in:\"Inbox/Old\"; or for its mailbox")),
            (&two, Version::V5, Some("finds 2 messages")),
            (&[], Version::V5, Some("finds 0 messages")),
        ] {
            let told = NotWithin::check(items, version).err().map(|error| error.to_string());
            assert_eq!(told.is_some(), refused.is_some(), "{told:?}");
            assert!(told.unwrap_or_default().contains(refused.unwrap_or_default()), "{refused:?}");
        }
    }

    #[test]
    fn a_mailbox_or_a_folder_and_nothing_else() {
        let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
        for (text, expected) in [
            ("mailbox:ann@x.com", Some(("ann@x.com", None))),
            ("mailbox:ann@x.com in:Inbox", Some(("ann@x.com", Some("Inbox")))),
            ("in:Inbox/Orders mailbox:ann@x.com", Some(("ann@x.com", Some("Inbox/Orders")))),
            ("in:Inbox", None),
            ("mailbox:ann@x.com mailbox:bob@x.com", None),
            ("mailbox:ann@x.com OR in:Inbox", None),
            ("-mailbox:ann@x.com", None),
            ("mailbox:ann@x.com lease", None),
            ("mailbox:ann@x.com id:1@x.com", None),
            ("", None),
        ] {
            let read = Within::read(&parse(text, &context).unwrap().query);
            let read = read.as_ref().map(|it| (it.mailbox.as_str(), it.folder.as_deref()));
            assert_eq!(read, expected, "{text}");
        }
    }
}
