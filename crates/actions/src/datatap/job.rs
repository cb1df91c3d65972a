//! A job: the locations that it reads and writes, the mailboxes or drives that it takes in, and its plan.

use postern_archive::DATATAP;
use postern_upstream::{
    Job, JobKind, Location, LocationKind, Priority, Rule, Source, SourceFilter, Tenant, User,
};

use super::{JobError, Side};
use crate::{Item, Proposal, Steps, Verb};

/// What a job is told beside what it is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct JobWishes<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is for; what it does where nothing is said.
    pub description: Option<&'a str>,
    /// How urgent it is.
    pub priority: Option<Priority>,
    /// Whose it is.
    pub owner: Option<&'a str>,
    /// The location to read, where there are several.
    pub from: Option<&'a str>,
    /// The location to write, where there are several.
    pub into: Option<&'a str>,
}

/// The location that a job reads and the one that it writes.
#[derive(Clone, Debug)]
pub struct Ends {
    /// The one that is read.
    pub from: Location,
    /// The one that is written.
    pub to: Location,
}

impl Ends {
    /// Those of a job between live mailboxes or drives and where collected data lies.
    ///
    /// # Errors
    ///
    /// When the service has none, or several and nothing was said, or does not answer.
    pub async fn find(
        tenant: &Tenant,
        kind: JobKind,
        live: LocationKind,
        wishes: &JobWishes<'_>,
    ) -> Result<Self, JobError> {
        let known = tenant.locations().await;
        let known =
            known.map_err(|source| JobError::Service { what: "list the locations", source })?.items;
        let (from, to) = match kind {
            JobKind::Backup => (live, LocationKind::Blob),
            JobKind::Restore => (LocationKind::Blob, live),
        };
        Ok(Self {
            from: one(&known, &from, wishes.from, Side::From)?,
            to: one(&known, &to, wishes.into, Side::Into)?,
        })
    }

    /// A job over everything between them.
    #[must_use]
    pub fn job(&self, kind: JobKind, wishes: &JobWishes<'_>, description: &str) -> Job {
        let mut job = Job::new(wishes.name, kind, &self.from.id, &self.to.id);
        wishes.description.unwrap_or(description).clone_into(&mut job.description);
        if let Some(priority) = wishes.priority {
            job.priority = priority;
        }
        job.owner = wishes.owner.map(str::to_owned);
        job
    }
}

/// The location that was told, or the only one of its kind.
fn one(
    known: &[Location],
    kind: &LocationKind,
    told: Option<&str>,
    side: Side,
) -> Result<Location, JobError> {
    let fitting: Vec<_> = known.iter().filter(|location| location.kind == *kind).collect();
    let meant = fitting.iter().filter(|location| told.is_none_or(|id| location.id == id));
    if let [one] = meant.collect::<Vec<_>>().as_slice() {
        return Ok((**one).clone());
    }
    let known: Vec<_> = fitting.iter().map(|location| name(location)).collect();
    Err(match known.as_slice() {
        [] => JobError::NoLocation(kind.clone()),
        [..] => JobError::WhichLocation { side, kind: kind.clone(), known },
    })
}

/// `Name (id)`, or the id.
fn name(location: &Location) -> String {
    match &location.name {
        Some(name) => format!("{name} ({})", location.id),
        None => location.id.clone(),
    }
}

/// Rules that take in these mailboxes or drives, as the location has them; each has to be known to the
/// service.
///
/// # Errors
///
/// When one is not, or the service does not answer.
pub async fn included(
    tenant: &Tenant,
    live: &Location,
    owners: &[String],
) -> Result<Vec<Rule<User>>, JobError> {
    // Only mailboxes can be shared ones.
    let shared = live.kind == LocationKind::Exchange;
    let what = if shared { "mailbox" } else { "drive of" };
    let known = tenant.all_users(&live.id, &SourceFilter { shared, name: None }).await;
    let known = known
        .map_err(|source| JobError::Service { what: "list what there is to collect", source })?;
    let mut rules: Vec<Rule<User>> = Vec::new();
    for owner in owners {
        let source = known.iter().find(|source| is_named(source, owner));
        let unknown = || JobError::Unknown { what, owner: owner.clone(), location: name(live) };
        let rule = Rule::Include(User::from(source.ok_or_else(unknown)?));
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    Ok(rules)
}

/// Addresses have no case here, as in Exchange.
fn is_named(source: &Source, owner: &str) -> bool {
    let address = source.email.as_deref().unwrap_or(&source.id);
    address.eq_ignore_ascii_case(owner) || source.id == owner
}

/// The plan of a job over these mailboxes or drives. Its id covers all that is sent.
#[must_use]
pub fn plan(verb: Verb, job: &Job, owners: &[String]) -> Proposal {
    let item = |owner: &String| Item {
        at: owner.clone(),
        id: owner.clone(),
        owner: owner.clone(),
        folder: None,
        title: String::new(),
        message: None,
    };
    let items = owners.iter().map(item).collect();
    let plan = Proposal::new(verb, DATATAP, "DataTap", Steps::Whole, items);
    // Texts and numbers can always be written.
    plan.with("job", serde_json::to_string(job).unwrap_or_default())
}
