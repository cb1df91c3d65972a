//! The audit log as people and programs meet it: what is in it, what is found of a change, kills, a full disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Gateway, KEY, TENANT, get, post_with, postern, root, run, stderr, stdout};

/// A data folder with the samples, and a configuration.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new(audit: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Self { folder };
        let heads = place.heads();
        let text = format!("audit = \"{audit}\"\naudit_heads = [\"file:{}\"]\n", heads.display());
        fs::write(place.folder.path().join("postern.toml"), text).unwrap();
        let samples = root().join("samples/mail/a.user@contoso.com");
        let done = place.run(&["index", "--quiet", samples.to_str().unwrap()]);
        assert!(done.status.success(), "{}", stderr(&done));
        place
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn heads(&self) -> PathBuf {
        self.folder.path().join("heads")
    }

    fn segment(&self) -> PathBuf {
        self.data().join("audit/000001.jsonl")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = postern(&self.data());
        command.arg("--config").arg(self.folder.path().join("postern.toml")).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().unwrap()
    }

    fn export(&self) -> Output {
        let out = self.folder.path().join("out.jsonl");
        let out = out.to_str().unwrap();
        self.run(&["export", "invoice", "--format", "jsonl", "--force", "--out", out])
    }

    /// Entries, the oldest first.
    fn entries(&self) -> Vec<Value> {
        let listed = self.run(&["audit", "search", "--format", "jsonl", "--limit", "100000"]);
        let listed = stdout(&listed);
        let mut entries: Vec<_> =
            listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        entries.reverse();
        entries
    }

    /// Verifies, and says how that ended.
    fn verify(&self, more: &[&str]) -> (Option<i32>, Value) {
        let arguments = [&["audit", "verify", "--format", "json"], more].concat();
        let done = self.run(&arguments);
        let told = stdout(&done);
        let told = serde_json::from_str(&told).unwrap_or_else(|_| panic!("{}", stderr(&done)));
        (done.status.code(), told)
    }

    fn against(&self) -> (Option<i32>, Value) {
        let heads = self.heads();
        self.verify(&["--against", heads.to_str().unwrap()])
    }
}

/// Kind and event of each entry.
fn told(entries: &[Value]) -> Vec<String> {
    let told = |entry: &Value| {
        [&entry["what"], &entry["event"]].map(|one| one.as_str().unwrap().to_owned())
    };
    entries.iter().map(|entry| told(entry).join(" ")).collect()
}

#[test]
fn a_command_that_failed_has_an_end_too() {
    let place = Place::new("on");
    let failed = place.run(&["export", "--format", "csv", "after:never"]);
    assert_eq!(failed.status.code(), Some(1), "{}", stderr(&failed));
    let entries = place.entries();
    assert_eq!(told(&entries).split_off(2), ["export begun", "export ended"]);
    assert_eq!(entries.last().unwrap()["outcome"], "failed");
}

#[test]
fn a_command_is_written_before_it_begins_and_when_it_ended() {
    let place = Place::new("on");
    place.export();
    for reads in [&["search", "invoice"][..], &["count", "invoice"], &["translate", "invoice"]] {
        assert!(place.run(reads).status.success());
    }
    let entries = place.entries();
    assert_eq!(told(&entries), ["sync begun", "sync ended", "export begun", "export ended"]);
    let begun = &entries[2];
    assert_eq!((&begun["who"], &begun["how"]), (&"local".into(), &"command line".into()));
    assert!(begun["arguments"].as_array().unwrap().contains(&"invoice".into()), "{begun}");
    let ended = &entries[3];
    let count = stdout(&place.run(&["search", "--count", "invoice"]));
    assert_eq!(ended["messages"].to_string(), count.trim());
    assert_eq!((&ended["outcome"], &ended["canonical"]), (&"done".into(), &"invoice".into()));
    let exports = place.run(&["audit", "search", "--what", "export", "--limit", "1"]);
    assert!(stdout(&exports).contains("export by local") && stdout(&exports).lines().count() == 1);
    let key = stdout(&place.run(&["audit", "key"]));
    assert!(key.starts_with("postern-audit+") && key.matches('+').count() >= 2, "{key}");
    assert_eq!(place.verify(&["--key", key.trim()]).0, Some(0));
}

#[test]
fn who_verifies_without_the_key_is_told_so() {
    let place = Place::new("on");
    for arguments in [&["audit", "verify"], &["audit", "key"]] {
        let key = place.data().join("audit/key");
        let elsewhere = place.folder.path().join("elsewhere.key");
        fs::rename(&key, &elsewhere).unwrap();
        let refused = place.run(arguments);
        fs::rename(&elsewhere, &key).unwrap();
        let told = stderr(&refused);
        assert_eq!(refused.status.code(), Some(1), "{told}");
        assert!(told.contains("cannot be read; `postern audit verify --key` takes"), "{told}");
    }
}

#[test]
fn how_an_export_ended_tells_the_hash_of_its_manifest() {
    let place = Place::new("on");
    for format in ["zip", "dat", "html", "jsonl", "csv", "mbox"] {
        let out = place.folder.path().join(format!("out.{format}"));
        let (path, beside) = (out.to_str().unwrap(), format!("{}.manifest.json", out.display()));
        let done = place.run(&["export", "invoice", "--format", format, "--out", path]);
        assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
        let manifest =
            fs::read(beside).unwrap_or_else(|_| crate::packages::files(&out).pop().unwrap().1);
        let ended = place.entries().pop().unwrap();
        assert_eq!(ended["event"], "ended");
        assert_eq!(ended["manifest"], postern_audit::digest(&manifest).to_string(), "{format}");
    }
    // A bare stream has none.
    place.run(&["export", "invoice", "--format", "csv", "--out", "-"]);
    assert_eq!(place.entries().pop().unwrap()["manifest"], Value::Null);
}

#[test]
fn searching_is_audited_where_everything_is_and_nothing_where_nothing_is() {
    let place = Place::new("all");
    for reads in
        [&["search", "subject:invoice"][..], &["count", "invoice"], &["translate", "invoice"]]
    {
        assert!(place.run(reads).status.success());
    }
    let entries = place.entries();
    assert_eq!(entries.len(), 8, "{:?}", told(&entries));
    assert_eq!(entries[3]["canonical"], "subject:invoice");
    let place = Place::new("off");
    place.export();
    assert!(!place.data().join("audit").exists());
}

#[test]
fn a_change_is_found_and_a_cut_tail_with_a_head_that_was_kept() {
    let place = Place::new("on");
    place.export();
    let whole = fs::read_to_string(place.segment()).unwrap();
    assert_eq!(place.verify(&[]).0, Some(0));
    let (code, told) = place.against();
    assert_eq!((code, &told["against"]["entries"]), (Some(0), &4.into()), "{told}");

    fs::write(place.segment(), whole.replace("\"invoice\"", "\"weather\"")).unwrap();
    let (code, told) = place.verify(&[]);
    assert_eq!((code, &told["intact"]), (Some(1), &false.into()), "{told}");
    assert!(told["fault"]["why"].as_str().unwrap().contains("signs"), "{told}");
    let people = place.run(&["audit", "verify"]);
    assert!(stdout(&people).contains("the log was changed: segment 000001"), "{}", stdout(&people));

    // The last entry and the head behind it.
    let lines: Vec<_> = whole.lines().collect();
    fs::write(place.segment(), lines[..lines.len() - 2].join("\n") + "\n").unwrap();
    assert_eq!(place.verify(&[]).0, Some(0));
    let (code, told) = place.against();
    assert_eq!((code, &told["against"]["result"]), (Some(1), &"cutTail".into()), "{told}");
    assert_eq!(told["against"]["missing"], 1);
}

#[test]
fn what_is_not_signed_yet_is_told_from_what_somebody_added() {
    let place = Place::new("on");
    place.export();
    // The process was killed before it signed the last entry.
    let text = fs::read_to_string(place.segment()).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let last = lines[lines.len() - 2];
    fs::write(place.segment(), lines[..lines.len() - 1].join("\n") + "\n").unwrap();
    let (code, told) = place.verify(&[]);
    assert_eq!(
        (code, &told["sealed"], &told["unsigned"]),
        (Some(0), &1.into(), &0.into()),
        "{told}"
    );
    let people = stdout(&place.run(&["audit", "verify"]));
    assert!(people.contains("1 entries behind them are not signed yet"), "{people}");
    // Who has the public key alone cannot know.
    let key = stdout(&place.run(&["audit", "key"]));
    let elsewhere = place.folder.path().join("elsewhere.key");
    fs::rename(place.data().join("audit/key"), &elsewhere).unwrap();
    let (code, told) = place.verify(&["--key", key.trim()]);
    assert_eq!(
        (code, &told["sealed"], &told["unsigned"]),
        (Some(3), &0.into(), &1.into()),
        "{told}"
    );
    fs::rename(&elsewhere, place.data().join("audit/key")).unwrap();
    // Half an entry behind it.
    let torn = fs::read_to_string(place.segment()).unwrap() + last.split_at(40).0;
    fs::write(place.segment(), torn).unwrap();
    let (code, told) = place.verify(&[]);
    assert_eq!(
        (code, &told["sealed"], &told["unsigned"]),
        (Some(3), &1.into(), &1.into()),
        "{told}"
    );
    // The next entry covers the one, sets the other aside, and the log says so.
    place.export();
    let (code, told) = place.verify(&[]);
    assert_eq!((code, &told["unsigned"], &told["told"]), (Some(0), &0.into(), &2.into()), "{told}");
    let log = place.run(&["audit", "search", "--what", "log"]);
    let log = stdout(&log);
    assert!(log.contains("set aside") && log.contains("found unsigned"), "{log}");
    assert_eq!(place.entries()[3]["event"], "ended");
}

#[test]
fn a_whole_line_of_something_else_at_the_end_is_a_change() {
    let place = Place::new("on");
    let whole = fs::read_to_string(place.segment()).unwrap();
    let head = whole.lines().next().unwrap();
    for added in ["junk", "{}", "{\"n\":3}", head] {
        fs::write(place.segment(), format!("{whole}{added}\n")).unwrap();
        let (code, told) = place.verify(&[]);
        assert_eq!((code, &told["intact"]), (Some(1), &false.into()), "{added}: {told}");
    }
    // The next entry sets it aside, also the head of before: it is not the end of the log.
    place.export();
    let (code, told) = place.verify(&[]);
    assert_eq!((code, &told["told"]), (Some(0), &1.into()), "{told}");
    assert_eq!(place.against().1["against"]["result"], "vouched");
    let begun = &place.entries()[2..];
    assert_eq!(self::told(begun), ["log set aside", "export begun", "export ended"]);
}

/// The command under a shell that ignores the signal of a full file, with files of so many blocks at most.
fn without_space(command: &Command, blocks: usize) -> Command {
    let mut shell = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    shell.args(["-c", &script]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

#[test]
fn a_full_disk_stops_what_must_be_audited() {
    let place = Place::new("on");
    let out = place.folder.path().join("out.jsonl");
    let export = ["export", "--format", "jsonl", "--out", out.to_str().unwrap()];
    let mut command = without_space(&place.command(&export), 0);
    let full = command.stdin(Stdio::null()).output().unwrap();
    assert_eq!(full.status.code(), Some(1));
    let said = stderr(&full);
    assert!(said.contains("there is no space for the audit log"), "{said}");
    assert!(said.contains("what cannot be audited is not done"), "{said}");
    assert!(!out.exists());
    assert_eq!(place.verify(&[]).0, Some(0));
    assert_eq!(place.run(&export).status.code(), Some(0));
}

fn serve(place: &Place) -> Command {
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--tenant", TENANT, "--key", KEY];
    place.command(&arguments)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_the_answers_of_a_gateway() {
    let place = Place::new("on");
    let gateway = Gateway::run(&mut without_space(&serve(&place), 200));
    let search = format!("{}/v1/search?q=invoice", gateway.url);
    let mut answered = 0;
    let refused = loop {
        let answer = get(&search).await;
        if answer.status != 200 {
            break answer;
        }
        answered += 1;
        assert!(answered < 1_000, "100 KiB are full some time");
    };
    assert_eq!((refused.status, &refused.json()["code"]), (503, &"not_audited".into()));
    assert!(refused.body.contains("there is no space"), "{}", refused.body);
    let body = serde_json::json!({"q": "", "format": "jsonl"});
    let export = post_with(&format!("{}/v1/export", gateway.url), KEY, &body).await;
    assert_eq!(export.json()["code"], "not_audited");
    drop(gateway);
    let (code, told) = place.verify(&[]);
    assert_eq!(code, Some(0), "{told}");
    let searches = place.entries().into_iter().filter(|entry| entry["what"] == "search").count();
    assert_eq!(searches, answered);
}

/// Nothing that was answered is missing, whenever the process is killed.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_killed_leaves_a_log_that_verifies() {
    let place = Place::new("on");
    let mut answered = 0;
    for round in 0_usize..5 {
        let gateway = Gateway::run(&mut serve(&place));
        let search = format!("{}/v1/search?q=invoice", gateway.url);
        let asking = (0..4).map(|_| {
            let search = search.clone();
            tokio::spawn(async move {
                let client = postern_upstream::http().no_proxy().build().unwrap();
                let mut answered = 0;
                loop {
                    let asked = client.get(&search).header("X-API-Key", KEY).send().await;
                    match asked {
                        Ok(answer) if answer.status() == 200 => answered += 1,
                        _ => return answered,
                    }
                }
            })
        });
        let asking: Vec<_> = asking.collect();
        get(&search).await;
        answered += 1;
        tokio::time::sleep(std::time::Duration::from_millis(37 * (round as u64 + 1))).await;
        drop(gateway);
        for one in asking {
            answered += one.await.unwrap();
        }
        let (code, told) = place.verify(&[]);
        assert!(matches!(code, Some(0 | 3)), "{told}");
        assert_eq!(place.against().1["against"]["result"], "vouched");
        let searches = place.entries().into_iter().filter(|entry| entry["what"] == "search");
        let searches = searches.count();
        assert!(
            searches >= answered && searches <= answered + 4 * (round + 1),
            "{searches} {answered}"
        );
    }
    assert!(answered > 5);
    assert_eq!(run(&place.data(), &["status"]).status.code(), Some(0));
    fn is_private(path: &Path) -> bool {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(path).unwrap().permissions().mode() & 0o077 == 0
    }
    assert!(is_private(&place.segment()) && is_private(&place.data().join("audit/key")));
}
