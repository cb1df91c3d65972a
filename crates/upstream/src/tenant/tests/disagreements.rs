//! Where the service's own documents contradict each other: what is done about it, row by row.

use jiff::civil::date;
use serde_json::json;

use super::{FOLDER, last_target, messages, start};
use crate::{Failure, Job, JobKind, Policy, Report, Rule, SearchRequest, SourceFilter, User};

/// `X-API-Key` here, `X-API-KEY` there: names of headers have no case (RFC 9110, 5.1).
#[tokio::test]
async fn the_key_is_sent_in_one_header() {
    let (fake, tenant) = start("[]").await;
    tenant.locations().await.unwrap();
    let seen = fake.seen().remove(0);
    let keys: Vec<_> = seen.headers.iter().filter(|(_, value)| value == "s3cret").collect();
    assert_eq!(keys, [&("x-api-key".to_owned(), "s3cret".to_owned())]);
    assert!(!seen.target.contains("s3cret"));
}

/// The service's own samples send full timestamps here and bare dates there.
#[tokio::test]
async fn messages_are_asked_for_between_full_timestamps() {
    let body = r#"{"Items":[{"ItemId":"i","FragmentId":9,"Name":"Re: x","CreatedDate":"2024-02-03T04:05:06Z"}],"Options":{"Marker":null}}"#;
    let (fake, tenant) = start(body).await;
    let page = tenant.items(FOLDER, messages(), Some("m")).await.unwrap();
    let item = &page.items[0];
    assert_eq!((item.id.as_str(), item.fragment.as_deref()), ("i", Some("9")));
    assert_eq!(item.created, Some("2024-02-03T04:05:06Z".parse().unwrap()));
    assert_eq!(page.marker, None);
    let path = "/api/t%201/discovery/b%201/source/a%40x.example/items/f%2F1";
    let window = "fromDate=2024-01-01T00%3A00%3A00Z&toDate=2024-03-31T23%3A59%3A59.5Z";
    let sent = format!("{path}?types=MessageItem&{window}&PageSize=100&Marker=m");
    assert_eq!(last_target(&fake), sent);
}

/// Full paths of paging: each call has its own style, and no generic one is sent.
#[tokio::test]
async fn each_call_pages_in_its_own_style() {
    let (fake, tenant) = start("[]").await;
    tenant.users("e", &SourceFilter::default(), Some("m")).await.unwrap();
    assert!(last_target(&fake).ends_with("/users?PageSize=100&Marker=m"));

    fake.answer(r#"{"Results":[{"Subject":"x"}],"Count":7}"#);
    let order_by = Some("receivedDateTime desc".to_owned());
    let request = SearchRequest { order_by, top: 5, skip: 10, ..SearchRequest::default() };
    let found = tenant.search("mail", &request).await.unwrap();
    assert_eq!((found.count, found.hits.len()), (Some(7), 1));
    let sent = "/indexes/mail/documents?top=5&skip=10&$orderby=receivedDateTime%20desc";
    assert!(last_target(&fake).ends_with(sent), "{}", last_target(&fake));
}

/// One sample sends a single `jobTypes`; several are the key several times, never with commas.
#[tokio::test]
async fn several_values_are_several_keys() {
    let (fake, tenant) = start(r#"{"Items":[{"JobId":"j","Progress":50}],"Options":{}}"#).await;
    let page = tenant.monitoring(&[JobKind::Backup, JobKind::Restore], None).await.unwrap();
    assert_eq!(page.items[0].word("jobid").as_deref(), Some("j"));
    let sent = "/monitoring?jobTypes=BACKUP&jobTypes=RESTORE&PageSize=100";
    assert!(last_target(&fake).ends_with(sent), "{}", last_target(&fake));
}

/// One sample has `owner` and `policy`, the other has neither.
#[test]
fn a_job_may_have_an_owner_and_a_policy_or_neither() {
    let mut job = Job::new("Nightly", JobKind::Backup, "e", "b");
    let bare = json!({
        "name": "Nightly", "description": "", "priority": "Medium", "type": "BACKUP",
        "schedule": {"type": "NOW"}, "sourceId": "e", "destinationId": "b", "indexFiles": false,
    });
    assert_eq!(serde_json::to_value(&job).unwrap(), bare);

    let [id, name, email, kind] = ["1", "Ann", "ann@x.example", "User"].map(str::to_owned);
    let users = vec![Rule::Include(User { id, name, email, kind })];
    job.owner = Some("me@x.example".to_owned());
    job.policy = Some(Policy::ExchangeBackup { users });
    let sent = serde_json::to_value(&job).unwrap();
    assert_eq!(sent["owner"], "me@x.example");
    let item = json!({"id": "1", "name": "Ann", "email": "ann@x.example", "type": "User"});
    let users = json!([{"item": item, "type": "INCLUDE"}]);
    assert_eq!(sent["policy"], json!({"$type": "exchange-backup", "users": users}));
}

/// `indexFiles` is a premium feature here and part of every collection there: only an answer of
/// `/fields` shows that there is an index.
#[tokio::test]
async fn whether_there_is_search_is_asked_of_fields() {
    let mut job = Job::new("Nightly", JobKind::Backup, "e", "b");
    job.index_files = true;
    assert_eq!(serde_json::to_value(&job).unwrap()["indexFiles"], true);

    let (fake, tenant) = start(r#"[{"name":"subject","searchable":true}]"#).await;
    assert!(tenant.fields("mail").await.unwrap().get("subject").searchable);
    assert!(last_target(&fake).ends_with("/indexes/mail/fields"));
    fake.misbehave(crate::fake::Misbehaviour::Status(404));
    assert_eq!(tenant.fields("mail").await, Err(Failure::NotFound));
}

/// Nothing is said about what reports look like.
#[tokio::test]
async fn a_report_may_have_any_shape() {
    let (fake, tenant) = start("").await;
    let report = Report {
        job: Some("j 1".into()),
        from: Some(date(2024, 1, 2)),
        to: Some(date(2024, 3, 4)),
    };
    let table = [
        ("", 0),
        ("[]", 0),
        (r#"[{"State":"READY"},{"State":"FAILED"}]"#, 2),
        (r#"{"Runs":[{"State":"READY"}],"Options":{"Marker":null}}"#, 1),
        (r#"{"State":"READY"}"#, 1),
    ];
    for (body, count) in table {
        fake.answer(body);
        assert_eq!(tenant.reporting(&report, None).await.unwrap().items.len(), count, "{body}");
    }
    let sent = "/reporting?jobId=j%201&startDate=2024-01-02&endDate=2024-03-04&PageSize=100";
    assert!(last_target(&fake).ends_with(sent), "{}", last_target(&fake));
    fake.answer("<html>");
    assert_eq!(tenant.reporting(&report, None).await.unwrap_err().code(), "unparsable");
}
