//! A message of a page, written once.

use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::MessageView;

/// One message of a page. A page has no more bytes than fit into it: where they are counted, the message is written,
/// and its text is a part of the answer.
#[derive(Clone, Debug)]
pub struct ResultView(Form);

#[derive(Clone, Debug)]
enum Form {
    Written { id: Option<String>, json: Box<RawValue> },
    Said(Box<MessageView>),
}

impl ResultView {
    /// The message as JSON, and how many bytes that is.
    pub(crate) fn written(view: MessageView) -> (Self, usize) {
        match to_raw_value(&view) {
            Ok(json) => {
                let (id, bytes) = (view.id().map(str::to_owned), json.get().len());
                (Self(Form::Written { id, json }), bytes)
            }
            // Text, numbers and lists of them can always be written.
            Err(_) => (view.into(), 0),
        }
    }

    /// The message where it is not written yet.
    pub(crate) fn view_mut(&mut self) -> Option<&mut MessageView> {
        match &mut self.0 {
            Form::Written { .. } => None,
            Form::Said(view) => Some(view),
        }
    }

    /// The id, where the engine gave one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match &self.0 {
            Form::Written { id, .. } => id.as_deref(),
            Form::Said(view) => view.id(),
        }
    }
}

impl From<MessageView> for ResultView {
    fn from(view: MessageView) -> Self {
        Self(Form::Said(Box::new(view)))
    }
}

impl Serialize for ResultView {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Form::Written { json, .. } => json.serialize(to),
            Form::Said(view) => view.serialize(to),
        }
    }
}

#[cfg(test)]
mod tests {
    use postern_query::Message;

    use super::*;

    #[test]
    fn a_message_is_the_same_written_early_or_late() {
        let message = Message {
            id: "é\"1".into(),
            subject: Some("a\u{1}b</script>".into()),
            ..Message::default()
        };
        let view = MessageView::listed(&message);
        let late = ResultView::from(view.clone());
        let (early, bytes) = ResultView::written(view);
        let [early_text, late_text] =
            [&early, &late].map(|one| serde_json::to_string(one).unwrap());
        assert_eq!((&early_text, bytes), (&late_text, late_text.len()));
        assert_eq!((early.id(), late.id()), (Some("é\"1"), Some("é\"1")));
    }
}
