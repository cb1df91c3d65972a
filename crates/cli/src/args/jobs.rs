//! The commands that talk to DataTap: which service, and jobs there.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use jiff::SignedDuration;
use postern_upstream::Secret;

use super::TextOrJson;

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
    /// How often to ask for the state of the job
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    pub(crate) every: Duration,
    /// How long to wait for the job
    #[arg(long, value_name = "TIME", default_value = "6h", value_parser = time)]
    pub(crate) wait: Duration,
    /// How the job and its end are written
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct Collect {
    #[command(flatten)]
    pub(crate) service: Service,
    /// Only this mailbox; may be given several times [default: all]
    #[arg(long, value_name = "ADDR")]
    pub(crate) mailbox: Vec<String>,
    /// Ask for an index at the service too, a premium feature
    #[arg(long)]
    pub(crate) index_files: bool,
    /// Show the job and do not make it
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) job: JobFlags,
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
