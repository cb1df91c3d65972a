//! `postern report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::View;

#[derive(Args, Debug)]
pub(crate) struct Report {
    /// The list of queries, or - for standard input
    #[arg(value_name = "TERMS")]
    pub(crate) terms: PathBuf,
    /// An OData filter that must match as well
    #[arg(long, value_name = "ODATA")]
    pub(crate) filter: Option<String>,
    /// Report on this mailbox only; repeat for more
    #[arg(long, value_name = "ADDR")]
    pub(crate) mailbox: Vec<String>,
    /// Count older versions of files too
    #[arg(long)]
    pub(crate) versions: bool,
    /// Who counts [default: the cluster where `[index] to` names it alone, or else this machine]
    #[arg(long, value_enum)]
    pub(crate) engine: Option<Counter>,
    /// The tenant whose index in the cluster is asked [default: that of the data folder, or the only one]
    #[arg(long, value_name = "ID", env = "POSTERN_TENANT")]
    pub(crate) tenant: Option<String>,
    #[command(flatten)]
    pub(crate) view: View,
    /// Output format; html is one page by itself
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ReportFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Counter {
    /// The index of this machine
    Local,
    /// The index in the cluster that --config names
    Cluster,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    #[default]
    Table,
    Json,
    Csv,
    Html,
}
