//! Jobs of `DataTap` over HTTP: collected, restored, and which keys may do so.

use std::path::Path;

use postern_upstream::fake::Fake;
use serde_json::{Value, json};

use crate::jobs::{jobs, with_files};
use crate::support::{Answer, Gateway, KEY, TENANT, post_with, postern};

/// A key that may do both, one of a@x.com that may do both, one that may only search: with their SHA-256.
const KEYS: [(&str, &str, &str); 3] = [
    (
        "wide",
        "0abaa40b10436a8fbba40ad39a0ba58da06f7aa0fd12a488f1ee358ed04fb942",
        "actions = [\"restore\", \"collect\"]",
    ),
    (
        "ann",
        "49915e0d7d4b402e3017d010bc1c0e83cac6c797d6c16e66340fe3268693a6a1",
        "mailboxes = [\"a@x.com\"]\nactions = [\"restore\", \"collect\"]",
    ),
    ("reader", "3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30", ""),
];

fn gateway(fake: &Fake, data: &Path) -> Gateway {
    let (url, folder) = (fake.url(), data.display());
    let mut text = format!("data = \"{folder}\"\n[premium]\nurl = \"{url}\"\n");
    for (name, digest, more) in KEYS {
        let key = format!("[[keys]]\nname = \"{name}\"\nsha256 = \"{digest}\"\n");
        text.extend([key, format!("tenant = \"{TENANT}\"\nupstream_key = \"{KEY}\"\n{more}\n")]);
    }
    let config = data.join("serve.toml");
    std::fs::write(&config, text).unwrap();
    let mut command = postern(data);
    command.arg("--config").arg(config);
    Gateway::run(command.args(["serve", "--listen", "127.0.0.1:0"]))
}

async fn act(gateway: &Gateway, key: &str, verb: &str, body: &Value) -> Answer {
    post_with(&format!("{}/v1/actions/{verb}", gateway.url), key, body).await
}

/// Shows a plan, and carries it out.
async fn confirmed(gateway: &Gateway, key: &str, verb: &str, order: &Value) -> (Answer, Answer) {
    let shown = act(gateway, key, verb, order).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    let mut order = order.clone();
    order["confirm"] = shown.json()["plan"]["id"].clone();
    let done = act(gateway, key, verb, &order).await;
    (shown, done)
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_back_by_a_job_that_says_what_else_goes_back() {
    let (fake, folder) = with_files().await;
    let gateway = gateway(&fake, folder.path());
    let order =
        json!({"q": "kind:file plan ext:pdf", "job": {"owner": "me@x.com", "priority": "medium"}});
    let shown = act(&gateway, "wide", "restore", &order).await;
    let notes = shown.json()["plan"]["notes"].to_string();
    for said in [
        "by owner and extension",
        "of these kinds: PDF",
        "other files that are known here and go back too: 1",
        "a@x.com: Docs/old.PDF",
    ] {
        assert!(notes.contains(said), "`{said}` in {notes}");
    }
    assert_eq!(jobs(&fake), [] as [Value; 0], "it was only shown");
    let (_, done) = confirmed(&gateway, "wide", "restore", &order).await;
    assert_eq!(done.json()["results"][0]["outcome"], "done", "{}", done.body);
    let made = jobs(&fake);
    assert_eq!(made.len(), 1);
    assert_eq!(
        (&made[0]["type"], &made[0]["owner"], &made[0]["priority"]),
        (&json!("RESTORE"), &json!("me@x.com"), &json!("Medium"))
    );
    let policy = &made[0]["policy"];
    assert_eq!(policy["$type"], "onedrive-restore");
    assert_eq!(policy["extensions"], json!([{"type": "INCLUDE", "item": "PDF"}]), "{policy}");
    // What was done is left alone, unless it is ordered again.
    let (_, again) = confirmed(&gateway, "wide", "restore", &order).await;
    assert_eq!(again.json()["results"][0]["outcome"], "done before");
    let mut order = order;
    order["again"] = true.into();
    confirmed(&gateway, "wide", "restore", &order).await;
    assert_eq!(jobs(&fake).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn drives_and_mailboxes_are_collected() {
    let (fake, folder) = with_files().await;
    let gateway = gateway(&fake, folder.path());
    for (order, policy, whose) in [
        (json!({"drives": ["A@x.com"]}), "onedrive-backup", "A@x.com"),
        (json!({"mailboxes": ["b.user@contoso.com"]}), "exchange-backup", "b.user@contoso.com"),
    ] {
        let (shown, done) = confirmed(&gateway, "wide", "collect", &order).await;
        assert_eq!(shown.json()["plan"]["items"][0]["owner"], whose, "{}", shown.body);
        assert_eq!(done.json()["results"][0]["outcome"], "done", "{}", done.body);
        let made = jobs(&fake).pop().unwrap();
        assert_eq!((&made["type"], &made["policy"]["$type"]), (&json!("BACKUP"), &json!(policy)));
    }
    let all = act(&gateway, "wide", "collect", &json!({"allDrives": true})).await;
    assert!(all.body.contains("all drives of the location"), "{}", all.body);
    assert_eq!(jobs(&fake).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_one_owner_collects_and_restores_its_own_alone() {
    let (fake, folder) = with_files().await;
    let gateway = gateway(&fake, folder.path());
    let told = [
        ("ann", "collect", json!({"drives": ["a@x.com"]}), 200),
        ("ann", "collect", json!({"drives": ["b@x.com"]}), 403),
        ("ann", "collect", json!({"drives": ["a@x.com", "b@x.com"]}), 403),
        ("ann", "collect", json!({"allDrives": true}), 403),
        ("ann", "collect", json!({}), 403),
        ("ann", "restore", json!({"q": "kind:file ext:pdf"}), 200),
        ("ann", "restore", json!({"q": "kind:file mailbox:b@x.com"}), 404),
        ("reader", "collect", json!({"drives": ["a@x.com"]}), 403),
        ("reader", "restore", json!({"q": "kind:file ext:pdf"}), 403),
        ("wide", "collect", json!({"drives": ["nobody@x.com"]}), 404),
        ("wide", "collect", json!({"drives": ["a@x.com"], "mailboxes": ["a@x.com"]}), 400),
        ("wide", "restore", json!({"q": "kind:file ext:pdf", "to": "b@x.com"}), 400),
        ("wide", "restore", json!({"q": "kind:file ext:pdf", "source": "veeam"}), 400),
        ("wide", "restore", json!({"q": ""}), 400),
        ("wide", "restore", json!({"q": "kind:file ext:pdf", "confirm": "another"}), 409),
        ("wide", "send", json!({"q": "kind:file ext:pdf"}), 403),
    ];
    for (key, verb, order, status) in told {
        let answer = act(&gateway, key, verb, &order).await;
        assert_eq!(answer.status, status, "{key} {verb} {order}: {}", answer.body);
        assert!(status != 200 || !answer.body.contains("b@x.com"), "{}", answer.body);
    }
    assert_eq!(jobs(&fake), [] as [Value; 0]);
}
