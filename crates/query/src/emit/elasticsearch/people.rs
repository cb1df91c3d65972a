//! People. Each pattern asks one thing of one person, so the index need not separate persons. It has
//! fields of its own for these patterns, in lower case; see [`super::document`].

use super::text::phrase;
use super::value::{ends_with, of_term, pattern, shaped, term};
use super::{Emitter, Profile, Said, any};
use crate::Span;
use crate::analysis::{name_words, terms};
use crate::emit::Direction;
use crate::emit::Json;
use crate::pattern::Wildcard;
use crate::query::{PersonPattern, Role};

impl Emitter<'_> {
    pub(super) fn person(&mut self, roles: &[Role], pattern: &PersonPattern, span: Span) -> Said {
        if self.profile == Profile::Quickwit && has_name_words(pattern) {
            self.notes.errs(Direction::Either, span, "Quickwit cuts words of names at every character that is neither a letter nor a digit: o'brien is two words to it");
        }
        for role in roles {
            self.left_out(&format!("people.{}", role.name()), span);
        }
        let queries = roles
            .iter()
            .flat_map(|role| in_role(self.profile, &format!("people.{}", role.name()), pattern));
        any(queries.map(Said::filter).collect())
    }
}

/// Whether the pattern searches display names, whose words the analyser cuts.
const fn has_name_words(pattern: &PersonPattern) -> bool {
    match pattern {
        PersonPattern::Words(_) | PersonPattern::NamePhrase(_) | PersonPattern::Shaped(_) => true,
        PersonPattern::Address(_)
        | PersonPattern::Domain(_)
        | PersonPattern::SubDomains(_)
        | PersonPattern::DomainOrLocal(_)
        | PersonPattern::AddressShaped(_) => false,
    }
}

/// Queries. At least one must match.
pub(super) fn in_role(profile: Profile, path: &str, pattern: &PersonPattern) -> Vec<Json> {
    let field = |name: &str| format!("{path}.{name}");
    let name_phrase = |text: &str| phrase(profile, &field("name"), &terms(text), 0);
    match pattern {
        PersonPattern::Address(text) => vec![term(&field("address"), text.as_str())],
        PersonPattern::Domain(text) => vec![term(&field("domain"), text.as_str())],
        PersonPattern::SubDomains(text) => {
            vec![ends_with(&field("domain"), &format!(".{text}"))]
        }
        PersonPattern::DomainOrLocal(text) => {
            vec![term(&field("domain"), text.as_str()), term(&field("local"), text.as_str())]
        }
        PersonPattern::Words(text) => {
            vec![phrase(profile, &field("words"), &name_words(text), 0), name_phrase(text)]
        }
        PersonPattern::NamePhrase(text) => vec![name_phrase(text)],
        PersonPattern::Shaped(shape) => vec![
            not_empty(&field("local"), shape),
            shaped(&field("words"), shape),
            shaped(&field("name"), shape),
        ],
        PersonPattern::AddressShaped(shape) => vec![not_empty(&field("address"), shape)],
    }
}

/// A pattern over a text that is not empty: a person without an address has an empty one in the index.
fn not_empty(field: &str, shape: &Wildcard) -> Json {
    if !shape.matches("") {
        return shaped(field, shape);
    }
    // Only a lone `*` matches the empty text.
    of_term("wildcard", field, format!("?{}", pattern(shape)))
}
