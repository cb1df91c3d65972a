//! Mailboxes or drives that are brought back from an archive tier.

use postern_actions::files::Files;
use postern_actions::retrieve::{Archives, NotListed, RetrieveAct, Wanted};
use postern_upstream::veeam::{AzureSpeed, GlacierSpeed, Kind, NewRetrieval};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::documents::{open, visible};
use super::forbidden;
use super::order::Orders;
use super::plan::{Asker, Doing, Planned, mailboxes};
use crate::access::{Caller, Mailboxes};
use crate::api::params::BadParam;
use crate::api::problem::Problem;
use crate::servers::Server;

/// Mailboxes or drives that one request names at most.
const MOST: usize = 100;
/// Days that brought-back data can be read.
const DAYS: std::ops::RangeInclusive<u16> = 1..=3_650;

/// What is brought back, how fast and for how long.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[schema(example = json!({"mailboxes": ["ann@contoso.com"], "days": 7}))]
pub(super) struct RetrieveBody {
    /// Mailboxes by their addresses; these or `drives`.
    pub(super) mailboxes: Vec<String>,
    /// Drives by their owners.
    pub(super) drives: Vec<String>,
    /// For how many days the data can be read then, 1 to 3,650; 1 where nothing is said.
    pub(super) days: Option<u16>,
    /// How fast Amazon S3 Glacier gives it back.
    pub(super) glacier: Option<Glacier>,
    /// How fast Azure Archive gives it back.
    pub(super) azure: Option<Azure>,
    /// The id of the repository with the archive, if Veeam asks for it.
    pub(super) repository: Option<String>,
    /// The name of the job; `postern` where nothing is said.
    pub(super) name: Option<String>,
    /// The description of the job.
    pub(super) description: Option<String>,
    /// Have Veeam send a mail that many hours before the time is over.
    pub(super) notify_hours: Option<u32>,
    /// Also what was deleted before that backup.
    pub(super) deleted: bool,
    /// Also older versions.
    pub(super) all_versions: bool,
    /// The id of the plan; without it the plan is only shown.
    pub(super) confirm: Option<String>,
    /// Start a job again that was started before, or may have been.
    pub(super) again: bool,
    /// The backup of that time, such as `2024-01-31T00:00:00Z`; the last where nothing is said.
    pub(super) at: Option<String>,
}

/// How fast Amazon S3 Glacier gives data back.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Glacier {
    Expedited,
    Standard,
    Bulk,
}

/// How fast Azure Archive gives data back.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Azure {
    Standard,
    High,
}

impl RetrieveBody {
    fn orders(&self) -> Orders<'_> {
        let (confirm, at) = (self.confirm.as_deref(), self.at.as_deref());
        Orders { confirm, limit: Some(MOST), again: self.again, at }
    }

    /// Whether it can be done, and by this caller: a key that is limited to mailboxes brings back its own.
    pub(super) fn check(&self, caller: &Caller) -> Result<(), Problem> {
        let named = if self.drives.is_empty() { &self.mailboxes } else { &self.drives };
        if !(1..=MOST).contains(&named.len()) {
            return Err(BadParam::new("mailboxes", "or `drives` are 1 to 100 addresses").into());
        }
        if !self.drives.is_empty() && !self.mailboxes.is_empty() {
            return Err(
                BadParam::new("drives", "and `mailboxes` are two jobs; name one of both").into()
            );
        }
        if self.days.is_some_and(|days| !DAYS.contains(&days)) {
            return Err(BadParam::new("days", "is a number from 1 to 3,650").into());
        }
        if self.glacier.is_some() && self.azure.is_some() {
            return Err(BadParam::new("azure", "and `glacier` are two kinds of storage").into());
        }
        self.orders().check()?;
        if named.iter().any(|name| !caller.mailboxes.permits(Some(name))) {
            return Err(forbidden(
                "the key is limited to mailboxes, and not all that are named are among them"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    /// Finds out what is brought back.
    pub(super) async fn plan(self, asker: Asker, server: Server) -> Result<Planned, Problem> {
        let client = server.sessions.client().clone();
        // Before v6 there is nothing of the kind, and this says so.
        let archives = Archives::ask(&client, asker.now).await?;
        let organization = client.organization().await?;
        let wanted = self.wanted(&asker, &server).await?;
        let backup = self.orders().time()?.or(organization.last_backup);
        let backup = backup.map_or_else(|| "the last".to_owned(), |at| at.to_string());
        let order = self.order(&organization.id)?;
        let at = (server.settings.source.as_str(), organization.name.as_str());
        let (plan, act) = RetrieveAct::plan(client, order, &wanted, at, &backup);
        let mut proposal = self.orders().of(plan)?;
        proposal.notes.extend(wanted.notes(&archives));
        Ok(Planned::new(proposal, server.data, &self.orders(), Doing::Retrieval(Box::new(act))))
    }

    fn order(&self, organization: &str) -> Result<NewRetrieval, Problem> {
        Ok(NewRetrieval {
            name: self.name.clone().unwrap_or_else(|| "postern".to_owned()),
            description: self.description.clone(),
            organization: organization.to_owned(),
            repository: self.repository.clone(),
            point: self.orders().time()?,
            days: self.days.unwrap_or(1),
            glacier: self.glacier.map(|speed| match speed {
                Glacier::Expedited => GlacierSpeed::Expedited,
                Glacier::Standard => GlacierSpeed::Standard,
                Glacier::Bulk => GlacierSpeed::Bulk,
            }),
            azure: self.azure.map(|speed| match speed {
                Azure::Standard => AzureSpeed::Standard,
                Azure::High => AzureSpeed::High,
            }),
            notify_hours: self.notify_hours,
            show_deleted: self.deleted,
            show_all_versions: self.all_versions,
            ..NewRetrieval::default()
        })
    }

    async fn wanted(&self, asker: &Asker, server: &Server) -> Result<Wanted, Problem> {
        if !self.drives.is_empty() {
            return self
                .drives(&open(asker, server, &self.orders()).await?, &asker.mailboxes)
                .await;
        }
        let session = server.sessions.session(Kind::Exchange, self.orders().time()?).await?;
        let known = mailboxes(&session).await?;
        Ok(Wanted::mailboxes(&known, &self.mailboxes)?)
    }

    async fn drives(&self, files: &Files, mailboxes: &Mailboxes) -> Result<Wanted, Problem> {
        let (visible, mut all) = (visible(files, mailboxes).await?, Vec::new());
        for owner in &self.drives {
            let drive = files.pick(&visible, owner)?;
            all.push((files.owner(&drive).to_owned(), drive));
        }
        Ok(Wanted::Drives(all))
    }
}

impl From<NotListed> for Problem {
    fn from(error: NotListed) -> Self {
        Self::new(404, "nothing_found", error.to_string())
    }
}
