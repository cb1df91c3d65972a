//! Search-term reports over HTTP: jobs of a key.

use std::time::Instant;

use serde_json::json;

use super::indexed::{Indexed, indexed, take_in, write};
use super::*;

const REPORTS: &str = "/v1/reports";

/// A gateway with a key for all mailboxes, one for bob's, and one without the right.
fn with_keys(data: &std::path::Path) -> Router {
    let mut config = one_key(None);
    let evidence = |key: Key| Key { rights: vec![Right::Evidence], ..key };
    let narrow = Key { mailboxes: vec!["bob".into()], ..evidence(key("narrow", "narrow", TENANT)) };
    let other = evidence(key("other", "other", TENANT));
    let bare = key("bare", "bare", TENANT);
    config.access = Access::new(vec![evidence(key("main", KEY, TENANT)), narrow, other, bare]);
    gateway_over(&config, Local::below(data))
}

pub(super) async fn begin(router: &Router, key: &str, body: &Value) -> Value {
    let begun = send(router, Method::POST, REPORTS, Some(key), &body.to_string()).await;
    assert_eq!(begun.status, 202, "{}", begun.json());
    let job = begun.json();
    assert_eq!(begun.headers["location"], job["links"]["self"].as_str().unwrap());
    job
}

/// Waits until a report has ended.
pub(super) async fn ended(router: &Router, key: &str, job: &Value) -> Value {
    let until = Instant::now() + Duration::from_secs(60);
    let path = job["links"]["self"].as_str().unwrap();
    loop {
        let job = send(router, Method::GET, path, Some(key), "").await.json();
        if !matches!(job["state"].as_str(), Some("waiting" | "running")) {
            return job;
        }
        assert!(Instant::now() < until, "{job}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_made_beside_the_requests() {
    let Indexed { data, .. } = &indexed();
    let router = &with_keys(data.path());
    let terms = "form:x\nname\tcontract\nsigned";
    let job = ended(router, KEY, &begin(router, KEY, &json!({"terms": terms})).await).await;
    assert_eq!(job["state"], "done", "{job}");
    assert_eq!((&job["progress"]["counted"], &job["progress"]["queries"]), (&json!(3), &json!(3)));
    let result = job["links"]["result"].as_str().unwrap();
    let answer = send(router, Method::GET, result, Some(KEY), "").await;
    assert_eq!(answer.headers["content-type"], "application/json");
    let report = answer.json();
    assert_eq!(report["lines"][0]["errors"][0]["code"], "unknown_field");
    assert_eq!(
        (&report["lines"][1]["name"], &report["lines"][1]["matches"]),
        (&json!("name"), &json!(2))
    );
    let search = send(router, Method::GET, "/v1/search?q=signed&limit=0", Some(KEY), "").await;
    assert_eq!(report["lines"][2]["matches"], search.json()["count"]["value"]);
    for format in ["csv", "html"] {
        let path = format!("{result}?format={format}");
        let file = send(router, Method::GET, &path, Some(KEY), "").await;
        assert_eq!(file.status, 200);
        let name = file.headers["content-disposition"].to_str().unwrap();
        assert!(name.starts_with("attachment") && name.contains(format), "{name}");
    }
    let wrong = send(router, Method::GET, &format!("{result}?format=pdf"), Some(KEY), "").await;
    assert_eq!(wrong.status, 400);
    let own = job["links"]["self"].as_str().unwrap();
    assert_eq!(send(router, Method::DELETE, own, Some(KEY), "").await.status, 204);
    for path in [own, result] {
        assert_eq!(send(router, Method::GET, path, Some(KEY), "").await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_belongs_to_its_key_and_sees_its_mailboxes() {
    let Indexed { mail, data, .. } = &indexed();
    write(mail.path(), "bob/Inbox/3.eml", "Subject: the contract of bob\r\n\r\nhello\r\n");
    take_in(mail.path(), data.path(), false);
    let router = &with_keys(data.path());
    let terms = json!({"terms": "contract\n"});
    let whole = ended(router, KEY, &begin(router, KEY, &terms).await).await;
    let narrow = ended(router, "narrow", &begin(router, "narrow", &terms).await).await;
    let matches = async |key: &str, job: &Value| {
        let path = job["links"]["result"].as_str().unwrap().to_owned();
        send(router, Method::GET, &path, Some(key), "").await.json()
    };
    let count =
        send(router, Method::GET, "/v1/search?q=contract&limit=0", Some("narrow"), "").await;
    let theirs = matches("narrow", &narrow).await;
    assert_eq!(theirs["lines"][0]["matches"], count.json()["count"]["value"]);
    assert_eq!(theirs["lines"][0]["mailboxes"], json!([{"name": "bob", "matches": 1}]));
    assert_eq!(matches(KEY, &whole).await["lines"][0]["matches"], 3);
    for path in [&whole["links"]["self"], &whole["links"]["result"]] {
        for key in ["narrow", "other"] {
            let seen = send(router, Method::GET, path.as_str().unwrap(), Some(key), "").await;
            assert_eq!(
                (seen.status.as_u16(), seen.json()["code"].clone()),
                (404, json!("unknown_report"))
            );
        }
    }
    let list = send(router, Method::GET, REPORTS, Some("narrow"), "").await.json();
    assert_eq!(list["reports"].as_array().unwrap().len(), 1);
    let others = json!({"terms": "contract", "mailboxes": ["alice"]}).to_string();
    let refused = send(router, Method::POST, REPORTS, Some("narrow"), &others).await;
    assert_eq!(refused.status, 400, "a mailbox that it may not see is not there");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reported_is_refused_at_once() {
    let Indexed { data, .. } = &indexed();
    let router = &with_keys(data.path());
    for (key, body, expected) in [
        ("bare", json!({"terms": "a"}), (403, "forbidden")),
        ("wrong", json!({"terms": "a"}), (401, "unauthorized")),
        (KEY, json!({"terms": "# none"}), (400, "invalid_parameter")),
        (KEY, json!({"terms": "a", "filter": "isRead eq"}), (400, "unexpected")),
        (KEY, json!({"terms": "a", "mailboxes": ["nobody"]}), (400, "invalid_parameter")),
        (KEY, json!({"terms": "a", "engine": "premium"}), (400, "unsupported")),
        (KEY, json!({"terms": "a", "engine": "nothing"}), (400, "invalid_parameter")),
        (KEY, json!({"terms": "a", "more": 1}), (400, "invalid_body")),
    ] {
        let refused = send(router, Method::POST, REPORTS, Some(key), &body.to_string()).await;
        let code = refused.json()["code"].as_str().unwrap().to_owned();
        let is_expected = code == expected.1 || expected.1 == "unexpected";
        assert!(refused.status == expected.0 && is_expected, "{body}: {}", refused.json());
    }
    let list = send(router, Method::GET, REPORTS, Some(KEY), "").await.json();
    assert_eq!(list["reports"], json!([]), "nothing is left of them");
}

/// The next process says what became of a report that its predecessor did not finish.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_outlives_the_gateway_or_is_interrupted() {
    let Indexed { data, .. } = &indexed();
    let before = &with_keys(data.path());
    let done = ended(before, KEY, &begin(before, KEY, &json!({"terms": "signed"})).await).await;
    let id = "0123456789abcdef0123456789abcdef";
    let cut = json!({"id": id, "owner": format!("{TENANT}/main"), "mailboxes": null, "queries": 9,
        "asked": now().as_second(), "ended": null, "error": null});
    std::fs::write(data.path().join(format!("reports/{id}.report")), cut.to_string()).unwrap();
    let after = &with_keys(data.path());
    let path = done["links"]["result"].as_str().unwrap();
    assert_eq!(send(after, Method::GET, path, Some(KEY), "").await.status, 200);
    let cut = send(after, Method::GET, &format!("{REPORTS}/{id}"), Some(KEY), "").await.json();
    assert_eq!(cut["state"], "interrupted", "{cut}");
    let result = send(after, Method::GET, &format!("{REPORTS}/{id}/result"), Some(KEY), "").await;
    assert_eq!((result.status.as_u16(), result.json()["code"].clone()), (409, json!("not_done")));
}
