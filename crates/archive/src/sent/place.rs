//! A place as it is noted.

use postern_query::Place;

type Text = Option<String>;
type Mark = Option<bool>;
/// Source, mailbox, folder, the four marks, item and fragment.
type Row = (Text, Text, Text, Mark, Mark, Mark, Mark, Text, Text);

/// The place as a line of JSON.
pub(super) fn to_text(place: &Place) -> String {
    let Place { source, mailbox, folder, is_read, is_flagged, is_replied, is_draft, .. } = place;
    let (item, fragment) = (&place.item_id, &place.fragment_id);
    let row = (source, mailbox, folder, is_read, is_flagged, is_replied, is_draft, item, fragment);
    // Texts and marks can always be written.
    serde_json::to_string(&row).unwrap_or_default()
}

/// The place that such a line says; nothing of another one.
pub(super) fn from_text(text: &str) -> Option<Place> {
    let row: Row = serde_json::from_str(text).ok()?;
    let (source, mailbox, folder, is_read, is_flagged, is_replied, is_draft, item_id, fragment_id) =
        row;
    Some(Place {
        mailbox,
        folder,
        source,
        is_read,
        is_flagged,
        is_replied,
        is_draft,
        item_id,
        fragment_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back() {
        let place = Place {
            mailbox: Some("a\"b\u{0}".into()),
            folder: Some(String::new()),
            source: None,
            is_read: Some(true),
            is_flagged: None,
            is_replied: Some(false),
            is_draft: None,
            item_id: Some("i".into()),
            fragment_id: Some("f".into()),
        };
        for one in [place, Place::NOWHERE] {
            assert_eq!(from_text(&to_text(&one)), Some(one));
        }
        assert_eq!(from_text("[]"), None);
    }
}
