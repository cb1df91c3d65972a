//! Bringing mailboxes and drives back from an archive tier: the plan, and the request.

use std::collections::HashMap;

use postern_upstream::veeam::{Mailbox, NewRetrieval, Retrieved, Veeam};

use super::Wanted;
use super::wanted::key;
use crate::{Act, Acting, Item, Outcome, Proposal, Steps, Verb};

/// Starts one job for all that is wanted.
#[derive(Debug)]
pub struct RetrieveAct {
    client: Veeam,
    /// All but what is brought back.
    order: NewRetrieval,
    mailboxes: HashMap<String, Mailbox>,
}

impl RetrieveAct {
    /// The plan to start such a job, and what carries it out. `backup` says which backup is brought back.
    #[must_use]
    pub fn plan(
        client: Veeam,
        order: NewRetrieval,
        wanted: &Wanted,
        (source, place): (&str, &str),
        backup: &str,
    ) -> (Proposal, Self) {
        let plan = Proposal::new(Verb::Retrieve, source, place, Steps::Whole, wanted.items());
        let mut plan = told(&order, plan.with("backup", backup));
        "a place at the backup server from which it can be read".clone_into(&mut plan.into);
        plan.lasting = format!(
            "The storage provider bills the retrieval. The data can be read for {} after it is there.",
            if order.days == 1 { "1 day".to_owned() } else { format!("{} days", order.days) }
        );
        let mailboxes = match wanted {
            Wanted::Mailboxes(all) => {
                all.iter().map(|one| (key(one).to_owned(), one.clone())).collect()
            }
            Wanted::Drives(_) => HashMap::new(),
        };
        (plan, Self { client, order, mailboxes })
    }

    /// The job for these items.
    fn job(&self, items: &[Item]) -> NewRetrieval {
        let ids = || items.iter().map(|item| item.id.clone()).collect();
        let known = |item: &Item| self.mailboxes.get(&item.id).cloned();
        let mailboxes: Vec<_> = items.iter().filter_map(known).collect();
        let what = if mailboxes.is_empty() {
            Retrieved::Drives(ids())
        } else {
            Retrieved::Mailboxes(mailboxes)
        };
        NewRetrieval { what, ..self.order.clone() }
    }
}

/// Every argument that is told, by its name at the server.
fn told(order: &NewRetrieval, plan: Proposal) -> Proposal {
    let flag = |is_set: bool| is_set.then(|| "true".to_owned());
    let arguments = [
        ("name", Some(order.name.clone())),
        ("description", order.description.clone()),
        ("repositoryId", order.repository.clone()),
        ("pointInTime", order.point.map(|at| at.to_string())),
        ("availabilityPeriodDays", Some(order.days.to_string())),
        ("amazonS3GlacierRetrievalPolicy", order.glacier.map(|speed| speed.as_str().to_owned())),
        ("azureArchiveRetrievalPolicy", order.azure.map(|speed| speed.as_str().to_owned())),
        ("expirationHoursThreshold", order.notify_hours.map(|hours| hours.to_string())),
        ("showDeleted", flag(order.show_deleted)),
        ("showAllVersions", flag(order.show_all_versions)),
    ];
    let told = arguments.into_iter().filter_map(|(name, value)| Some((name, value?)));
    told.fold(plan, |plan, (name, value)| plan.with(name, value))
}

impl Act for RetrieveAct {
    fn act<'a>(&'a self, items: &'a [Item]) -> Acting<'a> {
        Box::pin(async move {
            match self.client.start_retrieval(&self.job(items)).await {
                Ok(job) => Outcome::Done(Some(format!("the job {} runs at Veeam", job.id))),
                Err(problem) => Outcome::of(Verb::Retrieve, &problem),
            }
        })
    }
}
