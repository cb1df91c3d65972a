//! An `OpenSearch` cluster that holds the index.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use postern_upstream::cluster::{Cluster as Client, ClusterAccount, Login};
use postern_upstream::{Secret, Trust};
use serde::Deserialize;
use toml::Table;

use super::shown::{path, put};
use super::{Config, ConfigError, To, file, invalid};

/// What indexes are called where nothing is said.
const INDEX: &str = "postern-{tenant}";
/// What stands for the id of a tenant in the name of an index.
const TENANT: &str = "{tenant}";
/// The tenant where none is named.
const ONLY: &str = "default";
/// Bytes of the name of an index, with room for the version behind it.
const LONGEST_NAME: usize = 200;
/// How long one answer to a write may take.
const ANSWER_TIME: Duration = Duration::from_secs(60);
/// Bytes that a key may have; longer ones are taken for the wrong file.
const LONGEST_KEY: usize = 4_096;

/// A cluster and how the index lies there.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The base URL of each node that is asked.
    pub urls: Vec<String>,
    /// What the index of a tenant is called; `{tenant}` stands for its id.
    pub index: String,
    /// Who asks, with a password.
    pub user: Option<String>,
    /// The password, where one was given.
    pub password: Option<Secret>,
    /// The file with the key that is sent instead of a password.
    pub api_key_file: Option<PathBuf>,
    /// A file of PEM with certificates that are trusted beside those of the system.
    pub certificates: Option<PathBuf>,
    /// Parts into which an index is cut when it is made.
    pub shards: u16,
    /// Copies of each part.
    pub replicas: u16,
    /// Whether originals are kept there too.
    pub originals: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileCluster {
    urls: Vec<String>,
    index: Option<String>,
    user: Option<String>,
    api_key_file: Option<PathBuf>,
    certificates: Option<PathBuf>,
    shards: Option<u16>,
    replicas: Option<u16>,
    #[serde(default)]
    originals: bool,
}

impl TryFrom<FileCluster> for Cluster {
    type Error = ConfigError;

    fn try_from(file: FileCluster) -> Result<Self, ConfigError> {
        if file.user.is_some() && file.api_key_file.is_some() {
            return invalid("[cluster] has both `user` and `api_key_file`; remove one");
        }
        let shards = file.shards.unwrap_or(3);
        if !(1..=1_024).contains(&shards) {
            return invalid("`shards` of [cluster] is a number from 1 to 1024");
        }
        let replicas = file.replicas.unwrap_or(1);
        if replicas > 16 {
            return invalid("`replicas` of [cluster] is a number from 0 to 16");
        }
        Ok(Self {
            urls: urls(file.urls)?,
            index: file.index.unwrap_or_else(|| INDEX.to_owned()),
            user: file.user,
            password: None,
            api_key_file: file.api_key_file,
            certificates: file.certificates,
            shards,
            replicas,
            originals: file.originals,
        })
    }
}

/// Addresses of nodes; one that holds a password is not repeated.
fn urls(urls: Vec<String>) -> Result<Vec<String>, ConfigError> {
    if urls.is_empty() {
        return invalid("`urls` of [cluster] is empty; write [\"https://HOST:9200\"]");
    }
    for (at, url) in urls.iter().enumerate() {
        let number = at + 1;
        if url.contains('@') {
            return invalid(format!(
                "number {number} of `urls` of [cluster] holds a name or a password; give `user`"
            ));
        }
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return invalid(format!(
                "number {number} of `urls` of [cluster] is none; write https://HOST:9200"
            ));
        }
    }
    Ok(urls)
}

impl Cluster {
    /// The name under which the index of a tenant is asked and written.
    fn alias(&self, tenant: &str) -> Result<String, ConfigError> {
        let name = self.index.replace(TENANT, &tenant.to_lowercase());
        let is_plain =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        let begins_well = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        if name.chars().all(is_plain) && begins_well && name.len() <= LONGEST_NAME {
            return Ok(name);
        }
        invalid(format!(
            "`index` of [cluster] gives the name `{name}` for the tenant `{tenant}`; a name has \
             small letters, digits, - _ and . only, begins with one of the first two, and has \
             {LONGEST_NAME} at most"
        ))
    }

    fn login(&self) -> Result<Login, ConfigError> {
        if let Some(path) = &self.api_key_file {
            let text = file::text(path)?;
            let line = text.trim_end_matches(['\r', '\n']);
            if line.is_empty() || line.len() > LONGEST_KEY || line.contains(char::is_control) {
                let path = path.display();
                return invalid(format!("`{path}` is no file with one line, the key"));
            }
            return Ok(Login::ApiKey(Secret::new(line)));
        }
        match (&self.user, &self.password) {
            (None, _) => Ok(Login::Nobody),
            (Some(user), Some(password)) => Ok(Login::User(user.clone(), password.clone())),
            (Some(_), None) => invalid(
                "no password for `user` of [cluster] is known; set POSTERN_CLUSTER_PASSWORD",
            ),
        }
    }

    pub(crate) fn trust(&self) -> Result<Trust, ConfigError> {
        match &self.certificates {
            Some(path) => Ok(Trust::Certificates(file::text(path)?.into_bytes())),
            None => Ok(Trust::System),
        }
    }

    /// As it stands in the file.
    pub(super) fn shown(&self) -> Table {
        let mut table = Table::new();
        put(&mut table, "urls", &self.urls);
        put(&mut table, "index", &self.index);
        if let Some(user) = &self.user {
            put(&mut table, "user", user);
        }
        for (name, file) in
            [("api_key_file", &self.api_key_file), ("certificates", &self.certificates)]
        {
            if let Some(file) = file {
                put(&mut table, name, path(file));
            }
        }
        put(&mut table, "shards", self.shards);
        put(&mut table, "replicas", self.replicas);
        put(&mut table, "originals", self.originals);
        table
    }
}

impl Config {
    /// A client of the cluster; `None` where none is configured.
    ///
    /// # Errors
    ///
    /// When no password is known, a file cannot be read, or secure connections cannot be prepared.
    pub fn cluster_client(&self) -> Result<Option<Client>, ConfigError> {
        let Some(cluster) = &self.cluster else { return Ok(None) };
        let account = ClusterAccount {
            urls: cluster.urls.clone(),
            login: cluster.login()?,
            trust: cluster.trust()?,
            answer_time: ANSWER_TIME,
        };
        Client::new(&account).map(Some).or_else(|error| invalid(format!("[cluster]: {error}")))
    }

    /// The name under which the cluster has the index of a tenant; without a name of the only one there is.
    ///
    /// # Errors
    ///
    /// When there are several tenants and none is named, or the name cannot be that of an index.
    pub fn cluster_index(&self, tenant: Option<&str>) -> Result<Option<String>, ConfigError> {
        let Some(cluster) = &self.cluster else { return Ok(None) };
        let all = self.all_tenants();
        let tenant = match (tenant, all.as_slice()) {
            (Some(tenant), _) => tenant,
            (None, []) => ONLY,
            (None, [only]) => only,
            (None, _) => {
                return invalid("there are several tenants; say which with --tenant ID");
            }
        };
        cluster.alias(tenant).map(Some)
    }

    /// The ids of all tenants that are named.
    fn all_tenants(&self) -> Vec<&str> {
        let keys = self.access.keys().iter().map(|key| key.tenant.as_str());
        let mut all: Vec<_> =
            self.tenants.iter().map(|tenant| tenant.id.as_str()).chain(keys).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Each tenant has an index of its own.
    pub(super) fn check_cluster(&self) -> Result<(), ConfigError> {
        let Some(cluster) = &self.cluster else { return self.check_without_cluster() };
        let all = self.all_tenants();
        if all.len() > 1 && !cluster.index.contains(TENANT) {
            return invalid(
                "with more than one tenant each has its own index; write {tenant} into `index` of \
                 [cluster]",
            );
        }
        let mut names = BTreeMap::new();
        for tenant in if all.is_empty() { vec![ONLY] } else { all } {
            let name = cluster.alias(tenant)?;
            // What stands beside the index of one may be the index of another.
            for name in ["", "-originals", "-coverage", "-next"].map(|end| format!("{name}{end}")) {
                if let Some(other) = names.insert(name.clone(), tenant) {
                    return invalid(format!(
                        "the tenants `{other}` and `{tenant}` would share the index `{name}` of \
                         [cluster]; give one another id"
                    ));
                }
            }
        }
        Ok(())
    }

    fn check_without_cluster(&self) -> Result<(), ConfigError> {
        let told = [("index", self.index_to), ("sync", self.sync.to)];
        match told.iter().find(|(_, to)| *to != To::Local) {
            Some((table, to)) => invalid(format!(
                "`to` of [{table}] is \"{}\", and no cluster is named; write [cluster] with urls",
                to.as_str()
            )),
            None => Ok(()),
        }
    }
}
