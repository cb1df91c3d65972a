//! The people of a header, however it is written.
//!
//! Senders break every rule of RFC 5322, 3.4: commas in names without quotes, quotes and brackets that do not
//! end, no comma between two people. Every whole address is found, the words of a name are kept, and nothing
//! is made of what is not there.

mod address;
mod token;

use postern_query::Recipient;

use self::address::Inside;
use self::token::{Kind, Token};
use super::words;

/// Whose header it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// One person, so words before commas are parts of the name.
    Sender,
    /// A list, so a word in small letters between commas can be a user of the sender's own machine.
    Recipient,
}

/// The people of a header of one line, in order.
pub(super) fn read(text: &str, role: Role) -> Vec<Recipient> {
    let people = read_once(text, role);
    // The whole list is encoded, against RFC 2047, 5.
    let is_encoded = text.contains("=?") && !people.iter().any(has_address);
    match is_encoded.then(|| words::decode(text.as_bytes())) {
        Some(decoded) if decoded.contains('@') => read_once(&decoded, role),
        Some(_) | None => people,
    }
}

/// The phrases of a header, such as `Keywords`, between commas that stand in no quotes and no encoded word.
pub(super) fn phrases(text: &str) -> Vec<String> {
    let phrases = token::between_commas(text).into_iter().map(|phrase| {
        let inner = phrase.strip_prefix('"').and_then(|phrase| phrase.strip_suffix('"'));
        words::decode(inner.map_or(phrase.to_owned(), unescaped).as_bytes()).trim().to_owned()
    });
    phrases.filter(|phrase| !phrase.is_empty()).collect()
}

fn has_address(person: &Recipient) -> bool {
    person.address.as_deref().is_some_and(address::is_address)
}

fn read_once(text: &str, role: Role) -> Vec<Recipient> {
    let tokens = token::tokens(text);
    let mut list = List { role, waiting: Vec::new(), people: Vec::new() };
    let last_semicolon = tokens.iter().rposition(|token| token.kind == Kind::Semicolon);
    let is_end = |token: &Token<'_>| matches!(token.kind, Kind::Comma | Kind::Semicolon);
    let mut start = 0;
    for entry in tokens.split_inclusive(is_end) {
        let in_group = last_semicolon.and_then(|last| last.checked_sub(start)).unwrap_or_default();
        start += entry.len();
        list.add(members(entry, in_group));
        if entry.last().is_some_and(|token| token.kind == Kind::Semicolon) {
            list.leave();
        }
    }
    list.leave();
    list.people
}

/// The tokens of an entry without the name of a group (RFC 5322, 3.4), which has a semicolon behind it.
fn members<'e, 't>(entry: &'e [Token<'t>], until: usize) -> &'e [Token<'t>] {
    let colon = entry.iter().take(until).rposition(|token| token.kind == Kind::Colon);
    entry.get(colon.map_or(0, |at| at + 1)..).unwrap_or_default()
}

/// Everybody so far.
struct List {
    role: Role,
    /// Those without an address, who may be the beginning of the next one's name.
    waiting: Vec<Draft>,
    people: Vec<Recipient>,
}

impl List {
    fn add(&mut self, entry: &[Token<'_>]) {
        let drafts = drafts(entry);
        for draft in drafts {
            if draft.address.is_none() {
                self.waiting.push(draft);
            } else {
                let name = self.name_before(&draft);
                self.people.extend(draft.person(&name));
            }
        }
    }

    /// The words before the comma in `Archer, Ann <ann@x.org>`.
    fn name_before(&mut self, draft: &Draft) -> String {
        let is_recipient = self.role == Role::Recipient;
        let stands_alone =
            |one: &Draft| !one.comment.is_empty() || is_recipient && one.is_small_user();
        let mut joined = self.waiting.len();
        while !draft.name.is_empty()
            && joined
                .checked_sub(1)
                .and_then(|at| self.waiting.get(at))
                .is_some_and(|one| !stands_alone(one))
        {
            joined -= 1;
        }
        let names = self.waiting.split_off(joined);
        self.leave();
        names.iter().map(|one| format!("{}, ", one.name)).collect()
    }

    /// Whoever waits has no address.
    fn leave(&mut self) {
        let people = std::mem::take(&mut self.waiting).into_iter();
        self.people.extend(people.filter_map(|draft| draft.person("")));
    }
}

/// One person as far as it is known.
#[derive(Debug, Default)]
struct Draft {
    name: String,
    comment: String,
    address: Option<String>,
    /// Whether some of the name was quoted: then it is no user of a machine.
    is_quoted: bool,
}

impl Draft {
    fn push_word(&mut self, word: &str, is_apart: bool) {
        push(&mut self.name, word, is_apart);
    }

    /// One word that can be the name of a user.
    fn is_user(&self) -> bool {
        !self.is_quoted && address::is_plain_user(&self.name) && !self.name.starts_with("=?")
    }

    fn is_small_user(&self) -> bool {
        self.is_user()
            && self.name.is_ascii()
            && !self.name.contains(|c: char| c.is_ascii_uppercase())
    }

    fn person(mut self, before: &str) -> Option<Recipient> {
        if self.address.is_none() && self.is_user() {
            self.address = Some(std::mem::take(&mut self.name));
        }
        let name = match (self.name.is_empty(), self.comment.is_empty()) {
            (true, _) => self.comment,
            (false, true) => self.name,
            (false, false) => format!("{} ({})", self.name, self.comment),
        };
        let name = words::decode(format!("{before}{name}").as_bytes());
        let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
        (name.is_some() || self.address.is_some())
            .then_some(Recipient { name, address: self.address })
    }
}

fn push(out: &mut String, word: &str, is_apart: bool) {
    if is_apart && !out.is_empty() && !word.is_empty() {
        out.push(' ');
    }
    out.push_str(word);
}

/// The people between two commas: one, or several where the comma is missing.
fn drafts(entry: &[Token<'_>]) -> Vec<Draft> {
    let has_angle = entry
        .iter()
        .any(|token| matches!(token.kind, Kind::Angle(inside) if !inside.trim().is_empty()));
    let drafts = if has_angle { with_angles(entry) } else { without_angles(entry) };
    drafts
        .into_iter()
        .filter(|one| one.address.is_some() || !one.name.is_empty() || !one.comment.is_empty())
        .collect()
}

// ---- `Ann Lee <ann@x.org>` ----

fn with_angles(entry: &[Token<'_>]) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut draft = Draft::default();
    for token in entry {
        let Kind::Angle(text) = token.kind else {
            take(&mut draft, token);
            continue;
        };
        match address::inside(text) {
            Inside::Name(name) => draft.push_word(&name, token.is_apart),
            Inside::Addresses(addresses) => drafts.extend(
                addresses
                    .into_iter()
                    .map(|address| Draft { address: Some(address), ..std::mem::take(&mut draft) }),
            ),
        }
    }
    add_rest(&mut drafts, draft);
    drafts
}

/// What stands behind the last address: another one, or words of the name.
fn add_rest(drafts: &mut Vec<Draft>, rest: Draft) {
    let rest_words: Vec<&str> = rest.name.split_whitespace().map(address::unwrapped).collect();
    let found = rest_words.iter().filter(|word| address::is_address(word));
    let more: Vec<Draft> = found
        .map(|word| Draft { address: Some(address::plain(word)), ..Draft::default() })
        .collect();
    match drafts.last_mut() {
        Some(last) if more.is_empty() => {
            push(&mut last.name, &rest.name, true);
            push(&mut last.comment, &rest.comment, true);
        }
        Some(_) => drafts.extend(more),
        None => drafts.push(rest),
    }
}

fn take(draft: &mut Draft, token: &Token<'_>) {
    match token.kind {
        Kind::Word(word) => draft.push_word(word, token.is_apart),
        Kind::Quoted(text) => {
            draft.is_quoted = true;
            draft.push_word(unescaped(text).trim(), token.is_apart);
        }
        Kind::Comment(text) => push(&mut draft.comment, unescaped(text).trim(), true),
        Kind::Colon => draft.push_word(":", token.is_apart),
        Kind::Angle(_) | Kind::Comma | Kind::Semicolon => {}
    }
}

/// Without the backslash before a letter that stands for itself.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

// ---- `ann@x.org (Ann Lee)` ----

fn without_angles(entry: &[Token<'_>]) -> Vec<Draft> {
    if address::is_hidden(typed(entry)) {
        return vec![hidden(entry)];
    }
    let words = words_of(entry);
    let plain: Vec<&str> = words.iter().map(|word| &*word.text).collect();
    if let Some(address) = address::in_words(&plain) {
        return vec![Draft { address: Some(address), comment: comment(entry), ..Draft::default() }];
    }
    let mut drafts: Vec<Draft> = Vec::new();
    let mut draft = Draft::default();
    for word in words {
        let bare = address::unwrapped(&word.text);
        if !word.is_name && address::is_address(bare) {
            drafts
                .push(Draft { address: Some(address::plain(bare)), ..std::mem::take(&mut draft) });
        } else {
            draft.is_quoted |= word.is_name;
            draft.push_word(&word.text, word.is_apart);
        }
    }
    match drafts.last_mut() {
        // Telephone numbers are no names.
        Some(last) if draft.name.contains(char::is_alphabetic) => {
            push(&mut last.name, &draft.name, true);
        }
        Some(_) => {}
        None => drafts.push(draft),
    }
    if let Some(last) = drafts.last_mut() {
        last.comment = comment(entry);
    }
    drafts
}

/// The words outside of quotes and comments.
fn typed<'t>(entry: &[Token<'t>]) -> impl Iterator<Item = &'t str> {
    entry
        .iter()
        .filter_map(|token| if let Kind::Word(word) = token.kind { Some(word) } else { None })
}

/// Somebody whose address is hidden: the name in the comment, else the words as they stand. Either is no
/// beginning of the next one's name.
fn hidden(entry: &[Token<'_>]) -> Draft {
    let name = Some(comment(entry)).filter(|name| !name.is_empty());
    let words = || typed(entry).collect::<Vec<_>>().join(" ");
    Draft { comment: name.unwrap_or_else(words), ..Draft::default() }
}

fn comment(entry: &[Token<'_>]) -> String {
    let mut draft = Draft::default();
    entry
        .iter()
        .filter(|token| matches!(token.kind, Kind::Comment(_)))
        .for_each(|token| take(&mut draft, token));
    draft.comment
}

/// A word, with the blanks gone that stand round its dots and its `@`.
struct Bare {
    text: String,
    /// From between quotes, so it is no address.
    is_name: bool,
    is_apart: bool,
}

fn words_of(entry: &[Token<'_>]) -> Vec<Bare> {
    let mut words: Vec<Bare> = Vec::new();
    for token in entry {
        match token.kind {
            Kind::Word(text) => add_word(&mut words, text, token.is_apart),
            Kind::Quoted(text) => {
                words.push(Bare { text: unescaped(text), is_name: true, is_apart: token.is_apart });
            }
            Kind::Colon => add_colon(&mut words),
            Kind::Comment(_) | Kind::Angle(_) | Kind::Comma | Kind::Semicolon => {}
        }
    }
    words
}

fn add_word(words: &mut Vec<Bare>, text: &str, is_apart: bool) {
    match words.last_mut() {
        // A user in quotes.
        Some(last) if last.is_name && !is_apart && text.starts_with('@') => {
            let quoted = last.text.replace('\\', "\\\\").replace('"', "\\\"");
            (last.text, last.is_name) = (format!("\"{quoted}\"{text}"), false);
        }
        Some(last) if !last.is_name && (!is_apart || is_cut(&last.text, text)) => {
            last.text.push_str(text);
        }
        Some(_) | None => words.push(Bare { text: text.to_owned(), is_name: false, is_apart }),
    }
}

/// Whether a blank stands round a dot or the `@` of an address.
fn is_cut(before: &str, after: &str) -> bool {
    before.ends_with('@')
        || after.starts_with(['@', '.'])
        || before.ends_with('.') && before.contains('@')
}

/// The colon belongs to the word before it, unless that says what kind of address follows.
fn add_colon(words: &mut Vec<Bare>) {
    let is_scheme =
        |word: &Bare| ["mailto", "smtp"].iter().any(|known| word.text.eq_ignore_ascii_case(known));
    if words.last().is_some_and(is_scheme) {
        words.pop();
    } else if let Some(last) = words.last_mut() {
        last.text.push(':');
    }
}

#[cfg(test)]
mod tests;
