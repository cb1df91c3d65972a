//! Backups of folders with files of every kind.

use postern_local_index::database;
use tempfile::TempDir;

use super::*;

const NO_WAIT: Duration = Duration::ZERO;

struct World {
    data: TempDir,
    backups: TempDir,
}

impl World {
    fn new() -> Self {
        let world =
            Self { data: tempfile::tempdir().unwrap(), backups: tempfile::tempdir().unwrap() };
        for (path, text) in [
            ("index/tantivy/meta.json", "{}"),
            ("index/lock", ""),
            ("sync/lock", ""),
            ("sync/messages/a/a1.eml.gz", "mail"),
            ("audit/key", "s3cret"),
            ("audit/000001.jsonl", "{}\n"),
        ] {
            world.write(path, text);
        }
        let books = database::write(&world.path("index/ledger.sqlite")).unwrap();
        books
            .execute_batch("PRAGMA user_version = 7; CREATE TABLE t (a); INSERT INTO t VALUES (1);")
            .unwrap();
        world
    }

    fn path(&self, below: &str) -> PathBuf {
        self.data.path().join(below)
    }

    fn write(&self, below: &str, text: &str) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn backups(&self) -> Backups {
        Backups::below(&self.backups.path().join("all")).unwrap()
    }

    fn installation(&self) -> Installation {
        let folders = vec![("data".to_owned(), self.data.path().to_owned())];
        Installation { folders, ..Installation::default() }
    }

    /// A backup, at that second.
    fn make(&self, second: i64) -> Result<Made, BackupError> {
        let now = Timestamp::from_second(second).unwrap();
        self.backups().make(&self.installation(), now, NO_WAIT, &mut |_, _| {})
    }

    /// What a backup brings back: the files with their text, but for the database.
    fn restored(&self, name: Option<&str>) -> Vec<(String, String)> {
        let to = tempfile::tempdir().unwrap();
        let backups = self.backups();
        let backup = backups.named(name).unwrap();
        let places = backups.restore(&backup, Some(to.path()), &mut |_, _| {}).unwrap();
        assert_eq!(places, [to.path().join("data")]);
        let books = database::read(&to.path().join("data/index/ledger.sqlite")).unwrap().unwrap();
        let row = books.query_row("SELECT a FROM t", [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!((database::format(&books).unwrap(), row), (7, 1));
        let files = backup.files().filter(|file| !file.path.ends_with(".sqlite"));
        let text = |path: &str| fs::read_to_string(to.path().join("data").join(path)).unwrap();
        files.map(|file| (file.path.clone(), text(&file.path))).collect()
    }
}

#[test]
fn what_was_there_comes_back_and_no_secret_goes_out() {
    let world = World::new();
    let made = world.make(1).unwrap();
    assert_eq!(made.backup.secrets, [world.path("audit/key")]);
    let expected = [
        ("audit/000001.jsonl", "{}\n"),
        ("index/tantivy/meta.json", "{}"),
        ("sync/messages/a/a1.eml.gz", "mail"),
    ];
    assert_eq!(
        world.restored(None),
        expected.map(|(path, text)| (path.to_owned(), text.to_owned()))
    );
    let backups = world.backups();
    assert!(made.backup.files().all(|file| {
        !fs::read(backups.blobs.path(&file.sha256))
            .unwrap()
            .windows(6)
            .any(|part| part == b"s3cret")
    }));
}

#[test]
fn a_later_backup_copies_what_has_changed_and_leaves_the_earlier_one() {
    let world = World::new();
    assert_eq!(world.make(1).unwrap().new_files, 4);
    assert_eq!(world.make(2).unwrap().new_files, 0);
    world.write("sync/messages/a/a1.eml.gz", "other mail");
    fs::remove_file(world.path("audit/000001.jsonl")).unwrap();
    let third = world.make(3).unwrap();
    assert_eq!((third.new_files, third.new_bytes), (1, 10));
    let names: Vec<_> = world.backups().all().unwrap().iter().map(Backup::name).collect();
    assert_eq!(
        names,
        ["1970-01-01T00-00-03.000Z", "1970-01-01T00-00-02.000Z", "1970-01-01T00-00-01.000Z"]
    );
    assert_eq!(world.restored(None).len(), 2);
    assert_eq!(world.restored(Some("1970-01-01T00-00-01.000Z")).len(), 3);
    // What only the older ones had goes with them.
    assert_eq!(world.backups().keep(1).unwrap(), 2);
    assert_eq!(world.restored(None).len(), 2);
    assert!(matches!(world.backups().named(Some(&names[2])), Err(BackupError::Unknown(_))));
    let left: usize = fs::read_dir(world.backups().root.join("files"))
        .unwrap()
        .map(|folder| fs::read_dir(folder.unwrap().path()).unwrap().count())
        .sum();
    assert_eq!(left, 3, "meta.json, the mail and the ledger");
}

#[test]
fn a_change_that_is_not_committed_is_not_in_the_backup() {
    let world = World::new();
    let writer = database::write(&world.path("index/ledger.sqlite")).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE; UPDATE t SET a = 2;").unwrap();
    world.make(1).unwrap();
    writer.execute_batch("COMMIT").unwrap();
    world.restored(None);
}

#[test]
fn a_run_that_takes_in_mail_is_waited_for() {
    let world = World::new();
    for lock in ["sync/lock", "index/lock"] {
        let running = fs::File::open(world.path(lock)).unwrap();
        running.lock().unwrap();
        assert!(matches!(world.make(1), Err(BackupError::Busy(_))), "{lock}");
        assert_eq!(world.backups().all().unwrap(), []);
        drop(running);
    }
    world.make(1).unwrap();
}

#[test]
fn damage_is_found_and_restores_nothing() {
    let world = World::new();
    let made = world.make(1).unwrap();
    let backups = world.backups();
    assert_eq!(backups.verify(&mut |_, _| {}).unwrap(), []);
    let mail = made.backup.files().find(|file| file.bytes == 4).unwrap();
    let blob = backups.blobs.path(&mail.sha256);
    for (bytes, reason) in [
        (Some("mial"), "its bytes are not those that were written"),
        (Some("mai"), "it has 3 bytes, not 4"),
        (None, "No such file or directory (os error 2)"),
    ] {
        match bytes {
            Some(bytes) => fs::write(&blob, bytes).unwrap(),
            None => fs::remove_file(&blob).unwrap(),
        }
        let found = backups.verify(&mut |_, _| {}).unwrap();
        let told: Vec<_> = found.iter().map(|one| (&one.path, one.reason.as_str())).collect();
        assert_eq!(told, [(&blob, reason)]);
        let to = tempfile::tempdir().unwrap();
        let restored = backups.restore(&made.backup, Some(to.path()), &mut |_, _| {});
        assert!(matches!(restored, Err(BackupError::Damaged { .. })), "{restored:?}");
        assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0, "nothing is left");
    }
    // The next backup reads the file again, because that of before is not whole.
    assert_eq!(world.make(2).unwrap().new_files, 1);
    assert_eq!(world.restored(None).len(), 3);
}

#[test]
fn nothing_is_written_over() {
    let world = World::new();
    let made = world.make(1).unwrap();
    let backups = world.backups();
    let refused = |to: Option<&Path>| backups.restore(&made.backup, to, &mut |_, _| {});
    assert!(matches!(refused(None), Err(BackupError::NotEmpty(path)) if path == world.data.path()));
    let to = tempfile::tempdir().unwrap();
    fs::create_dir_all(to.path().join("data")).unwrap();
    assert!(refused(Some(to.path())).is_ok(), "an empty folder is as good as none");
    assert!(matches!(refused(Some(to.path())), Err(BackupError::NotEmpty(_))));
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("letter.txt"), "mine").unwrap();
    assert!(matches!(Backups::below(other.path()), Err(BackupError::NotBackups(_))));
    let inside = Backups::below(&world.path("backup")).unwrap();
    let made = inside.make(&world.installation(), Timestamp::UNIX_EPOCH, NO_WAIT, &mut |_, _| {});
    assert!(matches!(made, Err(BackupError::Inside(_))));
}

/// A file that names a backup may be anybody's.
#[test]
fn a_backup_that_leads_elsewhere_is_none() {
    let world = World::new();
    let made = world.make(1).unwrap();
    let file = world.backups().root.join(BACKUPS).join(made.backup.file_name());
    let text = fs::read_to_string(&file).unwrap();
    for (from, to) in [
        ("audit/000001.jsonl", "../../etc/passwd"),
        ("audit/000001.jsonl", "/etc/passwd"),
        ("audit/000001.jsonl", "audit/./x"),
        ("\"name\": \"data\"", "\"name\": \"..\""),
        ("\"name\": \"data\"", "\"name\": \"a/b\""),
        ("\"complete\": true", "\"complete\": false"),
        ("\"format\": 1", "\"format\": 2"),
        (made.backup.parts[0].files[0].sha256.as_str(), "../x"),
    ] {
        assert!(text.contains(from), "{from}");
        fs::write(&file, text.replace(from, to)).unwrap();
        assert_eq!(world.backups().all().unwrap(), [], "{to}");
    }
    fs::write(&file, text.trim_end().strip_suffix('}').unwrap()).unwrap();
    assert_eq!(world.backups().all().unwrap(), [], "torn");
    fs::write(&file, &text).unwrap();
    assert_eq!(world.backups().all().unwrap().len(), 1);
}
