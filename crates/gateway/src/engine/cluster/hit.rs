//! A document of a page as a message that is listed.

use std::time::Instant;

use postern_archive::search::{Hit, Scope, Snippet, snippet};
use postern_query::evaluate::evaluate_at;
use postern_query::schema::TextField;
use postern_query::{Attachment, Located, Message, Predicate};
use postern_upstream::cluster::{ClusterHit, ClusterProblem};
use serde_json::Value;

use super::{Cluster, Question};
use crate::stored;
use crate::wire::MessageView;

/// What is read of a document to tell at which of its places it matches.
const TEXTS: &str = "body,attachmentTexts";
/// The text of all files of a message.
const FILES: &str = "attachmentTexts";

/// The message as it is listed.
pub(super) async fn view(
    cluster: &Cluster,
    question: &Question,
    document: ClusterHit,
    highlight: bool,
    deadline: Instant,
) -> Result<MessageView, ClusterProblem> {
    let hit = of(cluster, question, document, highlight, deadline).await?;
    let message = Message { body: None, ..hit.message };
    Ok(MessageView::from(&Hit { message, ..hit }))
}

/// The message with the places that may be seen, and the number of the one at which it matches.
pub(super) async fn of(
    cluster: &Cluster,
    question: &Question,
    document: ClusterHit,
    highlight: bool,
    deadline: Instant,
) -> Result<Hit, ClusterProblem> {
    let message = stored::message(&document.source);
    let scope = match &question.known.mailboxes {
        None => Scope::All,
        Some(names) => Scope::Mailboxes(names.clone()),
    };
    // It was found at a place that may be seen.
    let message = message.seen_at(|place| scope.shows(place)).unwrap_or_default();
    let place = place(cluster, question, &message, deadline).await?;
    let snippet = if highlight {
        let seen = (&message, place);
        Some(marked((cluster, question), &document.source, seen, deadline).await?)
    } else {
        None
    };
    #[expect(clippy::cast_possible_truncation, reason = "the engine scores with as many bits")]
    let score =
        document.score.filter(|_| question.query.is_scored()).map_or(1.0, |score| score as f32);
    Ok(Hit { score, message, place, snippet })
}

/// Where it matches. The texts of its files are read where words are looked for in them.
async fn marked(
    (cluster, question): (&Cluster, &Question),
    document: &Value,
    (message, place): (&Message, usize),
    deadline: Instant,
) -> Result<Snippet, ClusterProblem> {
    let is_inside = |leaf: &Located<Predicate>| match &leaf.value {
        Predicate::Text(test) => test.fields.contains(&TextField::AttachmentText),
        _ => false,
    };
    let query = &question.query;
    if !stored::has_texts(document) || !query.condition().has_positive(&is_inside) {
        return Ok(snippet(query, message, place));
    }
    let index = &cluster.0;
    let texts = index.client.members(&index.alias, &message.id, FILES, deadline).await?;
    let mut whole = message.clone();
    let joined = texts.get(FILES).and_then(Value::as_str).unwrap_or_default();
    stored::put_texts(&mut whole, document, joined);
    Ok(snippet(query, &whole, place))
}

/// The number of the place at which it matches. The texts of a message are read where they have a say in it.
async fn place(
    cluster: &Cluster,
    question: &Question,
    message: &Message,
    deadline: Instant,
) -> Result<usize, ClusterProblem> {
    let condition = question.query.condition();
    let is_asked = condition.has_positive(&|leaf| leaf.value.is_of_place());
    if message.places.len() < 2 || !is_asked {
        return Ok(0);
    }
    let index = &cluster.0;
    let texts = index.client.members(&index.alias, &message.id, TEXTS, deadline).await?;
    let whole = with_texts(message, &texts);
    let at = whole.places.iter().position(|place| evaluate_at(condition, &whole, place));
    Ok(at.unwrap_or_default())
}

/// The message with its body, and the texts of its files in one.
fn with_texts(message: &Message, texts: &Value) -> Message {
    let text = |name: &str| texts.get(name).and_then(Value::as_str).map(str::to_owned);
    let files = Attachment { text: text("attachmentTexts"), ..Attachment::default() };
    let other_parts = message.other_parts.iter().cloned().chain([files]).collect();
    Message { body: text("body"), other_parts, ..message.clone() }
}
