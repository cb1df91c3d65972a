//! `postern key`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use postern_actions::Verb;
use postern_gateway::access::Right;

use super::{TableFormat, TextOrJson};

#[derive(Args, Debug)]
pub(crate) struct Key {
    #[command(subcommand)]
    pub(crate) verb: KeyVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyVerb {
    /// Make a key, and print it this once
    ///
    /// Only its hash is kept, in keys.toml of the data folder. A running gateway takes
    /// the key within 5 seconds. From the first key on, nobody may ask without one.
    ///
    /// DataTap does not know a key that is made here: without --upstream-key-file
    /// premium is not asked for it, and what is stored here answers.
    ///
    ///   postern key new reviewer --mailbox ann@contoso.com --right export --right evidence --out reviewer.key
    #[command(verbatim_doc_comment)]
    New(KeyNew),
    /// List the keys, without what they are
    List(KeyList),
    /// Take a key away
    ///
    /// A running gateway refuses it within 5 seconds. What the key had begun to read by then ends.
    Revoke(KeyRevoke),
}

#[derive(Args, Debug)]
pub(crate) struct KeyNew {
    /// What the key is called in logs and lists; saved searches go by it
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The tenant that the key opens [default: the only one there is]
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: Option<String>,
    /// A mailbox that the key may see; several times for more [default: all]
    #[arg(long = "mailbox", value_name = "ADDRESS")]
    pub(crate) mailboxes: Vec<String>,
    /// What else the key may do: export, evidence, audit or operate; several times for more [default: export]
    #[arg(long = "right", value_name = "RIGHT", value_parser = right, conflicts_with = "no_rights")]
    pub(crate) rights: Vec<Right>,
    /// The key may search and read, and nothing else
    #[arg(long)]
    pub(crate) no_rights: bool,
    /// What the key may have done with what it finds, such as restore; several times for more [default: nothing]
    #[arg(long = "action", value_name = "VERB", value_parser = action)]
    pub(crate) actions: Vec<Verb>,
    /// A file with the key that DataTap is asked with
    #[arg(long, value_name = "FILE")]
    pub(crate) upstream_key_file: Option<PathBuf>,
    /// Write the key into a new file instead of printing it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct KeyList {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TableFormat,
}

#[derive(Args, Debug)]
pub(crate) struct KeyRevoke {
    /// What the key is called
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}

fn right(name: &str) -> Result<Right, String> {
    let names = || Right::ALL.map(Right::as_str).join(", ");
    Right::named(name).ok_or_else(|| format!("it is one of {}", names()))
}

fn action(name: &str) -> Result<Verb, String> {
    let names = || Verb::ALL.map(Verb::as_str).join(", ");
    Verb::named(name).ok_or_else(|| format!("it is one of {}", names()))
}
