//! What tells one `.msg` file from another, and whether it is whole.

use jiff::Timestamp;

use super::{fields, msg, people};

/// What a `.msg` file says first of its item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The subject.
    pub subject: Option<String>,
    /// The name of who sent it.
    pub from_name: Option<String>,
    /// The address of who sent it.
    pub from_address: Option<String>,
    /// When it was sent, to the millisecond.
    pub sent: Option<Timestamp>,
    /// When it arrived, to the millisecond.
    pub received: Option<Timestamp>,
}

/// The outline of a `.msg` file; nothing where that is cut off, damaged or something else.
///
/// ```
/// assert_eq!(postern_mail::outline(b"<html>Please sign in</html>"), None);
/// ```
#[must_use]
pub fn outline(raw: &[u8]) -> Option<Outline> {
    let properties = msg::is_whole(raw).then(|| msg::properties(raw))??;
    let sender = people::sender(&properties);
    let (from_name, from_address) = sender.map_or((None, None), |one| (one.name, one.address));
    Some(Outline {
        subject: properties.text(fields::SUBJECT).map(fields::without_mark),
        from_name,
        from_address,
        sent: properties.time(fields::SUBMITTED),
        received: properties.time(fields::DELIVERED),
    })
}
