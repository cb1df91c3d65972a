//! The command line.

mod jobs;

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use postern_query::Target;

pub(crate) use jobs::{Collect, JobFlags, KeyFlags, Restore, Service};

/// Search for collected Microsoft 365 mail: one query, every engine, always an answer.
///
/// First make an index of a folder of mail, then search it:
///
///   postern index ~/mail
///   postern search 'from:alice has:attachment after:2024-01-01 "overdue invoice"'
#[derive(Debug, Parser)]
#[command(name = "postern", version, verbatim_doc_comment, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args, Debug)]
pub(crate) struct Common {
    /// Where the index lies [default: the platform's data folder]
    #[arg(long, global = true, value_name = "DIR", env = "POSTERN_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE", env = "POSTERN_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Say nothing but the result
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Say more; twice for everything
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Index mail: folders, single messages, mbox, Maildir, Outlook, zip and tar of these, documents
    ///
    /// Run it again at any time: only what is new or has changed is read. The first folder below a
    /// path names the mailbox, the rest the folder: PATH/ann@contoso.com/Archive/2024/1.eml.
    Index(Index),
    /// Search the local index
    ///
    /// Words narrow: two words mean both. OR, NOT and - work, and so do brackets and "phrases".
    /// Operators: from to cc bcc recipients participants subject body filename ext has:attachment
    /// after before until date size importance is id thread sort.
    Search(Search),
    /// Show what each target is sent for a query, and how faithful it is
    Translate(Translate),
    /// Show one message
    Show(Show),
    /// What is indexed, and how fresh it is
    Status(Status),
    /// Verify every checksum of the data folder
    ///
    /// Reads all of the index, its book-keeping and the stored originals, names each file that is not what
    /// was written there and what to do about it, and exits with 1 then. Closes to other users what is
    /// open to them. Searching verifies nothing of this; `serve` verifies the index once, beside its work.
    Check(Check),
    /// Download from DataTap what was collected, store the originals, index them
    ///
    /// Run it again at any time: it goes on where the last run ended, and asks only for what may have
    /// changed. Exits with 3 when some messages could not be fetched.
    Sync(Sync),
    /// Run the gateway: premium when it answers, the local index when it does not
    Serve(Serve),
    /// Have DataTap collect mail now, and follow the job to its end
    ///
    /// Collects from the live mailboxes into the location where collected data lies: all of them, or
    /// those named with --mailbox. Progress goes to stderr. When this command is stopped the job goes on
    /// at the service. Collecting is not indexing: download and index the mail afterwards.
    ///
    /// For example, two mailboxes, with the service and key of a configuration:
    ///
    ///   postern --config postern.toml collect --mailbox ann@contoso.com --mailbox bob@contoso.com
    ///
    /// Exit code 1: the job failed, or was not over in time (--wait). A state that is not known here is
    /// taken for one on the way.
    #[command(verbatim_doc_comment)]
    Collect(Collect),
    /// Have DataTap restore the mailboxes of what a query finds
    ///
    /// Looks in the local index, makes the job from the mailboxes of the messages that were found, and
    /// shows it. Nothing is written anywhere unless you add --yes: a restore writes into live mailboxes.
    ///
    /// The service restores whole mailboxes, not single messages: everything that was collected of a
    /// mailbox goes back into it, however few of its messages match.
    ///
    /// For example, look first, then run it:
    ///
    ///   postern --config postern.toml restore mailbox:ann@contoso.com
    ///   postern --config postern.toml restore mailbox:ann@contoso.com --yes
    #[command(verbatim_doc_comment)]
    Restore(Restore),
    /// Check or show the configuration
    Config(Config),
    /// Read the text of attachments; started by the program itself
    #[command(hide = true)]
    AttachmentText,
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Index {
    /// Folders and files of mail
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Threads that parse and write
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) jobs: u16,
    /// Memory of the writer, such as 256M
    #[arg(long, value_name = "SIZE", default_value = "256M", value_parser = crate::values::size)]
    pub(crate) memory: usize,
    /// The mailbox of everything [default: the first folder]
    #[arg(long, value_name = "NAME")]
    pub(crate) mailbox: Option<String>,
    /// The folder of everything [default: the rest of the path]
    #[arg(long, value_name = "NAME")]
    pub(crate) folder: Option<String>,
    /// Forget the index that is there, whichever version made it
    #[arg(long)]
    pub(crate) rebuild: bool,
    /// Forget files below PATH that are gone, and the messages that no other file has
    #[arg(long)]
    pub(crate) prune: bool,
    /// Do not look into attachments: faster, but `contents:` finds nothing
    #[arg(long)]
    pub(crate) no_attachment_text: bool,
    /// Messages between two commits
    #[arg(long, value_name = "N", default_value_t = 100_000, hide = true)]
    pub(crate) commit_every: u64,
    /// How the summary is written
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct Search {
    /// The query; several words are joined
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// Messages to show at most
    #[arg(long, value_name = "N", default_value_t = 25)]
    pub(crate) limit: usize,
    /// newest, oldest, relevance, largest, smallest, sender or subject
    #[arg(long, value_name = "ORDER")]
    pub(crate) sort: Option<String>,
    /// Print only how many messages match
    #[arg(long)]
    pub(crate) count: bool,
    /// How results are written
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: SearchFormat,
    /// An OData filter that must hold too
    #[arg(long, value_name = "ODATA")]
    pub(crate) filter: Option<String>,
    /// Say how the query was understood
    #[arg(long)]
    pub(crate) explain: bool,
    /// Answer a batch: one JSON request a line, from a file or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["query", "count", "explain"])]
    pub(crate) requests: Option<PathBuf>,
    /// How `query` of a batch is read
    #[arg(long, value_enum, default_value_t)]
    pub(crate) query_type: QueryType,
    /// How words of `query` are joined in a batch
    #[arg(long, value_enum, default_value_t)]
    pub(crate) search_mode: SearchMode,
}

#[derive(Args, Debug)]
pub(crate) struct Translate {
    /// The query; several words are joined
    #[arg(value_name = "QUERY", allow_hyphen_values = true)]
    pub(crate) query: Vec<String>,
    /// The language of the query
    #[arg(long, value_enum, default_value_t)]
    pub(crate) from: Language,
    /// The target, or `english` for what the query means and no more
    #[arg(long, value_name = "TARGET", default_value = "all", value_parser = targets())]
    pub(crate) to: &'static [Target],
    /// A /fields answer: which fields the premium index has
    #[arg(long, value_name = "FILE")]
    pub(crate) fields: Option<PathBuf>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct Show {
    /// The id of a message, as search prints it
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Print the original message, byte for byte
    #[arg(long, conflicts_with = "format")]
    pub(crate) eml: bool,
    /// How the message is written
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct Status {
    /// How the status is written
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct Check {
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Address and port to listen on; port 0 picks one [default: 127.0.0.1:7700]
    #[arg(long, value_name = "ADDR", env = "POSTERN_LISTEN")]
    pub(crate) listen: Option<String>,
    #[command(flatten)]
    pub(crate) service: Service,
    /// How long premium is waited for, such as 5s or 800ms
    #[arg(long, value_name = "TIME", env = "POSTERN_DEADLINE")]
    pub(crate) deadline: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Sync {
    #[command(flatten)]
    pub(crate) service: Service,
    /// A mailbox to sync; may be given again [default: all that were collected]
    #[arg(long, value_name = "ADDR")]
    pub(crate) mailbox: Vec<String>,
    /// Nothing that arrived before, such as 2024-01-31
    #[arg(long, value_name = "DATE", value_parser = crate::values::since)]
    pub(crate) since: Option<jiff::Timestamp>,
    /// Requests at the same time [default: 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) jobs: Option<u16>,
    /// Say what would be downloaded, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// List everything again, and not only what may have changed
    #[arg(long)]
    pub(crate) full: bool,
    /// Remove here what is gone upstream
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) prune: bool,
    /// Make the index anew from what is stored, whichever version made it
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) rebuild: bool,
    /// How long an answer of the service may take
    #[arg(long, value_name = "TIME", hide = true, value_parser = postern_gateway::config::answer_time)]
    pub(crate) answer_time: Option<std::time::Duration>,
    /// How the summary is written
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) action: ConfigAction,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum ConfigAction {
    /// Say whether the configuration is valid
    Check,
    /// Print the configuration with secrets masked
    Show,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextOrJson {
    #[default]
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SearchFormat {
    #[default]
    Table,
    Json,
    Jsonl,
    Ids,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueryType {
    #[default]
    Full,
    Simple,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SearchMode {
    #[default]
    Any,
    All,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    #[default]
    Postern,
    Odata,
    Lucene,
}

/// Reads which targets are shown. What a query means in English is shown in any case.
fn targets() -> impl TypedValueParser<Value = &'static [Target]> {
    let each = Target::ALL.iter().map(|target| PossibleValue::new(target.name).help(target.title));
    let names: Vec<_> = [PossibleValue::new("all")].into_iter().chain(each).collect();
    PossibleValuesParser::new(names.into_iter().chain([PossibleValue::new("english")])).map(
        |name| match Target::ALL.iter().find(|target| target.name == name) {
            Some(target) => std::slice::from_ref(target),
            None if name == "all" => Target::ALL,
            None => &[],
        },
    )
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        super::Arguments::command().debug_assert();
    }
}
