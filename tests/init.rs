//! A configuration to begin with.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::support::{Gateway, get_with, root, run, stderr, stdout};

fn init(folder: &Path, arguments: &[&str]) -> Output {
    let file = folder.join("postern.toml");
    let file = file.to_str().unwrap();
    run(&folder.join("data"), &[&["init", "--no-questions", file], arguments].concat())
}

/// Runs a command with the file that was written.
fn with_it(folder: &Path, arguments: &[&str]) -> Output {
    let file = folder.join("postern.toml");
    run(&folder.join("data"), &[&["--config", file.to_str().unwrap()], arguments].concat())
}

fn secret(folder: &Path, name: &str) -> String {
    let file = folder.join(name);
    fs::write(&file, "s3cret\n").unwrap();
    file.to_str().unwrap().to_owned()
}

/// From nothing to an answer, in four commands.
#[tokio::test]
async fn folders_of_files() {
    let folder = tempfile::tempdir().unwrap();
    let made = init(folder.path(), &["--key", "first"]);
    assert!(made.status.success(), "{}", stderr(&made));
    let key = stdout(&made).trim().to_owned();
    assert!(key.starts_with("postern_"), "{key}");
    assert!(stderr(&made).contains("index FOLDER"), "{}", stderr(&made));
    let mail = root().join("samples/mail");
    let indexed = with_it(folder.path(), &["index", "--quiet", mail.to_str().unwrap()]);
    assert!(indexed.status.success(), "{}", stderr(&indexed));
    let file = folder.path().join("postern.toml");
    let gateway =
        Gateway::start(&folder.path().join("data"), &["--config", file.to_str().unwrap()]);
    let search = format!("{}/v1/search?q=*&limit=0", gateway.url);
    assert_eq!(get_with(&search, None).await.status, 401);
    let found = get_with(&search, Some(&key)).await.json();
    assert!(found["count"]["value"].as_u64().unwrap() > 26, "{found}");
    let audited =
        with_it(folder.path(), &["audit", "search", "--what", "key", "--format", "jsonl"]);
    assert!(stdout(&audited).contains("\"key\":\"first\""), "{}", stdout(&audited));
    assert!(!stdout(&audited).contains(&key));
}

/// A key that is not audited is not made.
#[test]
fn a_key_is_audited_before_it_is_made() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("data/audit"), "in the way of the log").unwrap();
    let made = init(folder.path(), &["--key", "first"]);
    assert_eq!(made.status.code(), Some(1), "{}", stderr(&made));
    assert_eq!(stdout(&made), "");
    assert!(!folder.path().join("data/keys.toml").exists(), "no key was made");
    assert!(!folder.path().join("postern.toml").exists(), "nothing is left behind");
    fs::remove_file(folder.path().join("data/audit")).unwrap();
    assert!(init(folder.path(), &["--key", "first"]).status.success());
    let audited =
        with_it(folder.path(), &["audit", "search", "--what", "key", "--format", "jsonl"]);
    let events: Vec<_> = ["begun", "ended"]
        .into_iter()
        .map(|event| stdout(&audited).matches(&format!("\"event\":\"{event}\"")).count())
        .collect();
    assert_eq!(events, [1, 1], "{}", stdout(&audited));
}

/// What fails takes no key away that was there.
#[test]
fn a_key_of_before_stays() {
    let folder = tempfile::tempdir().unwrap();
    assert!(init(folder.path(), &["--key", "first"]).status.success());
    let keys = fs::read(folder.path().join("data/keys.toml")).unwrap();
    fs::remove_file(folder.path().join("postern.toml")).unwrap();
    let again = init(folder.path(), &["--key", "first"]);
    assert_eq!(again.status.code(), Some(1), "{}", stderr(&again));
    assert!(stderr(&again).contains("two keys are called `first`"), "{}", stderr(&again));
    assert_eq!(fs::read(folder.path().join("data/keys.toml")).unwrap(), keys);
}

#[test]
fn what_is_written_is_valid() {
    let hostile = "a\"b\\c#d'e";
    for (what, arguments) in [
        ("nothing", &[][..]),
        ("a tenant", &["--tenant", "t1", "--key", "k"]),
        ("a hostile tenant", &["--tenant", hostile, "--key", "k"]),
        ("DataTap", &["--datatap", "https://datatap.example", "--datatap-key-file", "FILE"]),
        (
            "Veeam",
            &[
                "--veeam",
                "https://b.example:4443",
                "--veeam-user",
                "C\\p",
                "--veeam-password-file",
                "FILE",
            ],
        ),
        ("a cluster", &["--cluster", "https://s.example:9200", "--cluster-key-file", "FILE"]),
        (
            "all of it",
            &[
                "--datatap",
                "https://datatap.example",
                "--datatap-key-file",
                "FILE",
                "--veeam",
                "https://b.example:4443",
                "--veeam-user",
                hostile,
                "--veeam-password-file",
                "FILE",
                "--veeam-organization",
                "c",
                "--cluster",
                "https://s.example:9200",
                "--cluster-key-file",
                "FILE",
                "--every",
                "15m",
                "--listen",
                "0.0.0.0:7700",
                "--key",
                "k",
            ],
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = secret(folder.path(), "secret");
        let arguments: Vec<_> =
            arguments.iter().map(|one| if *one == "FILE" { &file } else { *one }).collect();
        let made = init(folder.path(), &arguments);
        assert!(made.status.success(), "{what}: {}", stderr(&made));
        let checked = with_it(folder.path(), &["config", "check"]);
        assert!(checked.status.success(), "{what}: {}", stderr(&checked));
        let text = fs::read_to_string(folder.path().join("postern.toml")).unwrap();
        assert!(!text.contains("s3cret"), "{what}: {text}");
    }
}

/// A key for DataTap makes a key that syncs with it.
#[test]
fn a_sync_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let file = secret(folder.path(), "datatap");
    let made = init(
        folder.path(),
        &["--tenant", "t1", "--datatap", "http://127.0.0.1:1", "--datatap-key-file", &file],
    );
    assert!(stdout(&made).starts_with("postern_"), "{}", stderr(&made));
    let synced = with_it(folder.path(), &["sync", "--dry-run", "--answer-time", "1s"]);
    assert!(!stderr(&synced).contains("no key is known"), "{}", stderr(&synced));
    assert!(stderr(&synced).contains("cannot be listed"), "{}", stderr(&synced));
}

#[test]
fn nothing_is_written_over_or_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postern.toml");
    for (arguments, expected) in [
        (&["--listen", "nowhere"][..], "the address to listen on is none"),
        (&["--every", "often"], "`every` of [sync] is a pause"),
        (&["--listen", "nowhere", "--key", "k"], "the address to listen on is none"),
        (&["--listen", "0.0.0.0:7700"], "without a key only this machine may ask"),
        (&["--datatap", "https://x", "--datatap-key-file", "/nowhere/k"], "/nowhere/k"),
    ] {
        let refused = init(folder.path(), arguments);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&refused).contains(expected), "{arguments:?}: {}", stderr(&refused));
        assert!(!file.exists(), "{arguments:?}");
        assert!(!folder.path().join("data/keys.toml").exists(), "{arguments:?}");
        let keys = stdout(&run(&folder.path().join("data"), &["key", "list", "--format", "csv"]));
        assert_eq!(keys.lines().count(), 1, "{arguments:?}: {keys}");
    }
    fs::write(&file, "# mine\n").unwrap();
    let refused = init(folder.path(), &[]);
    assert!(stderr(&refused).contains("is there, and is not written over"), "{}", stderr(&refused));
    assert_eq!(fs::read_to_string(&file).unwrap(), "# mine\n");
}

/// What only the service is given cannot be read while the file is written.
#[test]
fn a_credential_of_systemd() {
    let folder = tempfile::tempdir().unwrap();
    let made = init(
        folder.path(),
        &[
            "--veeam",
            "https://b.example:4443",
            "--veeam-user",
            "p",
            "--veeam-password-file",
            "/run/credentials/postern.service/no-such",
        ],
    );
    assert!(made.status.success(), "{}", stderr(&made));
    assert!(stderr(&made).contains("is not there yet"), "{}", stderr(&made));
    let text = fs::read_to_string(folder.path().join("postern.toml")).unwrap();
    assert!(text.contains("\"/run/credentials/postern.service/no-such\""), "{text}");
}
