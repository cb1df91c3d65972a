//! The gateway in front of an upstream that works, fails, hangs and lies.

use std::time::{Duration, Instant};

use postern_upstream::fake::{Fake, Misbehaviour};

use crate::support::{Gateway, KEY, TENANT, get, get_with, samples};

/// The five documented uses as clients send them, with what the local index finds.
const USES: [(&str, u64); 5] = [
    ("top=50&skip=0&query=invoice+AND+overdue", 10),
    (
        "top=50&skip=0&filter=fromAddress+eq+%27a.user%40contoso.com%27+and+hasAttachments+eq+true+and+receivedDateTime+ge+2024-01-01T00%3A00%3A00Z+and+receivedDateTime+le+2024-03-31T23%3A59%3A59Z",
        10,
    ),
    (
        "top=50&skip=0&filter=toRecipients%2Fany%28r%3A+r%2Faddress+eq+%27b.user%40contoso.com%27%29&%24orderby=receivedDateTime+desc",
        22,
    ),
    (
        "top=50&skip=0&filter=conversationId+eq+%2727217c93ae47007223e7400e3ee9959c%27&%24orderby=receivedDateTime+asc",
        11,
    ),
    ("top=50&skip=0&filter=attachments%2Fany%28x%3A+x%2Fname+eq+%27contract.pdf%27%29", 5),
];

const ODD_BODY: &str =
    "{ \"Count\" : 1,\n\t\"Results\":[ {\"subject\":\"\\u00e4 ä\",\"score\":1.50, \"z\":null} ] }";

#[tokio::test]
async fn premium_answers_pass_through_byte_for_byte() {
    let fake = Fake::start().await.unwrap();
    fake.answer(ODD_BODY);
    let gateway = Gateway::before(&fake.url(), "2s");
    let answer = get(&gateway.documents(USES[2].0)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ODD_BODY));
    assert_eq!(
        (answer.header("postern-served-by"), answer.header("postern-reason")),
        ("premium", "")
    );
    assert!(answer.header("postern-coverage").starts_with("96/96; as-of="));
    assert_eq!(answer.header("postern-query-id").len(), 16);
    let seen = fake.seen();
    let asked = seen.last().unwrap();
    assert!(
        asked.target.ends_with(USES[2].0),
        "the query string goes up as it came: {}",
        asked.target
    );
    assert_eq!(asked.header("x-api-key"), Some(KEY));
}

/// Each fault: the reason, and the same counts from the local index.
#[tokio::test]
async fn faults_are_answered_from_the_local_index() {
    for (fault, reason) in [
        (Misbehaviour::Status(402), "premium is not there for this tenant (status 402)"),
        (Misbehaviour::Status(403), "premium is not there for this tenant (status 403)"),
        (Misbehaviour::Status(404), "premium is not there for this tenant (status 404)"),
        (Misbehaviour::Status(409), "premium is not there for this tenant (status 409)"),
        (Misbehaviour::Status(501), "premium is not there for this tenant (status 501)"),
        (Misbehaviour::Busy(None), "premium is busy (status 429)"),
        (Misbehaviour::Busy(Some(60)), "premium is busy (status 429)"),
        (Misbehaviour::Status(500), "premium failed: status 500"),
        (Misbehaviour::Status(503), "premium failed: status 503"),
        (Misbehaviour::CutOff, "premium failed: the answer was cut off"),
        (Misbehaviour::Garbage, "premium failed: the answer cannot be read"),
        (Misbehaviour::Html, "premium failed: the answer cannot be read"),
        (Misbehaviour::Redirect, "premium failed: it redirects (status 302)"),
        (Misbehaviour::Reset, "premium failed: the answer was cut off"),
        (Misbehaviour::Hang, "premium failed: no answer in time"),
    ] {
        let fake = Fake::start().await.unwrap();
        fake.misbehave(fault);
        let gateway = Gateway::before(&fake.url(), "1500ms");
        for (number, (query, count)) in USES.into_iter().enumerate() {
            let began = Instant::now();
            let answer = get(&gateway.documents(query)).await;
            assert!(
                began.elapsed() < Duration::from_millis(2_500),
                "{fault:?}: {:?}",
                began.elapsed()
            );
            assert_eq!(
                (answer.status, &answer.json()["Count"]),
                (200, &count.into()),
                "{fault:?} {query}: {}",
                answer.body
            );
            assert_eq!(answer.header("postern-served-by"), "local");
            if number == 0 {
                assert_eq!(answer.header("postern-reason"), reason);
            }
        }
    }
}

#[tokio::test]
async fn local_answers_have_the_upstreams_shape() {
    let gateway = Gateway::start(samples(), &[]);
    let answer = get_with(&gateway.documents("filter=attachments/any(x:%20x/name%20eq%20'contract.pdf')&$orderby=receivedDateTime%20desc&top=2"), None).await;
    let json = answer.json();
    assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), ["Results", "Count"]);
    assert_eq!((&json["Count"], json["Results"].as_array().unwrap().len()), (&5.into(), 2));
    let keys: Vec<_> = json["Results"][0].as_object().unwrap().keys().take(4).cloned().collect();
    assert_eq!(keys, ["score", "id", "internetMessageId", "conversationId"]);
    assert!(
        json["Results"][0]["receivedDateTime"].as_str()
            > json["Results"][1]["receivedDateTime"].as_str()
    );
    for (query, expected) in [
        ("filter=not+fromAddress+eq+'a'", "binds tighter"),
        ("top=-1", "top is a whole number"),
        ("skip=100001", "skip may be 0 to 100000"),
        ("$filter=x", "there is no parameter"),
        ("query=a:b:c", ""),
    ] {
        let answer = get_with(&gateway.documents(query), None).await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.body);
        assert!(
            answer.json()["error"]["message"].as_str().unwrap().contains(expected),
            "{query}: {}",
            answer.body
        );
    }
    let fields = get_with(&format!("{}/api/{TENANT}/indexes/x/fields", gateway.url), None).await;
    assert!(fields.json().as_array().unwrap().iter().any(|field| field["name"] == "subject"));
}

/// 400 and 401 are premium's to say, and neither is a fault of the upstream.
#[tokio::test]
async fn refusals_pass_through_and_never_fall_back() {
    let fake = Fake::start().await.unwrap();
    let gateway = Gateway::before(&fake.url(), "1s");
    for status in [400, 401] {
        fake.misbehave(Misbehaviour::Status(status));
        for _ in 0..8 {
            let answer = get(&gateway.documents(USES[0].0)).await;
            assert_eq!((answer.status, answer.header("postern-served-by")), (status, "premium"));
        }
    }
    fake.misbehave(Misbehaviour::None);
    assert_eq!(get(&gateway.documents(USES[0].0)).await.header("postern-served-by"), "premium");
    fake.misbehave(Misbehaviour::Status(401));
    let native = get(&format!("{}/v1/search?q=invoice", gateway.url)).await;
    assert_eq!((native.status, &native.json()["code"]), (401, &"unauthorized".into()));
}

/// One retry hides a passing fault.
#[tokio::test]
async fn a_passing_fault_is_retried() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave_times(Misbehaviour::Status(500), 1);
    let gateway = Gateway::before(&fake.url(), "2s");
    assert_eq!(get(&gateway.documents("")).await.header("postern-served-by"), "premium");
}

/// An upstream that keeps hanging is not waited for any more.
#[tokio::test]
async fn the_breaker_opens() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave(Misbehaviour::Hang);
    let gateway = Gateway::before(&fake.url(), "1s");
    for _ in 0..5 {
        get(&gateway.documents(USES[0].0)).await;
    }
    let asked = fake.seen().len();
    let answer = get(&gateway.documents(USES[0].0)).await;
    assert_eq!(
        answer.header("postern-reason"),
        "premium failed repeatedly and is left alone for a while"
    );
    assert_eq!((fake.seen().len(), answer.json()["Count"].as_u64()), (asked, Some(10)));
    let status = get(&format!("{}/v1/status", gateway.url)).await;
    assert_eq!(status.json()["engines"]["premium"]["breaker"], "open");
}

#[tokio::test]
async fn native_search_over_both_engines() {
    let fake = Fake::start().await.unwrap();
    fake.answer(
        r#"{"Results":[{"Id":"p1","Subject":"from premium","FromAddress":"a@x"}],"Count":7}"#,
    );
    let gateway = Gateway::before(&fake.url(), "1s");
    let search = |query: &str| format!("{}/v1/search?{query}", gateway.url);
    let premium = get(&search("q=invoice+has:attachment&limit=1")).await.json();
    assert_eq!(
        (&premium["servedBy"]["engine"], &premium["count"]["value"]),
        (&"premium".into(), &7.into())
    );
    assert_eq!(
        (&premium["results"][0]["subject"], &premium["results"][0]["from"]["address"]),
        (&"from premium".into(), &"a@x".into())
    );
    assert_eq!(premium["query"]["sent"]["filter"], "hasAttachments eq true");
    let local = get(&search("q=from:@fabrikam.com+OR+overdue")).await;
    assert_eq!(local.header("postern-served-by"), "local");
    assert!(
        local.header("postern-reason").starts_with("premium cannot say this: "),
        "{}",
        local.header("postern-reason")
    );
    assert!(local.json()["count"]["value"].as_u64() >= Some(15));
    let forced = get(&search("q=invoice&engine=local")).await.json();
    assert_eq!(forced["servedBy"]["reason"], "the local index was asked for");
    fake.misbehave(Misbehaviour::Status(400));
    let defect = get(&search("q=invoice+overdue")).await;
    assert_eq!((defect.status, &defect.json()["count"]["value"]), (200, &10.into()));
    assert_eq!(defect.header("postern-reason"), "premium refused our request (status 400)");
}

/// Premium knows whole addresses only: as soon as the address book of the local index is made, a domain
/// becomes the addresses that are known of it, and the answer says so.
#[tokio::test]
async fn people_become_their_known_addresses() {
    let fake = Fake::start().await.unwrap();
    let gateway = Gateway::before(&fake.url(), "2s");
    let url = format!("{}/v1/search?q=from:@fabrikam.com", gateway.url);
    for _ in 0..100 {
        let answer = get(&url).await.json();
        if answer["servedBy"]["engine"] == "premium" {
            let filter = answer["query"]["sent"]["filter"].as_str().unwrap();
            assert!(filter.contains("@fabrikam.com") && filter.contains("fromAddress"), "{filter}");
            assert_eq!(answer["query"]["fidelity"], "approximate");
            let note = answer["query"]["notes"][0].as_str().unwrap();
            assert!(note.starts_with("addresses known as of "), "{note}");
            return;
        }
        assert_eq!(answer["count"]["value"], 15, "until then it is answered here");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("premium is never asked");
}

#[tokio::test]
async fn pages_follow_each_other() {
    let gateway = Gateway::start(samples(), &[]);
    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let answer =
            get_with(&format!("{}/v1/search?q=*&limit=20{cursor}", gateway.url), None).await.json();
        ids.extend(
            answer["results"]
                .as_array()
                .unwrap()
                .iter()
                .map(|hit| hit["id"].as_str().unwrap().to_owned()),
        );
        match answer["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((count, ids.len()), (96, 96), "no repeats, no gaps");
    let other = get_with(&format!("{}/v1/search?q=other{cursor}", gateway.url), None).await;
    assert_eq!(other.status, 400);
    let message = get_with(&format!("{}/v1/messages/{}", gateway.url, ids[0]), None).await;
    assert_eq!(message.json()["id"], ids[0].as_str());
}

#[tokio::test]
async fn problems_point_and_say_what_to_type() {
    let gateway = Gateway::start(samples(), &[]);
    let answer = get_with(&format!("{}/v1/search?q=befor:2024", gateway.url), None).await;
    assert_eq!((answer.status, answer.header("content-type")), (400, "application/problem+json"));
    let problem = answer.json();
    assert_eq!(
        (&problem["code"], &problem["errors"][0]["span"]["end"]),
        (&"unknown_field".into(), &5.into())
    );
    assert!(problem["hint"].as_str().unwrap().starts_with("did you mean before:?"));
    let translated =
        get_with(&format!("{}/v1/translate?q=invoice+overdue", gateway.url), None).await.json();
    assert_eq!(translated["targets"]["datatap"]["sent"]["query"], "invoice AND overdue");
    assert_eq!(get_with(&format!("{}/healthz", gateway.url), None).await.body, "ok");
    assert_eq!(get_with(&format!("{}/readyz", gateway.url), None).await.status, 200);
    let long = format!("{}/v1/search?q={}", gateway.url, "a".repeat(9_000));
    assert_eq!(get_with(&long, None).await.status, 414);
}

#[tokio::test]
async fn other_paths_are_passed_on() {
    let fake = Fake::start().await.unwrap();
    fake.answer("[1,2]");
    let gateway = Gateway::before(&fake.url(), "1s");
    let answer = get(&format!("{}/api/{TENANT}/locations?a=%20b", gateway.url)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "[1,2]"));
    assert!(fake.seen().last().unwrap().target.ends_with("/locations?a=%20b"));
    let alone = Gateway::start(samples(), &[]);
    let answer = get_with(&format!("{}/api/{TENANT}/locations", alone.url), None).await;
    assert_eq!(answer.status, 502);
}

/// With neither premium nor an index there is an answer that gives both reasons.
#[tokio::test]
async fn nothing_to_answer_with() {
    let empty = tempfile::tempdir().unwrap();
    let gateway = Gateway::start(empty.path(), &[]);
    let answer = get_with(&gateway.documents("query=a"), None).await;
    assert_eq!(answer.status, 503);
    let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("no premium endpoint") && message.contains("there is no index"),
        "{message}"
    );
    assert_eq!(get_with(&format!("{}/readyz", gateway.url), None).await.status, 503);
}
