//! A restore of documents at Veeam: each that the query finds, to where it was.

use anyhow::ensure;
use postern_actions::veeam::RestoreFound;
use postern_query::Query;
use postern_upstream::veeam::Kind;

use super::ToPut;
use crate::args::{Common, Restore};
use crate::commands::found;
use crate::exit::Exit;
use crate::veeam::Server;

pub(super) fn restore(
    common: &Common,
    arguments: &Restore,
    server: &Server,
    query: &Query,
) -> anyhow::Result<Exit> {
    ensure!(
        arguments.to.is_none(),
        "--to is for mail; `postern files copy` puts documents into another drive"
    );
    let found = found::documents(server, query, arguments.from.at, arguments.confirm.limit)?;
    let source = &server.settings.source;
    let put = ToPut { common, arguments, server, kind: Kind::OneDrive, notes: found.notes };
    put.put(
        |place| RestoreFound::plan(source, place, found.items),
        |session, credentials| RestoreFound { session, credentials },
    )
}
