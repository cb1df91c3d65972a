//! Acts over HTTP, and which keys may do which.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use postern_upstream::fake::Misbehaviour;
use serde_json::{Value, json};

use super::{PASSWORD, PST, Place, RESTORER};
use crate::support::{Answer, Gateway, post_with, postern};

/// A key that may do all, one for Ann's mailbox that may do all, one that may only search: with their SHA-256.
const KEYS: [(&str, &str, &str); 3] = [
    (
        "wide",
        "0abaa40b10436a8fbba40ad39a0ba58da06f7aa0fd12a488f1ee358ed04fb942",
        "actions = [\"restore\", \"send\", \"export-pst\", \"copy\", \"retrieve\"]",
    ),
    (
        "ann",
        "49915e0d7d4b402e3017d010bc1c0e83cac6c797d6c16e66340fe3268693a6a1",
        "mailboxes = [\"ann@contoso.com\"]\nactions = [\"restore\", \"send\", \"export-pst\", \"copy\", \"retrieve\"]",
    ),
    ("reader", "3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30", ""),
];

impl Place {
    /// A gateway with these keys, which can restore.
    fn serve(&self) -> Gateway {
        self.serve_with("")
    }

    fn serve_with(&self, more_settings: &str) -> Gateway {
        gateway(self.data(), &self.config, more_settings)
    }
}

/// A gateway with that configuration and these keys, which can restore.
pub(super) fn gateway(data: &Path, config: &Path, more_settings: &str) -> Gateway {
    Gateway::run(&mut serving(data, config, more_settings))
}

/// What starts such a gateway.
pub(super) fn serving(data: &Path, config: &Path, more_settings: &str) -> Command {
    let mut text = std::fs::read_to_string(config).unwrap();
    for (name, digest, more) in KEYS {
        let key = ["[[keys]]\nname = \"", name, "\"\nsha256 = \"", digest];
        text.extend(key.into_iter().chain(["\"\ntenant = \"contoso\"\n", more, "\n"]));
    }
    text.push_str(more_settings);
    let config = data.join("serve.toml");
    std::fs::write(&config, text).unwrap();
    let mut command = postern(data);
    command.arg("--config").arg(config).env("POSTERN_VEEAM_PASSWORD", PASSWORD).envs(RESTORER);
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    command
}

pub(super) async fn act(gateway: &Gateway, key: &str, verb: &str, body: &Value) -> Answer {
    post_with(&format!("{}/v1/actions/{verb}", gateway.url), key, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_over_http_is_shown_and_then_confirmed() {
    let place = Place::new("v8").await;
    let gateway = place.serve();
    let shown = act(&gateway, "wide", "restore", &json!({"q": "subject:lease"})).await;
    assert_eq!((shown.status, &shown.json()["carriedOut"]), (200, &json!(false)), "{}", shown.body);
    let id = shown.json()["plan"]["id"].clone();
    assert_eq!(place.asked(0), []);
    let other =
        act(&gateway, "wide", "restore", &json!({"q": "subject:rent", "confirm": id})).await;
    assert_eq!((other.status, &other.json()["code"]), (409, &json!("other_plan")));
    let body = json!({"q": "subject:lease", "confirm": id});
    let done = act(&gateway, "wide", "restore", &body).await;
    let outcomes = |answer: &Answer| {
        let results = answer.json()["results"].as_array().unwrap().clone();
        results.iter().map(|one| one["outcome"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(outcomes(&done), ["done", "done"], "{}", done.body);
    let again = act(&gateway, "wide", "restore", &body).await;
    assert_eq!(outcomes(&again), ["done before", "done before"]);
    assert_eq!(place.asked(0).len(), 2, "each once");
    assert!(place.record().contains(r#""by":"wide""#));
    let few = json!({"q": "subject:lease", "limit": 1});
    let few = act(&gateway, "wide", "restore", &few).await;
    assert_eq!((few.status, &few.json()["code"]), (400, &json!("too_many_items")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pst_over_http() {
    let place = Place::new("v8").await;
    place.fake.answer_file_at("/exportToPst", PST);
    let gateway = place.serve();
    let query = json!({"q": "id:i1@x", "pstSizeLimitGB": 2});
    let shown = act(&gateway, "wide", "export-pst", &query).await;
    let confirmed =
        json!({"q": "id:i1@x", "pstSizeLimitGB": 2, "confirm": shown.json()["plan"]["id"]});
    let file = act(&gateway, "wide", "export-pst", &confirmed).await;
    assert_eq!((file.status, file.body.as_bytes()), (200, PST));
    let two = act(&gateway, "wide", "export-pst", &json!({"q": "subject:lease"})).await;
    let two = json!({"q": "subject:lease", "confirm": two.json()["plan"]["id"]});
    let two = act(&gateway, "wide", "export-pst", &two).await;
    assert_eq!((two.status, &two.json()["code"]), (400, &json!("several_mailboxes")));
}

/// A keyword is for a mailbox or a folder, and up to v5 for one message, as on the command line.
#[tokio::test(flavor = "multi_thread")]
async fn a_pst_by_keyword_over_http() {
    let (old, new) = (Place::new("v4").await, Place::new("v8").await);
    let (mailbox, item) = (
        "/v8/RestoreSessions/s1/organization/mailboxes/m1",
        "/v4/RestoreSessions/s1/organization/mailboxes/m1/items/i1%3D%3D/Action",
    );
    let in_v8 = json!({"contentKeyword": "to support", "enablePstSizeLimit": false});
    let in_v4 =
        json!({"exportToPst": {"contentKeywords": "to support", "enablePstSizeLimit": false}});
    for (place, query, target, sent) in [
        (&new, "mailbox:ann@contoso.com", format!("{mailbox}/exportToPst"), in_v8.clone()),
        (
            &new,
            "mailbox:ann@contoso.com in:Inbox",
            format!("{mailbox}/folders/f1/exportToPst"),
            in_v8,
        ),
        (&old, "id:i1@x", item.to_owned(), in_v4),
    ] {
        place.fake.answer_file_at("/exportToPst", PST);
        place.fake.answer_file_at("/Action", PST);
        let (gateway, mark) = (place.serve(), place.mark());
        let body = json!({"q": query, "keywords": "to support"});
        let shown = act(&gateway, "wide", "export-pst", &body).await;
        assert!(shown.body.contains("Veeam decides which items match"), "{}", shown.body);
        assert_eq!(place.asked(mark), []);
        let confirmed =
            json!({"q": query, "keywords": "to support", "confirm": shown.json()["plan"]["id"]});
        let file = act(&gateway, "wide", "export-pst", &confirmed).await;
        assert_eq!((file.status, file.body.as_bytes()), (200, PST), "{query}");
        assert_eq!(place.asked(mark), [(target, sent)], "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyword_is_refused_where_it_means_nothing() {
    let place = Place::new("v8").await;
    let gateway = place.serve();
    let (of_bob, of_ann) = ("mailbox:bob@contoso.com", "mailbox:ann@contoso.com");
    let table = [
        // key, verb, query, keyword, status, in the answer
        (
            "wide",
            "export-pst",
            "id:i1@x",
            "a",
            400,
            "ask for its folder: mailbox:ann@contoso.com in:",
        ),
        ("wide", "export-pst", "subject:lease", "a", 400, "this query finds 2 messages"),
        ("wide", "export-pst", of_ann, " ", 400, "are a word or a phrase"),
        ("wide", "restore", of_ann, "a", 400, "is for another act"),
        (
            "wide",
            "export-pst",
            "mailbox:ann@contoso.com in:Nowhere",
            "a",
            404,
            "has no folder Nowhere",
        ),
        ("ann", "export-pst", of_bob, "a", 404, "the backup has no mailbox bob@contoso.com"),
        ("reader", "export-pst", of_ann, "a", 403, "export-pst"),
    ];
    for (key, verb, query, keyword, status, said) in table {
        let answer = act(&gateway, key, verb, &json!({"q": query, "keywords": keyword})).await;
        assert_eq!(answer.status, status, "{query} {}", answer.body);
        assert!(answer.body.contains(said), "{said} in {}", answer.body);
    }
    assert_eq!(place.asked(0), []);
}

/// Who waits is answered while the act goes on. A PST would have nobody to go to.
#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_takes_longer_than_a_request_goes_on() {
    for (verb, status, said) in
        [("export-pst", 408, "postern export"), ("restore", 202, "it goes on; ask again")]
    {
        let place = Place::new("v8").await;
        let gateway = place.serve_with("[limits]\ntime = \"3s\"\n");
        let shown = act(&gateway, "wide", verb, &json!({"q": "id:i1@x"})).await;
        let id = shown.json()["plan"]["id"].clone();
        place.fake.misbehave_at("items/", Misbehaviour::Hang);
        let late = act(&gateway, "wide", verb, &json!({"q": "id:i1@x", "confirm": id})).await;
        assert_eq!(late.status, status, "{}", late.body);
        assert!(late.body.contains(said), "{}", late.body);
        assert!(place.record().contains("\"begun\""), "{}", place.record());
        let busy = act(&gateway, "wide", verb, &json!({"q": "id:i1@x", "confirm": id})).await;
        assert_eq!((busy.status, &busy.json()["code"]), (503, &json!("busy")), "it is at work");
    }
}

/// Who ends the gateway does not end an act in the middle of an item, and the next item is not begun.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_ends_waits_for_the_item_that_is_under_way() {
    let place = Place::new("v8").await;
    let gateway = place.serve_with("[limits]\ntime = \"10s\"\n");
    let shown = act(&gateway, "wide", "restore", &json!({"q": "subject:lease"})).await;
    let confirmed = json!({"q": "subject:lease", "confirm": shown.json()["plan"]["id"]});
    place.fake.misbehave_at("items/", Misbehaviour::Slow(Duration::from_secs(1)));
    // The client goes away before anything has ended.
    let going = act(&gateway, "wide", "restore", &confirmed);
    assert!(tokio::time::timeout(Duration::from_millis(400), going).await.is_err());
    assert!(place.record().contains("\"begun\"") && !place.record().contains("\"ended\""));
    assert!(gateway.terminate().success());
    let record = place.record();
    let lines = |event: &str| record.lines().filter(|line| line.contains(event)).count();
    assert_eq!((lines(r#""event":"begun""#), lines(r#""outcome":"done""#)), (1, 1), "{record}");
    assert!(record.contains(r#""notBegun":1"#) && record.contains("it was stopped"), "{record}");
    assert_eq!(place.asked(0).len(), 1);
}

/// A key without the right does nothing, and one for a mailbox acts on it and into it alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_acts_within_its_rights_and_mailboxes() {
    let place = Place::new("v8").await;
    let gateway = place.serve();
    let all = json!({"q": "mailbox:contoso.com -subject:circular"});
    for verb in ["restore", "send", "export-pst"] {
        let refused = act(&gateway, "reader", verb, &all).await;
        assert_eq!((refused.status, &refused.json()["code"]), (403, &json!("forbidden")));
        assert!(refused.body.contains(verb), "it names the right: {}", refused.body);
        let shown = act(&gateway, "ann", verb, &all).await;
        assert_eq!((shown.status, &shown.json()["plan"]["count"]), (200, &json!(2)));
        assert!(!shown.body.contains("Bob") && !shown.body.contains("i3"), "{}", shown.body);
        assert_eq!(act(&gateway, "nobody", verb, &all).await.status, 401);
    }
    let table = [
        // verb, more of the body, status
        ("restore", json!({"to": "bob@contoso.com"}), 403),
        ("restore", json!({"to": "ann@contoso.com"}), 200),
        ("send", json!({"to": "bob@contoso.com", "from": "ann@contoso.com"}), 403),
        ("send", json!({"to": "ann@contoso.com", "from": "ann@contoso.com"}), 403),
        ("send", json!({}), 200),
        ("send", json!({"to": "ann@contoso.com"}), 400),
        ("restore", json!({"from": "ann@contoso.com"}), 400),
        ("restore", json!({"at": "yesterday"}), 400),
        ("export-pst", json!({"pstSizeLimitGB": 50}), 400),
        ("restore", json!({"nonsense": 1}), 400),
        ("copy", json!({}), 400),
        ("collect", json!({}), 403),
        ("save", json!({}), 404),
        ("delete", json!({}), 404),
    ];
    for (verb, more, status) in table {
        let mut body = all.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = act(&gateway, "ann", verb, &body).await;
        assert_eq!(answer.status, status, "{verb} {more}: {}", answer.body);
    }
    let of_bob = act(&gateway, "ann", "restore", &json!({"q": "id:i3@x"})).await;
    assert_eq!((of_bob.status, &of_bob.json()["code"]), (404, &json!("nothing_found")));
    let everything = act(&gateway, "wide", "restore", &json!({})).await;
    assert_eq!(everything.status, 400, "a query that says nothing is no query for an act");
    assert_eq!(place.asked(0), []);
}
