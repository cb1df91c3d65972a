//! A plan, and what came of it.

use std::collections::BTreeMap;

use postern_actions::{Proposal, Report, Standing};
use serde::Serialize;
use utoipa::ToSchema;

/// The answer of an action.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionAnswer {
    /// What would be done, or was.
    pub plan: PlanView,
    /// Whether it was carried out now.
    pub carried_out: bool,
    /// What happened to each item, where it was carried out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<ItemResult>,
    /// Why it ended before the last item, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
}

/// What would be done, with which items, and where to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanView {
    /// What it is confirmed by: a digest of everything that it does.
    pub id: String,
    /// What is done.
    pub verb: &'static str,
    /// The source that does it.
    pub source: String,
    /// Where at the source, such as the organization.
    pub place: String,
    /// How many items.
    pub count: usize,
    /// Where they go, in words.
    pub into: String,
    /// What cannot be taken back, in words.
    pub lasting: String,
    /// What else to know before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The arguments by their names.
    pub arguments: BTreeMap<&'static str, String>,
    /// The items.
    pub items: Vec<PlanItem>,
}

/// An item of a plan.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanItem {
    /// The id of the message here, where it is here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The id of the item at the source.
    pub item: String,
    /// The mailbox, or the owner of the drive.
    pub owner: String,
    /// The folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The subject of a message, the name of a document.
    pub title: String,
    /// `new`, or what an earlier run did: `done` or `not known`. It is then left alone.
    pub standing: &'static str,
    /// When that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// What happened to an item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemResult {
    /// The id of the message here, where it is here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The id of the item at the source.
    pub item: String,
    /// The mailbox, or the owner of the drive.
    pub owner: String,
    /// `done`, `not done`, `not known`, `done before`, `not known since an earlier run`, `not begun`.
    pub outcome: &'static str,
    /// What the service says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

impl ActionAnswer {
    /// A plan that is shown.
    #[must_use]
    pub fn shown(proposal: &Proposal, standings: &[Standing]) -> Self {
        let plan = PlanView::of(proposal, standings);
        Self { plan, carried_out: false, results: Vec::new(), ended: None }
    }

    /// The same after it was carried out.
    #[must_use]
    pub fn after(self, report: &Report) -> Self {
        let result = |(item, told): &(postern_actions::Item, postern_actions::Told)| ItemResult {
            message: item.message.clone(),
            item: item.id.clone(),
            owner: item.owner.clone(),
            outcome: told.as_str(),
            said: told.said().map(str::to_owned),
        };
        let results = report.items.iter().map(result).collect();
        Self { carried_out: true, results, ended: report.ended.clone(), ..self }
    }
}

impl PlanView {
    fn of(proposal: &Proposal, standings: &[Standing]) -> Self {
        let standings = standings.iter().copied().chain(std::iter::repeat(Standing::New));
        let items = proposal.items().iter().zip(standings).map(|(item, standing)| {
            let (standing, since) = match standing {
                Standing::New => ("new", None),
                Standing::Done(at) => ("done", Some(at.to_string())),
                Standing::NotKnown(at) => ("not known", Some(at.to_string())),
            };
            PlanItem {
                message: item.message.clone(),
                item: item.id.clone(),
                owner: item.owner.clone(),
                folder: item.folder.clone(),
                title: item.title.clone(),
                standing,
                since,
            }
        });
        Self {
            id: proposal.id().to_string(),
            verb: proposal.verb().as_str(),
            source: proposal.source().to_owned(),
            place: proposal.place().to_owned(),
            count: proposal.items().len(),
            into: proposal.into.clone(),
            lasting: proposal.lasting.clone(),
            notes: proposal.notes.clone(),
            arguments: proposal.arguments().clone(),
            items: items.collect(),
        }
    }
}
