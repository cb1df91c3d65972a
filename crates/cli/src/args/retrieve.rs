//! `postern retrieve`: bringing mailboxes out of archive storage at Veeam.

use clap::{Args, ValueEnum};

use super::{Backup, Confirm, TextOrJson};

#[derive(Args, Debug)]
pub(crate) struct Retrieve {
    /// The mailboxes, or with --drives the owners of drives
    #[arg(required = true, value_name = "MAILBOX")]
    pub(crate) mailboxes: Vec<String>,
    /// Retrieve the `OneDrives` of these owners instead of mail
    #[arg(long)]
    pub(crate) drives: bool,
    #[command(flatten)]
    pub(crate) backup: Backup,
    /// For how many days the data can be read then
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub(crate) days: u16,
    /// How fast Amazon S3 Glacier gives it back; faster costs more
    #[arg(long, value_enum, value_name = "SPEED", conflicts_with = "azure")]
    pub(crate) glacier: Option<Glacier>,
    /// How fast Azure Archive gives it back; faster costs more
    #[arg(long, value_enum, value_name = "SPEED")]
    pub(crate) azure: Option<Azure>,
    /// The id of the repository with the archive, if Veeam asks for it
    #[arg(long, value_name = "ID")]
    pub(crate) repository: Option<String>,
    /// The name of the job
    #[arg(long, value_name = "TEXT", default_value = "postern")]
    pub(crate) name: String,
    /// The description of the job
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// Have Veeam send a mail that many hours before the time is over
    #[arg(long, value_name = "N")]
    pub(crate) notify_hours: Option<u32>,
    /// Also what was deleted before that backup
    #[arg(long)]
    pub(crate) deleted: bool,
    /// Also older versions
    #[arg(long)]
    pub(crate) all_versions: bool,
    #[command(flatten)]
    pub(crate) confirm: Confirm,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Glacier {
    /// The fastest
    Expedited,
    /// In between
    Standard,
    /// The cheapest
    Bulk,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Azure {
    /// The cheapest
    Standard,
    /// The fastest
    High,
}
