//! Syncing with the real binary: killed, out of space, and what the gateway makes of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use postern_upstream::fake::{Fake, Mail, Misbehaviour};
use postern_upstream::veeam::Version;
use postern_upstream::veeam::fake::FakeVeeam;
use serde_json::Value;
use tempfile::TempDir;

use crate::attachments::message;
use crate::documents::docx;
use crate::drives::essential;
use crate::support::{
    Gateway, KEY, TENANT, get, get_with, post_with, postern, run, stderr, stdout,
};

/// An upstream with 400 messages in pages of 20, and a place for them.
pub(crate) struct Setting {
    pub(crate) fake: Fake,
    folder: TempDir,
}

pub(crate) fn mail(number: usize) -> Mail {
    let (mailbox, folder) =
        [("ann@x.com", "Inbox"), ("ann@x.com", "Sent Items"), ("bob@x.com", "Inbox")][number % 3];
    Mail {
        mailbox: mailbox.to_owned(),
        folder: folder.to_owned(),
        id: format!("m{number}"),
        subject: format!("number{number}"),
        created: format!("20{:02}-0{}-11T10:00:{:02}Z", number % 20, number % 9 + 1, number % 60),
        bytes: format!("From: a@x.com\r\nSubject: number{number}\r\n\r\nsome words\r\n")
            .into_bytes(),
    }
}

/// A message with a document, whose words only a worker reads.
fn mail_with_a_document(number: usize) -> Mail {
    Mail { bytes: message("a.docx", "application/octet-stream", &docx("docxword")), ..mail(number) }
}

impl Setting {
    pub(crate) async fn new() -> Self {
        let fake = Fake::start().await.unwrap();
        fake.page_size(20);
        fake.hold((0..400).map(mail));
        fake.demand_key(KEY);
        Self { fake, folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn data(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn sync(&self, data: &str, arguments: &[&str]) -> Command {
        let mut command = postern(&self.data(data));
        command.args(["sync", "--premium", &self.fake.url(), "--tenant", TENANT, "--key", KEY]);
        command.args(["--format", "json", "--answer-time", "1s", "--quiet"]).args(arguments);
        command.stdin(Stdio::null());
        command
    }
}

pub(crate) async fn finished(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

pub(crate) fn summary(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(output)))
}

/// Every message as it is found, by its id, and its original.
fn all(data: &Path) -> BTreeMap<String, (Value, String)> {
    let output = run(data, &["search", "--format", "jsonl", "--limit", "100000", "*"]);
    let text = stdout(&output);
    let messages = text.lines().map(|line| {
        let message: Value = serde_json::from_str(line).unwrap();
        let id = message["id"].as_str().unwrap().to_owned();
        let file = data.join("sync/messages").join(&id[..1]).join(format!("{id}.eml.gz"));
        assert!(file.exists(), "{}", file.display());
        (id.clone(), (message, id))
    });
    let all: BTreeMap<_, _> = messages.collect();
    assert_eq!(all.len(), text.lines().count(), "each message once");
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_sync() {
    let setting = Setting::new().await;
    let dry = summary(&finished(setting.sync("data", &["--dry-run"])).await);
    assert_eq!((&dry["known"], &dry["downloaded"]), (&400.into(), &0.into()));
    let first = summary(&finished(setting.sync("data", &[])).await);
    assert_eq!(
        (&first["known"], &first["here"], &first["downloaded"]),
        (&400.into(), &400.into(), &400.into())
    );
    assert_eq!(
        first["requests"].as_u64(),
        Some(setting.fake.seen().len() as u64 - dry["requests"].as_u64().unwrap())
    );
    let data = setting.data("data");
    let found = all(&data);
    assert_eq!(found.len(), 400);
    let found = stdout(&run(&data, &["search", "--format", "ids", "subject:number7"]));
    let original = run(&data, &["show", "--eml", found.trim()]);
    assert_eq!(original.stdout, mail(7).bytes);
    let status: Value =
        serde_json::from_slice(&run(&data, &["status", "--format", "json"]).stdout).unwrap();
    assert_eq!((&status["indexed"], &status["known"]), (&400.into(), &400.into()));
    assert_eq!(status["sync"]["mailboxes"][0]["here"], 267);
    let text = stdout(&run(&data, &["status"]));
    assert!(text.contains("267 of 267  ann@x.com  2 folders"), "{text}");
}

/// Documents were read by `index` alone: of synced mail they were left out without a word.
#[tokio::test(flavor = "multi_thread")]
async fn words_in_attachments_of_synced_mail_are_found() {
    let setting = Setting::new().await;
    setting.fake.hold([mail_with_a_document(400)]);
    let output = finished(setting.sync("data", &[])).await;
    assert_eq!(summary(&output)["here"], 401);
    let data = setting.data("data");
    let count = || stdout(&run(&data, &["search", "--count", "contents:docxwords"]));
    assert_eq!(count().trim(), "1");
    assert!(finished(setting.sync("data", &["--rebuild"])).await.status.success());
    assert_eq!(count().trim(), "1", "read from the store");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_for_what_is_wrong() {
    let setting = Setting::new().await;
    let told = |data: &str, arguments: &[&str]| finished(setting.sync(data, arguments));
    for (arguments, code, expected) in [
        (vec!["--mailbox", "nobody@x.com"], 1, "there is no collected mailbox `nobody@x.com`"),
        (vec!["--since", "yesterday"], 2, "`yesterday` is no date"),
        (vec!["--jobs", "0"], 2, "0 is not in 1..=64"),
    ] {
        let output = told("bad", &arguments).await;
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
    setting.fake.misbehave_at("/items/m9/download", Misbehaviour::Status(410));
    let some = told("some", &[]).await;
    assert_eq!((some.status.code(), &summary(&some)["failures"]), (Some(3), &1.into()));
    setting.fake.misbehave_at("/items/m9/download", Misbehaviour::None);
    assert_eq!(summary(&told("some", &[]).await)["downloaded"], 1);
    setting.fake.demand_key("another");
    let refused = told("some", &[]).await;
    assert_eq!(refused.status.code(), Some(1));
    let told = stderr(&refused);
    assert!(told.contains("the key was refused") && told.contains("--key-file"), "{told}");
    assert_eq!(all(&setting.data("some")).len(), 400);
    let without = run(&setting.data("some"), &["sync", "--premium", "http://127.0.0.1:1"]);
    assert!(
        stderr(&without).contains("give --tenant ID and --key-file FILE"),
        "{}",
        stderr(&without)
    );
}

/// One source of a tenant refuses its key, and the other one is brought home all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_fails_kept_the_others_from_a_run() {
    let setting = Setting::new().await;
    let backups = FakeVeeam::start(&[Version::V8]).await.unwrap();
    let (data, config) = (setting.data("both"), setting.data("both.toml"));
    let text = format!(
        "[premium]\nurl = \"{}\"\n[[keys]]\nname = \"all\"\nsha256 = \"{}\"\ntenant = \"{TENANT}\"\n\
         upstream_key = \"another\"\n[[tenants]]\nid = \"{TENANT}\"\ndata = \"{}\"\n\
         [tenants.veeam]\nurl = \"{}\"\nuser = \"admin\"\n",
        setting.fake.url(),
        "0".repeat(64),
        data.display(),
        backups.http().url(),
    );
    std::fs::write(&config, text).unwrap();
    let password = backups.account().password;
    let mut command = postern(&data);
    command.arg("--config").arg(&config).args(["--quiet", "sync", "--format", "json"]);
    command.env("POSTERN_VEEAM_PASSWORD", password.expose());
    let output = finished(command).await;
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("key"), "{}", stderr(&output));
    let synced: Vec<Value> = serde_json::Deserializer::from_slice(&output.stdout)
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert!(synced.iter().any(|one| one["source"] == "veeam"), "{synced:?}");
    assert_eq!(backups.working(), 0, "no restore session is left");
}

/// Killed at any moment while upstream misbehaves, the next run goes on, and nothing is lost or doubled.
/// Runs 12 times, or as often as `POSTERN_TEST_KILLS` says.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_under_faults() {
    let setting = Setting::new().await;
    let began = Instant::now();
    finished(setting.sync("whole", &[])).await;
    let took = began.elapsed();
    let whole = all(&setting.data("whole"));
    let kills = std::env::var("POSTERN_TEST_KILLS").ok().and_then(|kills| kills.parse().ok());
    let kills: u32 = kills.unwrap_or(12);
    let faults = [
        Misbehaviour::Busy(Some(0)),
        Misbehaviour::Status(500),
        Misbehaviour::CutOff,
        Misbehaviour::Garbage,
        Misbehaviour::Reset,
    ];
    for kill in 0..kills {
        setting.fake.misbehave_times(faults[kill as usize % faults.len()], 3);
        let mut child = setting
            .sync("killed", &[])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let moment = took.mul_f64(f64::from(kill * 37 % kills) / f64::from(kills));
        tokio::time::sleep(moment).await;
        child.kill().unwrap();
        child.wait().unwrap();
        if kill % 4 == 3 || kill + 1 == kills {
            let last = finished(setting.sync("killed", &[])).await;
            assert_eq!(last.status.code(), Some(0), "{}", stderr(&last));
            assert_eq!(all(&setting.data("killed")), whole, "after kill {kill}");
            std::fs::remove_dir_all(setting.data("killed")).unwrap();
        }
    }
}

/// Where files may not grow beyond some size, as on a full disk, the fault is said, and the next run
/// goes on.
#[tokio::test(flavor = "multi_thread")]
async fn without_space() {
    let setting = Setting::new().await;
    for blocks in [0, 1, 2, 8, 32, 64, 128, 200, 400] {
        let sync = setting.sync("full", &[]);
        let mut limited = Command::new("sh");
        limited.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
        limited.arg(sync.get_program()).args(sync.get_args());
        let output = finished(limited).await;
        let said = stderr(&output);
        assert!(!said.contains("panicked") && !said.contains("defect"), "{blocks}: {said}");
        match output.status.code() {
            Some(1) => assert!(said.contains("there is no space"), "{blocks}: {said}"),
            code => assert!(blocks > 2 && matches!(code, Some(0 | 3)), "{blocks}: {code:?}"),
        }
    }
    let last = finished(setting.sync("full", &[])).await;
    assert_eq!(last.status.code(), Some(0), "{}", stderr(&last));
    assert_eq!(all(&setting.data("full")).len(), 400);
}

/// With upstream away, what was synced is browsed and downloaded as before.
#[tokio::test(flavor = "multi_thread")]
async fn browsing_goes_on_when_upstream_is_away() {
    let setting = Setting::new().await;
    finished(setting.sync("data", &[])).await;
    let gateway = Gateway::start(
        &setting.data("data"),
        &["--premium", &setting.fake.url(), "--tenant", TENANT, "--key", KEY, "--deadline", "2s"],
    );
    let asked = [
        "/locations".to_owned(),
        "/discovery/exchange/users?PageSize=100&filter.type=USERS_AND_SHAREDMAILBOXES".to_owned(),
        "/discovery/blob/source/ann@x.com/items/-?types=MailboxFolder&PageSize=100".to_owned(),
        "/discovery/blob/source/ann@x.com/items/folder%2FSent%20Items?types=MessageItem&\
         fromDate=2003-01-01T00:00:00Z&toDate=2003-12-31T00:00:00Z&PageSize=20"
            .to_owned(),
        "/discovery/blob/source/ann@x.com/items/m7/download?dataType=email&fragmentId=fragment-of-m7&format=eml".to_owned(),
    ];
    let ask = async |served: &str| {
        let mut answers = Vec::new();
        for path in &asked {
            let answer = get(&format!("{}/api/{TENANT}{path}", gateway.url)).await;
            assert_eq!(
                (answer.status, answer.header("postern-served-by")),
                (200, served),
                "{path}: {}",
                answer.body
            );
            assert!(answer.header("postern-coverage").starts_with("400/400; as-of=2"));
            answers.push(answer.body);
        }
        answers
    };
    let online = ask("premium").await;
    setting.fake.misbehave(Misbehaviour::Status(503));
    let offline = ask("local").await;
    for (path, (one, other)) in asked.iter().zip(online.iter().zip(&offline)) {
        let read = |text: &String| serde_json::from_str::<Value>(text).map(essential);
        assert_eq!(read(one).ok(), read(other).ok(), "{path}");
    }
    assert_eq!(offline[4].as_bytes(), mail(7).bytes);
    let status = get(&format!("{}/v1/status", gateway.url)).await.json();
    assert_eq!(
        (&status["sync"]["mailboxes"][0]["here"], &status["sync"]["mailboxes"][0]["name"]),
        (&267.into(), &"ann@x.com".into())
    );
    let unknown = get(&format!(
        "{}/api/{TENANT}/discovery/blob/source/zoe@x.com/items/-?types=MailboxFolder",
        gateway.url
    ))
    .await;
    assert_eq!(unknown.status, 502);
}

/// With `[sync]` the gateway brings mail here by itself, again and again.
#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_syncs_on_a_schedule() {
    let setting = Setting::new().await;
    let config = setting.data("postern.toml");
    let text = format!("[premium]\nurl = \"{}\"\n[sync]\nevery = \"1s\"\n", setting.fake.url());
    std::fs::write(&config, text).unwrap();
    let gateway = Gateway::start(
        &setting.data("data"),
        &["--config", config.to_str().unwrap(), "--tenant", TENANT, "--key", KEY],
    );
    let here = async || {
        let status = get(&format!("{}/v1/status", gateway.url)).await.json();
        status["engines"]["local"]["coverage"]["indexed"].as_u64().unwrap_or(0)
    };
    let wait_for = async |count: u64| {
        for _ in 0..300 {
            if here().await == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{} and not {count}", here().await);
    };
    wait_for(400).await;
    let created = jiff::Timestamp::try_from(std::time::SystemTime::now()).unwrap().to_string();
    let new = [mail(400), mail_with_a_document(401)];
    setting.fake.hold(new.map(|mail| Mail { created: created.clone(), ..mail }));
    wait_for(402).await;
    let found = get(&format!("{}/v1/search?q=contents:docxwords", gateway.url)).await.json();
    assert_eq!(found["count"]["value"], 1);
    // Each run stands between two entries of the audit log.
    let audited = || {
        let search = ["audit", "search", "--what", "sync", "--limit", "1000", "--format", "jsonl"];
        let listed = run(&setting.data("data"), &search);
        let listed = stdout(&listed);
        let entries = listed.lines().map(|line| serde_json::from_str(line).unwrap());
        entries.collect::<Vec<serde_json::Value>>()
    };
    let downloaded =
        || audited().iter().filter_map(|entry| entry["downloaded"].as_u64()).sum::<u64>();
    for _ in 0..300 {
        if downloaded() == 402 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(downloaded(), 402);
    let newest_first = audited();
    let [.., ended, begun] = newest_first.as_slice() else { panic!("{newest_first:?}") };
    assert_eq!((&begun["event"], &begun["how"]), (&"begun".into(), &"schedule".into()));
    assert_eq!((&ended["event"], &ended["outcome"]), (&"ended".into(), &"done".into()));
    assert_eq!((&ended["who"], &ended["tenant"]), (&"local".into(), &TENANT.into()));
}

/// Why a run ended may name any mailbox: a key for some is told only that it did.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_for_some_mailboxes_is_not_told_why_a_run_ended() {
    let setting = Setting::new().await;
    finished(setting.sync("data", &[])).await;
    finished(setting.sync("data", &["--mailbox", "nobody@x.com"])).await;
    let config = setting.folder.path().join("postern.toml");
    // The SHA-256 of `narrow` and of `test-key`.
    let keys = [
        (
            "5eda958e9ddee7721fb71e7a7618c64dbf20cc77b06ba4e4d2269d6c3e50655b",
            "mailboxes = ['ann@x.com']",
        ),
        (
            "62af8704764faf8ea82fc61ce9c4c3908b6cb97d463a634e9e587d7c885db0ef",
            "rights = ['operate']",
        ),
    ];
    let keys = keys.map(|(hash, mailboxes)| {
        format!(
            "[[keys]]
name = '{}'
sha256 = '{hash}'
tenant = '{TENANT}'
{mailboxes}
",
            &hash[..1]
        )
    });
    std::fs::write(&config, keys.concat()).unwrap();
    let gateway = Gateway::start(&setting.data("data"), &["--config", config.to_str().unwrap()]);
    for (key, told) in [
        (KEY, "there is no collected mailbox `nobody@x.com`"),
        ("narrow", "the last run ended early"),
    ] {
        let status = get_with(&format!("{}/v1/status", gateway.url), Some(key)).await.json();
        let error = status["sync"]["error"].as_str().unwrap_or_default();
        assert!(error.starts_with(told), "{key}: {status}");
        assert_eq!(status.to_string().contains("nobody@x.com"), key == KEY, "{status}");
    }
}

/// Premium compares addresses as they are spelt, so it would miss mail without a word. The local index has all of it.
#[tokio::test(flavor = "multi_thread")]
async fn premium_yields_where_it_would_miss_mail_that_is_here() {
    let setting = Setting::new().await;
    finished(setting.sync("data", &[])).await;
    let premium_first = setting.data("postern.toml");
    let text =
        format!("[premium]\nurl = \"{}\"\nfidelity = \"premium-first\"\n", setting.fake.url());
    std::fs::write(&premium_first, text).unwrap();
    let url = setting.fake.url();
    let of_premium = ["--premium", &url];
    let of_file = ["--config", premium_first.to_str().unwrap()];
    for (data, settings, query, served) in [
        ("data", of_premium, "from:a@x.com", "local"),
        ("data", of_premium, "from:a@x.com subject:number1", "local"),
        // Exact, or with more than was asked for.
        ("data", of_premium, "subject:number1", "premium"),
        ("data", of_premium, "-from:a@x.com", "premium"),
        // Not all of it is here.
        ("none", of_premium, "from:a@x.com", "premium"),
        ("data", of_file, "from:a@x.com", "premium"),
    ] {
        let arguments = [&settings[..], &["--tenant", TENANT, "--key", KEY]].concat();
        let gateway = Gateway::start(&setting.data(data), &arguments);
        let asked = serde_json::json!({ "q": query });
        let answer = post_with(&format!("{}/v1/search", gateway.url), KEY, &asked).await;
        assert_eq!(
            (answer.status, answer.header("postern-served-by")),
            (200, served),
            "{query}: {}",
            answer.body
        );
        let told = "premium would miss mail (the premium index compares addresses case-sensitively: other spellings \
                    of capitals are missed), and the local index has all mail of the mailboxes asked for";
        let expected = if served == "local" { told } else { "" };
        assert_eq!(answer.header("postern-reason"), expected, "{query}");
    }
}
