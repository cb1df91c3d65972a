//! `postern init`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct Init {
    /// The file to write; one that is there is never written over
    #[arg(value_name = "FILE", default_value = "postern.toml")]
    pub(crate) file: PathBuf,
    /// Ask nothing, also on a terminal
    #[arg(long)]
    pub(crate) no_questions: bool,
    /// Address and port to listen on [default: 127.0.0.1:7700]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// The id of the tenant whose mail it is [default: local]
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: Option<String>,
    /// The address of `DataTap`
    #[arg(long, value_name = "URL", requires = "datatap_key_file")]
    pub(crate) datatap: Option<String>,
    /// The file with the key for `DataTap` on one line
    #[arg(long, value_name = "FILE", requires = "datatap")]
    pub(crate) datatap_key_file: Option<PathBuf>,
    /// The address of a server of Veeam, with its port
    #[arg(long, value_name = "URL", requires_all = ["veeam_user", "veeam_password_file"])]
    pub(crate) veeam: Option<String>,
    /// Who logs on at Veeam
    #[arg(long, value_name = "NAME", requires = "veeam")]
    pub(crate) veeam_user: Option<String>,
    /// The file with that password on one line
    #[arg(long, value_name = "FILE", requires = "veeam")]
    pub(crate) veeam_password_file: Option<PathBuf>,
    /// The organization at Veeam, where the server has several
    #[arg(long, value_name = "NAME", requires = "veeam")]
    pub(crate) veeam_organization: Option<String>,
    /// The file of PEM with the certificate of the server of Veeam
    #[arg(long, value_name = "FILE", requires = "veeam")]
    pub(crate) veeam_certificates: Option<PathBuf>,
    /// The address of a node of an OpenSearch cluster; several times for more
    #[arg(long, value_name = "URL", requires = "cluster_key_file")]
    pub(crate) cluster: Vec<String>,
    /// The file with the key for the cluster on one line
    #[arg(long, value_name = "FILE", requires = "cluster")]
    pub(crate) cluster_key_file: Option<PathBuf>,
    /// The pause between two syncs of `postern serve`, such as 15m [default: never]
    #[arg(long, value_name = "TIME")]
    pub(crate) every: Option<String>,
    /// Make a key of this name, and print it; without one only this machine may ask
    #[arg(long, value_name = "NAME")]
    pub(crate) key: Option<String>,
}
