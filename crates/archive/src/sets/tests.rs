use super::*;

fn frozen(name: &str) -> FrozenSet {
    FrozenSet {
        name: name.to_owned(),
        query: "Lease".into(),
        canonical: "lease".into(),
        zone: "Europe/Berlin".into(),
        taken: "2024-05-22T12:00:00Z".parse().unwrap(),
        taken_by: "local".into(),
        indexed: 3,
        known: 4,
        as_of: Some(Timestamp::UNIX_EPOCH),
        note: Some("for the court".into()),
        held: None,
    }
}

fn member(id: &str, mailboxes: &[&str]) -> Member {
    let place = |mailbox: &&str| Place {
        mailbox: Some((*mailbox).to_owned()),
        folder: Some("Inbox/é".into()),
        source: Some("veeam".into()),
        item_id: Some("7".into()),
        ..Place::NOWHERE
    };
    Member { id: id.to_owned(), places: mailboxes.iter().map(place).collect() }
}

fn put(sets: &Sets, set: &FrozenSet, members: &[Member]) -> bool {
    sets.put(set, &mut |add| members.iter().try_for_each(&mut *add)).unwrap()
}

#[test]
fn a_set_is_frozen() {
    let folder = tempfile::tempdir().unwrap();
    let sets = Sets::below(folder.path());
    assert!(sets.list().unwrap().is_empty() && sets.ids("a", &Scope::All).unwrap().is_none());
    let members = [member("m1", &["ann", "bob"]), member("m2", &["bob"])];
    assert!(put(&sets, &frozen("a"), &members));
    assert!(!put(&sets, &FrozenSet { query: "other".into(), ..frozen("a") }, &[]));
    assert_eq!(sets.list().unwrap(), [frozen("a")]);
    assert_eq!(sets.members("a").unwrap().unwrap(), members);
    assert!(sets.note("a", Some("seen")).unwrap() && !sets.note("b", None).unwrap());
    assert_eq!(sets.get("a").unwrap().unwrap().note.as_deref(), Some("seen"));
    assert!(sets.remove("a").unwrap() && !sets.remove("a").unwrap());
    assert!(put(&sets, &frozen("a"), &[]));
    assert_eq!(sets.ids("a", &Scope::All).unwrap(), Some(BTreeSet::new()));
}

#[test]
fn each_sees_what_lay_in_their_mailboxes() {
    let folder = tempfile::tempdir().unwrap();
    let sets = Sets::below(folder.path());
    let nowhere = Member { id: "m3".into(), places: Vec::new() };
    put(&sets, &frozen("a"), &[member("m1", &["ann", "bob"]), member("m2", &["bob"]), nowhere]);
    let seen = |names: &[&str]| {
        let scope = Scope::Mailboxes(names.iter().map(ToString::to_string).collect());
        let ids = sets.ids("a", &scope).unwrap().unwrap();
        ids.into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!((seen(&["ann"]), seen(&["bob"])), ("m1".into(), "m1 m2".into()));
    assert_eq!((seen(&["carol"]), seen(&[])), (String::new(), String::new()));
    assert_eq!(sets.ids("a", &Scope::All).unwrap().unwrap().len(), 3);
}

#[test]
fn ids_are_handed_over_one_at_a_time_until_it_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let sets = Sets::below(folder.path());
    put(&sets, &frozen("a"), &[member("m1", &["ann", "bob"]), member("m2", &["bob"])]);
    let taken = |scope: &Scope, most: usize| {
        let mut ids = Vec::new();
        let take = &mut |id: &str| {
            ids.push(id.to_owned());
            if ids.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        assert!(sets.each_id("a", scope, take).unwrap());
        ids.join(" ")
    };
    let ann = Scope::Mailboxes(vec!["ann".into()]);
    assert_eq!((taken(&Scope::All, 9), taken(&ann, 9)), ("m1 m2".into(), "m1".into()));
    assert_eq!(taken(&Scope::All, 1), "m1");
    assert!(!sets.each_id("b", &Scope::All, &mut |_| ControlFlow::Continue(())).unwrap());
}

/// A query that fails on the way leaves no half of a set.
#[test]
fn what_fails_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let sets = Sets::below(folder.path());
    let failed = sets.put(&frozen("a"), &mut |add| {
        add(&member("m1", &["ann"]))?;
        Err(Error::Index(crate::IndexError::Stopped))
    });
    assert!(failed.is_err() && sets.list().unwrap().is_empty());
}

#[test]
fn tables_of_a_later_version_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let sets = Sets::below(folder.path());
    put(&sets, &frozen("a"), &[]);
    Connection::open(&sets.path).unwrap().pragma_update(None, "user_version", 2).unwrap();
    assert!(matches!(sets.list(), Err(Error::LaterSets { found: 2, known: 1 })));
    assert!(sets.note("a", None).is_err());
}
