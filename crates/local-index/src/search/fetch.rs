//! Stored documents back to messages.

use postern_query::Message;
use postern_query::schema::TextField;
use tantivy::schema::Value as _;
use tantivy::store::StoreReader;
use tantivy::{DocAddress, DocId, Searcher, TantivyDocument};

use super::Error;
use crate::index::{schema, stored};

/// A message without its body.
///
/// # Errors
///
/// When it cannot be read.
pub(crate) fn without_body(messages: &StoreReader, document: DocId) -> Result<Message, Error> {
    message(&messages.get(document)?)
}

/// A whole message.
///
/// # Errors
///
/// When it cannot be read.
pub(crate) fn whole(searcher: &Searcher, address: DocAddress) -> Result<Message, Error> {
    let document: TantivyDocument = searcher.doc(address)?;
    let body = document.get_first(schema::words(TextField::Body));
    let body = body.and_then(|value| value.as_str().map(str::to_owned));
    Ok(Message { body, ..message(&document)? })
}

fn message(document: &TantivyDocument) -> Result<Message, Error> {
    let value = document.get_first(schema::MESSAGE);
    let bytes = value.and_then(|value| value.as_bytes()).unwrap_or_default();
    stored::from_bytes(bytes).map_err(|error| Error::Corrupt(format!("a message: {error}")))
}
