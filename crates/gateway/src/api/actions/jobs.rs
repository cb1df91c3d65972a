//! Jobs of `DataTap`: what is collected, and what goes back for what a query finds.

use std::path::PathBuf;
use std::time::Instant;

use postern_actions::datatap::{
    Ends, FilesFound, JobAct, JobError, JobWishes, MOST_MAILBOXES, MailFound, ToRestore, included,
    plan,
};
use postern_actions::{Proposal, Verb};
use postern_archive::IndexError;
use postern_archive::search::{Counting, Facet};
use postern_query::Query;
use postern_upstream::{Job, JobKind, LocationKind, Policy, Priority, Tenant, TenantSettings};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::body::ActionBody;
use super::forbidden;
use super::order::Orders;
use super::plan::{Doing, Planned, nowhere};
use crate::State as Shared;
use crate::access::{Caller, UpstreamKey};
use crate::api::json;
use crate::api::params::BadParam;
use crate::api::problem::Problem;
use crate::local::LocalError;

/// What a job covers that names nobody.
const EVERYTHING: &str = "*";

/// What a job is called, and what else it is told.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct JobBody {
    /// Its name; `postern` where nothing is said.
    name: Option<String>,
    /// What it is for; what it does where nothing is said.
    description: Option<String>,
    /// How urgent it is.
    priority: Option<Urgency>,
    /// Whose job it is.
    owner: Option<String>,
    /// The id of the location to read, where there are several.
    from_location: Option<String>,
    /// The id of the location to write, where there are several.
    into_location: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Urgency {
    Medium,
    High,
}

/// What a body says of a job; nothing where it says nothing.
pub(super) fn job<'de, D: Deserializer<'de>>(from: D) -> Result<JobBody, D::Error> {
    json::inner(from).map(Option::unwrap_or_default)
}

impl JobBody {
    fn wishes(&self) -> JobWishes<'_> {
        JobWishes {
            name: self.name.as_deref().unwrap_or("postern"),
            description: self.description.as_deref(),
            priority: self.priority.map(|urgency| match urgency {
                Urgency::Medium => Priority::Medium,
                Urgency::High => Priority::High,
            }),
            owner: self.owner.as_deref(),
            from: self.from_location.as_deref(),
            into: self.into_location.as_deref(),
        }
    }
}

/// What is collected.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[schema(example = json!({"drives": ["ann@contoso.com"]}))]
pub(super) struct CollectBody {
    /// Mailboxes by their addresses; all of them where nothing is named.
    mailboxes: Vec<String>,
    /// Owners of drives, instead of mailboxes.
    drives: Vec<String>,
    /// All drives, instead of mailboxes.
    all_drives: bool,
    /// Ask for an index at the service too, a premium feature.
    index_files: bool,
    /// The id of the plan; without it the plan is only shown.
    confirm: Option<String>,
    /// Mailboxes or drives at most, 100 where nothing is said; more are refused.
    limit: Option<usize>,
    /// Do again what was done before, or may have been.
    again: bool,
    /// What the job is told.
    #[serde(deserialize_with = "job")]
    job: JobBody,
}

/// The service for one who asks.
struct Service {
    tenant: Tenant,
    /// The data folder, which keeps the record.
    data: PathBuf,
}

impl Service {
    fn of(state: &Shared, caller: &Caller) -> Result<Self, Problem> {
        let (Some((_, premium)), Some(name)) = (state.datatap(), &caller.tenant) else {
            return Err(nowhere());
        };
        let key = caller.upstream.as_ref().map(UpstreamKey::secret).ok_or_else(no_key)?;
        let settings = TenantSettings::default();
        let tenant = premium.client().tenant(name, key.clone(), settings);
        let data = state.local_beside(Some(name.as_str())).archive().data().to_owned();
        Ok(Self { tenant, data })
    }

    fn planned(
        self,
        (proposal, job): (Proposal, Job),
        orders: &Orders<'_>,
    ) -> Result<Planned, Problem> {
        let Self { tenant, data } = self;
        let proposal = orders.of(proposal)?;
        let doing = Doing::Job(Box::new(JobAct { tenant, job, starts: true }));
        Ok(Planned::new(proposal, data, orders, doing))
    }
}

impl CollectBody {
    fn orders(&self) -> Orders<'_> {
        let confirm = self.confirm.as_deref();
        Orders { confirm, limit: self.limit, again: self.again, at: None }
    }

    /// The mailboxes or drives that are named; nothing where all are meant.
    fn named(&self) -> &[String] {
        if self.drives.is_empty() { &self.mailboxes } else { &self.drives }
    }

    /// Whether it can be done, and by this caller: a key that is limited to mailboxes collects its own.
    pub(super) fn check(&self, caller: &Caller) -> Result<(), Problem> {
        let kinds = [!self.mailboxes.is_empty(), !self.drives.is_empty(), self.all_drives];
        if kinds.into_iter().filter(|is_meant| *is_meant).count() > 1 {
            let why = "`drives` and `allDrives` are several jobs; name one of them";
            return Err(BadParam::new("mailboxes", why).into());
        }
        self.orders().check()?;
        let is_own = |name: &String| caller.mailboxes.permits(Some(name));
        let is_of_all = self.named().is_empty();
        if caller.mailboxes.is_limited() && (is_of_all || !self.named().iter().all(is_own)) {
            let why = "a key that is limited to mailboxes collects its own, by their names";
            return Err(forbidden(why.to_owned()));
        }
        Ok(())
    }

    /// The job that collects it.
    pub(super) async fn plan(&self, state: &Shared, caller: &Caller) -> Result<Planned, Problem> {
        let service = Service::of(state, caller)?;
        let is_of_drives = self.all_drives || !self.drives.is_empty();
        let live = if is_of_drives { LocationKind::OneDrive } else { LocationKind::Exchange };
        let wishes = self.job.wishes();
        let ends = Ends::find(&service.tenant, JobKind::Backup, live, &wishes).await?;
        let what = if is_of_drives { "drives" } else { "mailboxes" };
        let mut job = ends.job(JobKind::Backup, &wishes, &format!("Collection of {what}"));
        job.index_files = self.index_files;
        let named = self.named();
        if !named.is_empty() {
            let users = included(&service.tenant, &ends.from, named).await?;
            job.policy = Some(match is_of_drives {
                true => Policy::OneDriveBackup { users },
                false => Policy::ExchangeBackup { users },
            });
        }
        let all = [EVERYTHING.to_owned()];
        let mut proposal =
            plan(Verb::Collect, &job, if named.is_empty() { &all[..] } else { named });
        proposal.into = format!("the location {} of collected data", job.destination_id);
        "What is collected stays there until it is removed at the service."
            .clone_into(&mut proposal.lasting);
        if named.is_empty() {
            proposal.notes.push(format!("all {what} of the location {} are meant", job.source_id));
        }
        service.planned((proposal, job), &self.orders())
    }
}

/// The job that restores the mailboxes or files of what a query finds.
pub(super) async fn restore(
    state: &Shared,
    caller: &Caller,
    body: &ActionBody,
    query: Query,
    start: Instant,
) -> Result<Planned, Problem> {
    let names = [
        ("to", body.to.is_some()),
        ("at", body.at.is_some()),
        ("impersonate", body.impersonate.is_some()),
    ];
    if let Some((name, _)) = names.into_iter().find(|(_, is_told)| *is_told) {
        return Err(BadParam::new(name, "is for mail of Veeam").into());
    }
    let service = Service::of(state, caller)?;
    let found = found(state, caller, body.orders().limit(), query, start).await?;
    let names = match &found {
        ToRestore::Mail(mail) => mail.names(),
        ToRestore::Files(files) => files.names(),
    };
    // All of a mailbox or drive goes back, so all of it must be the caller's.
    if !names.iter().all(|name| caller.mailboxes.permits(Some(name))) {
        let why = "the key is limited to mailboxes, and not all that go back are among them";
        return Err(forbidden(why.to_owned()));
    }
    let wishes = body.job.wishes();
    let live = match &found {
        ToRestore::Mail(_) => LocationKind::Exchange,
        ToRestore::Files(_) => LocationKind::OneDrive,
    };
    let ends = Ends::find(&service.tenant, JobKind::Restore, live, &wishes).await?;
    let (proposal, job) = match &found {
        ToRestore::Mail(mail) => {
            let job = mail.job(&service.tenant, &ends, &wishes).await?;
            (told_of_mail(mail, plan(Verb::Restore, &job, &mail.names())), job)
        }
        ToRestore::Files(files) => {
            let job = files.job(&service.tenant, &ends, &wishes).await?;
            (told_of_files(files, plan(Verb::Restore, &job, &files.names())), job)
        }
    };
    service.planned((proposal, job), &body.orders())
}

async fn found(
    state: &Shared,
    caller: &Caller,
    limit: usize,
    query: Query,
    start: Instant,
) -> Result<ToRestore, Problem> {
    let local = state.local_for(caller, state.engine_deadline(start)).await?.clone();
    if let Some(why) = local.absent() {
        return Err(Problem::unavailable(why));
    }
    let allowance = state.allowance(caller, start);
    let found = local.ask(&allowance, move |engine, asker| {
        let counting =
            Counting { facets: &[Facet::Mailbox], most: MOST_MAILBOXES, ..Counting::default() };
        let by_mailbox =
            |mail: &Query| engine.counts(mail, &counting, asker).map(|counts| counts.facets);
        match ToRestore::find(engine, &query, asker, limit, &by_mailbox) {
            Err(JobError::Index(error)) => Err(error),
            found => Ok::<_, IndexError>(found),
        }
    });
    Ok(found.await??)
}

fn told_of_mail(mail: &MailFound, mut plan: Proposal) -> Proposal {
    "the mailboxes that they came from".clone_into(&mut plan.into);
    plan.lasting = LASTING.to_owned();
    plan.notes.push(
        "the service restores whole mailboxes: everything that was collected of them goes back"
            .to_owned(),
    );
    let each = mail.mailboxes.iter().map(|(name, count)| format!("found in {name}: {count}"));
    plan.notes.extend(each);
    if let homeless @ 1.. = mail.homeless() {
        plan.notes.push(format!("found in no mailbox that is known, and not restored: {homeless}"));
    }
    plan
}

fn told_of_files(files: &FilesFound, plan: Proposal) -> Proposal {
    let mut plan = plan.with("files", files.digest());
    "the drives that they came from".clone_into(&mut plan.into);
    plan.lasting = LASTING.to_owned();
    plan.notes.push(format!(
        "the service restores by owner and extension: all files of these owners go back, {}",
        files.kinds()
    ));
    let each = files.owners.iter().map(|(name, count)| format!("found of {name}: {count}"));
    plan.notes.extend(each);
    plan.notes.push(format!("other files that are known here and go back too: {}", files.others()));
    plan.notes.extend(files.named.iter().cloned());
    plan
}

const LASTING: &str =
    "What is written over in a live mailbox or drive cannot be taken back from here.";

fn no_key() -> Problem {
    Problem::new(409, "no_credentials", "the gateway has no key of DataTap to do this with")
        .hint("its operator maps the key with `upstream_key`")
}

impl From<JobError> for Problem {
    fn from(error: JobError) -> Self {
        let told = error.to_string();
        match error {
            JobError::Service { .. } | JobError::Order { .. } => {
                Self::new(502, "source_failed", "the source does not do it").detail(told)
            }
            JobError::NoLocation(_)
            | JobError::Unknown { .. }
            | JobError::NoMail
            | JobError::NoMailbox(_) => Self::new(404, "nothing_found", told),
            JobError::Scattered(_) | JobError::TooMany { .. } => {
                Self::new(400, "too_many_items", told)
            }
            JobError::WhichLocation { .. } => {
                BadParam::new("job", format!("has to name a location: {told}")).into()
            }
            JobError::Both { .. } => BadParam::new("q", format!("is of two jobs: {told}")).into(),
            JobError::Index(error) => LocalError::from(error).into(),
        }
    }
}
