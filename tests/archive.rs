//! What is stored, by every way to it: the command line and the gateway say the same.

use std::fs;
use std::path::{Path, PathBuf};

use postern_upstream::fake::{Fake, Mail, Misbehaviour};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Gateway, KEY, TENANT, get, postern, run, stderr, stdout};

const FILE: &str = "From: a@x.com\r\nSubject: from a file\r\n\r\nsome words\r\n";

fn mail(number: usize, mailbox: &str) -> Mail {
    Mail {
        mailbox: mailbox.to_owned(),
        folder: "Inbox".to_owned(),
        id: format!("m{number}"),
        subject: format!("number{number}"),
        created: format!("2024-01-0{}T10:00:00Z", number + 1),
        bytes: format!("From: a@x.com\r\nSubject: number{number}\r\n\r\nsome words\r\n")
            .into_bytes(),
    }
}

/// A data folder with a file of a mailbox, and five messages of two mailboxes that were listed, of
/// which three could be downloaded: all of one mailbox are missing.
async fn partly_synced() -> TempDir {
    let fake = Fake::start().await.unwrap();
    fake.hold((0..5).map(|number| mail(number, ["ann@x.com", "bob@x.com"][number / 4])));
    for missing in ["/items/m3/download", "/items/m4/download"] {
        fake.misbehave_at(missing, Misbehaviour::Status(410));
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("mail/1.eml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, FILE).unwrap();
    let indexed = run(&data, &["index", "--mailbox", "files", file.to_str().unwrap()]);
    assert!(indexed.status.success(), "{}", stderr(&indexed));
    let mut sync = postern(&data);
    sync.args(["sync", "--premium", &fake.url(), "--tenant", TENANT, "--key", KEY]);
    let synced = tokio::task::spawn_blocking(move || sync.output().unwrap()).await.unwrap();
    assert_eq!(synced.status.code(), Some(3), "{}", stderr(&synced));
    folder
}

fn answer(data: &Path, arguments: &[&str]) -> Value {
    let output = run(data, arguments);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)))
}

/// What is comparable of a coverage: as a whole, and of each mailbox.
fn numbers(coverage: &Value) -> Value {
    let mailboxes = coverage["mailboxes"].as_array().unwrap().iter();
    let mailboxes = mailboxes
        .map(|one| json!([one["name"], one["indexed"], one["known"], one["asOf"], one["newest"]]));
    json!([coverage["indexed"], coverage["known"], coverage["asOf"], mailboxes.collect::<Vec<_>>()])
}

/// `postern search` left out what sync had listed and not downloaded: it said that nothing was
/// missing where `postern serve` showed a gap.
#[tokio::test(flavor = "multi_thread")]
async fn command_line_and_gateway_say_the_same_coverage() {
    let folder = partly_synced().await;
    let data = folder.path().join("data");
    let gateway = Gateway::start(&data, &["--tenant", TENANT, "--key", KEY]);
    let searched = answer(&data, &["search", "--format", "json", "words"]);
    let status = answer(&data, &["status", "--format", "json"]);
    let over_http = get(&format!("{}/v1/search?q=words", gateway.url)).await.json();
    let http_status = get(&format!("{}/v1/status", gateway.url)).await.json();
    let seen = numbers(&searched["coverage"]);
    // One from the file, three of five that were listed.
    assert_eq!((&seen[0], &seen[1]), (&json!(4), &json!(6)), "{seen}");
    let mailboxes: Vec<_> =
        seen[3].as_array().unwrap().iter().map(|one| json!([one[0], one[1], one[2]])).collect();
    assert_eq!(
        mailboxes,
        [json!(["ann@x.com", 3, 4]), json!(["bob@x.com", 0, 1]), json!(["files", 1, 1])]
    );
    assert_eq!(numbers(&status), seen, "postern status");
    assert_eq!(numbers(&over_http["coverage"]), seen, "/v1/search");
    assert_eq!(numbers(&http_status["engines"]["local"]["coverage"]), seen, "/v1/status");
    let table = run(&data, &["search", "words"]);
    assert!(stderr(&table).contains("2 known messages are not in the index"), "{}", stderr(&table));
    let text = stdout(&run(&data, &["status"]));
    assert!(text.starts_with("4 of 6 known messages"), "{text}");
    assert!(text.contains("3 of 4  ann@x.com") && text.contains("0 of 1  bob@x.com"), "{text}");
}

/// Where the original of a message would be stored, if it had been synced.
fn stored_at(data: &Path, id: &str) -> PathBuf {
    data.join("sync/messages").join(&id[..1]).join(format!("{id}.eml.gz"))
}

/// `postern show --eml` gave up where the store of sync cannot be read; the gateway went on to the
/// file that the message came from.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_original_is_read_from_its_file_where_the_store_fails() {
    let folder = partly_synced().await;
    let data = folder.path().join("data");
    let id = stdout(&run(&data, &["search", "--format", "ids", "mailbox:files"])).trim().to_owned();
    let stored = stored_at(&data, &id);
    fs::create_dir_all(stored.parent().unwrap()).unwrap();
    // It leads to itself, so that the system refuses to open it, whoever asks.
    std::os::unix::fs::symlink(&stored, &stored).unwrap();
    let shown = run(&data, &["show", "--eml", &id]);
    assert_eq!(String::from_utf8_lossy(&shown.stdout), FILE, "{}", stderr(&shown));
    let told = stderr(&shown);
    assert!(told.contains("the store of originals cannot be read"), "{told}");
    let gateway = Gateway::start(&data, &["--tenant", TENANT, "--key", KEY]);
    let original = get(&format!("{}/v1/messages/{id}/eml", gateway.url)).await;
    assert_eq!((original.status, original.body.as_str()), (200, FILE));
}
