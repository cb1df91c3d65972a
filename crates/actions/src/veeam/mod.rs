//! Mail in backups of Veeam: found here, acted on there.

mod documents;
mod export;
mod find;
mod keywords;
mod put;

pub use documents::{FoundDocuments, RestoreFound};
pub use export::{NotExported, PstExport};
pub use find::{FindError, Found, count, find};
pub use keywords::{NotWithin, Within};
pub use put::{MailRestore, MailSend, NoMail, can_send};

use postern_upstream::veeam::Chosen;

use crate::Item;

/// Items of one mailbox, as a request names them.
fn chosen(items: &[Item]) -> Option<Chosen> {
    let mailbox = items.first()?.at.clone();
    Some(match items {
        [one] => Chosen::Item { mailbox, item: one.id.clone() },
        several => {
            Chosen::Items { mailbox, items: several.iter().map(|item| item.id.clone()).collect() }
        }
    })
}
