//! New hits of saved searches: on the command line, over HTTP, and at a webhook, through kills.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use postern_upstream::fake::{Fake, Mail, Misbehaviour};
use serde_json::Value;

use crate::ingest::Setting;
use crate::support::{Gateway, KEY, TENANT, get, post_with, run, stderr, stdout};
use crate::sync;

fn message(number: usize, subject: &str) -> String {
    format!(
        "From: a@x.com\nMessage-ID: <{number}@x>\nDate: Mon, 1 Jan 2024 10:00:00 +0000\n\
         Subject: {subject} {number}\n\nwords\n"
    )
}

/// Writes messages of that subject and these numbers.
fn write(setting: &Setting, subject: &str, numbers: std::ops::Range<usize>) {
    for number in numbers {
        setting.write(&format!("ann@x.com/Inbox/{number}.eml"), message(number, subject));
    }
}

fn watch(setting: &Setting, arguments: &[&str]) -> String {
    let arguments: Vec<_> = std::iter::once("watch").chain(arguments.iter().copied()).collect();
    let output = run(&setting.data("data"), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

/// The ids of the new hits of the only search.
fn new(setting: &Setting) -> Vec<String> {
    let listed: Value =
        serde_json::from_str(&watch(setting, &["list", "--format", "json"])).unwrap();
    let ids = listed["new"].as_array().unwrap().iter();
    ids.map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// The ids of all that a query finds.
fn found(setting: &Setting, query: &str) -> BTreeSet<String> {
    let arguments = ["search", "--format", "ids", "--limit", "100000", query];
    stdout(&run(&setting.data("data"), &arguments)).lines().map(str::to_owned).collect()
}

#[test]
fn what_arrives_is_new_once() {
    let setting = Setting::new();
    write(&setting, "invoice", 0..2);
    setting.index(&[]);
    watch(&setting, &["add", "Unpaid", "subject:invoice"]);
    assert_eq!(new(&setting), [] as [String; 0], "what was there is not new");
    write(&setting, "invoice", 2..4);
    write(&setting, "lunch", 4..6);
    let output = setting.start("data", &[]).output().unwrap();
    assert!(stderr(&output).contains("new in `Unpaid`: 2"), "{}", stderr(&output));
    assert_eq!(new(&setting).len(), 2);
    let output = setting.start("data", &[]).output().unwrap();
    assert!(!stderr(&output).contains("new in"), "{}", stderr(&output));
    watch(&setting, &["run"]);
    assert_eq!(new(&setting).len(), 2);
    assert!(watch(&setting, &["list", "--seen"]).contains("Unpaid  2 new hits  subject:invoice"));
    assert_eq!(new(&setting), [] as [String; 0]);
    // A search that is kept before anything is indexed finds all that is indexed later.
    watch(&setting, &["remove", "Unpaid"]);
    let gone = run(&setting.data("data"), &["watch", "remove", "Unpaid"]);
    assert!(stderr(&gone).contains("no search is kept as `Unpaid`"), "{}", stderr(&gone));
    for (arguments, said) in [
        (["watch", "add", "x", "(open"], "bracket"),
        (["watch", "add", " ", "a"], "1 to 100 characters"),
    ] {
        let refused = run(&setting.data("data"), &arguments);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&refused).contains(said), "{}", stderr(&refused));
    }
}

#[test]
fn a_search_kept_before_there_is_mail() {
    let setting = Setting::new();
    watch(&setting, &["add", "All", "subject:invoice"]);
    write(&setting, "invoice", 0..3);
    setting.index(&[]);
    assert_eq!(new(&setting).len(), 3);
}

/// What is in an index that is made anew is not new, also where it is read otherwise, or that broke off.
#[test]
fn nothing_is_new_after_a_rebuild() {
    let setting = Setting::new();
    write(&setting, "invoice", 0..3);
    setting.index(&["--no-attachment-text"]);
    watch(&setting, &["add", "Unpaid", "subject:invoice"]);
    write(&setting, "invoice", 3..6);
    setting.index(&["--rebuild"]);
    assert_eq!(new(&setting), [] as [String; 0]);
    for wait in [0, 20, 60, 120] {
        let mut child = setting.start("data", &["--rebuild"]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    setting.index(&["--rebuild"]);
    assert_eq!(new(&setting), [] as [String; 0]);
    write(&setting, "invoice", 6..7);
    setting.index(&[]);
    assert_eq!(new(&setting).len(), 1);
}

/// The page counts all that is new, however much.
#[tokio::test(flavor = "multi_thread")]
async fn one_store_for_the_page_and_the_command_line() {
    let setting = Setting::new();
    write(&setting, "invoice", 0..1);
    setting.index(&[]);
    watch(&setting, &["add", "Unpaid", "subject:invoice"]);
    write(&setting, "invoice", 1..1_301);
    setting.index(&[]);
    let gateway = Gateway::start(&setting.data("data"), &[]);
    let listed = get(&format!("{}/v1/saved", gateway.url)).await.json();
    let one = &listed["searches"][0];
    assert_eq!(
        (&one["name"], &one["count"], &one["new"]),
        (&"Unpaid".into(), &1_301.into(), &1_300.into())
    );
    let open = format!("{}/v1/saved/Unpaid/open", gateway.url);
    let opened = post_with(&open, KEY, &Value::Null).await.json();
    assert_eq!(opened["new"].as_array().unwrap().len(), 1_300);
    assert_eq!(new(&setting), [] as [String; 0], "it was opened there");
}

/// A configuration whose webhook is that server.
fn hooked(setting: &Setting, fake: &Fake) -> PathBuf {
    let config = setting.data("postern.toml");
    let text = format!(
        "data = {:?}\n[webhook]\nurl = \"{}/hook\"\nanswer_time = \"500ms\"\n",
        setting.data("data"),
        fake.url()
    );
    std::fs::write(&config, text).unwrap();
    config
}

fn index(setting: &Setting, config: &PathBuf) -> Command {
    let mut command = setting.start("data", &["--commit-every", "10"]);
    command.arg("--config").arg(config).env("POSTERN_WEBHOOK_SECRET", "0123456789abcdef");
    command
}

/// What the webhook got: the hits of each event, which are the same each time.
fn told(fake: &Fake) -> BTreeMap<String, Vec<String>> {
    let mut events = BTreeMap::new();
    for seen in fake.seen() {
        assert_eq!((seen.method.as_str(), seen.path()), ("POST", "/hook"));
        let body: Value = serde_json::from_slice(&seen.body).unwrap();
        let id = body["eventId"].as_str().unwrap().to_owned();
        assert_eq!(seen.header("webhook-id"), Some(&*id));
        assert!(seen.header("webhook-signature").unwrap().starts_with("v1,"));
        let hits = body["ids"].as_array().unwrap().iter();
        let hits: Vec<_> = hits.map(|id| id.as_str().unwrap().to_owned()).collect();
        assert_eq!((&body["search"], &body["new"]), (&"Unpaid".into(), &hits.len().into()));
        let before = events.insert(id, hits.clone());
        assert!(before.is_none_or(|before| before == hits), "an event changed");
    }
    events
}

/// Each message is new in one event and once in the list, whatever is killed when and however the webhook fails.
#[tokio::test(flavor = "multi_thread")]
async fn kills_and_a_webhook_that_fails() {
    let (setting, fake) = (Setting::new(), Fake::start().await.unwrap());
    let config = hooked(&setting, &fake);
    watch(&setting, &["add", "Unpaid", "subject:invoice"]);
    let faults = [
        Misbehaviour::Status(500),
        Misbehaviour::None,
        Misbehaviour::Reset,
        Misbehaviour::Garbage,
        Misbehaviour::Status(302),
    ];
    let mut numbers = 0;
    for round in 0..15_u64 {
        write(&setting, "invoice", numbers..numbers + 30);
        numbers += 30;
        fake.misbehave(faults[usize::try_from(round).unwrap() % faults.len()]);
        let mut child =
            index(&setting, &config).stdout(std::process::Stdio::null()).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(30 + 37 * round)).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    fake.misbehave(Misbehaviour::None);
    let output = index(&setting, &config).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let expected = found(&setting, "subject:invoice");
    assert_eq!(expected.len(), numbers);
    let listed = new(&setting);
    assert_eq!(
        (listed.len(), listed.into_iter().collect::<BTreeSet<_>>()),
        (numbers, expected.clone())
    );
    let events = told(&fake);
    let hits: Vec<_> = events.values().flatten().cloned().collect();
    assert_eq!(hits.len(), numbers, "no hit is in two events");
    assert_eq!(hits.into_iter().collect::<BTreeSet<_>>(), expected);
    let before = fake.seen().len();
    assert!(index(&setting, &config).output().unwrap().status.success());
    assert_eq!(fake.seen().len(), before, "what was taken is not told again");
}

/// What a sync brings is new once, whenever it is killed; and so is what the schedule of a gateway brings.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_sync_brings_is_new_once() {
    let setting = sync::Setting::new().await;
    let data = setting.data("data");
    let first = sync::finished(setting.sync("data", &[])).await;
    assert!(first.status.success(), "{}", stderr(&first));
    assert!(run(&data, &["watch", "add", "Words", "words"]).status.success());
    let created = jiff::Timestamp::try_from(std::time::SystemTime::now()).unwrap().to_string();
    let hold = |numbers: std::ops::Range<usize>| {
        let mail = numbers.map(|number| Mail { created: created.clone(), ..sync::mail(number) });
        setting.fake.hold(mail);
    };
    let new = || {
        let listed = run(&data, &["watch", "list", "--format", "json"]);
        let listed: Value = serde_json::from_str(&stdout(&listed)).unwrap();
        let ids = listed["new"].as_array().unwrap().iter();
        let ids: Vec<_> = ids.map(|id| id.as_str().unwrap().to_owned()).collect();
        (ids.len(), ids.into_iter().collect::<BTreeSet<_>>().len())
    };
    assert_eq!(new(), (0, 0));
    for round in 0..8 {
        hold(400 + 20 * round..420 + 20 * round);
        let mut child =
            setting.sync("data", &[]).stdout(std::process::Stdio::null()).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(60 * round as u64)).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let last = sync::finished(setting.sync("data", &[])).await;
    assert!(last.status.success(), "{}", stderr(&last));
    assert_eq!(new(), (160, 160));
    hold(560..563);
    let config = setting.data("postern.toml");
    let text = format!("[premium]\nurl = \"{}\"\n[sync]\nevery = \"1s\"\n", setting.fake.url());
    std::fs::write(&config, text).unwrap();
    let serve = ["--config", config.to_str().unwrap(), "--tenant", TENANT, "--key", KEY];
    let _gateway = Gateway::start(&data, &serve);
    let until = std::time::Instant::now() + Duration::from_secs(60);
    while new() != (163, 163) {
        assert!(std::time::Instant::now() < until, "{:?}", new());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A webhook that is slow is told again with the same event, and a gateway tells what no run could.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_tells_what_is_left() {
    let (setting, fake) = (Setting::new(), Fake::start().await.unwrap());
    let config = hooked(&setting, &fake);
    watch(&setting, &["add", "Unpaid", "subject:invoice"]);
    write(&setting, "invoice", 0..2);
    fake.misbehave(Misbehaviour::Hang);
    let output = index(&setting, &config).output().unwrap();
    let said = stderr(&output);
    assert!(output.status.success() && said.contains("the webhook did not take"), "{said}");
    assert!(!said.contains("0123456789abcdef") && !said.contains("/hook"), "{said}");
    fake.misbehave(Misbehaviour::None);
    let before = fake.seen().len();
    assert!(before > 1, "it was tried again");
    let mut serve = crate::support::postern(&setting.data("data"));
    serve.args(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(&config);
    let _gateway = Gateway::run(serve.env("POSTERN_WEBHOOK_SECRET", "0123456789abcdef"));
    let until = std::time::Instant::now() + Duration::from_secs(30);
    while fake.seen().len() == before {
        assert!(std::time::Instant::now() < until, "the gateway tells nothing");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let events = told(&fake);
    assert_eq!(events.len(), 1, "one event, told {} times", fake.seen().len());
    assert_eq!(events.values().map(Vec::len).sum::<usize>(), 2);
}

#[test]
fn the_address_and_the_secret_of_a_webhook() {
    let setting = Setting::new();
    for (webhook, secret, said) in [
        ("url = \"http://hooks.example\"", "0123456789abcdef", "https://"),
        ("url = \"https://u:p4ss@hooks.example\"", "0123456789abcdef", "no name and no password"),
        ("url = \"https://hooks.example\"", "short", "at least 16 bytes"),
        ("url = \"https://hooks.example\"", "", "POSTERN_WEBHOOK_SECRET"),
        ("url = \"https://hooks.example\"\nsecret = \"x\"", "", "secret"),
    ] {
        let config = setting.data("postern.toml");
        std::fs::write(&config, format!("[webhook]\n{webhook}\n")).unwrap();
        let mut command = crate::support::postern(&setting.data("data"));
        command.arg("--config").arg(&config).args(["watch", "run"]);
        if !secret.is_empty() {
            command.env("POSTERN_WEBHOOK_SECRET", secret);
        }
        let refused = command.output().unwrap();
        let told = stderr(&refused);
        assert_eq!(refused.status.code(), Some(1), "{webhook}: {told}");
        assert!(told.contains(said) && !told.contains("p4ss"), "{webhook}: {told}");
    }
}
