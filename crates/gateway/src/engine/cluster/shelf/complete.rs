//! Values of the index that begin with what was typed: [`Suggestion`] as the local index makes it.
//!
//! A first question finds candidates. What each is written like, and in how many messages, is a question of its
//! own: only for values that are named do all shards say their counts.

use std::collections::BTreeSet;

use postern_archive::search::{Completion, Suggestion};
use postern_query::analysis::lower_case;
use postern_query::schema::{ATTACHMENTS, CATEGORIES, StringField};
use postern_query::{PeopleField, Role};
use serde_json::{Map, Value, json};

use super::super::outcome::Stop;
use super::super::{Cluster, Question, counts};

/// Values of a field that are looked at.
const CANDIDATES: usize = 1_000;
/// Values that each shard looks at.
const OF_SHARD: usize = 20_000;
/// Spellings of a value that are told apart.
const SPELLINGS: usize = 100;
/// Characters that a pattern of the engine is made of (`index.max_regex_length` is 1,000).
const LONGEST_PATTERN: usize = 400;

/// The most frequent values in what the question finds.
pub(super) async fn of(
    cluster: &Cluster,
    question: &Question,
    completion: Completion<'_>,
    (typed, most): (&str, usize),
) -> Result<Vec<Suggestion>, Stop> {
    let (fields, typed) = (fields(completion), lower_case(typed));
    let candidates = fields.iter().map(|field| field.around(&candidates(field, &typed), question));
    let found = ask(cluster, question, candidates).await?;
    let named = fields.iter().zip(&found).map(|(field, said)| {
        let values: BTreeSet<_> = buckets(said).filter_map(key).collect();
        field.around(&spellings(field, &values), question)
    });
    let found = ask(cluster, question, named).await?;
    let counted = fields.iter().zip(&found).flat_map(|(field, said)| counted(field, said));
    Ok(Suggestion::most_frequent(counted, &typed, most))
}

/// Asks all aggregations at once; each answer stands at the place of its question.
async fn ask(
    cluster: &Cluster,
    question: &Question,
    asked: impl Iterator<Item = Value>,
) -> Result<Vec<Value>, Stop> {
    let asked: Map<_, _> = asked.enumerate().map(|(at, asked)| (format!("{at}"), asked)).collect();
    let count = asked.len();
    let deadline = cluster.0.client.deadline();
    let mut found = counts::aggregated(cluster, question, Value::Object(asked), deadline).await?;
    let mut said =
        |at: usize| found.aggregations.get_mut(at.to_string()).map(Value::take).unwrap_or_default();
    Ok((0..count).map(&mut said).collect())
}

/// Where values stand.
struct Field {
    /// The list that they are in, whose elements are counted one by one.
    list: Option<&'static str>,
    path: String,
    /// The field has the values in lower case beside those that were written.
    has_lower: bool,
}

impl Field {
    fn written(list: Option<&'static str>, path: impl Into<String>) -> Self {
        Self { list, path: path.into(), has_lower: true }
    }

    /// One whose values are in lower case.
    fn lower(list: Option<&'static str>, path: impl Into<String>) -> Self {
        Self { list, path: path.into(), has_lower: false }
    }

    fn of(field: StringField) -> Self {
        if field.is_of_place() {
            return Self::written(Some(PLACES), format!("{PLACES}.{}", field.path()));
        }
        Self::written(None, field.path())
    }

    /// The path of the values in lower case.
    fn lower_path(&self) -> String {
        if self.has_lower { format!("{}.lower", self.path) } else { self.path.clone() }
    }

    /// The aggregation over the elements that may be seen.
    fn around(&self, inner: &Value, question: &Question) -> Value {
        match self.list {
            None => inner.clone(),
            Some(PLACES) => counts::of_places(question, inner),
            Some(list) => counts::nested(list, inner),
        }
    }
}

/// The list of the places of a message.
const PLACES: &str = "places";

fn fields(completion: Completion<'_>) -> Vec<Field> {
    let of_people = |roles: &[Role], member: fn(Role) -> Option<Field>| {
        roles.iter().filter_map(|role| member(*role)).collect()
    };
    match completion {
        Completion::Address(roles) => of_people(roles, address),
        Completion::Name(roles) => of_people(roles, name),
        Completion::Domain(roles) => of_people(roles, domain),
        Completion::Folder => vec![Field::of(StringField::Folder)],
        Completion::Mailbox => vec![Field::of(StringField::Mailbox)],
        Completion::Category => {
            vec![Field::written(Some(CATEGORIES), format!("{CATEGORIES}.name"))]
        }
        Completion::AttachmentName => {
            vec![Field::written(Some(ATTACHMENTS), format!("{ATTACHMENTS}.name"))]
        }
        Completion::Extension => {
            vec![Field::lower(Some(ATTACHMENTS), format!("{ATTACHMENTS}.extension"))]
        }
        Completion::ListId => vec![Field::of(StringField::ListId)],
        Completion::Source => vec![Field::of(StringField::Source)],
    }
}

fn address(role: Role) -> Option<Field> {
    Some(match role.field() {
        PeopleField::Sender => Field::of(StringField::FromAddress),
        PeopleField::List(list) => {
            Field::written(Some(list.path()), format!("{}.address", list.path()))
        }
        PeopleField::Header(_) => Field::lower(None, format!("people.{}.address", role.name())),
        PeopleField::Mailbox => Field::of(StringField::Mailbox),
    })
}

fn name(role: Role) -> Option<Field> {
    match role.field() {
        PeopleField::Sender => Some(Field::of(StringField::FromName)),
        PeopleField::List(list) => {
            Some(Field::written(Some(list.path()), format!("{}.name", list.path())))
        }
        PeopleField::Header(_) | PeopleField::Mailbox => None,
    }
}

/// Whose a mailbox is, is said by its name.
fn domain(role: Role) -> Option<Field> {
    (role != Role::Owner).then(|| Field::lower(None, format!("people.{}.domain", role.name())))
}

/// The most frequent values that begin so.
fn candidates(field: &Field, typed: &str) -> Value {
    let mut asked =
        json!({"field": field.lower_path(), "size": CANDIDATES, "shard_size": OF_SHARD});
    if let (Some(members), false) = (asked.as_object_mut(), typed.is_empty()) {
        members.insert("include".to_owned(), pattern(typed).into());
    }
    json!({ "terms": asked })
}

/// A regular expression of the engine for what begins so.
fn pattern(typed: &str) -> String {
    let mut pattern = String::new();
    for c in typed.chars().take(LONGEST_PATTERN) {
        if c.is_ascii() && !c.is_ascii_alphanumeric() {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    // A point stands for no end of a line.
    pattern + "(.|\\\n|\\\r)*"
}

/// How these values are written, and in how many messages.
fn spellings(field: &Field, values: &BTreeSet<&str>) -> Value {
    let messages = match field.list {
        None => json!({}),
        Some(_) => json!({"messages": {"reverse_nested": {}}}),
    };
    // Of no values the engine knows no list. An empty one is no suggestion.
    let named: Vec<_> = values.iter().copied().chain([""]).collect();
    let terms = json!({"field": field.lower_path(), "include": named, "size": named.len()});
    let mut asked = json!({ "terms": terms });
    let inner = if field.has_lower {
        let spelled = json!({"field": field.path, "size": SPELLINGS});
        json!({"spellings": {"terms": spelled, "aggs": messages}})
    } else {
        messages
    };
    if let Some(members) = asked.as_object_mut() {
        members.insert("aggs".to_owned(), inner);
    }
    asked
}

/// Each spelling with the number of messages that have it.
fn counted(field: &Field, said: &Value) -> Vec<(String, usize)> {
    let one = |bucket: &Value| {
        let all = bucket.pointer("/messages/doc_count").or_else(|| bucket.get("doc_count"))?;
        Some((key(bucket)?.to_owned(), usize::try_from(all.as_u64()?).ok()?))
    };
    let values = buckets(said);
    if !field.has_lower {
        return values.filter_map(one).collect();
    }
    let spelled = values.filter_map(|value| value.pointer("/spellings/buckets")?.as_array());
    spelled.flatten().filter_map(one).collect()
}

/// The buckets, however deep they lie.
fn buckets(said: &Value) -> impl Iterator<Item = &Value> {
    let inner = std::iter::successors(Some(said), |said| said.get("facet"));
    inner.filter_map(|said| said.get("buckets")?.as_array()).flatten()
}

fn key(bucket: &Value) -> Option<&str> {
    bucket.get("key")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_no_pattern() {
        for (typed, expected) in [
            ("ali", "ali(.|\\\n|\\\r)*"),
            ("a.b*\"<@x>", "a\\.b\\*\\\"\\<\\@x\\>(.|\\\n|\\\r)*"),
            ("é~", "é\\~(.|\\\n|\\\r)*"),
        ] {
            assert_eq!(pattern(typed), expected, "{typed}");
        }
        assert!(pattern(&".".repeat(5_000)).len() < 1_000);
    }

    #[test]
    fn spellings_are_read_at_any_depth() {
        let spelled = |key: &str, count| json!({"key": key, "doc_count": 9, "messages": {"doc_count": count}});
        let said = json!({"facet": {"facet": {"buckets": [
            {"key": "ann", "doc_count": 5, "spellings": {"buckets": [spelled("Ann", 3), spelled("ann", 1)]}},
        ]}}});
        let list = Field::of(StringField::Folder);
        assert_eq!(counted(&list, &said), [("Ann".to_owned(), 3), ("ann".to_owned(), 1)]);
        let plain = json!({"buckets": [{"key": "pdf", "doc_count": 2}]});
        assert_eq!(counted(&Field::lower(None, "x"), &plain), [("pdf".to_owned(), 2)]);
        assert_eq!(counted(&list, &json!({"facet": 5})), []);
    }
}
