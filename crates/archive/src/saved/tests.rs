use super::*;

const NOW: &str = "2024-05-22T12:00:00Z";
const VERSION: &str = "1";

fn one(name: &str, query: &str) -> SavedSearch {
    let now: Timestamp = NOW.parse().unwrap();
    let (name, query) = (name.to_owned(), query.to_owned());
    let canonical = query.clone();
    SavedSearch { name, query, canonical, version: VERSION.into(), saved: now, opened: now }
}

fn ids(all: &[&str]) -> Vec<String> {
    all.iter().map(|&id| id.to_owned()).collect()
}

/// What is new where the search of Ann finds these.
fn compare(saved: &Saved, version: &str, found: &[&str]) -> Vec<String> {
    let found = &ids(found)[..];
    let now = Compared { found, state: None, version, at: NOW.parse().unwrap() };
    saved.compare("ann", "a", &now).unwrap()
}

fn watched() -> (tempfile::TempDir, Saved) {
    let folder = tempfile::tempdir().unwrap();
    let saved = Saved::below(folder.path());
    saved.put("ann", &one("a", "x"), None).unwrap();
    (folder, saved)
}

#[test]
fn each_owner_has_their_own_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let saved = Saved::below(folder.path());
    assert!(saved.list("ann").unwrap().is_empty() && !saved.path.exists());
    saved.put("ann", &one("b", "x"), None).unwrap();
    saved.put("ann", &one("a", "y"), None).unwrap();
    saved.put("bob", &one("a", "z"), Some(&ids(&["bob"]))).unwrap();
    assert_eq!(saved.list("ann").unwrap(), [one("a", "y"), one("b", "x")]);
    saved.put("ann", &one("a", "w"), None).unwrap();
    assert_eq!(saved.get("ann", "a").unwrap(), Some(one("a", "w")));
    let told = |watch: &Watch| (watch.owner.clone(), watch.name.clone(), watch.mailboxes.clone());
    let watches: Vec<_> = saved.watches(VERSION).unwrap().iter().map(told).collect();
    let of = |owner: &str, name: &str| (owner.to_owned(), name.to_owned(), None);
    let bobs = ("bob".to_owned(), "a".to_owned(), Some(ids(&["bob"])));
    assert_eq!(watches, [of("ann", "a"), of("ann", "b"), bobs]);
    saved.limit("bob", Some(&ids(&["bob", "carl"]))).unwrap();
    assert_eq!(saved.watches(VERSION).unwrap()[2].mailboxes, Some(ids(&["bob", "carl"])));
    assert!(saved.remove("ann", "a").unwrap() && !saved.remove("ann", "a").unwrap());
    assert_eq!(saved.list("ann").unwrap(), [one("b", "x")]);
    assert_eq!(saved.list("bob").unwrap(), [one("a", "z")]);
}

/// What was there when a search was saved is not new, nor is what goes away and comes back.
#[test]
fn a_hit_is_new_once() {
    let (_folder, saved) = watched();
    assert_eq!(compare(&saved, VERSION, &["m1", "m2"]), ids(&[]));
    assert_eq!(compare(&saved, VERSION, &["m1", "m2", "m3"]), ids(&["m3"]));
    assert_eq!(compare(&saved, VERSION, &["m1", "m2", "m3"]), ids(&[]));
    assert_eq!(compare(&saved, VERSION, &["m4"]), ids(&["m4"]));
    assert_eq!(compare(&saved, VERSION, &["m1", "m3", "m4"]), ids(&[]));
    assert_eq!(saved.unread("ann", "a").unwrap(), ids(&["m3", "m4"]));
    let later: Timestamp = "2024-05-23T12:00:00Z".parse().unwrap();
    saved.open("ann", "a", later, &ids(&["m3"])).unwrap();
    assert_eq!(saved.unread("ann", "a").unwrap(), ids(&["m4"]));
    assert_eq!(saved.get("ann", "a").unwrap().unwrap().opened, later);
    let other = saved.compare(
        "ann",
        "b",
        &Compared { found: &ids(&["m9"]), state: None, version: VERSION, at: later },
    );
    assert_eq!(other.unwrap(), ids(&[]), "it was forgotten meanwhile");
    saved.put("ann", &one("a", "x"), None).unwrap();
    assert_eq!(saved.unread("ann", "a").unwrap(), ids(&[]));
    assert_eq!(compare(&saved, VERSION, &["m5"]), ids(&[]), "it was saved anew");
}

#[test]
fn nothing_is_new_after_an_upgrade_or_a_rebuild() {
    let (_folder, saved) = watched();
    let flags = || {
        let watch = saved.watches("2").unwrap().remove(0);
        (watch.is_based, watch.is_rebuilding)
    };
    assert_eq!(compare(&saved, VERSION, &["m1"]), ids(&[]));
    assert_eq!(flags(), (false, false));
    assert_eq!(compare(&saved, "2", &["m1", "m2"]), ids(&[]), "another version reads it otherwise");
    assert_eq!(flags(), (true, false));
    saved.rebuilding().unwrap();
    assert_eq!(flags(), (false, true));
    assert_eq!(compare(&saved, "2", &["m1", "m2", "m3"]), ids(&[]));
    assert_eq!(compare(&saved, "2", &["m3", "m4"]), ids(&["m4"]));
    assert_eq!(saved.unread("ann", "a").unwrap(), ids(&["m4"]));
}

/// A search that was saved by an earlier version is kept, and what it finds by then is not new.
#[test]
fn tables_of_an_earlier_version_are_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let saved = Saved::below(folder.path());
    Connection::open(&saved.path)
        .unwrap()
        .execute_batch(
            "CREATE TABLE searches (owner TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL, canonical TEXT NOT NULL,
                version TEXT NOT NULL, saved TEXT NOT NULL, opened TEXT NOT NULL, PRIMARY KEY (owner, name)) STRICT, WITHOUT ROWID;
             CREATE TABLE seen (owner TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (owner, name, id)) STRICT, WITHOUT ROWID;
             INSERT INTO searches VALUES ('ann', 'a', 'x', 'x', '1', '2024-05-22T12:00:00Z', '2024-05-22T12:00:00Z');
             INSERT INTO seen VALUES ('ann', 'a', 'm1');
             PRAGMA user_version = 1;",
        )
        .unwrap();
    assert_eq!(saved.list("ann").unwrap(), [one("a", "x")]);
    assert!(!saved.watches(VERSION).unwrap()[0].is_based);
    assert_eq!(compare(&saved, VERSION, &["m1", "m2"]), ids(&[]));
    assert_eq!(compare(&saved, VERSION, &["m1", "m2", "m3"]), ids(&["m3"]));
}

/// Each event is there until the webhook has taken it, and is the same each time.
#[test]
fn events_wait_for_the_webhook() {
    let (_folder, saved) = watched();
    compare(&saved, VERSION, &["m0"]);
    compare(&saved, VERSION, &["m1"]);
    saved.meet("hook").unwrap();
    saved.meet("hook").unwrap();
    assert_eq!(saved.untold("hook", 9).unwrap(), [], "what was new before it was known");
    assert_eq!(saved.untold("other", 9).unwrap(), []);
    let many: Vec<_> = (2..1_003).map(|number| format!("m{number}")).collect();
    compare(&saved, VERSION, &many.iter().map(String::as_str).collect::<Vec<_>>());
    compare(&saved, VERSION, &["n"]);
    let all = saved.untold("hook", 9).unwrap();
    let told: Vec<_> = all.iter().map(|event| (&*event.name, event.hits.len())).collect();
    assert_eq!(told, [("a", 1_000), ("a", 1), ("a", 1)]);
    assert_eq!(saved.untold("hook", 9).unwrap(), all);
    let mut event_ids: Vec<_> = all.iter().map(|event| &event.id).collect();
    event_ids.dedup();
    assert_eq!(event_ids.len(), 3);
    saved.told("hook", all[1].number).unwrap();
    saved.told("hook", all[0].number).unwrap();
    assert_eq!(saved.untold("hook", 9).unwrap(), all[2..]);
    saved.told("hook", all[2].number).unwrap();
    saved.meet("second").unwrap();
    compare(&saved, VERSION, &["p"]);
    assert_eq!(saved.untold("second", 9).unwrap(), saved.untold("hook", 9).unwrap());
    assert_eq!(saved.untold("hook", 9).unwrap()[0].hits, ids(&["p"]));
}

#[test]
fn tables_of_a_later_version_are_left_alone() {
    let (_folder, saved) = watched();
    Connection::open(&saved.path).unwrap().pragma_update(None, "user_version", 3).unwrap();
    assert!(matches!(saved.list("ann"), Err(Error::LaterSaved { found: 3, known: 2 })));
    assert!(saved.put("ann", &one("b", "x"), None).is_err());
}
