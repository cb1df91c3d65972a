//! Keys that are made and revoked beside a running gateway.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use crate::support::{Gateway, get_with, root, run, stderr, stdout};

/// How long a running gateway may take to know.
const SOON: Duration = Duration::from_secs(60);

/// Sample mail of this test alone: its keys are no other's.
fn mail() -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    let samples = root().join("samples/mail");
    let output = run(data.path(), &["index", "--quiet", samples.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    data
}

fn key(data: &Path, arguments: &[&str]) -> Output {
    run(data, &[&["key"], arguments].concat())
}

/// The key that is made.
fn new(data: &Path, arguments: &[&str]) -> String {
    let output = key(data, &[&["new"], arguments].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output).trim().to_owned()
}

/// Asks until the status is that one.
async fn until(gateway: &Gateway, path: &str, key: Option<&str>, status: u16) {
    let began = Instant::now();
    loop {
        let answer = get_with(&format!("{}{path}", gateway.url), key).await;
        if answer.status == status {
            return;
        }
        assert!(began.elapsed() < SOON, "{path}: {} and not {status}", answer.status);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_running_gateway_takes_up_what_is_made_and_revoked() {
    let data = mail();
    let gateway = Gateway::start(data.path(), &[]);
    let search = "/v1/search?q=*&limit=0";
    until(&gateway, search, None, 200).await;
    let wide = new(data.path(), &["wide"]);
    until(&gateway, search, None, 401).await;
    until(&gateway, search, Some(&wide), 200).await;
    let narrow = new(
        data.path(),
        &["narrow", "--mailbox", "c.o-brien@contoso.com", "--right", "operate", "--format", "json"],
    );
    let narrow: serde_json::Value = serde_json::from_str(&narrow).unwrap();
    let narrow = narrow["key"].as_str().unwrap();
    until(&gateway, search, Some(narrow), 200).await;
    let ask = async |key| get_with(&format!("{}{search}", gateway.url), Some(key)).await.json();
    assert_eq!(ask(narrow).await["count"]["value"], 26);
    assert!(ask(&wide).await["count"]["value"].as_u64().unwrap() > 26);
    // The right to export is another than that to operate.
    until(&gateway, "/metrics", Some(narrow), 200).await;
    until(&gateway, "/metrics", Some(&wide), 403).await;
    assert!(key(data.path(), &["revoke", "narrow"]).status.success());
    until(&gateway, search, Some(narrow), 401).await;
    until(&gateway, search, Some(&wide), 200).await;
    assert!(key(data.path(), &["revoke", "wide"]).status.success());
    until(&gateway, search, Some(&wide), 401).await;
    until(&gateway, search, None, 401).await;
    drop(gateway);
    // The last key opens nothing by going.
    let gateway = Gateway::start(data.path(), &[]);
    until(&gateway, search, None, 401).await;
}

/// A file that somebody broke changes nothing.
#[tokio::test]
async fn keys_of_before_stay_good_beside_a_broken_file() {
    let data = mail();
    let one = new(data.path(), &["one"]);
    let gateway = Gateway::start(data.path(), &[]);
    let search = "/v1/search?q=*&limit=0";
    let file = data.path().join("keys.toml");
    let whole = fs::read_to_string(&file).unwrap();
    fs::write(&file, whole.replace("sha256", "sha265")).unwrap();
    let refused = key(data.path(), &["new", "two"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("keys.toml is not valid"), "{}", stderr(&refused));
    until(&gateway, search, Some(&one), 200).await;
    fs::write(&file, whole).unwrap();
    let two = new(data.path(), &["two"]);
    until(&gateway, search, Some(&two), 200).await;
    until(&gateway, search, Some(&one), 200).await;
}

/// Whoever writes the file by hand empties it first, and a gateway that looked then refused every key.
#[tokio::test]
async fn an_empty_file_takes_no_key_away() {
    let data = mail();
    let one = new(data.path(), &["one"]);
    let gateway = Gateway::start(data.path(), &[]);
    let file = data.path().join("keys.toml");
    for blank in ["", "\n \n"] {
        fs::write(&file, blank).unwrap();
        let refused = key(data.path(), &["list"]);
        assert!(stderr(&refused).contains("it is empty"), "{}", stderr(&refused));
        // As long as a gateway may take to look, three times over.
        for _ in 0..6 {
            tokio::time::sleep(Duration::from_millis(500)).await;
            until(&gateway, "/v1/search?q=*&limit=0", Some(&one), 200).await;
        }
    }
}

#[test]
fn the_key_is_nowhere_but_in_the_answer() {
    let data = tempfile::tempdir().unwrap();
    let secret = new(data.path(), &["app", "--tenant", "t1"]);
    assert!(secret.starts_with("postern_") && secret.len() == 51, "{secret}");
    let listed = key(data.path(), &["list", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&stdout(&listed)).unwrap();
    assert_eq!(listed[0]["name"], "app");
    assert_eq!(listed[0]["tenant"], "t1");
    assert_eq!(listed[0]["rights"], serde_json::json!(["export"]));
    assert!(listed[0]["made"].is_string());
    let mut files = 0;
    for entry in walkdir::WalkDir::new(data.path()).into_iter().map(Result::unwrap) {
        if entry.file_type().is_file() {
            let bytes = fs::read(entry.path()).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(&secret), "{}", entry.path().display());
            files += 1;
        }
    }
    assert!(files >= 3, "keys, lock and the audit log");
    let audited = run(data.path(), &["audit", "search", "--what", "key", "--format", "jsonl"]);
    assert!(stdout(&audited).contains("\"key\":\"app\""), "{}", stdout(&audited));
    assert!(run(data.path(), &["audit", "verify"]).status.success());
}

#[test]
fn a_key_into_a_file() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("app.key");
    let path = file.to_str().unwrap();
    let output = key(data.path(), &["new", "app", "--out", path]);
    assert!(output.status.success() && output.stdout.is_empty(), "{}", stderr(&output));
    assert!(fs::read_to_string(&file).unwrap().starts_with("postern_"));
    let again = key(data.path(), &["new", "other", "--out", path]);
    assert!(stderr(&again).contains("no key was made"), "{}", stderr(&again));
    let twin = key(data.path(), &["new", "app", "--out", &format!("{path}.2")]);
    assert!(stderr(&twin).contains("two keys are called `app`"), "{}", stderr(&twin));
    assert!(!data.path().join("app.key.2").exists());
    let listed = stdout(&key(data.path(), &["list", "--format", "csv"]));
    assert_eq!(listed.lines().count(), 2, "{listed}");
}

/// Each process changes what the one before left.
#[test]
fn many_keys_at_once() {
    let data = tempfile::tempdir().unwrap();
    let names: Vec<_> = (0..8).map(|number| format!("key {number}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| new(data.path(), &[name]));
        }
    });
    let listed = stdout(&key(data.path(), &["list", "--format", "csv"]));
    for name in &names {
        assert!(listed.contains(name.as_str()), "{name}: {listed}");
    }
}

#[test]
fn what_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let config = data.path().join("postern.toml");
    let digest = "5eda958e9ddee7721fb71e7a7618c64dbf20cc77b06ba4e4d2269d6c3e50655b";
    let written = format!(
        "data = {:?}\n[[keys]]\nname = \"written\"\nsha256 = \"{digest}\"\ntenant = \"t1\"\n",
        data.path()
    );
    fs::write(&config, written).unwrap();
    let config = config.to_str().unwrap();
    for (arguments, code, expected) in [
        (&["revoke", "nobody"][..], 1, "there is no key `nobody`; `postern key list` shows them"),
        (&["revoke", "written"], 1, "the key `written` stands in the configuration"),
        (&["new", "written"], 1, "two keys are called `written`"),
        (&["new", "a", "--tenant", "t2"], 1, "with more than one tenant each has its own index"),
        (&["new", "local"], 1, "and not `local`"),
        (&["new", ""], 1, "a key is called by 1 to 100 characters"),
        (&["new", "a", "--right", "all"], 2, "it is one of export, evidence, audit, operate"),
        (&["new", "a", "--upstream-key-file", "/nowhere/key"], 1, "/nowhere/key"),
    ] {
        let output = key(data.path(), &[&["--config", config], arguments].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{arguments:?}: {}", stderr(&output));
    }
    assert!(!data.path().join("keys.toml").exists());
}

/// A gateway that others reach does not start without a key; so the first one is made before.
#[test]
fn the_first_key_of_a_gateway_that_others_reach() {
    let data = tempfile::tempdir().unwrap();
    let config = data.path().join("postern.toml");
    fs::write(&config, format!("listen = \"0.0.0.0:0\"\ndata = {:?}\n", data.path())).unwrap();
    let config = config.to_str().unwrap();
    let refused = run(data.path(), &["--config", config, "serve"]);
    assert!(stderr(&refused).contains("`postern key new`"), "{}", stderr(&refused));
    new(data.path(), &["--config", config, "app"]);
    let checked = run(data.path(), &["--config", config, "config", "check"]);
    assert!(checked.status.success(), "{}", stderr(&checked));
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_the_hashes() {
    use std::os::unix::fs::MetadataExt as _;
    let data = tempfile::tempdir().unwrap();
    new(data.path(), &["app"]);
    for name in ["keys.toml", "keys.lock"] {
        let mode = fs::metadata(data.path().join(name)).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
