//! `postern files restore`, `copy` and `send`.

use anyhow::bail;
use postern_actions::Proposal;
use postern_actions::files::{Deed, DocumentAct, Files, Placed};
use postern_upstream::veeam::{
    self, CopyDocuments, Document, Drive, Kind, Letter, RestoreDocuments, Versions,
};

use super::{chosen, open, server};
use crate::args::{
    Chosen, Common, Confirm, DocumentVersion, Existing, FilesCopy, FilesRestore, FilesSend,
    LastVersion, LogOn, Put, TextOrJson,
};
use crate::commands::act::Plan;
use crate::commands::restore::log_on;
use crate::exit::Exit;
use crate::veeam::Server;

/// What all three are told.
struct Order<'a> {
    common: &'a Common,
    chosen: &'a Chosen,
    confirm: &'a Confirm,
    format: TextOrJson,
    /// How Veeam logs on to Microsoft 365; a mail needs none.
    log_on: Option<&'a LogOn>,
    together: bool,
}

pub(super) fn restore(common: &Common, arguments: &FilesRestore) -> anyhow::Result<Exit> {
    let existing = arguments.existing.map(|existing| match existing {
        Existing::Keep => veeam::Existing::Keep,
        Existing::Overwrite => veeam::Existing::Overwrite,
    });
    let how = RestoreDocuments { versions: versions(&arguments.put), existing };
    let order = Order::to_put(common, &arguments.chosen, &arguments.put);
    order.run(async |_| Ok(Deed::Restore(how)))
}

pub(super) fn copy(common: &Common, arguments: &FilesCopy) -> anyhow::Result<Exit> {
    let existing = arguments.existing.map(|existing| match existing {
        LastVersion::Merge => veeam::LastVersion::Merge,
        LastVersion::Overwrite => veeam::LastVersion::Overwrite,
    });
    let order = Order::to_put(common, &arguments.chosen, &arguments.put);
    order.run(async |files| {
        let (folder, versions) = (arguments.folder.clone(), versions(&arguments.put));
        let into = files.target(&files.drives().await?, &arguments.to)?;
        Ok(Deed::Copy(CopyDocuments { into, folder, versions, existing }))
    })
}

pub(super) fn send(common: &Common, arguments: &FilesSend) -> anyhow::Result<Exit> {
    let letter = Letter {
        from: arguments.from.clone(),
        to: arguments.to.clone(),
        subject: arguments.subject.clone(),
        text: arguments.text.clone(),
    };
    let order = Order {
        common,
        chosen: &arguments.chosen,
        confirm: &arguments.confirm,
        format: arguments.format,
        log_on: None,
        together: true,
    };
    order.run(async |files| {
        let settings = files.session().client().mail_settings(Kind::OneDrive).await?;
        if settings.server.is_none() {
            bail!(
                "Veeam cannot send documents yet: an administrator of the backup server has to fill in how mail is \
                 sent (PUT /VeodEmailSettings, up to v5 /VespEmailSettings)"
            );
        }
        Ok(Deed::Send(letter))
    })
}

fn versions(put: &Put) -> Option<Versions> {
    put.document_version.map(|versions| match versions {
        DocumentVersion::Last => Versions::Last,
        DocumentVersion::All => Versions::All,
    })
}

impl<'a> Order<'a> {
    const fn to_put(common: &'a Common, chosen: &'a Chosen, put: &'a Put) -> Self {
        let Put { together, log_on, confirm, format, .. } = put;
        let (together, format) = (*together, *format);
        Self { common, chosen, confirm, format, log_on: Some(log_on), together }
    }
}

impl Order<'_> {
    fn run(&self, deed: impl AsyncFnOnce(&Files) -> anyhow::Result<Deed>) -> anyhow::Result<Exit> {
        let server = server(self.common, &self.chosen.backup)?;
        server.run(async {
            let files = open(&server, &self.chosen.backup).await?;
            let (drive, documents) = chosen(&files, self.chosen).await?;
            let deed = deed(&files).await?;
            self.shown(&server, &files, drive, &documents, deed).await
        })
    }

    async fn shown(
        &self,
        server: &Server,
        files: &Files,
        drive: Drive,
        documents: &[Placed<Document>],
        deed: Deed,
    ) -> anyhow::Result<Exit> {
        let proposal = self.plan(server, files, &drive, documents, &deed).await?;
        let plan = Plan {
            common: self.common,
            proposal: &proposal,
            data: &server.data,
            confirm: self.confirm,
            format: self.format,
        };
        if !plan.show()? {
            return plan.end();
        }
        let session = files.session().clone();
        let credentials = match self.log_on {
            Some(flags) => Some(log_on::Ready::new(server, flags)?.credentials(&session).await?),
            None => None,
        };
        let act = DocumentAct::new(session, drive, documents, deed, credentials);
        plan.carry_out(&act.in_version(self.chosen.version.is_some())).await
    }

    async fn plan(
        &self,
        server: &Server,
        files: &Files,
        drive: &Drive,
        documents: &[Placed<Document>],
        deed: &Deed,
    ) -> anyhow::Result<Proposal> {
        let place = server.place().await?;
        let at = (server.settings.source.as_str(), place.as_str());
        let plan = deed.plan(files, drive, documents, at, self.together);
        let plan = match self.chosen.backup.at {
            Some(at) => plan.with("at", at.to_string()),
            None => plan,
        };
        let mut plan = plan.within(self.confirm.limit)?;
        plan.notes.extend(self.log_on.and_then(|flags| log_on::note(server, flags)));
        Ok(plan)
    }
}
