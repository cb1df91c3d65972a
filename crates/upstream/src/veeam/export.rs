//! Mail as PST files, which only Veeam can make.

use serde_json::{Map, Value};

use super::ask::{Take, path};
use super::download::Download;
use super::mail::listed;
use super::session::{Scope, Session};
use super::verb::EXPORT;
use super::{Problem, Version};

/// The smallest and the largest limit of a PST, in bytes.
const SIZES: std::ops::RangeInclusive<u64> = 1 << 30..=49 << 30;

/// What of a backup is acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// One item of a mailbox.
    Item {
        /// The id of the mailbox.
        mailbox: String,
        /// The id of the item.
        item: String,
    },
    /// Several items of a mailbox.
    Items {
        /// The id of the mailbox.
        mailbox: String,
        /// The ids of the items.
        items: Vec<String>,
    },
    /// All items.
    All(Scope),
}

impl Chosen {
    /// The path of what is acted on, below the session.
    pub(super) fn place(&self) -> Result<String, Problem> {
        match self {
            Self::Item { mailbox, item } => {
                path(&["organization", "mailboxes", mailbox, "items", item])
            }
            Self::Items { items, .. } if items.is_empty() => {
                Err(Problem::Invalid("no item is chosen"))
            }
            Self::Items { mailbox, .. } => path(&["organization", "mailboxes", mailbox, "items"]),
            Self::All(scope) => scope.path(),
        }
    }

    /// The arguments that name what is acted on, to which others may be added.
    pub(super) fn arguments(&self) -> Map<String, Value> {
        let items = if let Self::Items { items, .. } = self { Some(listed(items)) } else { None };
        items.map(|items| ("items".to_owned(), items.into())).into_iter().collect()
    }
}

/// How a PST is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PstOptions {
    /// Only items with this word or phrase, as Veeam understands it.
    pub keyword: Option<String>,
    /// The size in bytes, from 1 GB to 49 GB, over which several files in a ZIP are made.
    pub size_limit: Option<u64>,
}

impl Session {
    /// A PST of what is chosen, or a ZIP of several of them.
    ///
    /// See <https://helpcenter.veeam.com/archive/vbo365/40/rest/post_mailboxes_id_items_action.html>.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries. A keyword for single items exists up to v5 only.
    pub async fn export_pst(
        &self,
        chosen: &Chosen,
        options: &PstOptions,
    ) -> Result<Download, Problem> {
        let version = self.version().await?;
        let arguments = arguments(chosen, options, version)?;
        let ask = EXPORT.at(version, &chosen.place()?, Some(&Value::Object(arguments)));
        self.download(ask.taken(Take::Stream)).await
    }
}

fn arguments(
    chosen: &Chosen,
    options: &PstOptions,
    version: Version,
) -> Result<Map<String, Value>, Problem> {
    let mut arguments = chosen.arguments();
    if let Some(keyword) = &options.keyword {
        let is_of_all = matches!(chosen, Chosen::All(_));
        if version.has_own_urls() && !is_of_all {
            let (what, where_it_is) = ("a keyword for single items", "up to v5");
            let instead = "give the keyword with their folder or mailbox";
            return Err(Problem::NotInVersion { what, where_it_is, version, instead });
        }
        let name = if version.has_own_urls() { "contentKeyword" } else { "contentKeywords" };
        arguments.insert(name.to_owned(), keyword.as_str().into());
    }
    let limit = options.size_limit;
    if limit.is_some_and(|limit| !SIZES.contains(&limit)) {
        return Err(Problem::Invalid("the size limit of a PST is from 1 GB to 49 GB"));
    }
    arguments.insert("enablePstSizeLimit".to_owned(), limit.is_some().into());
    if let Some(limit) = limit {
        arguments.insert("pstSizeLimitBytes".to_owned(), limit.into());
    }
    Ok(arguments)
}
