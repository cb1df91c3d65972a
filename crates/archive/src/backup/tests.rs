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
    assert_eq!(world.backups().keep(&third.backup, 1).unwrap(), 2);
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
            None => drop(fs::remove_file(&blob)),
        }
        let to = tempfile::tempdir().unwrap();
        let restored = backups.restore(&made.backup, Some(to.path()), &mut |_, _| {});
        assert!(matches!(restored, Err(BackupError::Damaged { .. })), "{restored:?}");
        assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0, "nothing is left");
        let found = backups.verify(&mut |_, _| {}).unwrap();
        let told: Vec<_> = found.iter().map(|one| (&one.path, one.reason.as_str())).collect();
        assert_eq!(told, [(&blob, reason)]);
    }
    // The next backup reads the file again, because that of before is not whole.
    assert_eq!(world.make(2).unwrap().new_files, 1);
    fs::write(&blob, "mial").unwrap();
    assert_eq!(world.make(3).unwrap().new_files, 0, "its length says nothing");
    assert_eq!(backups.verify(&mut |_, _| {}).unwrap().len(), 1);
    assert_eq!(world.make(4).unwrap().new_files, 1, "what was found damaged is copied anew");
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

/// What is left of the bytes of a secret in all files of the backups.
fn has(backups: &Backups, secret: &[u8]) -> bool {
    let all = backups.all().unwrap();
    all.iter().flat_map(Backup::files).any(|file| {
        let bytes = fs::read(backups.blobs.path(&file.sha256)).unwrap();
        bytes.windows(secret.len()).any(|part| part == secret)
    })
}

/// A secret was only left out where the log has its key, and so was that of a data folder inside of another.
#[test]
fn a_secret_is_left_out_wherever_it_lies() {
    let world = World::new();
    world.write("secrets/password", "pa55word");
    world.write("contoso/audit/key", "s3cret");
    world.write("contoso/index/tantivy/meta.json", "{\"a\":1}");
    let mut installation = world.installation();
    installation.folders.push(("contoso".to_owned(), world.path("contoso")));
    installation.secrets.push(world.path("secrets/password"));
    let backups = world.backups();
    let made = backups.make(&installation, Timestamp::UNIX_EPOCH, NO_WAIT, &mut |_, _| {}).unwrap();
    assert!(!has(&backups, b"pa55word") && !has(&backups, b"s3cret"));
    assert!(has(&backups, b"mail"));
    let paths = |part: usize| made.backup.parts[part].files.iter().map(|file| file.path.as_str());
    assert!(paths(0).all(|path| !path.starts_with("contoso/")), "each file is in one part");
    assert_eq!(paths(1).collect::<Vec<_>>(), ["index/tantivy/meta.json"]);
    // The inner one comes back into the outer one.
    fs::remove_dir_all(world.data.path()).unwrap();
    backups.restore(&made.backup, None, &mut |_, _| {}).unwrap();
    for path in ["contoso/index/tantivy/meta.json", "sync/messages/a/a1.eml.gz"] {
        assert!(world.path(path).exists(), "{path}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_loops_are_not() {
    use std::os::unix::fs::symlink;
    let (world, elsewhere) = (World::new(), tempfile::tempdir().unwrap());
    let moved = elsewhere.path().join("messages");
    fs::rename(world.path("sync/messages"), &moved).unwrap();
    symlink(&moved, world.path("sync/messages")).unwrap();
    symlink(world.data.path(), world.path("sync/loop")).unwrap();
    world.write("odd\\name", "kept");
    world.make(1).unwrap();
    let paths: Vec<_> = world.restored(None).into_iter().map(|(path, _)| path).collect();
    assert_eq!(
        paths,
        ["audit/000001.jsonl", "index/tantivy/meta.json", "odd\\name", "sync/messages/a/a1.eml.gz"]
    );
    // An empty folder that is there may be a link, or a disk of its own.
    let (to, real) = (elsewhere.path().join("to"), elsewhere.path().join("real"));
    fs::create_dir_all(&to).unwrap();
    fs::create_dir(&real).unwrap();
    symlink(&real, to.join("data")).unwrap();
    let backup = world.backups().named(None).unwrap();
    world.backups().restore(&backup, Some(&to), &mut |_, _| {}).unwrap();
    assert!(real.join("odd\\name").exists());
}

#[test]
fn one_run_works_in_a_folder_and_for_one_installation() {
    let (world, other) = (World::new(), World::new());
    let first = world.make(1).unwrap();
    let backups = world.backups();
    let alone = backups.alone().unwrap();
    assert!(matches!(world.make(2), Err(BackupError::InUse(_))));
    assert!(matches!(backups.keep(&first.backup, 1), Err(BackupError::InUse(_))));
    drop(alone);
    let foreign = |installation: &Installation| {
        backups.make(installation, Timestamp::UNIX_EPOCH, NO_WAIT, &mut |_, _| {}).unwrap_err()
    };
    assert!(matches!(foreign(&other.installation()), BackupError::OtherInstallation(..)));
    let absent = tempfile::tempdir().unwrap();
    let gone = Installation {
        folders: vec![("data".to_owned(), absent.path().join("unmounted"))],
        ..Installation::default()
    };
    let empty = Backups::below(&absent.path().join("all")).unwrap();
    let made = empty.make(&gone, Timestamp::UNIX_EPOCH, NO_WAIT, &mut |_, _| {});
    assert!(matches!(made, Err(BackupError::NoData(_))), "{made:?}");
    // What killed runs were writing goes with the next one.
    for left in ["files/x.new", ".copying-x/copy"] {
        let path = backups.root.join(left);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "half").unwrap();
    }
    world.make(3).unwrap();
    assert!(
        !backups.root.join("files/x.new").exists() && !backups.root.join(".copying-x").exists()
    );
}

#[test]
fn the_backup_that_was_made_is_kept_whatever_the_clock_said_before() {
    let world = World::new();
    world.make(3_000_000_000).unwrap();
    let now = world.make(1_000).unwrap();
    let same = world.make(1_000).unwrap();
    assert_eq!(same.backup.name(), "1970-01-01T00-16-40.001Z", "no name is taken twice");
    assert_eq!(world.backups().keep(&now.backup, 2).unwrap(), 1);
    let left: Vec<_> = world.backups().all().unwrap().iter().map(Backup::name).collect();
    assert_eq!(left, ["2065-01-24T05-20-00.000Z", "1970-01-01T00-16-40.000Z"]);
}

#[test]
fn a_damaged_list_is_told_and_nothing_of_it_is_removed() {
    let world = World::new();
    let first = world.make(1).unwrap();
    world.write("sync/messages/a/a1.eml.gz", "other mail");
    let second = world.make(2).unwrap();
    let list = world.backups().root.join(BACKUPS).join(first.backup.file_name());
    fs::write(&list, "{").unwrap();
    let told = world.backups().verify(&mut |_, _| {}).unwrap();
    assert_eq!(told.iter().map(|one| &one.path).collect::<Vec<_>>(), [&list]);
    assert!(
        matches!(world.backups().keep(&second.backup, 1), Err(BackupError::Unreadable(path)) if path == list)
    );
    assert!(has_blob(&world, &first.backup));
    fs::remove_file(&list).unwrap();
    world.backups().keep(&second.backup, 1).unwrap();
    assert!(!has_blob(&world, &first.backup));
}

/// Whether every file of a backup is there.
fn has_blob(world: &World, backup: &Backup) -> bool {
    backup.files().all(|file| world.backups().blobs.has(&file.sha256, file.bytes))
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
