//! What all commands have in common that act: the plan is shown, and carried out when told to.

use std::path::Path;

use postern_actions::{
    Act, Item, Order, Outcome, Proposal, Record, Report, Standing, Told, carry_out,
};
use postern_gateway::wire::ActionAnswer;

use crate::args::{Common, Confirm, TextOrJson};
use crate::exit::Exit;
use crate::{clock, output, terminal, veeam};

/// Who confirms what is typed.
pub(crate) const BY: &str = "command line";

/// A plan, and how it is confirmed and told.
#[derive(Clone, Copy)]
pub(crate) struct Plan<'a> {
    pub(crate) common: &'a Common,
    pub(crate) proposal: &'a Proposal,
    /// The data folder, whose record is kept.
    pub(crate) data: &'a Path,
    pub(crate) confirm: &'a Confirm,
    pub(crate) format: TextOrJson,
}

impl Plan<'_> {
    /// Whether it is to be carried out. Shows it where it is for people.
    ///
    /// # Errors
    ///
    /// When another plan was confirmed.
    pub(crate) fn show(&self) -> anyhow::Result<bool> {
        self.proposal.confirm(self.confirm.plan.as_deref())?;
        if self.format == TextOrJson::Text && !self.common.quiet {
            self.text()?;
        }
        Ok(self.confirm.yes)
    }

    /// Says that nothing was done.
    ///
    /// # Errors
    ///
    /// When the record cannot be read.
    pub(crate) fn end(&self) -> anyhow::Result<Exit> {
        match self.format {
            TextOrJson::Json => output::json(&self.answer()?)?,
            TextOrJson::Text => output::line(format!(
                "\nnothing was done; to do it, add --yes --plan {}",
                self.proposal.id()
            ))?,
        }
        Ok(Exit::Done)
    }

    /// Carries it out, and tells what happened to each item.
    ///
    /// # Errors
    ///
    /// When nothing can be recorded, or nobody reads any more.
    pub(crate) async fn carry_out(&self, act: &dyn Act) -> anyhow::Result<Exit> {
        let answer = self.answer()?;
        let (again, stop) = (self.confirm.again, veeam::stop());
        let order = Order { by: BY, again, clock: clock::now, stop };
        let is_told = self.format == TextOrJson::Text && !self.common.quiet;
        // A reader that went away does not end what was begun.
        let mut told = |item: &Item, told: &Told| {
            if is_told {
                output::line(line(item, told)).unwrap_or_default();
            }
        };
        let record = Record::below(self.data);
        self.common.noted.put("plan", self.proposal.id().to_string());
        let report = carry_out(self.proposal, &record, order, act, &mut told).await?;
        self.common.noted.put("done", report.count("done"));
        self.common.noted.put("items", report.items.len());
        if self.format == TextOrJson::Json {
            output::json(&answer.after(&report))?;
        }
        Ok(self.told(&report))
    }

    fn answer(&self) -> anyhow::Result<ActionAnswer> {
        let standings = Record::below(self.data).standings(self.proposal)?;
        Ok(ActionAnswer::shown(self.proposal, &standings))
    }

    fn told(&self, report: &Report) -> Exit {
        if let Some(why) = &report.ended {
            output::note(format!("it ended early: {}", terminal::safe(why)));
        }
        if report.is_whole() {
            return Exit::Done;
        }
        let count = |name| report.count(name);
        output::note(format!(
            "{} done, {} not done, {} not known, {} not begun; run it again to do what surely was not done",
            count(Told::DoneBefore.as_str()) + count("done"),
            count("not done"),
            count("not known") + count(Told::NotKnownBefore.as_str()),
            count(Told::NotBegun.as_str()),
        ));
        let is_open =
            |told: &Told| matches!(told, Told::Now(Outcome::NotKnown(_)) | Told::NotKnownBefore);
        let open = report.items.iter().any(|(_, told)| is_open(told));
        if report.is_begun() || open { Exit::SomeUnreadable } else { Exit::Failed }
    }

    fn text(&self) -> anyhow::Result<()> {
        let proposal = self.proposal;
        let (items, owners) = (proposal.items().len(), proposal.owners().len());
        let s = |many: usize| if many == 1 { "" } else { "s" };
        let arguments = proposal.arguments().iter();
        let arguments = arguments.map(|(name, value)| (*name, value.clone()));
        let does = format!(
            "{} {items} item{} of {owners} mailbox{}",
            proposal.verb(),
            s(items),
            if owners == 1 { "" } else { "es" }
        );
        let head = [
            ("plan", proposal.id().to_string()),
            ("does", does),
            ("at", format!("{}: {}", proposal.source(), proposal.place())),
            ("into", proposal.into.clone()),
            ("lasting", proposal.lasting.clone()),
        ];
        let notes = proposal.notes.iter().map(|note| ("note", note.clone()));
        for (what, value) in head.into_iter().chain(arguments).chain(notes) {
            let what = output::styled(output::STRONG, format!("{what:>9}"));
            output::line(format!("{what}  {}", terminal::safe(&value)))?;
        }
        let standings = Record::below(self.data).standings(proposal)?;
        output::line("")?;
        for (item, standing) in proposal.items().iter().zip(standings) {
            let before = match standing {
                _ if !proposal.verb().changes_something() => String::new(),
                Standing::New => String::new(),
                Standing::Done(at) => format!("  (done before, {at}: left alone)"),
                Standing::NotKnown(at) => {
                    format!("  (may have been done, {at}: left alone without --again)")
                }
            };
            output::line(format!("  {}{before}", name(item)))?;
        }
        Ok(())
    }
}

fn line(item: &Item, told: &Told) -> String {
    let said = told.said().map(|said| format!(": {}", terminal::safe(said))).unwrap_or_default();
    format!("{:>9}  {}{said}", told.as_str(), name(item))
}

/// Where an item lies, and what it is called.
fn name(item: &Item) -> String {
    let parts = [item.owner.as_str(), item.folder.as_deref().unwrap_or_default(), &item.title];
    parts
        .map(terminal::safe)
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("  ")
}
