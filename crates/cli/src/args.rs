//! The command line.

mod act;
mod admin;
mod audit;
mod backup;
mod cluster;
mod count;
mod files;
mod help;
mod index;
mod init;
mod jobs;
mod key;
mod report;
mod retrieve;
mod schedule;
mod search;
mod serve;
mod set;
mod view;
mod watch;

use std::num::{IntErrorKind, ParseIntError};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::noted::Noted;

pub(crate) use act::{Confirm, Export, ExportFormat, From, LogOn, Restore, Send};
pub(crate) use admin::{Admin, AdminVerb, ConsentUrl, IssueKey, Operator, Rollout};
pub(crate) use audit::{Audit, AuditFormat, AuditSearch, AuditVerb, AuditVerify};
pub(crate) use backup::{BackupMake, BackupRead, BackupRestore, BackupVerb, Backups};
pub(crate) use cluster::{Cluster, ClusterCheck, ClusterInit, ClusterReindex, ClusterVerb};
pub(crate) use count::Count;
pub(crate) use files::{
    Backup, Chosen, DocumentVersion, Existing, Files, FilesCopy, FilesList, FilesRestore,
    FilesSave, FilesSend, FilesVerb, LastVersion, Put,
};
pub(crate) use help::parse;
pub(crate) use index::{Index, To};
pub(crate) use init::Init;
pub(crate) use jobs::{Collect, JobFlags, JobType, Jobs, KeyFlags, Service, Waiting};
pub(crate) use key::{Key, KeyList, KeyNew, KeyVerb};
pub(crate) use report::{Counter, Report, ReportFormat};
pub(crate) use retrieve::{Azure, Glacier, Retrieve};
pub(crate) use search::{Engine, Language, QueryType, Search, SearchFormat, SearchMode, Translate};
pub(crate) use serve::{Healthcheck, Serve, Sources, Sync};
pub(crate) use set::{Freeze, Set, SetVerb};
pub(crate) use view::View;
pub(crate) use watch::{Watch, WatchList, WatchVerb};

/// Search collected Microsoft 365 mail.
///
/// Index a folder of mail, then search it:
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
    /// The data folder, which holds the index and stored mail [default: the platform's]
    #[arg(long, global = true, value_name = "DIR", env = "POSTERN_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE", env = "POSTERN_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Print nothing but the result
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Print more; twice for everything
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// What the command adds to its entry in the audit log.
    #[arg(skip)]
    pub(crate) noted: Noted,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Index mail from files and folders
    ///
    /// Reads folders, single messages, mbox, Maildir, Outlook files, zip and tar files of these, and
    /// documents (.jsonl).
    ///
    /// Run it again at any time: only what is new or has changed is read. The first folder below a
    /// path names the mailbox, the rest the folder: PATH/ann@contoso.com/Archive/2024/1.eml.
    Index(Index),
    /// Search the indexed mail
    ///
    /// Words narrow: two words mean both. OR, NOT and - work, and so do brackets and "phrases".
    /// Operators: from to cc bcc recipients participants subject body filename ext has:attachment
    /// after before until date size importance is id thread sort.
    Search(Search),
    /// Count what a query finds by sender, month, folder and more
    ///
    /// Counts over all messages that match, and draws a bar for each value. Periods
    /// come in their order, other values the most frequent first. A message with
    /// attachments of two types counts for both.
    ///
    ///   postern count 'invoice after:2024' --by domain --limit 10
    ///   postern count --by month --zone Europe/Berlin --format csv
    #[command(verbatim_doc_comment)]
    Count(Count),
    /// Count what each query of a list finds: a search-term report
    ///
    /// TERMS is a text file with one query a line, or with a name, a tab and a query.
    /// Blank lines and lines that begin with # are left out. Where the first line is
    /// exactly name,query it is read as CSV. At most 10,000 queries.
    ///
    /// Of each query it tells the messages that match; those that no other query finds
    /// (unique); the messages with their attachments, counted as documents (family);
    /// the messages with the others of their conversations; bytes, first and last
    /// date, and mailboxes. The totals count each message once. What cannot be
    /// searched is listed too.
    ///
    ///   postern report terms.txt
    ///   postern report terms.csv --filter 'receivedDateTime ge 2024-01-01' --format html > report.html
    ///
    /// Exit code 3: some queries have an error. It stands in the report, and the
    /// others are counted.
    #[command(verbatim_doc_comment)]
    Report(Report),
    /// Freeze what a query finds under a name, and hold it
    ///
    /// A set keeps the ids of what the query finds now. It never changes: not when
    /// mail arrives or goes, not when the index is made anew. The operator set:NAME
    /// finds its messages. A name has small letters, digits, dots, dashes and
    /// underlines, and is none of the verbs below.
    ///
    ///   postern set lease-2024 'subject:lease date:2024'
    ///   postern search set:lease-2024 -from:me
    ///   postern set hold lease-2024
    #[command(verbatim_doc_comment)]
    Set(Set),
    /// Translate a query for other search programs
    Translate(Translate),
    /// Show one message, or print its original
    Show(Show),
    /// Show how much mail is indexed, and how fresh it is
    ///
    /// With a configuration it also names the engines of the tenant in the order in which they are asked.
    /// With a server of Veeam in the configuration it also asks which data was retrieved from archive tiers
    /// and until when it can be read. It waits three seconds for that at most; --offline does not ask.
    Status(Status),
    /// Say what is wrong with this installation, and what to do
    ///
    /// Looks at the configuration, the disk, the index, the books of what was synced,
    /// how fresh they are, the services that are asked, clocks, certificates and
    /// permissions. Each service has a few seconds to answer; --offline asks none. Run
    /// it as the user that the gateway runs as. It changes nothing, but closes files
    /// that other users can read.
    ///
    ///   sudo -u postern postern --config /etc/postern/postern.toml doctor
    ///
    /// Exit code 0: there is nothing, or advice only. 1: something does not work.
    #[command(verbatim_doc_comment)]
    Doctor(Doctor),
    /// Verify every checksum of the data folder
    ///
    /// Reads the index, its ledger and the stored originals. Names each damaged file and what to do about
    /// it, and then exits with 1. Closes files that other users can read. Searching verifies nothing;
    /// `serve` verifies the index once, in the background.
    Check(Check),
    /// Download collected or backed-up mail from DataTap and Veeam and index it
    ///
    /// Stores the originals. Run it again at any time: it continues where the last run ended, and asks only
    /// for what may have changed. Exits with 3 when some messages could not be fetched.
    Sync(Sync),
    /// List the mailboxes and drives that there are to bring home
    ///
    /// Of every source of every tenant: what it lists, whether anything of it was
    /// collected or backed up, and how much of it is here. DataTap has no call that
    /// lists what was collected, so it is asked once or twice for each that was not
    /// synced yet; --no-collected does not ask.
    ///
    ///   postern --config postern.toml sources
    ///   postern --config postern.toml sources --source veeam --format csv
    ///
    /// Exit code 3: one of several sources cannot be asked.
    #[command(verbatim_doc_comment)]
    Sources(Sources),
    /// Watch searches: what is new in them after each run that takes mail in
    ///
    /// Nothing is new when a search is added, after --rebuild and after an upgrade.
    /// The configuration may name a webhook that is told as well.
    ///
    ///   postern watch add overdue 'subject:invoice overdue'
    ///   postern watch list
    #[command(verbatim_doc_comment)]
    Watch(Watch),
    /// Run the gateway: premium first, the local index when premium cannot answer
    Serve(Serve),
    /// Serve an assistant over standard input and output, by the Model Context Protocol
    ///
    /// An assistant starts this command by itself. Its tools only read: `search`,
    /// `count`, `get_message`, `get_thread`, `explain`, `syntax_help`. Text of mail
    /// stands between marks that no mail can forge.
    ///
    /// Tell the assistant of it in its configuration, which many programs keep in a
    /// file such as:
    ///
    ///   {"mcpServers": {"postern": {"command": "postern", "args": ["--data", "/mail", "mcp"]}}}
    ///
    /// Where the configuration of Postern (--config) has keys, `POSTERN_KEY` holds the
    /// one whose mail the assistant may see. Put it into "env", beside "args".
    ///
    /// The audit log has what it asks. For assistants elsewhere write `[mcp]` with
    /// `http = true` into the configuration: then `postern serve` answers at /mcp.
    #[command(verbatim_doc_comment)]
    Mcp,
    /// Have DataTap collect mail or files, now or on a schedule
    ///
    /// Collects from live mailboxes, or with --drive and --drives from live drives,
    /// into the location where collected data lies. It shows the job and makes nothing
    /// unless you add --yes. Then it follows the job to its end; progress goes to
    /// stderr. When you stop this command, the job continues at the service.
    /// Collecting is not indexing: run `postern sync` afterwards.
    ///
    /// For example, look at a job over two mailboxes, collect a drive now, and all
    /// mail every night:
    ///
    ///   postern --config postern.toml collect --mailbox ann@contoso.com --mailbox bob@contoso.com
    ///   postern --config postern.toml collect --drive ann@contoso.com --yes
    ///   postern --config postern.toml collect --daily 02:00 --name nightly --yes
    ///   postern --config postern.toml collect --weekly mon,thu@02:00 --yes
    ///
    /// `postern sources` lists what can be collected, and `postern jobs` what became
    /// of it.
    ///
    /// Exit code 1: the job failed, or did not end in time (--wait). An unknown state
    /// counts as running.
    #[command(verbatim_doc_comment)]
    Collect(Collect),
    /// List the runs of jobs at DataTap, or follow one
    ///
    /// Lists the runs that have not ended, and those that have. With the id of a job
    /// it lists the runs of that job. With --follow it waits for the last of them to
    /// end; progress goes to stderr.
    ///
    ///   postern --config postern.toml jobs
    ///   postern --config postern.toml jobs --finished --since 2024-01-31 --format csv
    ///   postern --config postern.toml jobs 5d2c7f6e-0a51-4f0e-9d53-2d7f0e6b1c11 --follow
    ///
    /// Exit code of --follow: 0 when the run ended well, 1 when it failed or did not
    /// end in time (--wait).
    #[command(verbatim_doc_comment)]
    Jobs(Jobs),
    /// Do what only the operator of DataTap may do: keys, consent, versions
    ///
    /// The key of the operator (keyId:secret) comes from the variable `POSTERN_ADMIN_KEY` or from a file. A key
    /// of a tenant is refused. Each is shown first, and done with --yes.
    Admin(Admin),
    /// Restore what a query finds
    ///
    /// Searches the local index, and shows what would be restored and where to. It
    /// writes nothing unless you add --yes: a restore writes into live mailboxes and
    /// drives.
    ///
    /// Mail of a Veeam backup is restored message by message, where it was or with
    /// --to into another mailbox. How Veeam logs on comes from `POSTERN_RESTORE_USER`
    /// and `POSTERN_RESTORE_PASSWORD`, or from `POSTERN_RESTORE_APPLICATION_ID`,
    /// `POSTERN_RESTORE_CERTIFICATE_FILE` and `POSTERN_RESTORE_CERTIFICATE_PASSWORD`,
    /// or from [tenants.veeam.restore] of the configuration; or use --device-code.
    ///
    /// DataTap restores whole mailboxes, not single messages: everything that was
    /// collected of a mailbox goes back into it, however few of its messages match.
    /// Files of drives (kind:file) it restores by owner and extension; the plan says
    /// which other files go back too.
    ///
    /// For example, look first, then do it:
    ///
    ///   postern --config postern.toml restore mailbox:ann@contoso.com subject:lease
    ///   postern --config postern.toml restore mailbox:ann@contoso.com subject:lease --yes --plan ID
    ///   postern --config postern.toml restore kind:file ext:pdf mailbox:ann@contoso.com
    ///
    /// Exit code 3: some items were not restored, or it is not known. Nothing is done
    /// twice unless you add --again.
    #[command(verbatim_doc_comment)]
    Restore(Restore),
    /// Send what a query finds as attachments, through Veeam
    ///
    /// Shows what would be sent and where to, and sends nothing unless you add --yes.
    /// Each message goes to its own mailbox, or with --to and --from to another
    /// address. An administrator of Veeam must have set how mail is sent.
    ///
    /// For example:
    ///
    ///   postern --config postern.toml send subject:lease --to bob@contoso.com --from ann@contoso.com --yes
    ///
    /// Exit code 3: some items were not sent, or it is not known.
    #[command(verbatim_doc_comment)]
    Send(Send),
    /// Export what a query finds: mbox, zip, csv, jsonl, or a PST made by Veeam
    ///
    /// Beside what was found stands a manifest: the query, coverage, and of each
    /// message its id, SHA-256, MIH and places. In a ZIP it is the last file, of
    /// others it is FILE.manifest.json. --verify checks a package.
    ///
    /// Only Veeam can make a PST, of mail that lies in its backup: the plan is shown
    /// first, and carried out with --yes. One file is written for each mailbox.
    ///
    /// For example:
    ///
    ///   postern export from:alice after:2024 --format mbox --out alice.mbox
    ///   postern --config postern.toml export subject:lease --format pst --out lease.pst --yes
    ///   postern --config postern.toml export mailbox:ann@contoso.com --format pst --keywords support
    #[command(verbatim_doc_comment)]
    Export(Export),
    /// List, restore, copy, send and save documents of drives at Veeam
    Files(Files),
    /// Bring mailboxes back from an archive tier at Veeam
    ///
    /// Backups in Azure Archive or Amazon S3 Glacier cannot be read before a retrieval
    /// job has brought them back. This shows the job and starts nothing. Add --yes to
    /// start it; the storage provider bills it. `postern status` shows how far it is
    /// and until when the data can be read.
    ///
    ///   postern --config postern.toml retrieve ann@contoso.com --days 5
    ///   postern --config postern.toml retrieve ann@contoso.com --days 5 --glacier bulk --yes
    #[command(verbatim_doc_comment)]
    Retrieve(Retrieve),
    /// Prepare an OpenSearch cluster for the index
    ///
    /// The cluster is that of [cluster] in the configuration. A password comes from the variable
    /// `POSTERN_CLUSTER_PASSWORD`.
    Cluster(Cluster),
    /// Write a configuration to begin with
    ///
    /// Asks on a terminal for what no flag says, and writes a file with comments that
    /// every command takes with --config. A file that is there is never written over.
    /// Secrets stay in files of their own; the configuration names them. The first key
    /// is printed once.
    ///
    ///   postern init --key admin
    ///   postern init --tenant ID --datatap URL --datatap-key-file datatap.key
    #[command(verbatim_doc_comment)]
    Init(Init),
    /// Make, list and revoke keys of the gateway
    Key(Key),
    /// Read and verify the log of who did what
    ///
    /// The log lies in the data folder. Each entry holds the hash of the one before, and signed heads say how far it
    /// goes. `audit` of the configuration says what is in it.
    Audit(Audit),
    /// Copy all data of an installation, and bring it back
    ///
    /// A backup has each data folder and the configuration. `postern restore` is
    /// another thing: it puts mail back into a mailbox.
    ///
    ///   postern backup make /backup/postern
    ///   postern backup restore /backup/postern
    #[command(verbatim_doc_comment)]
    Backup(Backups),
    /// Ask a running gateway whether it lives
    ///
    /// Asks /healthz of the gateway that listens at the address of the configuration, or at --listen.
    /// For containers and load balancers: exit code 0 when it answers within --time, otherwise 1.
    Healthcheck(Healthcheck),
    /// Check or show the configuration
    Config(Config),
    /// Read the text of attachments; started by the program itself
    #[command(hide = true)]
    AttachmentText,
    /// Write the manual pages, one for each command
    Man {
        /// An existing folder
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Show {
    /// The id of a message or a file, as search prints it
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Print the original message or file, byte for byte
    #[arg(long, conflicts_with = "format")]
    pub(crate) eml: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct Status {
    /// Which tenant of the configuration, if there are several
    #[arg(long, value_name = "ID", env = "POSTERN_TENANT")]
    pub(crate) tenant: Option<String>,
    /// Do not ask Veeam what was retrieved from archive tiers
    #[arg(long)]
    pub(crate) offline: bool,
    /// Of retrieval jobs at Veeam, tell only the one with this id, and each of its runs
    #[arg(long, value_name = "ID", conflicts_with = "offline")]
    pub(crate) retrieval: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// Ask no service
    #[arg(long)]
    pub(crate) offline: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct Check {
    /// Output format
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
    /// Check whether the configuration is valid
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
pub(crate) enum TableFormat {
    #[default]
    Table,
    Json,
    Csv,
}

/// A number of things to show at most.
fn at_most(text: &str) -> Result<usize, String> {
    text.parse().map_err(|error: ParseIntError| {
        let is_large = *error.kind() == IntErrorKind::PosOverflow;
        let why =
            if is_large { "the number is too large" } else { "write a whole number, 0 or more" };
        why.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};
    use postern_archive::WriteOptions;
    use postern_archive::ingest::Ingest;

    use super::{Arguments, Command};

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_command_indexes_with_the_defaults_of_the_libraries() {
        let arguments = Arguments::try_parse_from(["postern", "index", "mail"]).unwrap();
        let Command::Index(index) = arguments.command else { panic!("{arguments:?}") };
        let (write, ingest) = (WriteOptions::default(), Ingest::default());
        assert_eq!((index.memory, usize::from(index.jobs)), (write.memory_bytes, write.threads));
        assert_eq!(index.commit_every, ingest.commit_every);
    }
}
