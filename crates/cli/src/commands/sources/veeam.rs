//! The mailboxes and drives in the last backup of Veeam. What is there was backed up.

use postern_actions::files::{Files, Owners};
use postern_archive::Status;
use postern_gateway::config::Veeam;
use postern_upstream::veeam::{Kind, Mailbox, Paging, Problem, Sessions};

use super::owned::{Books, Owned, What};
use crate::output;

/// Mailboxes that one request lists.
const PAGE: u32 = 1_000;

pub(super) async fn list(
    server: &Veeam,
    sessions: &Sessions,
    here: &Status,
) -> anyhow::Result<Vec<Owned>> {
    if let Err(problem) = sessions.stop_leftovers().await {
        output::note(format!("restore sessions of a former run are still open: {problem}"));
    }
    let books = Books::of(here, &server.source);
    let mailboxes = mailboxes(sessions).await?;
    let addresses: Vec<_> = mailboxes.iter().map(|mailbox| mailbox.email.clone()).collect();
    let mut all: Vec<_> = mailboxes.into_iter().map(|mailbox| mail(mailbox, &books)).collect();
    let session = sessions.session(Kind::OneDrive, None).await?;
    let files = Files::new(session, Owners::new(addresses, &server.drives));
    for drive in files.drives().await? {
        let address = files.owner(&drive).to_owned();
        let here = books.of_owner(What::Drive, &address);
        let (name, id, kind) = (drive.name, drive.id, "OneDrive".to_owned());
        let (is_listed, is_collected) = (true, Some(true));
        all.push(Owned {
            what: What::Drive,
            address,
            name,
            id,
            kind,
            is_listed,
            is_collected,
            here,
        });
    }
    all.extend(books.unlisted(&all));
    Ok(all)
}

async fn mailboxes(sessions: &Sessions) -> Result<Vec<Mailbox>, Problem> {
    let session = sessions.session(Kind::Exchange, None).await?;
    let (mut all, mut page) = (Vec::new(), Some(Paging::first(PAGE)));
    while let Some(asked) = page {
        let answer = session.mailboxes(&asked).await?;
        all.extend(answer.results);
        page = answer.next;
    }
    Ok(all)
}

/// What is here of an in-place archive is counted with the mailbox of its owner.
fn mail(mailbox: Mailbox, books: &Books<'_>) -> Owned {
    let Mailbox { id, name, email: address, is_archive, is_public } = mailbox;
    let kind = match (is_archive, is_public) {
        (true, _) => "Archive",
        (false, true) => "Public",
        (false, false) => "Mailbox",
    };
    let here = books.of_owner(What::Mailbox, &address).filter(|_| !is_archive);
    let (kind, is_listed, is_collected) = (kind.to_owned(), true, Some(true));
    Owned { what: What::Mailbox, address, name, id, kind, is_listed, is_collected, here }
}
