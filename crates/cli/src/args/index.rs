//! The flags of `postern index`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use postern_gateway::config;

use super::TextOrJson;

/// The most threads that may parse and write.
const MOST_THREADS: i64 = 64;

#[derive(Args, Debug)]
pub(crate) struct Index {
    /// Folders and files of mail
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Index what is no mail too: each document is found as a file
    ///
    /// Documents are found by name, folder, times, title and author, and their text by `contents:`. What
    /// is mail stays mail. The path below PATH is the folder; --mailbox names an owner.
    #[arg(long)]
    pub(crate) files: bool,
    /// The index to write: of this machine, of `[cluster]` in the configuration, or both [default: `to` of `[index]`, else local]
    ///
    /// Several machines may write into a cluster at the same time. A message that two of them have is there
    /// once, with the places of both. --prune forgets what this machine brought. --rebuild is refused.
    #[arg(long, value_enum)]
    pub(crate) to: Option<To>,
    /// Which tenant of the configuration, if there are several; for --to cluster
    #[arg(long, value_name = "ID", env = "POSTERN_TENANT")]
    pub(crate) tenant: Option<String>,
    /// Threads that parse and write
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS))]
    pub(crate) jobs: u16,
    /// Memory of the writer, such as 256M
    #[arg(long, value_name = "SIZE", default_value = "256M", value_parser = crate::values::size)]
    pub(crate) memory: usize,
    /// The mailbox of all messages [default: the first folder of the path]
    #[arg(long, value_name = "NAME")]
    pub(crate) mailbox: Option<String>,
    /// The folder of all messages [default: the rest of the path]
    #[arg(long, value_name = "NAME")]
    pub(crate) folder: Option<String>,
    /// Delete the index first, whichever version made it
    #[arg(long)]
    pub(crate) rebuild: bool,
    /// Forget deleted files below PATH, and the messages that no other file has
    #[arg(long)]
    pub(crate) prune: bool,
    /// Skip attachments: faster, but `contents:` finds nothing
    #[arg(long)]
    pub(crate) no_attachment_text: bool,
    /// Messages between two commits
    #[arg(long, value_name = "N", default_value_t = 100_000, hide = true)]
    pub(crate) commit_every: u64,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

/// Which index is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum To {
    Local,
    Cluster,
    Both,
}

impl From<To> for config::To {
    fn from(to: To) -> Self {
        match to {
            To::Local => Self::Local,
            To::Cluster => Self::Cluster,
            To::Both => Self::Both,
        }
    }
}
