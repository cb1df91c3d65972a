//! Carrying out a plan: a step at a time, each recorded before and after.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use postern_archive::chain;

use crate::record::Running;
use crate::{Item, Outcome, Proposal, Record, RecordError, Report, Standing, Steps, Told};

/// Steps in a row that may be refused before the run ends: what is wrong is the same for all of them, and a
/// wrong password that is tried again and again locks an account.
const MOST_REFUSALS: usize = 3;

/// An act that is under way.
pub type Acting<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// What carries out the steps of a plan at a source. It repeats nothing that may have had an effect.
pub trait Act: Send + Sync {
    /// Acts on these items: one, those of a mailbox or drive, or all, as the plan says.
    fn act<'a>(&'a self, items: &'a [Item]) -> Acting<'a>;
}

/// How a plan is carried out.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Who confirmed it, for the record.
    pub by: &'a str,
    /// Do also what was done before, or may have been.
    pub again: bool,
    /// What time it is.
    pub clock: fn() -> Timestamp,
    /// Ends the run after the step that is under way.
    pub stop: &'a AtomicBool,
}

/// Carries out a plan that was confirmed. What an earlier run did, or may have done, is left alone unless it
/// is ordered again. `told` hears of every item.
///
/// It waits for the disk, so it belongs on a thread that may block.
///
/// # Errors
///
/// When the run cannot be recorded at all; then nothing was done. A run that cannot be recorded any further
/// ends, and its report says why.
pub async fn carry_out(
    proposal: &Proposal,
    record: &Record,
    order: Order<'_>,
    act: &dyn Act,
    told: &mut dyn FnMut(&Item, &Told),
) -> Result<Report, RecordError> {
    let mut running = record.begin(proposal, order.by, (order.clock)())?;
    let mut report = Report { items: Vec::new(), ended: None };
    let to_do = sort_out(proposal, &running, order.again, &mut report, told);
    let mut refusals = 0;
    for step in steps(proposal.steps(), &to_do) {
        report.ended = report.ended.or_else(|| ended(order.stop, refusals));
        let how = match &report.ended {
            Some(_) => Told::NotBegun,
            None => {
                let (how, error) = one(&mut running, proposal, order, act, step).await;
                report.ended = error.map(|error| chain(&error));
                how
            }
        };
        refusals = if matches!(how, Told::Now(Outcome::NotDone(_))) { refusals + 1 } else { 0 };
        for item in step {
            told(item, &how);
            report.items.push((item.clone(), how.clone()));
        }
    }
    report.items.sort_by(|(one, _), (other, _)| one.cmp(other));
    if let Err(error) = running.finished(&report, (order.clock)()) {
        report.ended.get_or_insert_with(|| chain(&error));
    }
    Ok(report)
}

/// What is left to do. What an earlier run did is told at once.
fn sort_out(
    proposal: &Proposal,
    running: &Running,
    again: bool,
    report: &mut Report,
    told: &mut dyn FnMut(&Item, &Told),
) -> Vec<Item> {
    let mut to_do = Vec::new();
    for item in proposal.items() {
        let left_alone = match running.standing(proposal, item) {
            _ if again || !proposal.verb().changes_something() => None,
            Standing::New => None,
            Standing::Done(_) => Some(Told::DoneBefore),
            Standing::NotKnown(_) => Some(Told::NotKnownBefore),
        };
        match left_alone {
            None => to_do.push(item.clone()),
            Some(how) => {
                told(item, &how);
                report.items.push((item.clone(), how));
            }
        }
    }
    to_do
}

fn steps(steps: Steps, items: &[Item]) -> Vec<&[Item]> {
    match steps {
        Steps::Each => items.chunks(1).collect(),
        Steps::Within => items.chunk_by(|one, other| one.at == other.at).collect(),
        Steps::Whole if items.is_empty() => Vec::new(),
        Steps::Whole => vec![items],
    }
}

fn ended(stop: &AtomicBool, refusals: usize) -> Option<String> {
    if stop.load(Ordering::Relaxed) {
        return Some("it was stopped".to_owned());
    }
    (refusals >= MOST_REFUSALS)
        .then(|| format!("{refusals} in a row were refused, so the rest was not tried"))
}

/// One step, and why no further one may be begun. What could not be noted before is not done.
async fn one(
    running: &mut Running,
    proposal: &Proposal,
    order: Order<'_>,
    act: &dyn Act,
    items: &[Item],
) -> (Told, Option<RecordError>) {
    if let Err(error) = running.begun(proposal, items, (order.clock)()) {
        return (Told::NotBegun, Some(error));
    }
    let outcome = act.act(items).await;
    let noted = running.ended(proposal, items, &outcome, (order.clock)());
    (Told::Now(outcome), noted.err())
}

#[cfg(test)]
mod tests;
