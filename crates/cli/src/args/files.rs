//! `postern files`: documents of drives at Veeam.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;

use super::{Confirm, LogOn, TextOrJson};

#[derive(Args, Debug)]
pub(crate) struct Files {
    #[command(subcommand)]
    pub(crate) verb: FilesVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FilesVerb {
    /// List drives, or the folders and documents of one
    ///
    /// Without OWNER it lists the drives with their owners. OWNER is the address of a
    /// mailbox, or the name of the drive. PATH is a folder, or one document.
    ///
    ///   postern --config postern.toml files list
    ///   postern --config postern.toml files list ann@contoso.com Reports/2024
    ///   postern --config postern.toml files list ann@contoso.com Reports/plan.docx --versions
    #[command(verbatim_doc_comment)]
    List(FilesList),
    /// Put documents back where they were
    ///
    /// It shows the plan and does nothing. Add --yes to carry it out. The credentials
    /// for Microsoft 365 come from `POSTERN_RESTORE_USER` and
    /// `POSTERN_RESTORE_PASSWORD`; see `docs/veeam.md` for the other two ways.
    ///
    ///   postern --config postern.toml files restore ann@contoso.com Reports/plan.docx
    ///   postern --config postern.toml files restore ann@contoso.com Reports/plan.docx --existing keep --yes
    #[command(verbatim_doc_comment)]
    Restore(FilesRestore),
    /// Copy documents into another drive
    ///
    /// It shows the plan and does nothing. Add --yes to carry it out.
    ///
    ///   postern --config postern.toml files copy ann@contoso.com Reports --to bob@contoso.com --folder Ann
    #[command(verbatim_doc_comment)]
    Copy(FilesCopy),
    /// Send documents as attachments of one mail
    ///
    /// It shows the plan and does nothing. Add --yes to carry it out. An administrator
    /// of Veeam must have set how mail is sent.
    ///
    ///   postern --config postern.toml files send ann@contoso.com Reports/plan.docx \
    ///     --from ann@contoso.com --to bob@contoso.com --subject "The plan"
    #[command(verbatim_doc_comment)]
    Send(FilesSend),
    /// Save documents on this machine
    ///
    /// One document is saved as it is, or as a zip file with --zip. Several are one
    /// zip file. A file that is there is not written over without --force.
    ///
    ///   postern --config postern.toml files save ann@contoso.com Reports/plan.docx
    ///   postern --config postern.toml files save ann@contoso.com Reports --out reports.zip
    #[command(verbatim_doc_comment)]
    Save(FilesSave),
}

/// Which backup is looked at.
#[derive(Args, Debug)]
pub(crate) struct Backup {
    /// Which tenant of the configuration, if there are several
    #[arg(long, value_name = "ID", env = "POSTERN_TENANT")]
    pub(crate) tenant: Option<String>,
    /// The backup of that time, such as 2024-01-31 [default: the last]
    #[arg(long, value_name = "TIME", value_parser = crate::values::since)]
    pub(crate) at: Option<Timestamp>,
}

#[derive(Args, Debug)]
pub(crate) struct FilesList {
    /// The address of the owner, or the name of the drive [default: list the drives]
    #[arg(value_name = "OWNER")]
    pub(crate) owner: Option<String>,
    /// A folder or a document, such as Reports/plan.docx
    #[arg(value_name = "PATH", requires = "owner")]
    pub(crate) path: Option<String>,
    /// List everything below PATH
    #[arg(long, short)]
    pub(crate) recursive: bool,
    /// List the versions of each document
    #[arg(long)]
    pub(crate) versions: bool,
    #[command(flatten)]
    pub(crate) backup: Backup,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

/// Which documents are meant.
#[derive(Args, Debug)]
pub(crate) struct Chosen {
    /// The address of the owner, or the name of the drive
    #[arg(value_name = "OWNER")]
    pub(crate) owner: String,
    /// Documents, such as Reports/plan.docx; a folder stands for all documents below it
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    /// An older version of the one document, such as 2.0 (Veeam v6 and later) [default: the newest]
    #[arg(long, value_name = "VERSION")]
    pub(crate) version: Option<String>,
    #[command(flatten)]
    pub(crate) backup: Backup,
}

/// How documents are put somewhere, and how that is confirmed and shown.
#[derive(Args, Debug)]
pub(crate) struct Put {
    /// Which versions are put there
    #[arg(long, value_enum, value_name = "WHICH")]
    pub(crate) document_version: Option<DocumentVersion>,
    /// One request for all documents: faster, but Veeam then tells only how many were done
    #[arg(long)]
    pub(crate) together: bool,
    #[command(flatten)]
    pub(crate) log_on: LogOn,
    #[command(flatten)]
    pub(crate) confirm: Confirm,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DocumentVersion {
    /// The last one
    Last,
    /// All of them
    All,
}

#[derive(Args, Debug)]
pub(crate) struct FilesRestore {
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    #[command(flatten)]
    pub(crate) put: Put,
    /// What happens where the document is there already [default: what Veeam does]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) existing: Option<Existing>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Existing {
    /// It stays
    Keep,
    /// It is written over
    Overwrite,
}

#[derive(Args, Debug)]
pub(crate) struct FilesCopy {
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    /// The drive to copy into: its owner or name, or the URL of a drive that is in no backup
    #[arg(long, value_name = "OWNER")]
    pub(crate) to: String,
    /// The folder in that drive
    #[arg(long, value_name = "NAME")]
    pub(crate) folder: Option<String>,
    #[command(flatten)]
    pub(crate) put: Put,
    /// What happens to the last version of a document that is there already [default: what Veeam does]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) existing: Option<LastVersion>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LastVersion {
    /// It gets the new versions
    Merge,
    /// It is written over
    Overwrite,
}

#[derive(Args, Debug)]
pub(crate) struct FilesSend {
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    /// The address that the mail comes from
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: String,
    /// The address that the mail goes to
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: String,
    /// The subject of the mail
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: Option<String>,
    /// The text of the mail
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: Option<String>,
    #[command(flatten)]
    pub(crate) confirm: Confirm,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct FilesSave {
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    /// Save the one document as a zip file
    #[arg(long)]
    pub(crate) zip: bool,
    /// The file to write, or - for standard output [default: the name of the document, or OWNER.zip]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long)]
    pub(crate) force: bool,
    /// Documents at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: usize,
}
