//! What is wrong with the services that a configuration names.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use postern_upstream::cluster::Cluster;
use postern_upstream::veeam::Veeam;
use postern_upstream::{
    Call, ContactError, DataTap, Outcome, Retry, Secret, Settings, Target, contact,
};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{About, Finding, clock, named};
use crate::config::{Config, ConfigError, Premium, Tenant};
use crate::sink::ClusterState;

/// How long a service has for each answer.
const TIME: Duration = Duration::from_secs(5);

/// A service, and what it is asked once it was reached.
struct Service {
    name: &'static str,
    url: String,
    settings: Result<Settings, ConfigError>,
    questions: Vec<Question>,
}

/// A question that needs a key.
enum Question {
    DataTap(Box<OfKey>),
    Veeam(Veeam),
    Cluster(Cluster, String),
    /// No question can be asked.
    None(String),
}

/// Whether DataTap accepts a key.
struct OfKey {
    service: DataTap,
    tenant: String,
    index: String,
    key: Secret,
    /// What the key is called here.
    named: String,
}

/// Asks every service of the configuration, all at the same time, for a few seconds at most: whether it answers and
/// accepts the key, what time it is there, and when its certificate ends.
pub async fn services(config: &Config, now: Timestamp) -> Vec<Finding> {
    let mut asked = JoinSet::new();
    for service in all(config) {
        asked.spawn(ask(service, now));
    }
    let mut found = asked.join_all().await.concat();
    found.sort();
    // Tenants may share a service.
    found.dedup();
    found
}

async fn ask(service: Service, now: Timestamp) -> Vec<Finding> {
    let Service { name, url, settings, questions } = service;
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => return vec![Finding::told(About::Upstreams, &error.to_string(), CHECK)],
    };
    let shown = match contact(&url, &settings, TIME).await {
        Ok(shown) => shown,
        Err(error) => return vec![unreachable(name, &url, &error)],
    };
    let time = shown.time.and_then(|there| clock::compare(name, there, now));
    let end =
        shown.certificate_ends.and_then(|at| named::ends(&format!("{name} at {url}"), at, now));
    let mut found: Vec<_> = time.into_iter().chain(end).collect();
    for question in questions {
        let answered = timeout(TIME, question.ask()).await;
        found.extend(answered.unwrap_or_else(|_| {
            let what = format!("{name} at {url} did not answer within {} s", TIME.as_secs());
            Some(Finding::fault(About::Upstreams, what, "look at its log, or try again later"))
        }));
    }
    found
}

const CHECK: &str = "`postern config check`";

fn unreachable(name: &str, url: &str, error: &ContactError) -> Finding {
    let what = format!("{name} at {url} cannot be reached: {error}");
    Finding::fault(
        About::Upstreams,
        what,
        format!("`curl --head '{url}'` from this machine says more"),
    )
}

impl Question {
    async fn ask(self) -> Option<Finding> {
        match self {
            Self::DataTap(of_key) => of_key.ask().await,
            Self::Veeam(client) => {
                let problem = client.organization().await.err()?;
                Some(Finding::told(
                    About::Upstreams,
                    &problem.to_string(),
                    "`postern sources` says more",
                ))
            }
            Self::Cluster(cluster, alias) => of_cluster(&cluster, &alias).await,
            Self::None(why) => Some(Finding::told(About::Upstreams, &why, CHECK)),
        }
    }
}

impl OfKey {
    async fn ask(&self) -> Option<Finding> {
        let target = Target { tenant: &self.tenant, index: &self.index };
        let deadline = Instant::now() + TIME;
        let call = Call { target, key: &self.key, deadline, traceparent: None };
        of_datatap(&self.service.fields(call).await, &self.named, &self.tenant)
    }
}

fn of_datatap(outcome: &Outcome, named: &str, tenant: &str) -> Option<Finding> {
    let about = About::Upstreams;
    match outcome {
        Outcome::Served(_) => None,
        Outcome::BadKey(_) => {
            let what =
                format!("DataTap does not accept the key that it is asked with for `{named}`");
            let remedy = "write a valid key into its `upstream_key_file` or `upstream_key`, and restart the gateway";
            Some(Finding::fault(about, what, remedy))
        }
        Outcome::NotPremium(answer) => {
            let what = format!(
                "DataTap has no premium search for the tenant {tenant} (status {})",
                answer.status.as_u16()
            );
            let remedy =
                "what is stored here answers; check the id of the tenant, or remove [premium]";
            Some(Finding::advice(about, what, remedy))
        }
        Outcome::BadRequest(answer) => {
            let what =
                format!("DataTap refuses to say its fields (status {})", answer.status.as_u16());
            Some(Finding::fault(about, what, "check `url` and `index` of [premium]"))
        }
        Outcome::Busy(..) => {
            Some(Finding::advice(about, "DataTap is busy", "run `postern doctor` again later"))
        }
        Outcome::Failed(fault) => {
            let what = format!("DataTap fails: {fault}");
            Some(Finding::fault(
                about,
                what,
                "check `url` of [premium], and whether the service is up",
            ))
        }
    }
}

async fn of_cluster(cluster: &Cluster, alias: &str) -> Option<Finding> {
    const REMEDY: &str = "`postern cluster check` says more";
    let about = About::Upstreams;
    match ClusterState::ask(cluster, alias, Instant::now() + TIME).await {
        Err(problem) => Some(Finding::told(about, &problem.to_string(), REMEDY)),
        Ok(state) if state.health == "green" => None,
        Ok(state) => {
            let what = format!(
                "the cluster is {}: {} shards without a node",
                state.health, state.unassigned
            );
            let finding = Finding::advice(about, what, REMEDY);
            let is_bad = state.health == "red";
            Some(if is_bad {
                Finding { severity: super::Severity::Fault, ..finding }
            } else {
                finding
            })
        }
    }
}

fn all(config: &Config) -> Vec<Service> {
    let premium = config.premium.as_ref().map(|premium| datatap(config, premium));
    let veeam = config.tenants.iter().filter_map(|tenant| veeam(config, tenant));
    premium.into_iter().chain(veeam).chain(cluster(config)).collect()
}

/// With every key that is sent there; what a client brings is not known here.
fn datatap(config: &Config, premium: &Premium) -> Service {
    let mut known = HashSet::new();
    let service = config.service();
    let keys = config.access.keys().iter().filter_map(|one| Some((one, one.upstream.clone()?)));
    let keys =
        keys.filter(|(one, key)| known.insert((one.tenant.clone(), key.expose().to_owned())));
    let question = |(one, key): (&crate::access::Key, Secret)| match &service {
        Ok(Some(service)) => Some(Question::DataTap(Box::new(OfKey {
            service: service.clone(),
            tenant: one.tenant.clone(),
            index: premium.index.clone(),
            key,
            named: one.name.clone(),
        }))),
        Ok(None) => None,
        Err(error) => Some(Question::None(error.to_string())),
    };
    let questions = keys.filter_map(question).collect();
    Service { name: "DataTap", url: premium.url.clone(), settings: premium.client(), questions }
}

fn veeam(config: &Config, tenant: &Tenant) -> Option<Service> {
    let server = tenant.veeam.as_ref()?;
    let once = Retry { attempts: 1, ..Retry::default() };
    let question = match config.veeam_client(Some(&tenant.id)) {
        Ok(client) => Question::Veeam(client?.with_retry(once)),
        Err(error) => Question::None(error.to_string()),
    };
    let settings = server.trust().map(|trust| Settings { trust, ..Settings::default() });
    Some(Service { name: "Veeam", url: server.url.clone(), settings, questions: vec![question] })
}

/// Every node, and of the first the state of the index of each tenant.
fn cluster(config: &Config) -> Vec<Service> {
    let Some(cluster) = &config.cluster else { return Vec::new() };
    let tenants: Vec<_> = match config.tenants.as_slice() {
        [] => vec![None],
        some => some.iter().map(|tenant| Some(tenant.id.as_str())).collect(),
    };
    let question = |tenant| {
        let client =
            config.cluster_client().and_then(|client| Ok((client, config.cluster_index(tenant)?)));
        match client {
            Ok((client, alias)) => Some(Question::Cluster(client?, alias?)),
            Err(error) => Some(Question::None(error.to_string())),
        }
    };
    let mut questions: Vec<_> = tenants.into_iter().filter_map(question).collect();
    let nodes = cluster.urls.iter().map(|url| Service {
        name: "the cluster",
        url: url.clone(),
        settings: cluster.trust().map(|trust| Settings { trust, ..Settings::default() }),
        questions: std::mem::take(&mut questions),
    });
    nodes.collect()
}
