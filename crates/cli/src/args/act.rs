//! The commands that act on what a query finds.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use postern_actions::LIMIT;

use super::{JobFlags, Service, TextOrJson, View};

/// How a plan is confirmed.
#[derive(Args, Clone, Debug)]
pub(crate) struct Confirm {
    /// Carry out the plan; without it, the plan is only shown
    #[arg(long)]
    pub(crate) yes: bool,
    /// Carry it out only if it is still the plan of this id
    #[arg(long, value_name = "ID", requires = "yes")]
    pub(crate) plan: Option<String>,
    /// Items at most; more are refused
    #[arg(long, value_name = "N", default_value_t = LIMIT)]
    pub(crate) limit: usize,
    /// Do again what was done before, or may have been done
    #[arg(long)]
    pub(crate) again: bool,
}

/// Which backup is acted on.
#[derive(Args, Clone, Debug)]
pub(crate) struct From {
    /// The source to act at, `datatap` or `veeam`, where the query finds mail of both
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// The backup of that time, such as 2024-01-31 [default: the last]
    #[arg(long, value_name = "TIME", value_parser = crate::values::since)]
    pub(crate) at: Option<Timestamp>,
}

/// How Veeam logs on to Microsoft 365. Secrets come from the environment or from files.
#[derive(Args, Debug)]
pub(crate) struct LogOn {
    /// Show an address and a code with which a person signs in, and wait
    #[arg(long)]
    pub(crate) device_code: bool,
    /// With --device-code: the id of the application [default: `POSTERN_RESTORE_APPLICATION_ID`]
    #[arg(long, value_name = "ID")]
    pub(crate) application: Option<String>,
    /// With --device-code: the organization to restore into, if it is another one
    #[arg(long, value_name = "NAME", requires = "device_code")]
    pub(crate) organization: Option<String>,
    /// With --device-code: the region of that organization
    #[arg(long, value_enum, value_name = "REGION", requires = "device_code")]
    pub(crate) region: Option<Region>,
    /// With a certificate: the account in whose name mail is restored (needed from Veeam v6 on)
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) impersonate: Option<String>,
}

/// A region of Microsoft 365.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Region {
    Worldwide,
    China,
    Germany,
    #[value(name = "usdefence")]
    UsDefence,
    #[value(name = "usgovernment")]
    UsGovernment,
}

impl Region {
    /// The word of Veeam.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Worldwide => "Worldwide",
            Self::China => "China",
            Self::Germany => "Germany",
            Self::UsDefence => "USDefence",
            Self::UsGovernment => "USGovernment",
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct Restore {
    #[command(flatten)]
    pub(crate) service: Service,
    /// The query; several words are joined
    #[arg(required = true, value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// Restore into this mailbox [default: where each message was]
    #[arg(long, value_name = "MAILBOX")]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) from: From,
    #[command(flatten)]
    pub(crate) log_on: LogOn,
    #[command(flatten)]
    pub(crate) confirm: Confirm,
    #[command(flatten)]
    pub(crate) job: JobFlags,
}

#[derive(Args, Debug)]
pub(crate) struct Send {
    /// The query; several words are joined
    #[arg(required = true, value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// Send to this address [default: the mailbox of each message]
    #[arg(long, value_name = "ADDRESS", requires = "sender")]
    pub(crate) to: Option<String>,
    /// The address that the mail comes from
    #[arg(long = "from", id = "sender", value_name = "ADDRESS", requires = "to")]
    pub(crate) sender: Option<String>,
    /// The subject of the mail
    #[arg(long, value_name = "TEXT", requires = "to")]
    pub(crate) subject: Option<String>,
    /// The text of the mail
    #[arg(long, value_name = "TEXT", requires = "to")]
    pub(crate) text: Option<String>,
    /// Which tenant of the configuration, if there are several
    #[arg(long, value_name = "ID", env = "POSTERN_TENANT")]
    pub(crate) tenant: Option<String>,
    #[command(flatten)]
    pub(crate) from: From,
    #[command(flatten)]
    pub(crate) confirm: Confirm,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Export {
    /// The query; several words are joined. Without one, everything
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// How it is written
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ExportFormat,
    /// Check a package that was written before, and export nothing
    #[arg(long, value_name = "PACKAGE", conflicts_with_all = ["query", "format", "out", "dedupe"])]
    pub(crate) verify: Option<PathBuf>,
    /// Go on with an export to --out that was broken off: the same messages, the same time, the same package
    #[arg(long, requires = "out", conflicts_with_all = ["query", "format", "dedupe", "versions", "verify"])]
    pub(crate) resume: bool,
    /// Write only the first of messages with the same Message-ID; the manifest names the others
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) dedupe: Option<Dedupe>,
    /// The file to write, or - for standard output [default: postern-export.FORMAT]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) view: View,
    /// Export older versions of files too
    #[arg(long)]
    pub(crate) versions: bool,
    /// For pst: only what Veeam finds with this word or phrase; QUERY is then mailbox:ADDRESS, with in:FOLDER for
    /// a folder, or up to Veeam v5 finds one message
    #[arg(long, value_name = "TEXT", value_parser = crate::values::keywords)]
    pub(crate) keywords: Option<String>,
    /// For pst: begin another file at this size, from 1G to 49G; several come as one ZIP
    #[arg(long, value_name = "SIZE", value_parser = crate::values::gigabytes)]
    pub(crate) pst_size_limit: Option<u64>,
    /// Which tenant of the configuration, if there are several
    #[arg(long, value_name = "ID", env = "POSTERN_TENANT")]
    pub(crate) tenant: Option<String>,
    #[command(flatten)]
    pub(crate) from: From,
    #[command(flatten)]
    pub(crate) confirm: Confirm,
}

/// What makes messages equal, beside equal bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dedupe {
    MessageId,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// The original messages in one mailbox file
    Mbox,
    /// The original messages, each in a file, and a manifest as the last one
    #[default]
    Zip,
    /// A table of their fields
    Csv,
    /// Every field, one JSON object a line
    Jsonl,
    /// A load file of Concordance for programs of e-discovery, with the bytes and the text of each message and
    /// attachment, as a ZIP
    Dat,
    /// A page for each message and an index, fit to be printed, as a ZIP
    Html,
    /// An Outlook file, made by Veeam: shown first, done with --yes
    Pst,
}
