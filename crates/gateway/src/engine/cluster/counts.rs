//! What matches, counted by facets and in bars.
//!
//! Each facet is one question for all of its values, so that counts are those of the whole result. A facet with
//! more values than are asked for is refused: what the engine would say of it is not exact.

use std::cmp::Reverse;
use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use postern_archive::search::{
    Bar, Bars, Counted, Counting, Counts, Facet, FacetCounts, Histogram,
};
use postern_query::schema::{InstantField, StringField};
use postern_upstream::Fault;
use postern_upstream::cluster::{ClusterProblem, Searched, Within};
use serde_json::{Value, json};

use super::outcome::Stop;
use super::{Cluster, Question};

/// Values of a facet that are counted.
const MOST_VALUES: usize = 20_000;

/// Counts what the question finds.
pub(super) async fn of(
    cluster: &Cluster,
    question: &Question,
    counting: &Counting<'_>,
    deadline: Instant,
) -> Result<Counts, Stop> {
    let asker = Asker { cluster, question, deadline };
    let mut facets = Vec::new();
    for facet in counting.facets {
        facets.push(asker.facet(*facet, counting).await?);
    }
    let histogram = match counting.bars {
        Some(bars) => Some(asker.histogram(bars).await?),
        None => None,
    };
    let count = asker.count(json!({})).await?.total;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    Ok(Counts { count, facets, histogram })
}

struct Asker<'a> {
    cluster: &'a Cluster,
    question: &'a Question,
    deadline: Instant,
}

impl Asker<'_> {
    async fn count(&self, aggregations: Value) -> Result<Searched, Stop> {
        aggregated(self.cluster, self.question, aggregations, self.deadline).await
    }

    async fn facet(&self, facet: Facet, counting: &Counting<'_>) -> Result<FacetCounts, Stop> {
        let asked = self.asked(facet, counting.zone);
        let found = self.count(json!({ "facet": asked })).await?;
        let values =
            values(&found.aggregations).ok_or(ClusterProblem::Failed(Fault::Unparsable))?;
        let Values { mut counted, others } = values;
        if others {
            return Err(Stop::TooMany(MOST_VALUES));
        }
        counted.retain(|one| one.count > 0 && !one.value.is_empty());
        counted.sort_by(|one, other| {
            (Reverse(one.count), &one.value).cmp(&(Reverse(other.count), &other.value))
        });
        let more = counted.len().saturating_sub(counting.most);
        counted.truncate(counting.most);
        Ok(FacetCounts { values: counted, others: more })
    }

    /// What asks for the values of a facet, each with the number of messages that have it.
    fn asked(&self, facet: Facet, zone: &TimeZone) -> Value {
        match facet {
            Facet::Sender => terms("people.from.address"),
            Facet::Domain => terms("people.from.domain"),
            Facet::Kind => terms(StringField::Kind.path()),
            Facet::HasAttachment => terms("hasAttachments"),
            Facet::Mailbox => self.of_place(StringField::Mailbox),
            Facet::Folder => self.of_place(StringField::Folder),
            Facet::Source => self.of_place(StringField::Source),
            Facet::Type => nested("attachments", &messages("attachments.contentType")),
            Facet::Extension => nested("attachments", &messages("attachments.extension")),
            Facet::Category => nested("categories", &messages("categories.name")),
            Facet::Year => dates("year", "uuuu", zone),
            Facet::Month => dates("month", "uuuu-MM", zone),
            Facet::Day => dates("day", "uuuu-MM-dd", zone),
        }
    }

    fn of_place(&self, field: StringField) -> Value {
        of_places(self.question, &messages(&format!("places.{}", field.path())))
    }

    async fn histogram(&self, bars: &Bars) -> Result<Histogram, Stop> {
        let field = InstantField::Received.path();
        let ends = json!({"first": {"min": {"field": field}}, "last": {"max": {"field": field}}});
        let found = self.count(ends).await?;
        let moment = |name: &str| {
            let value = found.aggregations.pointer(&format!("/{name}/value"))?.as_f64()?;
            #[expect(clippy::cast_possible_truncation, reason = "milliseconds are whole numbers")]
            Timestamp::from_millisecond(value as i64).ok()
        };
        let (step, edges) = bars.edges_of_span(moment("first").zip(moment("last")));
        let spans: Vec<_> = edges.iter().zip(edges.iter().skip(1)).collect();
        let ranges: Vec<_> = spans
            .iter()
            .map(|(from, to)| json!({"from": from.as_millisecond(), "to": to.as_millisecond()}))
            .collect();
        let mut asked = json!({"undated": {"missing": {"field": field}}});
        if let (Some(members), false) = (asked.as_object_mut(), ranges.is_empty()) {
            let range =
                json!({"date_range": {"field": field, "format": "epoch_millis", "ranges": ranges}});
            members.insert("bars".to_owned(), range);
        }
        let found = self.count(asked).await?;
        let number = |value: Option<&Value>| {
            let number = value.and_then(Value::as_u64).unwrap_or_default();
            usize::try_from(number).unwrap_or(usize::MAX)
        };
        let buckets = found.aggregations.pointer("/bars/buckets").and_then(Value::as_array);
        let counts = buckets.into_iter().flatten().map(|bucket| number(bucket.get("doc_count")));
        let each = spans.into_iter().zip(counts);
        let bars: Vec<_> =
            each.map(|((from, to), count)| Bar { from: *from, to: *to, count }).collect();
        let undated = number(found.aggregations.pointer("/undated/doc_count"));
        let inside: usize = bars.iter().map(|bar| bar.count).sum();
        let all = usize::try_from(found.total).unwrap_or(usize::MAX);
        Ok(Histogram { step, bars, outside: all.saturating_sub(inside + undated), undated })
    }
}

/// What matches, and aggregations over all of it.
pub(super) async fn aggregated(
    cluster: &Cluster,
    question: &Question,
    aggregations: Value,
    deadline: Instant,
) -> Result<Searched, Stop> {
    let query = question.condition_sent().ok_or(Stop::Unsaid)?;
    let body = json!({"query": query, "size": 0, "track_total_hits": true, "aggs": aggregations});
    let within = Within::Index(&cluster.0.alias);
    Ok(cluster.0.client.search(within, body.to_string(), deadline).await?)
}

fn terms(field: &str) -> Value {
    json!({"terms": {"field": field, "size": MOST_VALUES, "shard_size": MOST_VALUES}})
}

/// The values in elements of lists, each with the number of messages that have such elements.
fn messages(field: &str) -> Value {
    let mut asked = terms(field);
    if let Some(members) = asked.as_object_mut() {
        members.insert("aggs".to_owned(), json!({"messages": {"reverse_nested": {}}}));
    }
    asked
}

/// An aggregation over the elements of a list.
pub(super) fn nested(path: &str, inner: &Value) -> Value {
    json!({"nested": {"path": path}, "aggs": {"facet": inner}})
}

/// An aggregation over the places that may be seen.
pub(super) fn of_places(question: &Question, inner: &Value) -> Value {
    let seen = match &question.known.mailboxes {
        None => json!({"match_all": {}}),
        Some(names) => json!({"terms": {"places.mailbox": names}}),
    };
    nested("places", &json!({"filter": seen, "aggs": {"facet": inner}}))
}

fn dates(interval: &str, format: &str, zone: &TimeZone) -> Value {
    let zone = match zone.iana_name() {
        Some(name) => name.to_owned(),
        None => {
            zone.to_fixed_offset().map_or_else(|_| "UTC".to_owned(), |offset| offset.to_string())
        }
    };
    json!({"date_histogram": {
        "field": InstantField::Received.path(), "calendar_interval": interval, "format": format,
        "time_zone": zone, "min_doc_count": 1,
    }})
}

/// The values that were counted, and whether there are others.
struct Values {
    counted: Vec<Counted>,
    others: bool,
}

/// The buckets, however deep they lie.
fn values(aggregations: &Value) -> Option<Values> {
    let facet = aggregations.get("facet")?;
    let Some(buckets) = facet.get("buckets").and_then(Value::as_array) else {
        return values(facet);
    };
    let number = |value: Option<&Value>| value.and_then(Value::as_u64);
    let counted = buckets.iter().map(|bucket| {
        let text = bucket.get("key_as_string").or_else(|| bucket.get("key"))?.as_str()?;
        let all = number(bucket.pointer("/messages/doc_count"));
        let count = all.or_else(|| number(bucket.get("doc_count")))?;
        Some(Counted { value: text.to_owned(), count: usize::try_from(count).ok()? })
    });
    let others = number(facet.get("sum_other_doc_count")).unwrap_or_default() > 0;
    Some(Values { counted: counted.collect::<Option<_>>()?, others })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_at_any_depth() {
        let answer = json!({"facet": {"doc_count": 9, "facet": {"facet": {
            "sum_other_doc_count": 0,
            "buckets": [{"key": "ann", "doc_count": 5, "messages": {"doc_count": 3}}],
        }}}});
        let read = values(&answer).unwrap();
        assert_eq!(
            (read.counted, read.others),
            (vec![Counted { value: "ann".into(), count: 3 }], false)
        );
        let dates =
            json!({"facet": {"buckets": [{"key": 5, "key_as_string": "2024", "doc_count": 2}]}});
        assert_eq!(values(&dates).unwrap().counted, [Counted { value: "2024".into(), count: 2 }]);
        assert!(values(&json!({"facet": 5})).is_none());
    }
}
