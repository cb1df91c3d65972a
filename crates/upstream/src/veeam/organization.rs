//! The organization whose backups are read.

use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use super::ask::Ask;
use super::page::{MOST_LISTED, Paged, Paging};
use super::{Problem, Veeam};
use crate::answer::Record;
use crate::tenant::timestamp;

/// Organizations at a time.
const PAGE: u32 = 1_000;

/// An organization that the server backs up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: String,
    /// Its name, such as `contoso.onmicrosoft.com`.
    pub name: String,
    /// Another name, which it has at Microsoft.
    pub office_name: Option<String>,
    /// When it was first backed up.
    pub first_backup: Option<Timestamp>,
    /// When it was last backed up.
    pub last_backup: Option<Timestamp>,
}

/// What was last heard of it.
#[derive(Debug)]
pub(super) struct Known {
    since: Instant,
    organization: Organization,
}

impl Veeam {
    /// The organization of this account, as it is now.
    ///
    /// # Errors
    ///
    /// When there is no answer, none of that name, or several and no name was configured.
    pub async fn organization(&self) -> Result<Organization, Problem> {
        self.organization_within(Duration::ZERO).await
    }

    /// The same, as it was not longer ago than `age`.
    pub(super) async fn organization_within(&self, age: Duration) -> Result<Organization, Problem> {
        let mut known = self.inner.organization.lock().await;
        if let Some(known) = &*known
            && known.since.elapsed() < age
        {
            return Ok(known.organization.clone());
        }
        let listed = self.organizations().await?;
        let organization = chosen(&listed, self.inner.account.organization.as_deref())?;
        let heard = Known { since: Instant::now(), organization: organization.clone() };
        *known = Some(heard);
        Ok(organization)
    }

    async fn organizations(&self) -> Result<Vec<Organization>, Problem> {
        let page = |asked: Paging| async move {
            let ask = Ask::get("/Organizations".to_owned());
            // Up to v7 all stand in one list, which has no pages to ask for.
            let is_paged = self.version().await? >= super::Version::V8;
            let ask = if is_paged { ask.page(&asked) } else { ask };
            self.ask(ask, |body: &Bytes| Paged::read(body, &asked, Organization::read)).await
        };
        Ok(Paged::all(PAGE, MOST_LISTED, page).await?.results)
    }
}

impl Organization {
    fn read(value: &Value) -> Option<Self> {
        let record = Record::new(value.clone())?;
        let time = |name: &str| record.text(name).and_then(timestamp);
        Some(Self {
            id: record.word("id")?,
            name: record.word("name").or_else(|| record.word("officeName"))?,
            office_name: record.word("officeName"),
            first_backup: time("firstBackuptime"),
            last_backup: time("lastBackuptime"),
        })
    }

    fn is_called(&self, wanted: &str) -> bool {
        let names = [Some(&self.id), Some(&self.name), self.office_name.as_ref()];
        names.into_iter().flatten().any(|name| name.eq_ignore_ascii_case(wanted))
    }
}

/// The wanted one of all; where none is wanted, the only one.
fn chosen(listed: &[Organization], wanted: Option<&str>) -> Result<Organization, Problem> {
    let known = || listed.iter().map(|organization| organization.name.clone()).collect();
    match (wanted, listed) {
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(Problem::WhichOrganization { known: known() }),
        (Some(wanted), all) => {
            let mut found = all.iter().filter(|organization| organization.is_called(wanted));
            match (found.next(), found.next()) {
                (Some(only), None) => Ok(only.clone()),
                (Some(_), Some(_)) => Err(Problem::WhichOrganization { known: known() }),
                (None, _) => {
                    Err(Problem::NoOrganization { wanted: wanted.to_owned(), known: known() })
                }
            }
        }
    }
}
