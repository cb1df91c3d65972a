//! Indexes, aliases, and what a cluster says of itself.

use http::Method;
use serde_json::{Value, json};

use super::client::Ask;
use super::{Cluster, ClusterProblem, next_of};
use crate::Fault;

/// What runs there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineVersion {
    /// `opensearch`, or empty where it does not say.
    pub distribution: String,
    /// Such as `2.19.1`.
    pub number: String,
}

/// How a cluster is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// `green`, `yellow` or `red`.
    pub status: String,
    /// Nodes that have joined.
    pub nodes: u64,
    /// Shards that nobody has.
    pub unassigned: u64,
}

impl EngineVersion {
    /// The first two numbers.
    ///
    /// ```
    /// use postern_upstream::cluster::EngineVersion;
    ///
    /// let version = EngineVersion { distribution: "opensearch".into(), number: "2.19.1".into() };
    /// assert_eq!(version.numbers(), Some((2, 19)));
    /// ```
    #[must_use]
    pub fn numbers(&self) -> Option<(u32, u32)> {
        let mut parts = self.number.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    }
}

impl Cluster {
    /// What runs there.
    ///
    /// # Errors
    ///
    /// Why it did not say.
    pub async fn version(&self) -> Result<EngineVersion, ClusterProblem> {
        let said = self.get("/").await?;
        let version = said.get("version").unwrap_or(&Value::Null);
        let text = |name: &str| version.get(name).and_then(Value::as_str).unwrap_or_default();
        if text("number").is_empty() {
            return Err(ClusterProblem::Failed(Fault::Unparsable));
        }
        Ok(EngineVersion {
            distribution: text("distribution").into(),
            number: text("number").into(),
        })
    }

    /// How the cluster is.
    ///
    /// # Errors
    ///
    /// Why it did not say.
    pub async fn health(&self) -> Result<Health, ClusterProblem> {
        let said = self.get("/_cluster/health").await?;
        let number = |name: &str| said.get(name).and_then(Value::as_u64).unwrap_or_default();
        let status = said.get("status").and_then(Value::as_str).unwrap_or_default();
        Ok(Health {
            status: status.into(),
            nodes: number("number_of_nodes"),
            unassigned: number("unassigned_shards"),
        })
    }

    /// The indexes behind a name, which may be that of an alias; none where there is no such name.
    ///
    /// # Errors
    ///
    /// Why it did not say.
    pub async fn behind(&self, name: &str) -> Result<Vec<String>, ClusterProblem> {
        match self.get(&format!("/{}", segment(name))).await {
            Ok(said) => {
                let named = said.as_object().map(|all| all.keys().cloned().collect());
                Ok(named.unwrap_or_default())
            }
            Err(ClusterProblem::NoIndex) => Ok(Vec::new()),
            Err(problem) => Err(problem),
        }
    }

    /// The id of the index behind a name; another one each time that it is made. One that took the place of another
    /// has the id of that one.
    ///
    /// # Errors
    ///
    /// Why it did not say.
    pub async fn index_id(&self, name: &str) -> Result<String, ClusterProblem> {
        let said = self.get(&format!("/{}", segment(name))).await?;
        let first = said.as_object().and_then(|all| all.values().next());
        let text = |path: &str| first.and_then(|one| one.pointer(path)).and_then(Value::as_str);
        let id = text("/mappings/_meta/lineage").or_else(|| text("/settings/index/uuid"));
        id.map(str::to_owned).ok_or(ClusterProblem::Failed(Fault::Unparsable))
    }

    /// Makes an index.
    ///
    /// # Errors
    ///
    /// Why it was not made, or is not known to be.
    pub async fn make_index(&self, name: &str, body: String) -> Result<(), ClusterProblem> {
        let ask = Ask::write(Method::PUT, format!("/{}", segment(name)), body);
        self.json(&ask, self.deadline()).await.map(drop)
    }

    /// Makes an index behind a name of its own, unless there is one. The body has to give it that name.
    ///
    /// # Errors
    ///
    /// Why it was not made, or is not known to be.
    pub async fn make_missing(&self, name: &str, body: String) -> Result<(), ClusterProblem> {
        if !self.behind(name).await?.is_empty() {
            return Ok(());
        }
        match self.make_index(&format!("{name}-v1"), body).await {
            // Another machine was faster.
            Err(ClusterProblem::Refused { kind, .. })
                if kind == "resource_already_exists_exception" =>
            {
                Ok(())
            }
            made => made,
        }
    }

    /// Lets a name stand for another index, which is no longer the next one, all at once. Nothing is done unless it
    /// stands for the old one.
    pub(super) async fn move_name(
        &self,
        name: &str,
        old: &str,
        new: &str,
    ) -> Result<(), ClusterProblem> {
        let actions = json!({"actions": [
            {"remove": {"index": old, "alias": name, "must_exist": true}},
            {"remove": {"index": new, "alias": next_of(name), "must_exist": true}},
            {"add": {"index": new, "alias": name}},
        ]});
        let ask = Ask::write(Method::POST, "/_aliases", actions.to_string());
        self.json(&ask, self.deadline()).await.and_then(|said| acknowledged(&said))
    }

    /// Lets an index take no writes. Those that are under way have ended when it answers.
    pub(super) async fn hold_writes(&self, index: &str) -> Result<(), ClusterProblem> {
        let path = format!("/{}/_block/write", segment(index));
        let said = self.json(&Ask::read(Method::PUT, path, String::new()), self.deadline()).await?;
        match said.get("shards_acknowledged").and_then(Value::as_bool) {
            Some(true) => acknowledged(&said),
            _ => Err(ClusterProblem::Failed(Fault::Timeout)),
        }
    }

    /// Lets an index take writes again.
    pub(super) async fn allow_writes(&self, index: &str) -> Result<(), ClusterProblem> {
        let settings = json!({"index.blocks.write": null}).to_string();
        let path = format!("/{}/_settings", segment(index));
        let said = self.json(&Ask::read(Method::PUT, path, settings), self.deadline()).await;
        said.and_then(|said| acknowledged(&said))
    }

    /// The words into which the cluster cuts a text.
    ///
    /// # Errors
    ///
    /// Why it did not say.
    pub async fn analyse(&self, analysis: &Value) -> Result<Vec<String>, ClusterProblem> {
        let ask = Ask::read(Method::POST, "/_analyze", analysis.to_string());
        let said = self.json(&ask, self.deadline()).await?;
        let tokens = said.get("tokens").and_then(Value::as_array).into_iter().flatten();
        let token = |one: &Value| one.get("token").and_then(Value::as_str).map(str::to_owned);
        Ok(tokens.filter_map(token).collect())
    }

    /// Makes what was written searchable.
    ///
    /// # Errors
    ///
    /// Why it was not done.
    pub async fn refresh(&self, index: &str) -> Result<(), ClusterProblem> {
        let ask = Ask::read(Method::POST, format!("/{}/_refresh", segment(index)), String::new());
        self.json(&ask, self.deadline()).await.map(drop)
    }

    async fn get(&self, path: &str) -> Result<Value, ClusterProblem> {
        self.json(&Ask::read(Method::GET, path, String::new()), self.deadline()).await
    }
}

/// Whether all nodes that matter have heard of it.
fn acknowledged(said: &Value) -> Result<(), ClusterProblem> {
    match said.get("acknowledged").and_then(Value::as_bool) {
        Some(true) => Ok(()),
        _ => Err(ClusterProblem::Failed(Fault::Timeout)),
    }
}

/// A name as one part of a path.
pub(super) fn segment(name: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    const ALL: &percent_encoding::AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
    utf8_percent_encode(name, ALL).to_string()
}
