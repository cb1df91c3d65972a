//! `postern cluster`.

mod check;
mod name;
mod reindex;

use anyhow::{Context as _, bail};
use postern_query::analysis;
use postern_query::emit::elasticsearch;
use postern_upstream::cluster::{Cluster, EngineVersion};
use serde_json::{Map, Value, json};

use crate::args::{ClusterInit, ClusterVerb, Common, TextOrJson};
use crate::cluster::{Place, cannot, reach, runtime};
use crate::exit::Exit;
use crate::output;
use name::Name;

/// The oldest line of the engine that is good enough, and the first that nobody knows yet.
const LINES: ((u32, u32), (u32, u32)) = ((2, 19), (4, 0));
/// How many messages a page may leave out: an index allows 10,000 where it is not told.
const RESULT_WINDOW: u32 = 110_000;

/// Does what is told with the cluster.
pub(crate) fn run(common: &Common, verb: &ClusterVerb) -> anyhow::Result<Exit> {
    match verb {
        ClusterVerb::Init(arguments) => init(common, arguments),
        ClusterVerb::Reindex(arguments) => reindex::run(common, arguments),
        ClusterVerb::Check(arguments) => check::run(common, arguments),
    }
}

fn init(common: &Common, arguments: &ClusterInit) -> anyhow::Result<Exit> {
    let place = reach(common, arguments.tenant.as_deref())?;
    let made = runtime()?.block_on(make(&place))?;
    if arguments.format == TextOrJson::Json {
        output::json(&made)?;
        return Ok(Exit::Done);
    }
    let text = |name: &str| made.get(name).map(|value| value.to_string().replace('"', ""));
    let (alias, index) = (text("alias").unwrap_or_default(), text("index").unwrap_or_default());
    if made.get("made") == Some(&Value::Bool(true)) {
        let (shards, replicas) = (place.settings.shards, place.settings.replicas);
        output::line(format!(
            "made the index {index} under the name {alias}: {shards} shards, {replicas} replicas"
        ))?;
    } else {
        output::line(format!("the index {index} is there under the name {alias}"))?;
    }
    if let Some(short) = made.get("warning").and_then(Value::as_str) {
        output::line(short)?;
    }
    Ok(Exit::Done)
}

/// Makes the index where there is none, once the cluster is good enough for it.
async fn make(place: &Place) -> anyhow::Result<Value> {
    let Place { cluster, settings, alias } = place;
    let version = fitting(cluster).await?;
    let index = Name::first(alias).to_string();
    let behind = cluster.behind(alias).await;
    let behind = behind.map_err(|problem| cannot("look for the index", &problem))?;
    let (index, made) = match behind.as_slice() {
        [] => {
            let mut body = body(settings.shards, settings.replicas)?;
            let whole = body.as_object_mut().context("the mapping is no object")?;
            whole.insert("aliases".to_owned(), json!({ alias: {} }));
            let body = body.to_string();
            let made = cluster.make_index(&index, body).await;
            made.map_err(|problem| cannot(&format!("make the index {index}"), &problem))?;
            (index, true)
        }
        [only] if Name::read(alias, only).is_some_and(Name::is_current) => (only.clone(), false),
        [only] if Name::read(alias, only).is_some_and(Name::is_older) => {
            bail!("{only} has a mapping of an older version; run `postern cluster reindex`")
        }
        [only] if only == alias => bail!(
            "`{alias}` is an index itself, and has to be another name of one; delete it, or write another \
             `index` in [cluster]"
        ),
        others => bail!(
            "`{alias}` stands for {}, which this version did not make; delete that, or write another \
             `index` in [cluster]",
            others.join(", ")
        ),
    };
    let health = cluster.health().await.map_err(|problem| cannot("ask the cluster", &problem))?;
    let needed = u64::from(settings.replicas) + 1;
    let warning = (health.nodes < needed).then(|| {
        format!(
            "{needed} nodes are needed for so many replicas, and the cluster has {}",
            health.nodes
        )
    });
    Ok(json!({
        "alias": alias, "index": index, "made": made, "version": version.number,
        "nodes": health.nodes, "warning": warning,
    }))
}

/// The version of the cluster, which can hold the index.
async fn fitting(cluster: &Cluster) -> anyhow::Result<EngineVersion> {
    let version = cluster.version().await.map_err(|problem| cannot("ask the cluster", &problem))?;
    let missing = missing(cluster, &version).await?;
    if !missing.is_empty() {
        bail!("the cluster cannot hold the index: {}", missing.join("; "));
    }
    Ok(version)
}

/// What keeps the cluster from holding the index.
async fn missing(cluster: &Cluster, version: &EngineVersion) -> anyhow::Result<Vec<String>> {
    let mut missing = Vec::new();
    let (oldest, unknown) = LINES;
    let is_known = version.numbers().is_some_and(|one| one >= oldest && one < unknown);
    if version.distribution != "opensearch" || !is_known {
        let name = if version.distribution.is_empty() { "it" } else { &version.distribution };
        missing.push(format!(
            "its version ({name} says {}; OpenSearch 2.19 or 3 is needed)",
            version.number
        ));
        return Ok(missing);
    }
    for (name, analysis, text) in samples() {
        let mut asked = analysis;
        asked.insert("text".to_owned(), json!(text));
        let words = cluster.analyse(&Value::Object(asked)).await;
        let words = words.map_err(|problem| cannot("ask how words are cut", &problem))?;
        if words != analysis::terms(&text) {
            missing.push(format!("its {name} (it cuts words in another way than this program)"));
            break;
        }
    }
    Ok(missing)
}

/// Texts that are cut in another way by another tokenizer, or by one that was set in another way.
fn samples() -> Vec<(&'static str, Map<String, Value>, String)> {
    let standard = || {
        let filter = json!(["lowercase"]);
        Map::from_iter([("tokenizer".into(), json!("standard")), ("filter".into(), filter)])
    };
    let texts = [
        "O'Brien's e-mail: ann.lee@x.com, 3.14 and 1,000; a_b ÄÖÜ straße".to_owned(),
        "日本語 ไทย Ωμέγα Привет".to_owned(),
    ];
    let long = ("tokenizer `standard`, by its length of 255", standard(), "a".repeat(300));
    let plain =
        texts.map(|text| ("tokenizer `standard` or its filter `lowercase`", standard(), text));
    plain.into_iter().chain([long]).collect()
}

/// The index as it is made, without a name.
fn body(shards: u16, replicas: u16) -> anyhow::Result<Value> {
    let mut body: Value = serde_json::from_str(&elasticsearch::mapping().to_string())?;
    let settings = body.pointer_mut("/settings/index").and_then(Value::as_object_mut);
    let settings = settings.context("the mapping has no settings")?;
    settings.insert("number_of_shards".to_owned(), json!(shards));
    settings.insert("number_of_replicas".to_owned(), json!(replicas));
    settings.insert("max_result_window".to_owned(), json!(RESULT_WINDOW));
    Ok(body)
}
