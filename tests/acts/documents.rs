//! Documents and archive tiers over HTTP, and what a key for one mailbox may do with them.

use postern_upstream::fake::Fake;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::http::{act, gateway};
use super::{PASSWORD, RESTORER};
use crate::files::{configured, server};
use crate::files_acts::{body, job, posts, with_retrievals};
use crate::support::{Answer, Gateway};

/// The drives of Ann and of the press, and a gateway before them.
async fn place(version: &str) -> (Fake, TempDir, Gateway) {
    let (fake, folder) = (with_retrievals(server().await), tempfile::tempdir().unwrap());
    fake.answer_at("/DataRetrievals?", job("Retrieving", "2999-01-01T00:00:00Z"));
    let config = configured(&fake, folder.path(), version);
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let gateway = gateway(&data, &config, "");
    (fake, folder, gateway)
}

/// Shows a plan, and carries it out.
async fn confirmed(gateway: &Gateway, key: &str, verb: &str, order: &Value) -> (Answer, Answer) {
    let shown = act(gateway, key, verb, order).await;
    let mut order = order.clone();
    order["confirm"] = shown.json()["plan"]["id"].clone();
    let done = act(gateway, key, verb, &order).await;
    (shown, done)
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_restored_copied_and_sent_over_http() {
    let (fake, folder, gateway) = place("v4").await;
    let restore = json!({"owner": "ann@contoso.com", "paths": ["Reports/b.txt", "a.txt"], "existing": "keep"});
    let (shown, done) = confirmed(&gateway, "wide", "restore", &restore).await;
    assert_eq!((shown.status, &shown.json()["plan"]["count"]), (200, &json!(2)), "{}", shown.body);
    let results = done.json()["results"].clone();
    assert_eq!((&results[0]["outcome"], &results[1]["outcome"]), (&json!("done"), &json!("done")));
    assert_eq!(
        body(&fake, "Documents/2/Action")["restoreToOriginalLocation"]["documentAction"],
        "keep"
    );
    let (_, again) = confirmed(&gateway, "wide", "restore", &restore).await;
    assert_eq!(again.json()["results"][0]["outcome"], "done before");
    assert_eq!((posts(&fake, "Documents/1/Action"), posts(&fake, "Documents/2/Action")), (1, 1));

    let copy = json!({"owner": "ann@contoso.com", "paths": ["Reports/b.txt"], "to": "press@contoso.com",
        "folder": "pictures", "documentVersion": "all", "existing": "merge"});
    let (shown, done) = confirmed(&gateway, "wide", "copy", &copy).await;
    assert_eq!(
        shown.json()["plan"]["into"],
        "the folder pictures of the drive of press@contoso.com"
    );
    assert_eq!(done.json()["results"][0]["outcome"], "done", "{}", done.body);
    let sent = body(&fake, "Documents/2/Action")["copyTo"].clone();
    assert_eq!((&sent["folder"], &sent["documentVersion"]), (&json!("pictures"), &json!("all")));

    let send =
        json!({"owner": "ann@contoso.com", "paths": ["a.txt"], "from": "a@x.y", "to": "b@x.y"});
    let (_, done) = confirmed(&gateway, "wide", "send", &send).await;
    assert_eq!(done.json()["results"][0]["outcome"], "done", "{}", done.body);
    let record = std::fs::read_to_string(folder.path().join("data/actions.jsonl")).unwrap();
    for secret in [PASSWORD, RESTORER[1].1] {
        assert!(!record.contains(secret) && !done.body.contains(secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retrieval_over_http_is_shown_with_what_runs_and_then_started_once() {
    let (fake, _folder, gateway) = place("v8").await;
    let order =
        json!({"mailboxes": ["ann@contoso.com", "cold@contoso.com"], "days": 3, "glacier": "bulk"});
    let shown = act(&gateway, "wide", "retrieve", &order).await;
    let notes = shown.json()["plan"]["notes"].to_string();
    assert!(notes.contains("already bringing back ann@contoso.com"), "{}", shown.body);
    assert!(notes.contains("cold@contoso.com is listed in no backup"), "{notes}");
    assert_eq!(posts(&fake, "/DataRetrievals"), 0, "it was only shown");
    let (_, done) = confirmed(&gateway, "wide", "retrieve", &order).await;
    assert_eq!(done.json()["results"][0]["said"], "the job j9 runs at Veeam", "{}", done.body);
    let job = body(&fake, "/DataRetrievals");
    assert_eq!(
        (&job["availabilityPeriodDays"], &job["amazonS3GlacierRetrievalPolicy"]),
        (&json!(3), &json!("Bulk"))
    );
    let (_, again) = confirmed(&gateway, "wide", "retrieve", &order).await;
    assert_eq!(
        (&again.json()["results"][0]["outcome"], posts(&fake, "/DataRetrievals")),
        (&json!("done before"), 1)
    );
}

/// The press is no mailbox of the key; a drive called by her address is not hers; and no error names what others have.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_for_a_mailbox_acts_on_and_into_its_own_drive_alone() {
    let (fake, _folder, gateway) = place("v4").await;
    let url = "https://contoso-my.sharepoint.com/personal";
    let drives = json!({"results": [
        {"id": "d1", "name": "Ann", "url": format!("{url}/ann_contoso_com")},
        {"id": "d2", "name": "Press", "url": format!("{url}/press")},
        {"id": "d3", "name": "ann@contoso.com", "url": format!("{url}/mallory_contoso_com")},
    ]});
    fake.answer_at("OneDrives?", drives.to_string());
    let own = |more: Value| {
        let mut order = json!({"owner": "ann@contoso.com", "paths": ["a.txt"]});
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        order
    };
    let table = [
        // verb, order, status
        ("restore", own(json!({})), 200),
        ("copy", own(json!({"to": "ann@contoso.com"})), 200),
        ("copy", own(json!({"to": "press@contoso.com"})), 403),
        ("copy", own(json!({"to": "d2"})), 403),
        ("copy", own(json!({"to": format!("{url}/press")})), 403),
        ("copy", own(json!({"to": "https://elsewhere.example/personal/ann_contoso_com"})), 403),
        ("send", own(json!({"from": "ann@contoso.com", "to": "ann@contoso.com"})), 403),
        ("restore", own(json!({"owner": "press@contoso.com"})), 404),
        ("restore", own(json!({"owner": "d2"})), 404),
        ("restore", own(json!({"owner": "d3"})), 404),
        ("restore", own(json!({"owner": format!("{url}/mallory_contoso_com")})), 404),
    ];
    for (verb, order, status) in table {
        let answer = act(&gateway, "ann", verb, &order).await;
        assert_eq!(answer.status, status, "{verb} {order}: {}", answer.body);
        let others = ["Press", "mallory", "d3"].map(|other| answer.body.contains(other));
        let said = order.to_string();
        assert!(
            others == [false; 3]
                || said.contains("Press")
                || said.contains("mallory")
                || said.contains("d3"),
            "{verb} {order}: {}",
            answer.body
        );
    }
    let acted = fake
        .seen()
        .iter()
        .filter(|seen| seen.method == "POST" && seen.target.contains("Documents/"))
        .count();
    assert_eq!(acted, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_for_a_mailbox_brings_back_its_own_alone() {
    let (fake, _folder, gateway) = place("v8").await;
    for (verb, order, status) in [
        ("retrieve", json!({"mailboxes": ["ann@contoso.com"]}), 200),
        ("retrieve", json!({"mailboxes": ["ann@contoso.com", "bob@contoso.com"]}), 403),
        ("retrieve", json!({"mailboxes": ["m2"]}), 403),
        ("retrieve", json!({"drives": ["Press"]}), 403),
        ("retrieve", json!({"drives": ["d2"]}), 403),
    ] {
        let answer = act(&gateway, "ann", verb, &order).await;
        assert_eq!(answer.status, status, "{verb} {order}: {}", answer.body);
    }
    assert_eq!(posts(&fake, "/DataRetrievals"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_over_documents_that_cannot_be_is_refused_before_anything_is_asked() {
    let (fake, _folder, gateway) = place("v8").await;
    let before = fake.seen().iter().filter(|seen| seen.target.contains("OneDrives")).count();
    let paths: Vec<_> = (0..101).map(|at| at.to_string()).collect();
    for (verb, order, said) in [
        ("restore", json!({"owner": "ann"}), "paths"),
        ("restore", json!({"owner": "", "paths": ["a"]}), "owner"),
        ("restore", json!({"owner": "ann", "paths": paths}), "paths"),
        ("restore", json!({"owner": "ann", "paths": ["a"], "to": "bob"}), "to is for another act"),
        ("restore", json!({"owner": "ann", "paths": ["a"], "q": "x"}), "unknown field `q`"),
        ("copy", json!({"owner": "ann", "paths": ["a"], "from": "x"}), "from is for another act"),
        (
            "send",
            json!({"owner": "ann", "paths": ["a"], "together": true}),
            "together is for another act",
        ),
        ("retrieve", json!({}), "mailboxes"),
        ("retrieve", json!({"mailboxes": ["a@x"], "drives": ["a@x"]}), "two jobs"),
        ("retrieve", json!({"mailboxes": ["a@x"], "days": 0}), "days"),
        (
            "retrieve",
            json!({"mailboxes": ["a@x"], "glacier": "bulk", "azure": "high"}),
            "two kinds",
        ),
        ("retrieve", json!({"mailboxes": ["a@x"], "glacier": "fast"}), "unknown value `fast`"),
    ] {
        let answer = act(&gateway, "wide", verb, &order).await;
        assert_eq!(answer.status, 400, "{verb} {order}: {}", answer.body);
        assert!(answer.body.contains(said), "{verb} {order}: {}", answer.body);
    }
    assert_eq!(fake.seen().iter().filter(|seen| seen.target.contains("OneDrives")).count(), before);
}
