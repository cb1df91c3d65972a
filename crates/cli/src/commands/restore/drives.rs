//! A restore of files at `DataTap`: a job over the owners of drives and extensions, which brings back every
//! file of these owners with these extensions.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use anyhow::ensure;
use postern_actions::{Proposal, Verb};
use postern_archive::search::{Index, Search};
use postern_archive::{DATATAP, File};
use postern_mail::id_of;
use postern_query::schema::StringField;
use postern_query::{FILE, Predicate, Query, StringTest};
use postern_upstream::{Job, JobKind, LocationKind, Policy, Rule, Tenant};
use serde_json::{Value, json};

use crate::args::{Common, Restore, TextOrJson};
use crate::commands::jobs::{self, Ends, Ran, ToRun, Until};
use crate::exit::Exit;
use crate::{data, output, terminal};

/// Files that are named beside their number.
const NAMED: usize = 20;

/// What a query found in drives, and what else goes back with it.
#[derive(Default)]
pub(super) struct Files {
    ids: BTreeSet<String>,
    /// Each owner, and how many of the files are of its drive.
    owners: BTreeMap<String, usize>,
    /// In capitals, as in the service's samples. Nothing where a file has none, which no rule can name.
    extensions: Option<BTreeSet<String>>,
    /// What the job would restore besides.
    others: BTreeSet<String>,
    /// The first of them.
    named: Vec<String>,
}

impl Files {
    /// What a query finds in drives of `DataTap`, if that is anything.
    pub(super) fn find(index: &Index, query: &Query) -> anyhow::Result<Option<Self>> {
        let mut files = Self { extensions: Some(BTreeSet::new()), ..Self::default() };
        each(index, &query.clone().and(in_drives()), &mut |id, file| {
            let owner = file.owner.clone().unwrap_or_default();
            *files.owners.entry(owner).or_default() += 1;
            match (extension(&file), &mut files.extensions) {
                (Some(extension), Some(all)) => drop(all.insert(extension)),
                (None, _) | (Some(_), None) => files.extensions = None,
            }
            files.ids.insert(id);
        })?;
        files.look_for_others(index)?;
        Ok((!files.ids.is_empty()).then_some(files))
    }

    fn look_for_others(&mut self, index: &Index) -> anyhow::Result<()> {
        let owners: Vec<_> = self.owners.keys().cloned().collect();
        for owner in owners {
            let of = is(StringField::Mailbox, StringTest::Same(owner));
            each(index, &of.and(in_drives()), &mut |id, file| {
                if self.brings_back(&file) && !self.ids.contains(&id) {
                    if self.named.len() < NAMED {
                        self.named.push(path(&file));
                    }
                    self.others.insert(id);
                }
            })?;
        }
        Ok(())
    }

    fn brings_back(&self, file: &File) -> bool {
        let Some(all) = &self.extensions else { return true };
        extension(file).is_some_and(|extension| all.contains(&extension))
    }

    pub(super) fn count(&self) -> usize {
        self.ids.len()
    }

    fn names(&self) -> Vec<String> {
        self.owners.keys().cloned().collect()
    }

    /// What the plan is over: what was found, and what goes back with it.
    fn digest(&self) -> String {
        let lines = |ids: &BTreeSet<String>| ids.iter().cloned().collect::<Vec<_>>().join("\n");
        id_of([lines(&self.ids), lines(&self.others)].join("\n\n").as_bytes())
    }
}

fn is(field: StringField, test: StringTest) -> Query {
    Query::of(Predicate::String(field, test))
}

fn in_drives() -> Query {
    let of = |field, text: &str| is(field, StringTest::Is(text.to_owned()));
    of(StringField::Kind, FILE).and(of(StringField::Source, DATATAP))
}

/// Every file that a query finds, with its id.
fn each(index: &Index, query: &Query, take: &mut dyn FnMut(String, File)) -> anyhow::Result<()> {
    let asker = crate::commands::search::asker();
    let mut search =
        Search { query, order: &[], after: None, offset: 0, limit: 0, highlight: false };
    search.limit = index.ids(&search, &asker)?.count;
    index.each(&search, &asker, &mut |hit| {
        take(hit.message.id.clone(), File::from(&hit.message));
        ControlFlow::Continue(())
    })?;
    Ok(())
}

/// What follows the last point of a name. The service takes it in any case.
fn extension(file: &File) -> Option<String> {
    let (_, extension) = file.name.rsplit_once('.')?;
    Some(extension.to_uppercase()).filter(|extension| !extension.is_empty())
}

fn path(file: &File) -> String {
    let folder = file.folder.as_ref().map(|folder| format!("{folder}/")).unwrap_or_default();
    format!("{}: {folder}{}", file.owner.as_deref().unwrap_or_default(), file.name)
}

/// Builds the job for these files, shows it, and runs it when told to.
pub(super) async fn restore(
    common: &Common,
    arguments: &Restore,
    tenant: &Tenant,
    files: &Files,
) -> anyhow::Result<Exit> {
    let (found, limit) = (files.owners.len(), arguments.confirm.limit);
    ensure!(
        found <= limit,
        "the files are of {found} owners, and the limit is {limit}; make the query narrower, or give --limit {found}"
    );
    let live = LocationKind::OneDrive;
    let ends = Ends::find(tenant, JobKind::Restore, live, &arguments.job).await?;
    let job = job(arguments, tenant, &ends, files).await?;
    let plan = jobs::plan(Verb::Restore, &job, &files.names())?.with("files", files.digest());
    plan.confirm(arguments.confirm.plan.as_deref())?;
    if arguments.job.format == TextOrJson::Text && !common.quiet {
        show(&job, &ends, files)?;
    }
    let ran = if arguments.confirm.yes {
        let waiting = &arguments.job.waiting;
        let order = ToRun { common, tenant, job: &job, waiting, until: Until::Ended };
        Some(order.recorded(&plan, &data::folder(common)?).await?)
    } else {
        None
    };
    end(arguments, &job, files, &plan, ran.as_ref())
}

async fn job(
    arguments: &Restore,
    tenant: &Tenant,
    ends: &Ends,
    files: &Files,
) -> anyhow::Result<Job> {
    let users = jobs::included(tenant, &ends.to, &files.names()).await?;
    let extensions = files.extensions.iter().flatten().cloned().map(Rule::Include).collect();
    let mut job = ends.job(JobKind::Restore, &arguments.job, "Restore of files");
    job.policy = Some(Policy::OneDriveRestore { users, extensions });
    Ok(job)
}

fn show(job: &Job, ends: &Ends, files: &Files) -> anyhow::Result<()> {
    jobs::show(job, ends)?;
    let s = if files.count() == 1 { "" } else { "s" };
    output::line(format!("\n{} file{s} found, by owner:", files.count()))?;
    for (owner, count) in &files.owners {
        output::line(format!("{count:>7}  {}", terminal::safe(owner)))?;
    }
    let kinds = match &files.extensions {
        Some(all) => format!("of these kinds: {}", Vec::from_iter(all.clone()).join(", ")),
        None => "of all kinds, because a file was found that has no extension".to_owned(),
    };
    output::line(format!(
        "\nThe service restores by owner and extension, not single files: all files of these owners go back,\n\
         {}.",
        terminal::safe(&kinds)
    ))?;
    output::line(match files.others.len() {
        0 => "No other file that is known here goes back with them.".to_owned(),
        others => format!("{others} other files that are known here go back with them:"),
    })?;
    for name in &files.named {
        output::line(format!("         {}", terminal::safe(name)))?;
    }
    if let more @ 1.. = files.others.len().saturating_sub(files.named.len()) {
        output::line(format!("         and {more} more"))?;
    }
    Ok(())
}

fn end(
    arguments: &Restore,
    job: &Job,
    files: &Files,
    plan: &Proposal,
    ran: Option<&Ran>,
) -> anyhow::Result<Exit> {
    match arguments.job.format {
        TextOrJson::Json => output::json(&view(job, files, plan, ran))?,
        TextOrJson::Text if ran.is_none() => {
            let id = plan.id();
            output::line(format!("nothing was done; to run this job, add --yes --plan {id}"))?;
        }
        TextOrJson::Text => {}
    }
    ran.map_or(Ok(()), |ran| ran.check(Verb::Restore))?;
    Ok(Exit::Done)
}

fn view(job: &Job, files: &Files, plan: &Proposal, ran: Option<&Ran>) -> Value {
    let owners = files.owners.iter().map(|(name, files)| json!({"name": name, "files": files}));
    json!({
        "plan": plan.id().to_string(),
        "found": files.count(),
        "owners": owners.collect::<Vec<_>>(),
        "extensions": files.extensions,
        "others": {"count": files.others.len(), "first": files.named},
        "job": job,
        "run": ran.map(Ran::json),
    })
}
