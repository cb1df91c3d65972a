//! `postern admin`: what only the operator of `DataTap` may do.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::TextOrJson;

#[derive(Args, Debug)]
pub(crate) struct Admin {
    #[command(subcommand)]
    pub(crate) verb: AdminVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminVerb {
    /// Make a key for a tenant
    ///
    /// Without --yes it is only shown. The key goes into a file that only you can
    /// read, or to standard output with --stdout. A key cannot be looked up again:
    /// keep the file.
    ///
    ///   postern admin issue-key --premium URL --admin-key-file op.txt --tenant ID
    ///   postern --config postern.toml admin issue-key --tenant ID --out contoso.key --yes
    #[command(verbatim_doc_comment)]
    IssueKey(IssueKey),
    /// Ask for the address where the administrator of a Microsoft 365 tenant gives consent
    ///
    ///   postern --config postern.toml admin consent-url --yes
    #[command(verbatim_doc_comment)]
    ConsentUrl(ConsentUrl),
    /// Put tenants on a build of the service
    ///
    ///   postern --config postern.toml admin rollout --tenant ID --tag v2.2.0 --digest sha256:… --yes
    #[command(verbatim_doc_comment)]
    Rollout(Rollout),
}

/// Which service is asked, with the key of its operator, and whether it is done.
#[derive(Args, Debug)]
pub(crate) struct Operator {
    /// The DataTap base URL [default: `url` under `[premium]` in --config FILE]
    #[arg(long, value_name = "URL", env = "POSTERN_PREMIUM", hide_env_values = true)]
    pub(crate) premium: Option<String>,
    /// A file with the key of the operator, or - for standard input [default: the variable
    /// `POSTERN_ADMIN_KEY`]
    #[arg(long, value_name = "FILE")]
    pub(crate) admin_key_file: Option<PathBuf>,
    /// Do it; without it, it is only shown
    #[arg(long)]
    pub(crate) yes: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct IssueKey {
    #[command(flatten)]
    pub(crate) operator: Operator,
    /// The tenant that the key is for
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: String,
    /// The file that the key goes into; it must not be there yet [default: TENANT.key]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Print the key instead
    #[arg(long, conflicts_with = "out")]
    pub(crate) stdout: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ConsentUrl {
    #[command(flatten)]
    pub(crate) operator: Operator,
}

#[derive(Args, Debug)]
pub(crate) struct Rollout {
    #[command(flatten)]
    pub(crate) operator: Operator,
    /// A tenant that is put on it; may be given several times
    #[arg(long, value_name = "ID", required = true)]
    pub(crate) tenant: Vec<String>,
    /// The tag of the build, such as v2.2.0
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: String,
    /// Its digest, such as sha256:…
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    pub(crate) digest: String,
}

/// A digest names how it was made.
fn digest(text: &str) -> anyhow::Result<String> {
    let (kind, value) = text.split_once(':').unwrap_or_default();
    anyhow::ensure!(
        !kind.is_empty() && !value.is_empty(),
        "`{text}` is no digest; write sha256: and the digest of the build"
    );
    Ok(text.to_owned())
}
