//! The commands about the audit log.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use postern_audit::What;

use super::TextOrJson;

#[derive(Args, Debug)]
pub(crate) struct Audit {
    #[command(subcommand)]
    pub(crate) verb: AuditVerb,
    /// Which tenant of the configuration, if there are several
    #[arg(long, global = true, value_name = "ID", env = "POSTERN_TENANT")]
    pub(crate) tenant: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditVerb {
    /// Print the public key of the log
    ///
    /// Keep it elsewhere: `verify --key` then shows whether somebody exchanged the log together with its key.
    Key,
    /// Verify that nobody changed the log
    ///
    /// Finds an entry that was changed, removed, added or moved, and heads that nobody
    /// signed. Entries cut off at the end are found with a head that was kept
    /// elsewhere (`audit_heads` of the configuration):
    ///
    ///   postern audit verify --against heads.txt
    ///
    /// Exit code 1: something is wrong. Exit code 3: nothing is, but there are lines
    /// at the end that nobody signed.
    #[command(verbatim_doc_comment)]
    Verify(AuditVerify),
    /// List entries of the log, the newest first
    ///
    ///   postern audit search --what export --since 2024-01-31
    ///   postern audit search invoice --who reviewer --format json
    #[command(verbatim_doc_comment)]
    Search(AuditSearch),
}

#[derive(Args, Debug)]
pub(crate) struct AuditVerify {
    /// A file with heads that were kept elsewhere, of which the last counts; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// The public key, as `postern audit key` printed it [default: that of the key file]
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct AuditSearch {
    /// Only entries with this text
    #[arg(value_name = "TEXT")]
    pub(crate) text: Option<String>,
    /// Only what this key did; `local` is the command line
    #[arg(long, value_name = "NAME")]
    pub(crate) who: Option<String>,
    /// Only entries of this kind
    #[arg(long, value_name = "KIND", value_parser = what)]
    pub(crate) what: Option<What>,
    /// Only entries since then, such as 2024-01-31
    #[arg(long, value_name = "TIME", value_parser = crate::values::since)]
    pub(crate) since: Option<Timestamp>,
    /// Only entries before then
    #[arg(long, value_name = "TIME", value_parser = crate::values::since)]
    pub(crate) before: Option<Timestamp>,
    /// Entries at most
    #[arg(long, value_name = "N", default_value_t = 25)]
    pub(crate) limit: usize,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: AuditFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuditFormat {
    /// For people
    #[default]
    Table,
    /// The entries as they stand in the log, one a line
    Jsonl,
}

fn what(text: &str) -> Result<What, String> {
    let found = What::ALL.into_iter().find(|what| what.as_str() == text);
    let names = What::ALL.map(What::as_str).join(", ");
    found.ok_or_else(|| format!("it is one of {names}"))
}
