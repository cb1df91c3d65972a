//! Messages inside of messages: their text is found with the message around them.

use postern_query::Message;

/// What there is to be found in a message: subject, people, text, and the names and texts of what is
/// in it.
pub(crate) fn text(message: &Message) -> String {
    let people = [&message.to_recipients, &message.cc_recipients, &message.bcc_recipients];
    let people = people.into_iter().flatten().flat_map(|one| [&one.name, &one.address]);
    let files = message.files().flat_map(|file| [&file.name, &file.text]);
    let all = [&message.subject, &message.from_name, &message.from_address]
        .into_iter()
        .chain(people)
        .chain([&message.body])
        .chain(files);
    all.flatten().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join("\n")
}
