//! Values of `from:`, `to:` and other operators for people.

use super::value::{Value, fault, list};
use crate::analysis::{lower_case, terms};
use crate::pattern::Wildcard;
use crate::query::PersonPattern;
use crate::syntax::postern::Term;
use crate::{Code, Error};

/// The values of a term, without the angle brackets around addresses.
pub(crate) fn values<'t>(term: &Term<'t>) -> Result<Vec<Value<'t>>, Error> {
    let mut values = list(term)?;
    for value in values.iter_mut().filter(|value| !value.quoted) {
        if value.text.contains(['<', '>']) {
            value.text = value.text.trim_matches(['<', '>']).to_owned().into();
        }
    }
    Ok(values)
}

/// The patterns over people for one value of a list. A domain has two forms, and both are searched
/// ([RFC 5890](https://www.rfc-editor.org/rfc/rfc5890#section-2.3.2.4), 2.3.2.4).
pub(crate) fn pattern(value: &Value<'_>, own: &[String]) -> Result<Vec<PersonPattern>, Error> {
    let text = lower_case(&value.text);
    if text == "me" && !value.quoted {
        return me(own, value);
    }
    let read = if value.quoted { quoted } else { bare };
    let first = read(&text, value)?;
    let other = other_form(&text).map(|text| read(&text, value)).transpose()?;
    Ok(std::iter::once(first).chain(other).collect())
}

/// The text with its domain in Unicode instead of `xn--`, or the other way round.
fn other_form(text: &str) -> Option<String> {
    let domain = text.rsplit_once('@').map_or(text, |(_, domain)| domain);
    let domain = domain.strip_prefix("*.").unwrap_or(domain);
    let is_domain = domain.contains('.') && !domain.contains(char::is_whitespace);
    let is_encoded = || domain.split('.').any(|label| label.starts_with("xn--"));
    if !is_domain || (domain.is_ascii() && !is_encoded()) || Wildcard::is_pattern(domain) {
        return None;
    }
    let other = match domain.is_ascii() {
        true => Some(idna::domain_to_unicode(domain)).filter(|(_, read)| read.is_ok())?.0,
        false => idna::domain_to_ascii(domain).ok()?,
    };
    let start = text.strip_suffix(domain)?;
    (other != domain).then(|| format!("{start}{other}"))
}

fn quoted(text: &str, value: &Value<'_>) -> Result<PersonPattern, Error> {
    if text.contains('@') && !text.contains(char::is_whitespace) {
        return address(text, value);
    }
    if terms(text).is_empty() {
        return Err(nothing_to_find(value));
    }
    Ok(PersonPattern::NamePhrase(text.into()))
}

fn me(own: &[String], value: &Value<'_>) -> Result<Vec<PersonPattern>, Error> {
    if own.is_empty() {
        return Err(fault(
            Code::UnknownValue,
            value,
            "no own address is configured, so `me` means nobody",
            "who?",
        )
        .hint("write the address, or configure your own addresses"));
    }
    Ok(own.iter().map(|one| PersonPattern::Address(one.into())).collect())
}

fn bare(text: &str, value: &Value<'_>) -> Result<PersonPattern, Error> {
    if let Some(domain) = text.strip_prefix("*@").or_else(|| text.strip_prefix('@')) {
        let plain = !domain.is_empty() && !domain.contains('@');
        if plain && !Wildcard::is_pattern(domain) {
            return Ok(PersonPattern::Domain(domain.into()));
        }
    }
    if let Some(parent) = text.strip_prefix("*.")
        && parent.contains('.')
        && !Wildcard::is_pattern(parent)
        && !parent.contains('@')
    {
        return Ok(PersonPattern::SubDomains(parent.into()));
    }
    if Wildcard::is_pattern(text) {
        let shape = Wildcard::parse(text);
        return Ok(if text.contains('@') {
            PersonPattern::AddressShaped(shape)
        } else {
            PersonPattern::Shaped(shape)
        });
    }
    if text.contains('@') {
        return address(text, value);
    }
    if terms(text).is_empty() {
        return Err(nothing_to_find(value));
    }
    let dotted = text.contains('.') && !text.starts_with('.') && !text.ends_with('.');
    Ok(if dotted {
        PersonPattern::DomainOrLocal(text.into())
    } else {
        PersonPattern::Words(text.into())
    })
}

fn address(text: &str, value: &Value<'_>) -> Result<PersonPattern, Error> {
    match text.rsplit_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() => {
            Ok(PersonPattern::Address(text.into()))
        }
        Some((local, _)) if !local.is_empty() => Err(fault(
            Code::UnknownValue,
            value,
            "an address has nothing after its @",
            "not a whole address",
        )
        .hint(format!("write {local} for the name alone, or {local}@* for any domain"))),
        Some(_) | None => Err(nothing_to_find(value)),
    }
}

fn nothing_to_find(value: &Value<'_>) -> Error {
    fault(Code::EmptyValue, value, "there is no letter or digit to look for", "nothing to look for")
        .hint("write a name, an address, or @ and a domain")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;

    #[track_caller]
    fn check(text: &str, expected: &PersonPattern) {
        let quoted = text.starts_with('"');
        let text = text.trim_matches('"').into();
        let value = Value { text, quoted, span: Span::default() };
        assert_eq!(pattern(&value, &[]), Ok(vec![expected.clone()]), "{value:?}");
    }

    #[test]
    fn values() {
        check("A.User@Contoso.com", &PersonPattern::Address("a.user@contoso.com".into()));
        check("@contoso.com", &PersonPattern::Domain("contoso.com".into()));
        check("*@contoso.com", &PersonPattern::Domain("contoso.com".into()));
        check("contoso.com", &PersonPattern::DomainOrLocal("contoso.com".into()));
        check("*.contoso.com", &PersonPattern::SubDomains("contoso.com".into()));
        check("Alice", &PersonPattern::Words("alice".into()));
        check("\"Alice Smith\"", &PersonPattern::NamePhrase("alice smith".into()));
        check("ali*", &PersonPattern::Shaped(Wildcard::parse("ali*")));
        check("*@*.gov", &PersonPattern::AddressShaped(Wildcard::parse("*@*.gov")));
    }

    #[test]
    fn domains_in_both_forms() {
        for (text, other) in [
            ("kim@grün.example", Some("kim@xn--grn-ioa.example")),
            ("kim@xn--grn-ioa.example", Some("kim@grün.example")),
            ("@GRÜN.example", Some("@xn--grn-ioa.example")),
            ("*@grün.example", Some("*@xn--grn-ioa.example")),
            ("*.grün.example", Some("*.xn--grn-ioa.example")),
            ("grün.example", Some("xn--grn-ioa.example")),
            ("kim@green.example", None),
            ("grün", None),
            ("@xn--.example", None),
            ("@gr*ün.example", None),
        ] {
            assert_eq!(other_form(&lower_case(text)).as_deref(), other, "{text}");
        }
    }

    #[test]
    fn faults() {
        for (text, code) in [
            ("alice@", Code::UnknownValue),
            ("@", Code::EmptyValue),
            ("me", Code::UnknownValue),
            ("--", Code::EmptyValue),
        ] {
            let value = Value { text: text.into(), quoted: false, span: Span::default() };
            assert_eq!(pattern(&value, &[]).unwrap_err().code, code, "{text}");
        }
    }
}
