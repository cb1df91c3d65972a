use proptest::prelude::*;

use super::*;

/// Everybody as `name <address>`.
fn shown(text: &str, role: Role) -> String {
    let one = |person: Recipient| match (person.name, person.address) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (None, Some(address)) => format!("<{address}>"),
        (name, None) => name.unwrap_or_default(),
    };
    read(text, role).into_iter().map(one).collect::<Vec<_>>().join(" | ")
}

#[test]
fn people_as_the_standard_has_them() {
    for (text, expected) in [
        ("Ann Lee <ann@x.org>, bob@y.org", "Ann Lee <ann@x.org> | <bob@y.org>"),
        ("\"Lee, Ann\" <ann@x.org>", "Lee, Ann <ann@x.org>"),
        ("\"A \\\"B\\\" C\" <ann@x.org>", "A \"B\" C <ann@x.org>"),
        ("ann@x.org (Ann Lee)", "Ann Lee <ann@x.org>"),
        ("ann@x.org (Ann (home) Lee)", "Ann (home) Lee <ann@x.org>"),
        ("Jim Wilson (VA) <jim@x.org>", "Jim Wilson (VA) <jim@x.org>"),
        (
            "Team: ann@x.org, Bob <bob@y.org>;, cy@z.org",
            "<ann@x.org> | Bob <bob@y.org> | <cy@z.org>",
        ),
        ("undisclosed-recipients:;", ""),
        ("=?utf-8?q?Lee,_Ann?= <ann@x.org>", "Lee, Ann <ann@x.org>"),
        ("\"ann lee\"@x.org", "<\"ann lee\"@x.org>"),
        ("Ann <@a.org,@b.org:ann@x.org>", "Ann <ann@x.org>"),
        ("ann@[192.0.2.1], ann@[IPv6:2001:db8::1]", "<ann@[192.0.2.1]> | <ann@[IPv6:2001:db8::1]>"),
        ("\"Ann at x.org\" <ann@x.org>", "Ann at x.org <ann@x.org>"),
        ("\"bob@y.org\" <ann@x.org>", "bob@y.org <ann@x.org>"),
        ("", ""),
    ] {
        assert_eq!(shown(text, Role::Recipient), expected, "{text}");
    }
}

#[test]
fn commas_quotes_and_brackets_that_break_the_rules() {
    for (text, expected) in [
        // Commas in names.
        ("Archer, Ann <ann@x.org>", "Archer, Ann <ann@x.org>"),
        ("Dock Crew, Leith, North <dc@x.org>", "Dock Crew, Leith, North <dc@x.org>"),
        (
            "Archer, Ann <ann@x.org>, Ray, Bob <bob@y.org>",
            "Archer, Ann <ann@x.org> | Ray, Bob <bob@y.org>",
        ),
        ("ann@x.org, Ray, Bob <bob@y.org>", "<ann@x.org> | Ray, Bob <bob@y.org>"),
        ("Archer, Ann ann@x.org", "Archer, Ann <ann@x.org>"),
        ("root, Ann <ann@x.org>", "<root> | Ann <ann@x.org>"),
        ("root (Charlie), Ann <ann@x.org>", "Charlie <root> | Ann <ann@x.org>"),
        // Quotes and brackets without their other half.
        ("\"Ann Lee <ann@x.org>", "Ann Lee <ann@x.org>"),
        ("Ann \"Lee <ann@x.org>, bob@y.org", "Ann Lee <ann@x.org> | <bob@y.org>"),
        ("\"Ann Lee\"\" <ann@x.org>, \"Bob\" <bob@y.org>", "Ann Lee <ann@x.org> | Bob <bob@y.org>"),
        ("\"Ann <ann@x.org>, \"Bob\" <bob@y.org>", "Ann <ann@x.org> | Bob <bob@y.org>"),
        ("\"'Bo' <bo@x.org>", "'Bo' <bo@x.org>"),
        ("7(m <ann@x.org>, bob@y.org", "7(m <ann@x.org> | <bob@y.org>"),
        ("Ann <ann@x.org, Bob <bob@y.org>", "Ann <ann@x.org> | Bob <bob@y.org>"),
        ("<ann@x.org, bob@y.org>", "<ann@x.org> | <bob@y.org>"),
        ("Ann <ann@x.org", "Ann <ann@x.org>"),
        ("<<ann@x.org>>", "<ann@x.org>"),
        ("Ann ann@x.org>", "Ann <ann@x.org>"),
        ("list@x.org )", "<list@x.org>"),
        // No comma between two.
        ("ann@x.org bob@y.org", "<ann@x.org> | <bob@y.org>"),
        ("Ann <ann@x.org> Bob <bob@y.org>", "Ann <ann@x.org> | Bob <bob@y.org>"),
        ("<ann@x.org> bob@y.org", "<ann@x.org> | <bob@y.org>"),
        ("<ann@x.org><bob@y.org>", "<ann@x.org> | <bob@y.org>"),
        ("ann@x.org; bob@y.org", "<ann@x.org> | <bob@y.org>"),
        ("ann@x.org <ann@x.org>", "ann@x.org <ann@x.org>"),
    ] {
        assert_eq!(shown(text, Role::Recipient), expected, "{text}");
    }
}

#[test]
fn what_stands_round_an_address() {
    for (text, expected) in [
        ("[ann@x.org], 'bob@y.org', \"cy@z.org\"", "<ann@x.org> | <bob@y.org> | cy@z.org"),
        ("Ann <'ann@x.org'>, <\"bob@y.org\">", "Ann <ann@x.org> | <bob@y.org>"),
        ("mailto:ann@x.org, <mailto:bob@y.org>", "<ann@x.org> | <bob@y.org>"),
        ("ann @ x . org, bob@y. org", "<ann@x.org> | <bob@y.org>"),
        ("Dr. Ann ann@x.org", "Dr. Ann <ann@x.org>"),
        ("ann@x.org Ann Lee", "Ann Lee <ann@x.org>"),
        ("ann@x.org +1-510-484)", "<ann@x.org>"),
        ("Undisclosed Recipients@x.org", "Undisclosed <Recipients@x.org>"),
        ("=?utf-8?q?Ann_=3Cann=40x.org=3E?=", "Ann <ann@x.org>"),
        // Words.
        ("ann at x.org (Ann Lee)", "Ann Lee <ann@x.org>"),
        ("ann at x.org", "<ann@x.org>"),
        ("<ann at x.org>", "<ann@x.org>"),
        ("meet me at x.org <ann@y.org>", "meet me at x.org <ann@y.org>"),
        ("meet at noon", "meet at noon"),
        ("gnu", "<gnu>"),
        ("\"gnu\"", "gnu"),
        ("Ann Lee <gnu>", "Ann Lee <gnu>"),
        ("Ann <Ann Lee>", "Ann Ann Lee"),
        ("James Bond 007", "James Bond 007"),
        ("@x.org, ann@", "@x.org | ann@"),
    ] {
        assert_eq!(shown(text, Role::Recipient), expected, "{text}");
    }
}

/// Archives of mailing lists change the letters of an address so that nobody can read it.
#[test]
fn hidden_addresses_were_taken_for_others() {
    for (text, expected) in [
        ("ann @end|ng |rom x@org (Ann Lee)", "Ann Lee"),
        ("@nn@|ee @end|ng |rom @t@t@x@org (Lee, Ann (SP))", "Lee, Ann (SP)"),
        ("ann@lee @ending from x@org (Ann Lee)", "Ann Lee"),
        ("a@@ m@iii@g oii x@@edu (=?utf-8?q?=C3=84rne_Lee?=)", "Ärne Lee"),
        ("ann @end|ng |rom x@org", "ann @end|ng |rom x@org"),
        ("Ann <ann @end|ng |rom x@org>", "Ann ann @end|ng |rom x@org"),
        (
            "ann @end|ng |rom x@org, Bob <bob@y.org>, cy@z.org",
            "ann @end|ng |rom x@org | Bob <bob@y.org> | <cy@z.org>",
        ),
        // Other words, and those in quotes, hide nothing.
        ("\"@end|ng |rom\" <ann@x.org>", "@end|ng |rom <ann@x.org>"),
        ("sending from ann@x.org", "sending from <ann@x.org>"),
        ("@end|ng ann@x.org |rom", "@end|ng |rom <ann@x.org>"),
    ] {
        assert_eq!(shown(text, Role::Recipient), expected, "{text}");
        assert_eq!(shown(text, Role::Sender), expected, "{text}");
    }
}

#[test]
fn words_before_a_comma_are_the_name_of_a_sender() {
    for (text, expected) in [
        ("archer, ann <ann@x.org>", "archer, ann <ann@x.org>"),
        ("Harbour account team ,_<no-reply@x.org>", "Harbour account team, _ <no-reply@x.org>"),
        ("Ann <ann@x.org>, Bob <bob@y.org>", "Ann <ann@x.org> | Bob <bob@y.org>"),
        ("gnu", "<gnu>"),
    ] {
        assert_eq!(shown(text, Role::Sender), expected, "{text}");
    }
}

#[test]
fn phrases_between_commas() {
    for (text, expected) in [
        ("Red, to do", "Red | to do"),
        ("\"Leith, Dock 5\", Tides, =?utf-8?q?F=C3=A4hre?=", "Leith, Dock 5 | Tides | Fähre"),
        ("\"a \\\"b\\\" c\", \"d", "a \"b\" c | \"d"),
        ("=?utf-8?q?a,_b?=, c; d (e)", "a, b | c; d (e)"),
        (" , ,", ""),
    ] {
        assert_eq!(phrases(text).join(" | "), expected, "{text}");
    }
}

/// Nothing but the beginnings of quotes and brackets took time by the square of their number.
#[test]
fn hostile_lists() {
    for part in ["\"", "(", "<", "\"@a", "((a) ", "<\"", "=?", "a,", "@[", "\\", "(\\"] {
        let text = part.repeat(30_000);
        assert!(read(&text, Role::Recipient).len() <= text.len(), "{part}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// Whatever stands between people, each whole address is found in its place.
    #[test]
    fn every_address_is_found(
        people in prop::collection::vec((0_usize..6, "[a-z]{1,8}"), 1..6),
        gap in prop::sample::select(vec![", ", "; ", " , ", ",,"]),
    ) {
        let shapes = ["Ann Lee <@>", "@", "\"Lee, Ann\" <@>", "@ (Ann)", "Lee, Ann <@>", "\"Ann <@>"];
        let address = |user: &str| format!("{user}@x.org");
        let texts: Vec<_> = people.iter().map(|(shape, user)| shapes[*shape].replace('@', &address(user))).collect();
        let found = read(&texts.join(gap), Role::Recipient);
        let found: Vec<_> = found.into_iter().filter_map(|one| one.address).collect();
        prop_assert_eq!(found, people.iter().map(|(_, user)| address(user)).collect::<Vec<_>>());
    }

    /// Nobody has an address of letters that are not there, or one with a bracket.
    #[test]
    fn nothing_is_invented(text in "[ab@., <>\"'():;\\\\\\[\\]é]{0,40}") {
        for person in read(&text, Role::Recipient) {
            let address = person.address.unwrap_or_default();
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            prop_assert!(letters(&text).contains(&letters(&address)) || text.contains('('), "{text:?}: {address}");
            let is_quoted = address.starts_with('"');
            prop_assert!(is_quoted || !address.contains(['<', '>', '"']), "{text:?}: {address}");
        }
    }

    #[test]
    fn any_text_is_read(text in "\\PC{0,60}") {
        read(&text, Role::Sender);
    }
}
