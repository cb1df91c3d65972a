//! `postern send`.

use postern_actions::veeam::{MailSend, can_send};
use postern_upstream::veeam::{Kind, Letter};

use super::act::Plan;
use super::found;
use crate::args::{Common, Send};
use crate::exit::Exit;
use crate::veeam::reach;

/// Sends what a query finds through Veeam.
pub(crate) fn run(common: &Common, arguments: &Send) -> anyhow::Result<Exit> {
    let text = arguments.query.join(" ");
    let Some(query) = found::query(common, &text)? else { return Ok(Exit::Failed) };
    let server = reach(common, arguments.tenant.as_deref())?;
    let limit = arguments.confirm.limit;
    let found = found::at_veeam(&server, &query, &arguments.from, limit)?;
    server.run(async {
        can_send(server.sessions.client()).await?;
        let letter = letter(arguments);
        let place = server.place().await?;
        let plan = MailSend::plan(&server.settings.source, &place, found.items, letter.as_ref());
        let mut plan = found::of_backup(plan, arguments.from.at).within(limit)?;
        plan.notes.extend(found.notes);
        let (proposal, confirm) = (&plan, &arguments.confirm);
        let plan = Plan { common, proposal, data: &server.data, confirm, format: arguments.format };
        if !plan.show()? {
            return plan.end();
        }
        let session = server.sessions.session(Kind::Exchange, arguments.from.at).await?;
        plan.carry_out(&MailSend { session, letter }).await
    })
}

fn letter(arguments: &Send) -> Option<Letter> {
    let (to, from) = (arguments.to.clone()?, arguments.sender.clone()?);
    Some(Letter { from, to, subject: arguments.subject.clone(), text: arguments.text.clone() })
}
