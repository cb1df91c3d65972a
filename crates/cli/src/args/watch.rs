//! `postern watch`.

use clap::{Args, Subcommand};

use super::TextOrJson;

#[derive(Args, Debug)]
pub(crate) struct Watch {
    #[command(subcommand)]
    pub(crate) verb: WatchVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WatchVerb {
    /// Keep a search under a name; what it finds now is not new
    Add(WatchAdd),
    /// List the kept searches, and how many new hits each has that were not seen
    List(WatchList),
    /// Forget a search
    Remove(WatchRemove),
    /// Look for new hits now, and tell the webhook what it has not taken yet
    ///
    /// `index`, `sync` and a gateway with a schedule do this by themselves after each run.
    Run,
}

#[derive(Args, Debug)]
pub(crate) struct WatchAdd {
    /// What the search is called
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The query; several words are joined
    #[arg(value_name = "QUERY", required = true)]
    pub(crate) query: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct WatchList {
    /// Count what is listed as seen from now on
    #[arg(long)]
    pub(crate) seen: bool,
    /// Output format; JSON has the ids of new hits
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct WatchRemove {
    /// What the search is called
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}
