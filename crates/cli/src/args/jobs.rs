//! The commands that talk to DataTap: which service, and jobs there.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::{Args, ValueEnum};
use jiff::SignedDuration;
use jiff::civil::Date;
use postern_actions::datatap::JobWishes;
use postern_upstream::{Schedule, Secret};

use super::{Confirm, TableFormat, TextOrJson, schedule};

/// Which service is asked, and as whom; what is not told here comes from the configuration.
#[derive(Args, Debug)]
pub(crate) struct Service {
    /// The DataTap base URL
    #[arg(long, value_name = "URL", env = "POSTERN_PREMIUM", hide_env_values = true)]
    pub(crate) premium: Option<String>,
    /// The tenant of the key; without a key, which tenant of the configuration
    #[arg(long, value_name = "ID", env = "POSTERN_TENANT")]
    pub(crate) tenant: Option<String>,
    #[command(flatten)]
    pub(crate) key: KeyFlags,
}

/// The key of the tenant, and where it comes from.
#[derive(Args, Debug)]
pub(crate) struct KeyFlags {
    /// A file with the key, or - for standard input [default: the variable `POSTERN_KEY`]. Clients of the
    /// gateway present the same key
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub(crate) key_file: Option<PathBuf>,
    /// The key itself; every user of this machine can then see it in the list of processes
    #[arg(long, value_name = "KEY", value_parser = secret)]
    pub(crate) key: Option<Secret>,
}

/// Any text may be a key.
#[expect(clippy::unnecessary_wraps, reason = "a parser of values gives a result")]
fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

/// What every job takes.
#[derive(Args, Debug)]
pub(crate) struct JobFlags {
    /// The location to read, if the tenant has several
    #[arg(long, value_name = "ID")]
    pub(crate) from_location: Option<String>,
    /// The location to write, if the tenant has several
    #[arg(long, value_name = "ID")]
    pub(crate) into_location: Option<String>,
    /// The name of the job
    #[arg(long, value_name = "TEXT", default_value = "postern")]
    pub(crate) name: String,
    /// What the job is for [default: what it does]
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// How urgent the job is [default: medium, of a restore high]
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) priority: Option<Priority>,
    /// Whose job it is, such as me@contoso.com
    #[arg(long, value_name = "WHO")]
    pub(crate) owner: Option<String>,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
    /// How the job and its end are written
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

impl JobFlags {
    /// What the job is told beside what it is about.
    pub(crate) fn wishes(&self) -> JobWishes<'_> {
        JobWishes {
            name: &self.name,
            description: self.description.as_deref(),
            priority: self.priority.map(Into::into),
            owner: self.owner.as_deref(),
            from: self.from_location.as_deref(),
            into: self.into_location.as_deref(),
        }
    }
}

/// How urgent a job is. The service publishes no other words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Priority {
    Medium,
    High,
}

impl From<Priority> for postern_upstream::Priority {
    fn from(priority: Priority) -> Self {
        match priority {
            Priority::Medium => Self::Medium,
            Priority::High => Self::High,
        }
    }
}

/// How a run is followed.
#[derive(Args, Debug)]
pub(crate) struct Waiting {
    /// How often to ask for the state of the job
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    pub(crate) every: Duration,
    /// How long to wait for the job
    #[arg(long, value_name = "TIME", default_value = "6h", value_parser = time)]
    pub(crate) wait: Duration,
}

#[derive(Args, Debug)]
pub(crate) struct Collect {
    #[command(flatten)]
    pub(crate) service: Service,
    /// Only this mailbox; may be given several times [default: all]
    #[arg(long, value_name = "ADDR")]
    pub(crate) mailbox: Vec<String>,
    /// The drive of this owner instead of mail; may be given several times
    #[arg(long, value_name = "OWNER", conflicts_with = "mailbox")]
    pub(crate) drive: Vec<String>,
    /// All drives instead of mail
    #[arg(long, conflicts_with_all = ["mailbox", "drive"])]
    pub(crate) drives: bool,
    #[command(flatten)]
    scheduled: Scheduled,
    /// With --daily or --weekly: run it now too
    #[arg(long, requires = "scheduled")]
    pub(crate) now: bool,
    /// Ask for an index at the service too, a premium feature
    #[arg(long)]
    pub(crate) index_files: bool,
    /// Show the job and do not make it, as without --yes
    #[arg(long, hide = true)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) confirm: Confirm,
    #[command(flatten)]
    pub(crate) job: JobFlags,
}

/// When a job runs again and again.
#[derive(Args, Debug)]
#[group(id = "scheduled", multiple = false)]
struct Scheduled {
    /// Every day at this time, such as 02:00
    #[arg(long, value_name = "TIME", value_parser = schedule::daily)]
    daily: Option<Schedule>,
    /// On these days at this time, such as mon,thu@02:00
    #[arg(long, value_name = "DAYS@TIME", value_parser = schedule::weekly)]
    weekly: Option<Schedule>,
}

impl Collect {
    /// When the job runs: once, or as the flags say.
    pub(crate) fn schedule(&self) -> Schedule {
        let Scheduled { daily, weekly } = &self.scheduled;
        daily.clone().or_else(|| weekly.clone()).unwrap_or(Schedule::Now)
    }
}

#[derive(Args, Debug)]
pub(crate) struct Jobs {
    #[command(flatten)]
    pub(crate) service: Service,
    /// Only the runs of the job with this id
    #[arg(value_name = "JOB")]
    pub(crate) job: Option<String>,
    /// Follow the last run of the job to its end
    #[arg(long, requires = "job", conflicts_with_all = ["running", "finished", "since", "until", "kind"])]
    pub(crate) follow: bool,
    /// Which run is followed, by its task id [default: the one that began last]
    #[arg(long, value_name = "ID", requires = "follow")]
    pub(crate) task: Option<String>,
    /// Only runs that have not ended
    #[arg(long, conflicts_with = "finished")]
    pub(crate) running: bool,
    /// Only runs that have ended
    #[arg(long)]
    pub(crate) finished: bool,
    /// Only jobs that do this
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) kind: Option<JobType>,
    /// Of the runs that have ended, those that began on this day or later, such as 2024-01-31
    #[arg(long, value_name = "DATE", value_parser = day, conflicts_with = "running")]
    pub(crate) since: Option<Date>,
    /// Of the runs that have ended, those that began on this day or before
    #[arg(long, value_name = "DATE", value_parser = day, conflicts_with = "running")]
    pub(crate) until: Option<Date>,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TableFormat,
}

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum JobType {
    /// Collects
    Backup,
    /// Restores
    Restore,
}

/// A day such as `2024-01-31`.
fn day(text: &str) -> anyhow::Result<Date> {
    text.parse().with_context(|| format!("`{text}` is no day; write 2024-01-31"))
}

/// A time such as `10s` or `6h`, up to 30 days.
fn time(text: &str) -> anyhow::Result<Duration> {
    let hint = || format!("`{text}` is no time; write 10s, 5m or 6h, at most 720h");
    let time: Duration = text.parse::<SignedDuration>().with_context(hint)?.try_into()?;
    ensure!((Duration::from_millis(1)..=Duration::from_hours(720)).contains(&time), hint());
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, milliseconds) in [
            ("10s", Some(10_000)),
            ("1.5s", Some(1_500)),
            ("6h", Some(21_600_000)),
            ("5ms", Some(5)),
            ("0s", None),
            ("-1s", None),
            ("721h", None),
            ("soon", None),
        ] {
            assert_eq!(time(text).ok(), milliseconds.map(Duration::from_millis), "{text}");
        }
    }
}
