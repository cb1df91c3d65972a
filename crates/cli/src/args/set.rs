//! `postern set`.

use clap::{Args, Subcommand};

use super::{Export, TableFormat, TextOrJson, View};

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub(crate) struct Set {
    #[command(subcommand)]
    pub(crate) verb: Option<SetVerb>,
    #[command(flatten)]
    pub(crate) freeze: Freeze,
}

/// A set to make.
#[derive(Args, Debug)]
pub(crate) struct Freeze {
    /// What it is called
    #[arg(value_name = "NAME", required = true)]
    pub(crate) name: Option<String>,
    /// The query; several words are joined
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// An OData filter that must match as well
    #[arg(long, value_name = "ODATA")]
    pub(crate) filter: Option<String>,
    /// Take older versions of files too
    #[arg(long)]
    pub(crate) versions: bool,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    #[command(flatten)]
    pub(crate) view: View,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SetVerb {
    /// List the sets
    List {
        /// Output format
        #[arg(long, value_enum, default_value_t)]
        format: TableFormat,
    },
    /// Show what a set is, and how many of its messages are still here
    Show {
        /// Which set
        name: String,
        /// Print the ids of its messages, one a line
        #[arg(long)]
        ids: bool,
        /// Output format
        #[arg(long, value_enum, default_value_t)]
        format: TextOrJson,
    },
    /// Compare two sets: what only one of them has
    Diff {
        /// One set
        one: String,
        /// The other set
        other: String,
        /// Output format
        #[arg(long, value_enum, default_value_t)]
        format: TextOrJson,
    },
    /// Export what is here of a set: as `postern export`, with NAME in the place of the query
    Export(Box<Export>),
    /// Write something about a set; without TEXT take it away
    Note {
        /// Which set
        name: String,
        /// The text; several words are joined
        text: Vec<String>,
    },
    /// Hold the messages of a set here
    ///
    /// Stores the original of each message first, and names those that it cannot store. From then on no pruning, no
    /// deletion and no --rebuild removes them from this data folder. It holds nothing upstream: what a service or a
    /// backup deletes, it deletes.
    ///
    /// Exit code 3: some messages cannot be held.
    Hold {
        /// Which set
        name: String,
    },
    /// Hold the messages of a set no longer
    Release {
        /// Which set
        name: String,
    },
    /// Forget a set; its messages stay where they are
    Delete {
        /// Which set
        name: String,
        /// Also where it is held
        #[arg(long)]
        release: bool,
    },
}
