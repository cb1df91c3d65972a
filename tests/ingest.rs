//! Taking mail in: what changes, what is gone, and runs that are stopped, killed or out of space.

use std::fs;
use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Gateway, get_with, postern, run, stderr, stdout};

const FROM: &str = "From a@x.com Sat Jan  1 10:00:00 2024\n";

/// A folder of mail and a place for an index.
pub(crate) struct Setting {
    folder: TempDir,
}

impl Setting {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn mail(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.mail().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Runs to the end, and gives the summary.
    pub(crate) fn index(&self, arguments: &[&str]) -> Value {
        summary(&self.start("data", arguments).output().unwrap())
    }

    pub(crate) fn start(&self, data: &str, arguments: &[&str]) -> Command {
        let mut command = postern(&self.data(data));
        command.args(["index", "--format", "json", "--memory", "16M"]).args(arguments);
        command.arg(self.mail()).stdin(Stdio::null());
        command
    }

    pub(crate) fn count(&self, query: &str) -> String {
        stdout(&run(&self.data("data"), &["search", "--count", query])).trim().to_owned()
    }
}

pub(crate) fn summary(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(output)))
}

#[track_caller]
pub(crate) fn check(summary: &Value, expected: &[(&str, u64)]) {
    for (key, value) in expected {
        assert_eq!(summary[key], *value, "{key}: {summary}");
    }
}

fn message(number: usize) -> String {
    format!("From: a{number}@x.com\nSubject: number{number}\n\n{}\n", "some words ".repeat(20))
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut child =
        Command::new("gzip").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(content).unwrap();
    child.wait_with_output().unwrap().stdout
}

// ---- what changes ----

#[test]
fn archives_are_read_once_and_again_when_they_change() {
    let setting = Setting::new();
    let mbox = |numbers: &[usize]| {
        let messages = numbers.iter().map(|number| format!("{FROM}{}\n", message(*number)));
        gzip(messages.collect::<String>().as_bytes())
    };
    setting.write("ann@x.com/old.mbox.gz", mbox(&[1, 2]));
    check(&setting.index(&[]), &[("indexed", 2)]);
    check(&setting.index(&[]), &[("indexed", 0), ("alreadyThere", 2)]);
    setting.write("ann@x.com/old.mbox.gz", mbox(&[2, 3, 4]));
    check(&setting.index(&[]), &[("indexed", 3), ("alreadyThere", 0)]);
    assert_eq!([setting.count("number1"), setting.count("*")], ["0", "3"]);
}

#[test]
fn what_is_gone_is_forgotten_when_asked_for() {
    let setting = Setting::new();
    setting.write("1.eml", message(1));
    setting.write("copy/1.eml", message(1));
    setting.write("2.eml", message(2));
    setting.write("box/cur/1:2,", message(3));
    fs::create_dir_all(setting.mail().join("box/new")).unwrap();
    check(&setting.index(&[]), &[("indexed", 3), ("duplicates", 1)]);
    fs::remove_file(setting.mail().join("1.eml")).unwrap();
    fs::remove_file(setting.mail().join("2.eml")).unwrap();
    let cur = setting.mail().join("box/cur");
    fs::rename(cur.join("1:2,"), cur.join("1:2,S")).unwrap();
    check(&setting.index(&[]), &[("forgotten", 0), ("duplicates", 1)]);
    assert_eq!(setting.count("*"), "3");
    check(&setting.index(&["--prune"]), &[("forgotten", 3), ("indexed", 0)]);
    assert_eq!([setting.count("*"), setting.count("number1")], ["2", "1"], "a copy is still there");
    // Another folder is nobody's business here.
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("5.eml"), message(5)).unwrap();
    let other = other.path().to_str().unwrap();
    let data = setting.data("data");
    assert!(run(&data, &["index", "--quiet", "--prune", other]).status.success());
    assert_eq!(setting.count("*"), "3");
}

#[test]
fn broken_messages_are_marked_and_counted() {
    let setting = Setting::new();
    setting.write("1.eml", message(1));
    setting
        .write("2.eml", "Subject: cut\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhalf");
    setting.write("3.eml", "Subject: odd\nno header\nTo: a@x.com\n\nwhole");
    setting.write("4.eml", "Subject: odder\nno header\nTo: b@x.com\n\nwhole");
    let summary = setting.index(&[]);
    check(&summary, &[("indexed", 4)]);
    let expected = serde_json::json!({
        "a line among the headers that is none": 2, "a multipart that does not end": 1
    });
    assert_eq!(summary["broken"], expected);
    let data = setting.data("data");
    let id = stdout(&run(&data, &["search", "--format", "ids", "half"]));
    let shown = stdout(&run(&data, &["show", id.trim()]));
    assert!(shown.contains("Broken  a multipart that does not end"), "{shown}");
}

/// The MIME library panics over it where debug assertions are on.
#[test]
fn a_panic_of_a_library_is_not_shown() {
    let setting = Setting::new();
    let inner = "Content-Type: message/rfc822\n\nword\n";
    setting.write(
        "1.eml",
        format!("Content-Type: multipart/mixed; boundary=b\n\n--b{inner}{inner}\n\n--b--"),
    );
    let output = setting.start("data", &["--quiet"]).output().unwrap();
    check(&summary(&output), &[("indexed", 1)]);
    assert_eq!(stderr(&output), "");
    assert_eq!(setting.count("word"), "1");
}

/// The book-keeping of a killed run is mended by the next one.
#[test]
fn a_message_is_shown_while_nobody_knows_where_it_lies() {
    let setting = Setting::new();
    setting.write("1.eml", message(1));
    setting.index(&[]);
    let data = setting.data("data");
    let id = stdout(&run(&data, &["search", "--format", "ids", "*"]));
    fs::write(data.join("index/ledger.sqlite"), b"damaged").unwrap();
    let shown = run(&data, &["show", id.trim()]);
    assert!(stdout(&shown).contains("number1"), "{}", stderr(&shown));
}

#[test]
fn a_message_in_two_mailboxes_knows_both() {
    let setting = Setting::new();
    setting.write("ann@x.com/Sent/1.eml", message(1));
    setting.write("bob@x.com/Inbox/old.mbox", format!("{FROM}{}", message(1)));
    check(&setting.index(&[]), &[("indexed", 1), ("duplicates", 1)]);
    let data = setting.data("data");
    let id = stdout(&run(&data, &["search", "--format", "ids", "*"]));
    let shown = run(&data, &["show", "--format", "json", id.trim()]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["mailbox"], "ann@x.com", "the first");
    let expected = serde_json::json!([
        {"source": "files", "mailbox": "ann@x.com", "folder": "Sent"},
        {"source": "files", "mailbox": "bob@x.com", "folder": "Inbox"},
    ]);
    assert_eq!(shown["places"], expected, "as a search over HTTP says");
    let second = &shown["originals"][1];
    assert_eq!(second["mailbox"], "bob@x.com");
    assert!(second["path"].as_str().unwrap().ends_with("old.mbox!38"), "{second}");
    let text = stdout(&run(&data, &["show", id.trim()]));
    assert!(text.contains("bob@x.com, Inbox: "), "{text}");
}

/// A mail program renames the file of a message when it is read.
#[test]
fn marks_follow_the_name_when_gone_files_are_forgotten() {
    let setting = Setting::new();
    setting.write("box/cur/1:2,", message(1));
    fs::create_dir_all(setting.mail().join("box/new")).unwrap();
    setting.index(&[]);
    assert_eq!([setting.count("is:read"), setting.count("is:unread")], ["0", "1"]);
    let cur = setting.mail().join("box/cur");
    fs::rename(cur.join("1:2,"), cur.join("1:2,FRS")).unwrap();
    check(&setting.index(&["--prune"]), &[("forgotten", 1), ("indexed", 1)]);
    let marked = ["is:read", "is:flagged", "is:replied", "is:draft", "*"];
    assert_eq!(marked.map(|query| setting.count(query)), ["1", "1", "1", "0", "1"]);
}

#[test]
fn what_may_not_be_read_is_tried_again() {
    let setting = Setting::new();
    setting.write("1.eml", message(1));
    let link = setting.mail().join("2.eml");
    // Not to be read, even by those who may read everything.
    std::os::unix::fs::symlink("/proc/self/mem", &link).unwrap();
    let first = setting.index(&[]);
    check(&first, &[("indexed", 1)]);
    assert_eq!(first["unreadable"].as_array().unwrap().len(), 1, "{first}");
    check(&setting.index(&[]), &[("alreadyThere", 1)]);
    fs::remove_file(&link).unwrap();
    setting.write("2.eml", message(2));
    check(&setting.index(&[]), &[("indexed", 1), ("alreadyThere", 1)]);
}

// ---- runs that meet ----

/// Nobody could say where a message lies, nor show its original, until the run was over.
#[tokio::test]
async fn what_is_here_is_shown_while_a_run_writes() {
    let setting = Setting::new();
    setting.write("ann@x.com/Sent/1.eml", message(1));
    setting.write("bob@x.com/Inbox/1.eml", message(1));
    setting.index(&[]);
    let data = setting.data("data");
    let id = stdout(&run(&data, &["search", "--format", "ids", "*"])).trim().to_owned();
    let gateway = Gateway::start(&data, &[]);
    let writing = Stopped::in_the_middle(&setting);

    let refused = setting.start("data", &[]).output().unwrap();
    assert!(stderr(&refused).contains("another postern is writing the index"));
    assert_eq!(stdout(&run(&data, &["show", "--eml", &id])), message(1));
    let shown = run(&data, &["show", "--format", "json", &id]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["places"].as_array().unwrap().len(), 2, "{shown}");
    let status = stdout(&run(&data, &["status"]));
    assert!(status.contains("ann@x.com"), "{status}");
    let answer = |path: String| {
        let url = format!("{}{path}", gateway.url);
        async move { get_with(&url, None).await }
    };
    let original = answer(format!("/v1/messages/{id}/eml")).await;
    assert_eq!((original.status, original.body), (200, message(1)));
    let found = answer(format!("/v1/messages/{id}")).await;
    assert_eq!((found.status, &found.json()["subject"]), (200, &"number1".into()));
    assert_eq!(answer("/v1/status".to_owned()).await.status, 200);

    assert!(writing.go_on().success());
    assert_eq!(setting.count("*"), "4001");
}

/// A run that was stopped between two of its commits, and goes on when it is told to.
struct Stopped(Child);

impl Stopped {
    fn in_the_middle(setting: &Setting) -> Self {
        many(setting, 2..4_002);
        let mut index = setting.start("data", &["--quiet", "--commit-every", "500"]);
        let mut child = index.stdout(Stdio::null()).spawn().unwrap();
        while setting.count("*") == "1" && child.try_wait().unwrap().is_none() {}
        signal(&child, "-STOP");
        assert!(child.try_wait().unwrap().is_none(), "it is not done yet");
        Self(child)
    }

    fn go_on(mut self) -> ExitStatus {
        signal(&self.0, "-CONT");
        self.0.wait().unwrap()
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.0.kill().unwrap_or_default();
    }
}

fn signal(child: &Child, signal: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
}

#[test]
fn two_runs_at_once_are_refused() {
    let setting = Setting::new();
    many(&setting, 0..2_000);
    let mut first = setting.start("data", &["--quiet"]).stdout(Stdio::null()).spawn().unwrap();
    wait_for(&setting.data("data").join("index/ledger.sqlite"));
    let second = setting.start("data", &[]).output().unwrap();
    if first.try_wait().unwrap().is_none() {
        assert_eq!(second.status.code(), Some(1));
        let said = stderr(&second);
        assert!(said.contains("another postern is writing the index"), "{said}");
    }
    assert!(first.wait().unwrap().success());
    assert_eq!(setting.count("*"), "2000");
}

#[test]
fn an_interrupt_keeps_what_is_done() {
    let setting = Setting::new();
    many(&setting, 0..4_000);
    let mut index = setting.start("data", &[]);
    let child = index.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&setting.data("data").join("index/ledger.sqlite"));
    std::thread::sleep(Duration::from_millis(200));
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    let stopped = summary(&output);
    let done = stopped["indexed"].as_u64().unwrap();
    assert!(stderr(&output).contains("what is done is kept") || stopped["stopped"] == false);
    assert_eq!(setting.count("*"), done.to_string(), "what the summary says is there");
    let rest = setting.index(&[]);
    let there = rest["alreadyThere"].as_u64().unwrap();
    // The last file may not have been closed, and is read again.
    assert!(there == done || there + 1 == done, "{done}: {rest}");
    check(&rest, &[("indexed", 4_000 - there), ("found", 4_000)]);
    assert_eq!(setting.count("*"), "4000");
}

fn many(setting: &Setting, numbers: Range<usize>) {
    for number in numbers {
        setting.write(&format!("box{}/Inbox/{number}.eml", number % 5), message(number));
    }
}

fn wait_for(path: &Path) {
    let began = Instant::now();
    while !path.exists() && began.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

// ---- runs that end badly ----

/// Mail of every kind, some of it in two places.
fn mixed() -> Setting {
    let setting = Setting::new();
    for number in 0..60 {
        setting.write(&format!("ann@x.com/Inbox/{number}.eml"), message(number));
        setting.write(&format!("bob/cur/{number}:2,S"), message(number + 30));
    }
    fs::create_dir_all(setting.mail().join("bob/new")).unwrap();
    let mbox: String = (80..160).map(|number| format!("{FROM}{}\n", message(number))).collect();
    setting.write("old.mbox", &mbox);
    setting.write("older.mbox.gz", gzip(mbox.replace("number", "elder").as_bytes()));
    let documents =
        (0..40).map(|number| format!("{{\"id\":\"d{number}\",\"subject\":\"document\"}}\n"));
    setting.write("documents.jsonl", documents.collect::<String>());
    setting.write("broken.gz", b"\x1f\x8b\x08 and nothing more");
    setting
}

/// Every message as it is found, in the order of their ids.
fn all(data: &Path) -> Vec<Value> {
    let output = run(data, &["search", "--format", "jsonl", "--limit", "100000", "*"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    let mut all: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    all.sort_by_key(|message| message["id"].to_string());
    all
}

/// Runs to the end: with 3 for the broken file, or with 0 where that was noted before.
fn finish(setting: &Setting, data: &str) {
    let last = setting.start(data, &["--quiet"]).output().unwrap();
    assert!(matches!(last.status.code(), Some(0 | 3)), "{}", stderr(&last));
}

/// Killed at any moment, the next run continues, and nothing is lost or doubled. Runs 30 times, or as
/// often as `POSTERN_TEST_KILLS` says.
#[test]
fn killed_at_any_moment() {
    let setting = mixed();
    let arguments = ["--quiet", "--jobs", "2", "--commit-every", "25"];
    let began = Instant::now();
    setting.start("whole", &arguments).output().unwrap();
    let took = began.elapsed();
    let whole = all(&setting.data("whole"));
    // 0 to 159, those of the older mailbox file, and the documents.
    assert_eq!(whole.len(), 160 + 80 + 40);
    let kills = std::env::var("POSTERN_TEST_KILLS").ok().and_then(|kills| kills.parse().ok());
    // No two runs are killed at the same part of their way; five kills before each end.
    let kills: u32 = kills.unwrap_or(30);
    for kill in 0..kills {
        let mut child = setting.start("killed", &arguments).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(took.mul_f64(f64::from(kill * 37 % kills) / f64::from(kills)));
        child.kill().unwrap();
        child.wait().unwrap();
        if kill % 5 == 4 || kill + 1 == kills {
            finish(&setting, "killed");
            assert_eq!(all(&setting.data("killed")), whole, "after kill {kill}");
            fs::remove_dir_all(setting.data("killed")).unwrap();
        }
    }
}

/// Where files may not grow beyond some size, as on a full disk, the fault is said, and the next run
/// goes on.
#[test]
fn without_space() {
    let setting = mixed();
    setting.start("whole", &["--quiet"]).output().unwrap();
    let whole = all(&setting.data("whole"));
    for blocks in [0, 1, 2, 8, 64, 200, 800, 2_000, 3_000, 4_000] {
        let index = setting.start("full", &["--quiet", "--commit-every", "25"]);
        let limited = Command::new("sh")
            .args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")])
            .arg(index.get_program())
            .args(index.get_args())
            .output()
            .unwrap();
        let said = stderr(&limited);
        assert!(!said.contains("panicked"), "{blocks}: {said}");
        match limited.status.code() {
            Some(1) => assert!(
                said.contains("there is no space") && said.contains("run the same again"),
                "{blocks}: {said}"
            ),
            code => assert!(blocks > 2 && matches!(code, Some(0 | 3)), "{blocks}: {code:?}"),
        }
    }
    finish(&setting, "full");
    assert_eq!(all(&setting.data("full")), whole);
}
