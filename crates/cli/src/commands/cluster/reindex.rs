//! `postern cluster reindex`.

use anyhow::bail;
use postern_upstream::cluster::{
    Cluster, ClusterProblem, Pace, Renewal, RenewalProblem, Renewed, next_of,
};
use serde_json::json;

use super::name::Name;
use super::{body, fitting};
use crate::args::{ClusterReindex, Common, TextOrJson};
use crate::cluster::{Place, cannot, reach, runtime};
use crate::exit::Exit;
use crate::{clock, output};

/// Fills a new index beside the old one, and lets the name stand for it.
pub(super) fn run(common: &Common, arguments: &ClusterReindex) -> anyhow::Result<Exit> {
    let place = reach(common, arguments.tenant.as_deref())?;
    let (old, new, done) = runtime()?.block_on(renew(&place, arguments.again))?;
    let Renewed { documents, copied, passes } = done;
    match arguments.format {
        TextOrJson::Json => output::json(&json!({
            "alias": place.alias, "from": old, "to": new, "documents": documents, "copied": copied,
            "passes": passes,
        }))?,
        TextOrJson::Text => {
            output::line(format!(
                "{} stands for the index {new} with {documents} messages; {copied} were copied",
                place.alias
            ))?;
            output::line(format!(
                "{old} is there still and takes no writes; delete it when you like"
            ))?;
        }
    }
    Ok(Exit::Done)
}

async fn renew(place: &Place, again: bool) -> anyhow::Result<(String, String, Renewed)> {
    let Place { cluster, settings, alias } = place;
    fitting(cluster).await?;
    let old = only(cluster, alias).await?;
    let Some(old) = old else {
        return Err(cannot("find the index", &ClusterProblem::NoIndex));
    };
    let begun = only(cluster, &next_of(alias)).await?;
    let new = target(alias, &old, begun, again)?;
    let body = body(settings.shards, settings.replicas)?;
    let (pace, who, since) = (Pace::default(), who(), clock::now().to_string());
    let who = (who.as_str(), since.as_str());
    let renewal = Renewal { cluster, alias, old: &old, new: &new, pace, who };
    match renewal.run(&body).await {
        Ok(done) => Ok((old, new, done)),
        Err(problem) => Err(stays(alias, &old, &problem)),
    }
}

/// Who does it, as others are told.
fn who() -> String {
    let named = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named = named.or_else(|| std::env::var("COMPUTERNAME").ok());
    let host = named.as_deref().map(str::trim).filter(|name| !name.is_empty());
    format!("process {} on {}", std::process::id(), host.unwrap_or("another machine"))
}

/// The index behind a name; nothing where there is no such name.
async fn only(cluster: &Cluster, name: &str) -> anyhow::Result<Option<String>> {
    let behind = cluster.behind(name).await;
    let mut behind = behind.map_err(|problem| cannot("look for the index", &problem))?;
    match behind.len() {
        0 | 1 => Ok(behind.pop()),
        _ => bail!("`{name}` stands for {}; let it stand for one", behind.join(" and ")),
    }
}

/// The index to be filled: the one that was begun, or else the next one.
fn target(alias: &str, old: &str, begun: Option<String>, again: bool) -> anyhow::Result<String> {
    let Some(name) = Name::read(alias, old) else {
        bail!("`{alias}` stands for {old}, which this program did not make");
    };
    if !name.is_current() && !name.is_older() {
        bail!("{old} has a mapping of a newer version; run that version of this program");
    }
    match begun {
        Some(begun) if Name::read(alias, &begun).is_some_and(Name::is_current) => Ok(begun),
        Some(begun) => {
            bail!("another version of this program began to fill {begun}; delete it first")
        }
        None if name.is_current() && !again => bail!(
            "{old} has the mapping of the newest version; add --again to fill another one all the same"
        ),
        None => Ok(name.next().to_string()),
    }
}

/// Why the name did not move, and what to do.
fn stays(alias: &str, old: &str, problem: &RenewalProblem) -> anyhow::Error {
    let end = format!("; `{alias}` stands for {old} still");
    match problem {
        RenewalProblem::Cluster(problem) => cannot("fill the new index", problem)
            .context("the reindex ended early; run it again to go on"),
        RenewalProblem::Refused { .. } => {
            anyhow::anyhow!("{problem}{end}. Index these messages again, then run this again")
        }
        RenewalProblem::Held { by, since } => anyhow::anyhow!(
            "another `cluster reindex` is under way: {by}, since {since}{end}. Wait until it has ended; one that was killed counts as gone after {} seconds without a word",
            Pace::default().silence.as_secs()
        ),
        RenewalProblem::Counts { .. } => anyhow::anyhow!("{problem}{end}. Run this again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_made_anew_where_there_is_a_reason() {
        let target = |old: &str, begun: Option<&str>, again| {
            target("a", old, begun.map(str::to_owned), again).map_err(|error| error.to_string())
        };
        let (now, other) = (Name::first("a").to_string(), Name::first("a").next().to_string());
        for (old, begun, again, expected) in [
            ("a-v0", None, false, &now),
            (now.as_str(), None, true, &other),
            (&now, Some(other.as_str()), false, &other),
        ] {
            assert_eq!(target(old, begun, again).as_ref(), Ok(expected), "{old} {begun:?} {again}");
        }
        for (old, begun, word) in [
            (now.as_str(), None, "--again"),
            ("a-v99", None, "newer version"),
            ("b", None, "did not make"),
            (&now, Some("a-v0-2"), "delete it first"),
        ] {
            let error = target(old, begun, false).unwrap_err();
            assert!(error.contains(word), "{old} {begun:?}: {error}");
        }
    }
}
