//! The native face.

use super::*;

#[tokio::test]
async fn an_answer_says_where_it_comes_from() {
    let seen = get(&gateway(&one_key(None)), "/v1/search?q=invoice&highlight=true&limit=1").await;
    let json = seen.json();
    assert_eq!(json["count"], serde_json::json!({"value": 3, "exact": true}));
    assert_eq!(json["servedBy"]["engine"], "local");
    assert_eq!(json["servedBy"]["reason"], "no premium endpoint is configured");
    assert_eq!(json["coverage"]["known"], 5);
    assert_eq!(json["query"]["canonical"], "invoice");
    assert_eq!(json["query"]["fidelity"], "exact");
    let hit = &json["results"][0];
    assert_eq!(hit["from"]["address"], "bob@contoso.com");
    assert_eq!(hit["snippet"]["text"], "a piece");
    assert_eq!(hit["links"]["self"], "/v1/messages/m3");
}

/// Of what premium tells of a message is said where it matches, and that there may be more.
#[tokio::test]
async fn what_premium_tells_is_looked_at() {
    let fake = Fake::start().await.unwrap();
    fake.answer(
        r#"{"Count":1,"Results":[{"Id":"1","Subject":"Überfällige Invoice","FromAddress":"a@b.com",
            "ToRecipients":[{"Name":"Bob","Address":"c@d"}],"Attachments":[{"Name":"plan.pdf"}]}]}"#,
    );
    let router = gateway(&one_key(Some(&fake)));
    let matches = async |query: &str| {
        let uri = format!("/v1/search?q={query}&engine=premium&highlight=true");
        let json = get(&router, &uri).await.json();
        assert_eq!(json["servedBy"]["engine"], "premium", "{json}");
        assert_eq!(json["results"][0]["moreMatches"], true);
        json["results"][0]["matches"].clone()
    };
    let told = |clause: &str, place: &str, file: Value, pointer: &str, ranges: Value| serde_json::json!([{"clause": clause, "where": place, "attachment": file, "pointer": pointer, "ranges": ranges}]);
    let subject =
        told("invoice", "subject", Value::Null, "/subject", serde_json::json!([[14, 21]]));
    assert_eq!(matches("invoice%20due").await, subject, "nobody knows where `due` stands");
    let sender =
        told("from:a@b.com", "sender", Value::Null, "/from/address", serde_json::json!([[0, 7]]));
    assert_eq!(matches("from:a@b.com").await, sender);
    let file = told(
        "filename:plan.pdf",
        "filename",
        "plan.pdf".into(),
        "/attachments/0/name",
        serde_json::json!([[0, 8]]),
    );
    assert_eq!(matches("filename:plan.pdf").await, file);
}

#[tokio::test]
async fn premium_is_asked_in_its_own_words() {
    let fake = Fake::start().await.unwrap();
    fake.answer(
        r#"{"Count":40,"Results":[{"Score":2.5,"Id":"x/1","Subject":"Hi","FromAddress":"a@b",
            "ToRecipients":[{"Address":"c@d"}],"HasAttachments":true}]}"#,
    );
    let router = gateway(&one_key(Some(&fake)));
    let seen = get(&router, "/v1/search?q=from:a@b.com+has:attachment&limit=1").await;
    let json = seen.json();
    assert_eq!(json["servedBy"], serde_json::json!({"engine": "premium"}));
    assert_eq!(json["count"]["value"], 40);
    let hit = &json["results"][0];
    assert_eq!((&hit["score"], &hit["id"]), (&2.5.into(), &"x/1".into()));
    assert_eq!(hit["to"][0]["address"], "c@d");
    assert_eq!(hit["links"]["self"], "/v1/messages/x%2F1");
    let filter = "fromAddress eq 'a@b.com' and hasAttachments eq true";
    assert_eq!(json["query"]["sent"]["filter"], filter);
    let target = &fake.seen()[0].target;
    assert!(
        target.starts_with(&format!("{DOCUMENTS}?top=1&skip=0&filter=fromAddress")),
        "{target}"
    );
    assert!(target.ends_with("&$orderby=receivedDateTime%20desc"), "{target}");
}

#[tokio::test]
async fn what_premium_cannot_say_is_answered_here() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&one_key(Some(&fake)));
    let seen = get(&router, "/v1/search?q=invoice+OR+has:attachment").await;
    let reason = seen.header("postern-reason").unwrap();
    assert!(reason.starts_with("premium cannot say this: "), "{reason}");
    assert!(fake.seen().is_empty());
    let forced = get(&router, "/v1/search?q=invoice+OR+has:attachment&engine=premium").await;
    assert_eq!((forced.status.as_u16(), &forced.json()["code"]), (400, &"premium_cannot".into()));
    let local = get(&router, "/v1/search?q=invoice&engine=local").await;
    assert_eq!(local.header("postern-reason"), Some("the local index was asked for"));
}

#[tokio::test]
async fn pages_follow_each_other() {
    let router = gateway(&one_key(None));
    let (mut ids, mut uri) = (Vec::new(), "/v1/search?limit=3".to_owned());
    loop {
        let seen = get(&router, &uri).await;
        ids.extend(seen.ids());
        match seen.json()["nextCursor"].as_str() {
            Some(cursor) => uri = format!("/v1/search?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(ids, ["m4", "m3", "m2", "m1"]);
    let foreign = uri.replace("limit=3", "q=invoice");
    let seen = get(&router, &foreign).await;
    assert_eq!((seen.status.as_u16(), &seen.json()["code"]), (400, &"invalid_parameter".into()));
}

#[tokio::test]
async fn a_post_is_the_same_question() {
    let router = gateway(&one_key(None));
    let body = r#"{"q":"invoice","filter":"hasAttachments eq true","limit":10}"#;
    let seen = send(&router, Method::POST, "/v1/search", Some(KEY), body).await;
    assert_eq!(seen.ids(), ["m2"]);
    let wrong = send(&router, Method::POST, "/v1/search", Some(KEY), r#"{"query":"x"}"#).await;
    assert_eq!((wrong.status.as_u16(), &wrong.json()["code"]), (400, &"invalid_body".into()));
}

/// Parameters that nobody reads were dropped, and a list within a body was taken for an object.
#[tokio::test]
async fn no_part_of_a_question_is_left_out() {
    let router = gateway(&one_key(None));
    for (path, told) in [
        ("/v1/status?x=1", "there is no parameter `x` here"),
        ("/v1/messages/m1/original?x=1", "there is no parameter `x` here"),
        ("/v1/messages/m1/eml?x=1", "there is no parameter `x` here"),
        ("/v1/messages/m1/attachments/0?x=1", "there is no parameter `x` here"),
        ("/v1/items/m1?x=1", "there is no parameter `x` here"),
        ("/v1/items/m1/content?x=1", "there is no parameter `x` here"),
        ("/v1/translate?q=a&x=1", "there is no parameter `x` here"),
        ("/v1/translate?q=a&q=b", "q is given twice"),
        ("/v1/translate?q=a&from=x", "from is postern, odata or lucene"),
        ("/v1/complete?limit=101", "limit is at most 100"),
    ] {
        let seen = get(&router, path).await;
        let (code, title) = (&seen.json()["code"], &seen.json()["title"]);
        assert_eq!((seen.status.as_u16(), code), (400, &"invalid_parameter".into()), "{path}");
        assert_eq!(title, told, "{path}");
    }
    for (path, body) in [
        ("/v1/search", r#"{"histogram": []}"#),
        ("/v1/search", r#"{"histogram": ["2024"]}"#),
        ("/v1/export", r#"["a", "csv"]"#),
        ("/v1/translate", ""),
    ] {
        let seen = send(&router, Method::POST, path, Some(KEY), body).await;
        let code = &seen.json()["code"];
        assert_eq!((seen.status.as_u16(), code), (400, &"invalid_body".into()), "{path} {body}");
        let title = seen.json()["title"].as_str().unwrap().to_owned();
        assert!(title.contains("object"), "{path} {body}: {title}");
    }
}

#[tokio::test]
async fn faults_come_with_code_span_and_hint() {
    let router = gateway(&one_key(None));
    let seen = get(&router, "/v1/search?q=invoice+form:alice").await;
    assert_eq!(seen.status, 400);
    assert_eq!(seen.header("content-type"), Some("application/problem+json"));
    let json = seen.json();
    assert_eq!(json["code"], "unknown_field");
    assert_eq!(json["span"]["start"], 8);
    assert!(json["hint"].as_str().unwrap().contains("from:"));
    assert_eq!(json["errors"][0]["code"], "unknown_field");
    assert_eq!(json["detail"], "in parameter `q`");
    for (raw, code) in [
        ("filter=x", "filter"),
        ("limit=1001", "limit"),
        ("highlight=maybe", "highlight"),
        ("engine=cluster", "engine"),
        ("quer=1", "quer"),
    ] {
        let seen = get(&router, &format!("/v1/search?{raw}")).await;
        assert_eq!(seen.status, 400, "{raw}");
        assert!(String::from_utf8_lossy(&seen.body).contains(code), "{raw}");
    }
}

#[tokio::test]
async fn translate_shows_what_is_sent() {
    let router = gateway(&one_key(None));
    let json = get(&router, "/v1/translate?q=filename:contract.pdf").await.json();
    let target = &json["targets"]["datatap"];
    assert_eq!(target["sent"]["filter"], "attachments/any(x: x/name eq 'contract.pdf')");
    assert_eq!(json["canonical"], "filename:contract.pdf");
    let body = &json["targets"]["elasticsearch"]["sent"];
    assert!(body["query"].is_object() && body["sort"].is_array(), "{body}");
    assert_eq!(
        json["targets"]["kql"]["sent"],
        "attachmentnames:\"contract.pdf\" OR filename:\"contract.pdf\""
    );
    assert_eq!(json["targets"]["aqs"]["sent"], "attachments:\"contract.pdf\"");
    let post = send(&router, Method::POST, "/v1/translate", Some(KEY), r#"{"q":"\"a"}"#).await;
    assert_eq!((post.status.as_u16(), &post.json()["code"]), (400, &"unclosed_quote".into()));
}

#[tokio::test]
async fn faults_carry_what_mends_them() {
    let router = gateway(&one_key(None));
    let seen = get(&router, "/v1/search?q=form:alice+(report").await;
    let json = seen.json();
    let fix = |start: u64, end: u64, text: &str| serde_json::json!({"span": {"start": start, "end": end}, "replacement": text});
    assert_eq!((seen.status.as_u16(), &json["fixed"]), (400, &"from:alice (report)".into()));
    assert_eq!(json["errors"][0]["fix"], fix(0, 4, "from"));
    assert_eq!(json["errors"][1]["fix"], fix(18, 18, ")"));

    let body = r#"{"from":"odata","q":"isRead == true && size > '5'"}"#;
    let json = send(&router, Method::POST, "/v1/translate", Some(KEY), body).await.json();
    assert_eq!(json["fixed"], "isRead eq true and size gt 5");
    assert_eq!(json["errors"].as_array().map(Vec::len), Some(4), "all faults at once");

    let json = get(&router, "/v1/search?q=after:03/04/2024").await.json();
    assert!(json["fixed"].is_null() && json["errors"][0]["fix"].is_null(), "two readings");
}

#[tokio::test]
async fn a_filter_goes_back_to_typed_text() {
    let router = gateway(&one_key(None));
    let json = get(&router, "/v1/translate?from=odata&q=isRead+eq+false").await.json();
    let typed = serde_json::json!({"fidelity": "exact", "notes": [], "sent": "is:unread"});
    assert_eq!(json["targets"]["postern"], typed);
    let json = get(&router, "/v1/translate?q=is:unread").await.json();
    assert!(json["targets"]["postern"].is_null(), "the canonical text says it");
}

#[tokio::test]
async fn a_message_with_its_text() {
    let json = get(&gateway(&one_key(None)), "/v1/messages/m1").await.json();
    assert_eq!((&json["id"], &json["body"]), (&"m1".into(), &"body of invoice one".into()));
}

#[tokio::test]
async fn nothing_is_a_problem_too() {
    let router = gateway(&one_key(None));
    assert_eq!(get(&router, "/v1/nothing").await.json()["code"], "not_found");
    let seen = send(&router, Method::DELETE, "/v1/search", Some(KEY), "").await;
    assert_eq!(seen.json()["code"], "method_not_allowed");
}
