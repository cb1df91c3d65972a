//! The texts of a message as readers see them.

use std::borrow::Cow;

use postern_query::letters::as_seen;
use postern_query::{Attachment, Message, Recipient};

/// Makes each letter one piece, and drops characters that nobody sees.
pub(crate) fn message(message: &mut Message) {
    // The body is seen before it is cut.
    let own = [&mut message.subject, &mut message.from_name, &mut message.from_address];
    own.into_iter().for_each(text);
    let lists =
        [&mut message.to_recipients, &mut message.cc_recipients, &mut message.bcc_recipients];
    lists.into_iter().flatten().for_each(person);
    message.attachments.iter_mut().chain(&mut message.other_parts).for_each(file);
    message.categories.iter_mut().for_each(whole);
    for place in &mut message.places {
        text(&mut place.folder);
    }
}

fn person(person: &mut Recipient) {
    text(&mut person.name);
    text(&mut person.address);
}

fn file(file: &mut Attachment) {
    text(&mut file.name);
    text(&mut file.text);
}

fn text(text: &mut Option<String>) {
    text.iter_mut().for_each(whole);
}

fn whole(text: &mut String) {
    if let Cow::Owned(seen) = as_seen(text) {
        *text = seen;
    }
}

#[cfg(test)]
mod tests {
    use crate::parse;
    use postern_query::Place;

    #[test]
    fn letters_in_pieces_and_what_nobody_sees() {
        let raw =
            "From: A\u{308}rne <a@x.org>\nSubject: pass\u{ad}age\n\nPru\u{308}f\u{200b}bericht";
        let message =
            parse(raw.as_bytes(), &Place { folder: Some("u\u{308}".into()), ..Place::NOWHERE });
        assert_eq!(message.from_name.as_deref(), Some("Ärne"));
        assert_eq!(message.subject.as_deref(), Some("passage"));
        assert_eq!(message.body.as_deref(), Some("Prüfbericht"));
        assert_eq!(message.place().folder.as_deref(), Some("ü"));
    }
}
