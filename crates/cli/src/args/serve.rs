//! The flags of the commands that ask the services of the configuration: `serve`, `sync` and `sources`.

use clap::Args;
use postern_gateway::config::MOST_JOBS;

use super::{Service, TableFormat, TextOrJson, To};

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Address and port to listen on; port 0 picks one [default: 127.0.0.1:7700]
    #[arg(long, value_name = "ADDR", env = "POSTERN_LISTEN")]
    pub(crate) listen: Option<String>,
    #[command(flatten)]
    pub(crate) service: Service,
    /// How long to wait for premium, such as 5s or 800ms
    #[arg(long, value_name = "TIME", env = "POSTERN_DEADLINE")]
    pub(crate) deadline: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Healthcheck {
    /// Address and port of the gateway [default: those of the configuration]
    #[arg(long, value_name = "ADDR", env = "POSTERN_LISTEN")]
    pub(crate) listen: Option<String>,
    /// How long it may take to answer
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = postern_gateway::config::answer_time)]
    pub(crate) time: std::time::Duration,
}

#[derive(Args, Debug)]
pub(crate) struct Sync {
    #[command(flatten)]
    pub(crate) service: Service,
    /// Sync only this mailbox; repeat for more [default: all that were collected]
    #[arg(long, value_name = "ADDR")]
    pub(crate) mailbox: Vec<String>,
    /// Sync only this source, such as datatap or veeam [default: all of the tenant]
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Sync the last backup up to this time, such as 2024-01-31, and only add what it has (Veeam)
    #[arg(long, value_name = "TIME", value_parser = crate::values::since, conflicts_with = "prune")]
    pub(crate) at: Option<jiff::Timestamp>,
    /// Skip mail that arrived before this date, such as 2024-01-31
    #[arg(long, value_name = "DATE", value_parser = crate::values::since)]
    pub(crate) since: Option<jiff::Timestamp>,
    /// Parallel downloads [default: 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_JOBS)))]
    pub(crate) jobs: Option<u16>,
    /// List what would be downloaded, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// List everything again, not only what may have changed
    #[arg(long)]
    pub(crate) full: bool,
    /// Remove here what is gone upstream
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) prune: bool,
    /// Make the index anew from what is stored, whichever version made it
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) rebuild: bool,
    /// The index to write: of this machine, of `[cluster]` in the configuration, or both [default: `to` of `[sync]`, else local]
    #[arg(long, value_enum)]
    pub(crate) to: Option<To>,
    /// How long an answer of the service may take
    #[arg(long, value_name = "TIME", hide = true, value_parser = postern_gateway::config::answer_time)]
    pub(crate) answer_time: Option<std::time::Duration>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct Sources {
    #[command(flatten)]
    pub(crate) service: Service,
    /// Only this source, such as datatap or veeam [default: all]
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Do not ask `DataTap` of each whether it was collected
    #[arg(long)]
    pub(crate) no_collected: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TableFormat,
}
