//! Restore points: the states of backups that can be shown.

use jiff::Timestamp;
use serde_json::Value;

use super::ask::Ask;
use super::page::{Paged, Paging};
use super::session::Kind;
use super::{Problem, Veeam, Version};
use crate::answer::Record;
use crate::tenant::timestamp;

/// A state of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestorePoint {
    /// Its id.
    pub id: String,
    /// When the backup was made.
    pub time: Timestamp,
    /// What it has.
    pub kinds: Vec<Kind>,
    /// The retrieval job that brought it back from an archive tier.
    pub retrieval: Option<String>,
    /// It is a copy for the long term, as in an archive tier.
    pub is_long_term_copy: bool,
}

impl Veeam {
    /// A page of the restore points of the organization.
    ///
    /// See <https://helpcenter.veeam.com/archive/vbo365/60/rest/get_restore_points.html>.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries; they exist from v6 on.
    pub async fn restore_points(&self, page: &Paging) -> Result<Paged<RestorePoint>, Problem> {
        let version = self.version().await?;
        if version < Version::V6 {
            let (what, where_it_is, instead) = ("the list of restore points", "from v6 on", "");
            return Err(Problem::NotInVersion { what, where_it_is, version, instead });
        }
        let organization = self.organization_within(super::pool::BACKUP_AGE).await?;
        let ask = Ask::get("/RestorePoints".to_owned()).given("organizationId", &organization.id);
        // In v6 all stand in one list, which has no pages to ask for.
        let ask = if version == Version::V6 { ask } else { ask.page(page) };
        self.ask(ask, |body| Paged::read(body, page, RestorePoint::read)).await
    }
}

impl RestorePoint {
    fn read(value: &Value) -> Option<Self> {
        let record = Record::new(value.clone())?;
        let kinds = [("isExchange", Kind::Exchange), ("isOneDrive", Kind::OneDrive)];
        let kinds = kinds.into_iter().filter(|(name, _)| record.is_set(name));
        Some(Self {
            id: record.word("id")?,
            time: record.text("backupTime").and_then(timestamp)?,
            kinds: kinds.map(|(_, kind)| kind).collect(),
            retrieval: record.word("retrievalId"),
            is_long_term_copy: record.is_set("isLongTermCopy"),
        })
    }
}
