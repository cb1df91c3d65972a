//! The flags of `postern cluster`.

use clap::{Args, Subcommand};

use super::TextOrJson;

#[derive(Args, Debug)]
pub(crate) struct Cluster {
    #[command(subcommand)]
    pub(crate) verb: ClusterVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClusterVerb {
    /// Make the index of a tenant, with its mapping and its name
    ///
    /// Refuses a cluster that cannot keep what is promised of the index, and says what
    /// is missing: its version, or how it cuts words. Where the index is there,
    /// nothing is done.
    ///
    ///   postern --config postern.toml cluster init
    ///   postern --config postern.toml cluster init --tenant contoso
    #[command(verbatim_doc_comment)]
    Init(ClusterInit),
    /// Fill a new index beside the old one, then let the name stand for it
    ///
    /// For a new version of the mapping, or with --again for other `shards`. Searches
    /// and writes go on. Machines wait with their writes while both indexes are
    /// compared at the end. A run that was ended early is gone on with by the next
    /// one. The old index stays, and takes no writes.
    ///
    ///   postern --config postern.toml cluster reindex
    ///   postern --config postern.toml cluster reindex --again
    #[command(verbatim_doc_comment)]
    Reindex(ClusterReindex),
    /// Compare the cluster with what this machine has
    ///
    /// Counts, drawn messages and drawn queries, against what this machine has sent
    /// and against its own index where it has one. The cluster may have more, of other
    /// machines. What is missing there is named, and the exit code is 1.
    ///
    ///   postern --config postern.toml cluster check --sample 1000
    #[command(verbatim_doc_comment)]
    Check(ClusterCheck),
}

#[derive(Args, Debug)]
pub(crate) struct ClusterCheck {
    /// Which tenant of the configuration, if there are several
    #[arg(long, value_name = "ID", env = "POSTERN_TENANT")]
    pub(crate) tenant: Option<String>,
    /// How many messages are drawn
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) sample: u32,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct ClusterReindex {
    /// Which tenant of the configuration, if there are several
    #[arg(long, value_name = "ID", env = "POSTERN_TENANT")]
    pub(crate) tenant: Option<String>,
    /// Also where the mapping is of the newest version, such as for another number of shards
    #[arg(long)]
    pub(crate) again: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Args, Debug)]
pub(crate) struct ClusterInit {
    /// Which tenant of the configuration, if there are several
    #[arg(long, value_name = "ID", env = "POSTERN_TENANT")]
    pub(crate) tenant: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}
