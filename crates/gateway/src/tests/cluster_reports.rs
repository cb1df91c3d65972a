//! Search-term reports of a cluster.

use postern_query::Attachment;
use postern_upstream::cluster::fake::{FakeCluster, Trouble};
use serde_json::json;

use super::cluster::{holding, say_missing};
use super::reports::{begin, ended};
use super::*;

/// One that finds the words of subjects, bodies that are there, and mailboxes.
fn finds(asked: &str, document: &Value) -> bool {
    let has = |member: &str, text: &str| document[member].to_string().contains(text);
    let wanted = ["red", "blue"].iter().all(|word| !asked.contains(word) || has("subject", word));
    let written = ["body", "attachmentTexts"];
    let written = written.iter().all(|field| {
        !asked.contains(&format!(r#""prefix":{{"{field}":"""#)) || document[field].is_string()
    });
    wanted && written && (!asked.contains("bob") || has("places", "bob"))
}

fn message(id: &str, subject: &str, size: i64, second: i64, mailbox: &str) -> Message {
    Message {
        id: id.into(),
        internet_message_id: Some(format!("<{id}>")),
        subject: Some(subject.into()),
        body: Some("words".into()),
        size: Some(size),
        received: Timestamp::from_second(second).ok(),
        places: vec![Place { mailbox: Some(mailbox.into()), ..Place::NOWHERE }],
        ..Message::default()
    }
}

/// Three messages: two of ann with one conversation, and one of bob without a body.
async fn cluster() -> FakeCluster {
    let file = |text: &str| Attachment { text: Some(text.into()), ..Attachment::default() };
    let attachments = vec![file("paid"), file("late")];
    let answer = vec!["<a>".to_owned()];
    let fake = holding(vec![
        Message { attachments, ..message("a", "red", 10, 100, "ann") },
        Message { references: answer, ..message("b", "red blue", 20, 50, "ann") },
        Message { body: None, ..message("c", "blue", 30, 200, "bob") },
    ])
    .await;
    say_missing(&fake, 2, now()).await;
    fake.find(finds);
    fake
}

/// A gateway without a local index, with a key for all mailboxes and one for those of bob.
fn gateway(fake: &FakeCluster, data: &std::path::Path) -> Router {
    let file = data.join("postern.toml");
    let text = format!("deadline = \"20s\"\n[cluster]\nurls = [\"{}\"]\n", fake.http().url());
    std::fs::write(&file, text).unwrap();
    let mut config = Config::load(Some(&file), &Overrides::default(), data.into()).unwrap();
    let evidence = |key: Key| Key { rights: vec![Right::Evidence], ..key };
    let narrow = Key { mailboxes: vec!["bob".into()], ..evidence(key("narrow", "narrow", TENANT)) };
    config.access = Access::new(vec![evidence(key("main", KEY, TENANT)), narrow]);
    app(State::new(&config, now).unwrap())
}

async fn report(router: &Router, key: &str, body: &Value) -> Value {
    let job = ended(router, key, &begin(router, key, body).await).await;
    assert_eq!(job["state"], "done", "{job}");
    let path = job["links"]["result"].as_str().unwrap();
    send(router, Method::GET, path, Some(key), "").await.json()
}

/// The numbers of a line or of all lines, in few words.
fn numbers(one: &Value) -> String {
    let members = ["matches", "unique", "family", "conversation", "bytes"];
    let told = members.map(|name| one.get(name).map(Value::to_string).unwrap_or_default());
    let mailboxes = one["mailboxes"].as_array().unwrap().iter();
    let mailboxes =
        mailboxes.map(|one| format!("{}{}", one["name"].as_str().unwrap(), one["matches"]));
    format!("{} {}", told.join("/"), mailboxes.collect::<Vec<_>>().join("+"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_made_of_the_cluster() {
    let (fake, data) = (cluster().await, tempfile::tempdir().unwrap());
    let router = gateway(&fake, data.path());
    let terms = json!({"terms": "red\nform:x\nblue"});
    let told = report(&router, KEY, &terms).await;
    let lines = &told["lines"];
    // `red` finds a and b, `blue` finds b and c. a has two attachments, and a and b are one conversation.
    assert_eq!(numbers(&lines[0]), "2/1/4/2/30 ann2", "{told}");
    assert_eq!(numbers(&lines[2]), "2/1/2/3/50 ann1+bob1");
    assert_eq!(lines[1]["errors"][0]["code"], "unknown_field");
    assert_eq!(
        (&lines[0]["first"], &lines[0]["last"]),
        (&json!("1970-01-01T00:00:50Z"), &json!("1970-01-01T00:01:40Z"))
    );
    assert_eq!(
        (&lines[0]["servedBy"]["engine"], &lines[0]["exact"]),
        (&json!("cluster"), &json!(true))
    );
    let coverage = &lines[0]["coverage"];
    assert_eq!((&coverage["indexed"], &coverage["known"]), (&json!(3), &json!(5)));
    let totals = &told["totals"];
    assert_eq!(
        (&totals["matches"], &totals["family"], &totals["conversation"]),
        (&json!(3), &json!(5), &json!(3))
    );
    let silent = &told["unsearchable"];
    assert!(
        silent.to_string().contains(r#""id":"c""#) && !silent.to_string().contains(r#""id":"a""#),
        "{silent}"
    );

    // For bob the others are not there.
    let narrow = report(&router, "narrow", &terms).await;
    assert_eq!(numbers(&narrow["lines"][0]), "0/0/0/0/0 ");
    assert_eq!(numbers(&narrow["lines"][2]), "1/1/1/1/30 bob1");
    // A mailbox is known to a gateway that has just begun.
    let fresh = gateway(&fake, data.path());
    let bounded =
        json!({"terms": "blue", "mailboxes": ["nobody"], "engine": "cluster"}).to_string();
    let refused = send(&fresh, Method::POST, "/v1/reports", Some(KEY), &bounded).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    let absent = json!({"terms": "blue", "engine": "local"}).to_string();
    let absent = send(&fresh, Method::POST, "/v1/reports", Some(KEY), &absent).await;
    assert_eq!(absent.status, 503, "{absent:?}");
}

/// Numbers that lack a shard are none.
#[tokio::test(flavor = "multi_thread")]
async fn a_shard_that_is_silent_makes_no_report() {
    let (fake, data) = (cluster().await, tempfile::tempdir().unwrap());
    let router = gateway(&fake, data.path());
    for (trouble, why) in [
        (Trouble { silent_shards: 1, ..Trouble::default() }, "1 of 3 shards"),
        (Trouble { no_more_points: true, ..Trouble::default() }, "search.max_open_pit_context"),
    ] {
        fake.trouble(trouble);
        let job = begin(&router, KEY, &json!({"terms": "red"})).await;
        let job = ended(&router, KEY, &job).await;
        assert_eq!(job["state"], "failed", "{job}");
        assert!(job["error"].as_str().unwrap().contains(why), "{job}");
    }
}
