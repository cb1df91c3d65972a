//! People as lists of known addresses.

use jiff::Timestamp;
use postern_query::datatap::{FieldCapability, IndexFields, KnownPeople};
use postern_query::{
    Capabilities, Compiled, PersonPattern, Recipient, Role, datatap, evaluate::person_matches,
};

use crate::parse;

const PEOPLE: [(&str, &str); 4] = [
    ("Alice Smith", "Alice@Contoso.com"),
    ("", "alice@contoso.com"),
    ("Bob", "bob@contoso.com"),
    ("O|D;D", "o'd@odd.example"),
];

/// At most three addresses are listed.
fn addresses(_: Role, pattern: &PersonPattern) -> Option<Vec<String>> {
    let meant = PEOPLE.iter().filter(|(name, address)| {
        let (name, address) = (Some((*name).to_owned()), Some((*address).to_owned()));
        person_matches(pattern, &Recipient { name, address })
    });
    let found: Vec<_> = meant.map(|(_, address)| (*address).to_owned()).collect();
    (found.len() <= 3).then_some(found)
}

fn compile(typed: &str, capabilities: &Capabilities) -> Compiled<datatap::Request> {
    let known = KnownPeople { addresses: &addresses, as_of: Timestamp::UNIX_EPOCH };
    datatap::compile_knowing(&parse(typed).unwrap().query, capabilities, &known)
}

#[track_caller]
fn check(capabilities: &Capabilities, typed: &str, filter: &str) {
    let compiled = compile(typed, capabilities);
    let sent = compiled.sent.and_then(|sent| sent.filter).unwrap_or_default();
    assert_eq!(sent, filter, "{typed}");
    let notes: Vec<_> = compiled.notes.iter().map(|note| note.message.as_str()).collect();
    assert_eq!(notes, ["addresses known as of 1970-01-01"], "{typed}");
}

#[test]
fn a_chain_of_addresses() {
    let documented = Capabilities::default();
    let check = |typed, filter| check(&documented, typed, filter);
    check("from:bob", "fromAddress eq 'bob@contoso.com'");
    check("from:alice", "fromAddress eq 'Alice@Contoso.com' or fromAddress eq 'alice@contoso.com'");
    check(
        "to:@contoso.com",
        "toRecipients/any(r: r/address eq 'Alice@Contoso.com' or r/address eq 'alice@contoso.com' or r/address eq 'bob@contoso.com')",
    );
    check(
        "from:alice@contoso.com",
        "fromAddress eq 'Alice@Contoso.com' or fromAddress eq 'alice@contoso.com'",
    );
    check("from:carol@contoso.com", "fromAddress eq 'carol@contoso.com'");
    check("-from:odd.example", "fromAddress ne 'o''d@odd.example'");
}

#[test]
fn a_list_of_addresses_where_functions_pass() {
    let functions = Capabilities { search_functions: true, ..Capabilities::default() };
    check(
        &functions,
        "from:alice",
        "search.in(fromAddress, 'Alice@Contoso.com|alice@contoso.com', '|')",
    );
    check(
        &functions,
        "recipients:alice",
        "toRecipients/any(r: search.in(r/address, 'Alice@Contoso.com|alice@contoso.com', '|')) or ccRecipients/any(r: search.in(r/address, 'Alice@Contoso.com|alice@contoso.com', '|')) or bccRecipients/any(r: search.in(r/address, 'Alice@Contoso.com|alice@contoso.com', '|'))",
    );
    let lower = Capabilities { lower_case_addresses: true, ..functions };
    check(&lower, "from:alice", "fromAddress eq 'alice@contoso.com'");
}

/// Too many, nobody known, a list too long for a request: then words, and else nothing.
#[test]
fn the_next_way() {
    let word = FieldCapability { searchable: true, filterable: true, ..FieldCapability::default() };
    let fields: IndexFields =
        ["fromName", "fromAddress"].into_iter().map(|path| (path.to_owned(), word)).collect();
    let words = Capabilities { fields, ..Capabilities::default() };
    let query = |typed: &str, capabilities: &Capabilities| {
        compile(typed, capabilities).sent.and_then(|sent| sent.query)
    };
    assert_eq!(query("from:carol", &words).as_deref(), Some("fromName:carol OR fromAddress:carol"));
    let short = Capabilities { url_budget: 60, ..words.clone() };
    assert_eq!(query("from:alice", &words), None);
    assert_eq!(query("from:alice", &short).as_deref(), Some("fromName:alice OR fromAddress:alice"));
    assert!(query("from:*@*", &words).is_none(), "four are too many");
    for typed in ["from:carol", "from:*@*"] {
        assert_eq!(compile(typed, &Capabilities::default()).sent, None, "{typed}");
    }
}
