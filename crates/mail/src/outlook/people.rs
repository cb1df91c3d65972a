//! Who sent an item and who gets it.

use postern_query::{Message, Recipient};

use super::OutlookItem;
use super::properties::Properties;

/// The numbers of the properties that a person has in some role.
struct Role {
    name: u16,
    address: u16,
    smtp: u16,
}

/// On whose behalf, then who really sent it.
const SENDERS: [Role; 2] = [
    Role { name: 0x0042, address: 0x0065, smtp: 0x5d02 },
    Role { name: 0x0c1a, address: 0x0c1f, smtp: 0x5d01 },
];
const RECIPIENT: Role = Role { name: 0x3001, address: 0x3003, smtp: 0x39fe };

/// To, Cc or Bcc.
const RECIPIENT_TYPE: u16 = 0x0c15;

/// Puts sender and recipients into the message, where the item knows them; the headers that came
/// with it may know more.
pub(super) fn fill(message: &mut Message, item: &OutlookItem) {
    if let Some(sender) = sender(&item.properties) {
        if is_whole(&sender) || message.from_address.is_none() {
            message.from_address = sender.address.or(message.from_address.take());
        }
        message.from_name = sender.name.or(message.from_name.take());
    }
    let of = |kinds: &[i64]| recipients(item, kinds);
    for (kinds, recipients) in [
        (&[0, 1][..], &mut message.to_recipients),
        (&[2], &mut message.cc_recipients),
        (&[3], &mut message.bcc_recipients),
    ] {
        let found = of(kinds);
        if !found.is_empty() && (recipients.is_empty() || found.iter().all(is_whole)) {
            *recipients = found;
        }
    }
}

/// On whose behalf it was sent; who really sent it only where that one has no whole address.
pub(super) fn sender(properties: &Properties) -> Option<Recipient> {
    let senders = SENDERS.iter().filter_map(|role| person(properties, role));
    senders.min_by_key(|one| !is_whole(one))
}

fn is_whole(person: &Recipient) -> bool {
    person.address.as_deref().is_some_and(|address| address.contains('@'))
}

fn recipients(item: &OutlookItem, kinds: &[i64]) -> Vec<Recipient> {
    // Above the low bits are flags, such as that of a copy that was sent already.
    let is = |one: &&Properties| kinds.contains(&(one.number(RECIPIENT_TYPE).unwrap_or(1) & 0xf));
    let people = item.recipients.iter().filter(is).filter_map(|one| person(one, &RECIPIENT));
    people.filter(|person| person.address.is_some()).collect()
}

/// The address of the internet where there is one, else that of Exchange (`/O=…/CN=…`).
fn person(properties: &Properties, role: &Role) -> Option<Recipient> {
    let text = |number| properties.text(number).map(|text| text.trim().to_owned());
    let name = text(role.name).map(unquoted).filter(|name| !name.is_empty());
    let by_name = name.clone().filter(|name| is_address(name));
    let plain = text(role.address).filter(|address| is_address(address));
    let exchange = text(role.address).filter(|address| address.starts_with('/'));
    let address = text(role.smtp).filter(|address| is_address(address));
    let address = address.or(plain).or(by_name).or(exchange);
    (name.is_some() || address.is_some()).then_some(Recipient { name, address })
}

/// Outlook writes `'ann@x.com'` where it knows no name.
fn unquoted(name: String) -> String {
    let inner = name.strip_prefix('\'').and_then(|name| name.strip_suffix('\''));
    inner.map(str::to_owned).unwrap_or(name)
}

fn is_address(text: &str) -> bool {
    !text.starts_with('/') && text.contains('@') && !text.contains(char::is_whitespace)
}
