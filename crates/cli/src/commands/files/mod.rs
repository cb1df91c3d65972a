//! `postern files`.

mod act;
mod list;
mod save;

use postern_actions::files::{Contents, Files, Node, Owners, Placed};
use postern_archive::Archive;
use postern_upstream::veeam::{
    Document, Drive, Kind, MOST_LISTED, Mailbox, Paged, Problem, Session,
};

use crate::args::{Backup, Chosen, Common, FilesVerb};
use crate::exit::Exit;

use crate::veeam::{Server, reach};

/// Lists documents, or acts on them.
pub(crate) fn run(common: &Common, verb: &FilesVerb) -> anyhow::Result<Exit> {
    match verb {
        FilesVerb::List(arguments) => list::run(common, arguments),
        FilesVerb::Save(arguments) => save::run(common, arguments),
        FilesVerb::Restore(arguments) => act::restore(common, arguments),
        FilesVerb::Copy(arguments) => act::copy(common, arguments),
        FilesVerb::Send(arguments) => act::send(common, arguments),
    }
}

fn server(common: &Common, backup: &Backup) -> anyhow::Result<Server> {
    reach(common, backup.tenant.as_deref())
}

/// The drives of a backup.
async fn open(server: &Server, backup: &Backup) -> anyhow::Result<Files> {
    let session = server.sessions.session(Kind::OneDrive, backup.at).await?;
    let owners = Owners::new(mailboxes(server).await?, &server.settings.drives);
    Ok(Files::new(session, owners))
}

/// The mailboxes that are known: those that were synced, else those of the backup.
pub(super) async fn mailboxes(server: &Server) -> anyhow::Result<Vec<String>> {
    let mut synced = Archive::below(&server.data).status()?.mailboxes;
    // A drive whose owner is not known has a name that is nobody's.
    synced.retain(|one| !one.holds.is_drive());
    if !synced.is_empty() {
        return Ok(synced.into_iter().map(|mailbox| mailbox.address).collect());
    }
    let session = server.sessions.session(Kind::Exchange, None).await?;
    let all = mailboxes_of(&session).await?;
    Ok(all.into_iter().map(|mailbox| mailbox.email).collect())
}

/// The mailboxes that a backup lists.
pub(super) async fn mailboxes_of(session: &Session) -> Result<Vec<Mailbox>, Problem> {
    let page = |page| async move { session.mailboxes(&page).await };
    Ok(Paged::all(1_000, MOST_LISTED, page).await?.results)
}

/// The documents that are meant, each once, and the drive that they lie in.
async fn chosen(files: &Files, chosen: &Chosen) -> anyhow::Result<(Drive, Vec<Placed<Document>>)> {
    let drive = files.drive(&chosen.owner).await?;
    let all = files.chosen(&drive, &chosen.paths, chosen.version.as_deref()).await?;
    Ok((drive, all))
}

/// What is at a path, as a list.
async fn contents(
    files: &Files,
    drive: &Drive,
    path: &str,
    deep: bool,
) -> anyhow::Result<Contents> {
    Ok(match files.at(drive, path).await? {
        Node::Document(document) => Contents { folders: Vec::new(), documents: vec![*document] },
        Node::Folder(folder) => files.contents(drive, folder, deep).await?,
    })
}
