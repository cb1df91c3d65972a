//! Stored documents back to messages.

use postern_query::Message;
use tantivy::schema::document::{DeserializeError, DocumentDeserialize, DocumentDeserializer};
use tantivy::store::StoreReader;
use tantivy::{DocAddress, DocId, Searcher};

use super::{schema, stored};
use crate::Error;

/// How a message is read by its address.
pub(crate) type Read = fn(&Searcher, DocAddress) -> Result<Message, Error>;

/// A message without its body.
///
/// # Errors
///
/// When it cannot be read.
pub(crate) fn without_body(messages: &StoreReader, document: DocId) -> Result<Message, Error> {
    let Head(text) = messages.get(document)?;
    message(&text)
}

/// The same by its address.
///
/// # Errors
///
/// When it cannot be read.
pub(crate) fn head(searcher: &Searcher, address: DocAddress) -> Result<Message, Error> {
    let Head(text) = searcher.doc(address)?;
    message(&text)
}

/// A whole message.
///
/// # Errors
///
/// When it cannot be read.
pub(crate) fn whole(searcher: &Searcher, address: DocAddress) -> Result<Message, Error> {
    let Whole { text, body } = searcher.doc(address)?;
    Ok(Message { body, ..message(&text)? })
}

fn message(text: &str) -> Result<Message, Error> {
    stored::from_text(text).ok_or_else(|| Error::Corrupt("a message does not read back".into()))
}

/// The first stored field of a document.
struct Head(String);

impl DocumentDeserialize for Head {
    fn deserialize<'de, D>(mut fields: D) -> Result<Self, DeserializeError>
    where
        D: DocumentDeserializer<'de>,
    {
        Ok(Self(fields.next_field()?.map(|(_, text)| text).unwrap_or_default()))
    }
}

/// Every stored field of a document.
#[derive(Default)]
struct Whole {
    text: String,
    body: Option<String>,
}

impl DocumentDeserialize for Whole {
    fn deserialize<'de, D>(mut fields: D) -> Result<Self, DeserializeError>
    where
        D: DocumentDeserializer<'de>,
    {
        let mut whole = Self::default();
        while let Some((field, value)) = fields.next_field::<String>()? {
            // In a former format the body lay elsewhere.
            if field == schema::MESSAGE {
                whole.text = value;
            } else {
                whole.body = Some(value);
            }
        }
        Ok(whole)
    }
}
