//! `postern backup`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::TextOrJson;

#[derive(Args, Debug)]
pub(crate) struct Backups {
    #[command(subcommand)]
    pub(crate) verb: BackupVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BackupVerb {
    /// Copy the data folders and the configuration as they are now
    ///
    /// A gateway goes on answering meanwhile. Runs that take in mail wait, or are
    /// waited for. A later backup into the same folder copies only what has changed;
    /// each can be restored by itself.
    ///
    /// Files with secrets are not copied. The backup names them, with the key that
    /// signs the audit log: keep them elsewhere.
    ///
    ///   postern --config /etc/postern/postern.toml backup make /backup/postern --keep 14
    #[command(verbatim_doc_comment)]
    Make(BackupMake),
    /// List the backups in a folder
    List(BackupRead),
    /// Read every file of the backups in a folder, and name those that are damaged
    Verify(BackupRead),
    /// Bring a backup back to where it came from
    ///
    /// Nothing is written over: a data folder that is not empty is refused. Everything is verified on the way, and a
    /// damaged file restores nothing. A configuration that is there stays.
    Restore(BackupRestore),
}

#[derive(Args, Debug)]
pub(crate) struct BackupMake {
    /// The folder of backups; it is made where there is none
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// How long to wait for a run that takes in mail
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = postern_gateway::config::answer_time)]
    pub(crate) wait: Duration,
    /// Remove older backups when it is done, but for so many of the newest [default: keep all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) keep: Option<u16>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct BackupRead {
    /// The folder of backups
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct BackupRestore {
    /// The folder of backups
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Which backup, as `postern backup list` names it [default: the newest]
    #[arg(long, value_name = "NAME")]
    pub(crate) backup: Option<String>,
    /// Restore below this folder instead: data/, a folder for each tenant, and postern.toml
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}
