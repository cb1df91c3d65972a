//! What is sent in each version, and what is made of the answers.

use super::*;
use crate::fake::Misbehaviour;
use crate::veeam::{Chosen, PstOptions};

fn of_alice() -> Scope {
    Scope::Mailbox("m-alice@contoso.com".to_owned())
}

#[tokio::test]
async fn a_mailbox_is_walked_in_every_version() {
    for version in ALL {
        let stage = Stage::new(version).await;
        let session = stage.session().await;
        let mailboxes = session.mailboxes(&PAGE).await.unwrap().results;
        assert_eq!(
            mailboxes.iter().map(|it| it.email.as_str()).collect::<Vec<_>>(),
            ["alice@contoso.com", "bob@contoso.com"]
        );
        let alice = &mailboxes[0].id;
        let top = session.folders(alice, Under::Top, &PAGE).await.unwrap().results;
        assert_eq!(
            top.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(),
            ["Inbox", "Sent"],
            "{version}"
        );
        let below = session.folders(alice, Under::Folder(&top[0].id), &PAGE).await.unwrap().results;
        assert_eq!(
            (below[0].name.as_str(), below[0].parent.as_deref()),
            ("Projects", Some("f-Inbox"))
        );
        let all = session.folders(alice, Under::Everything, &PAGE).await.unwrap().results;
        assert_eq!(all.len(), 4, "{version}");
        let items = session.items(alice, Under::Folder("f-Inbox"), &PAGE).await.unwrap().results;
        assert_eq!(items.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["i1"], "{version}");
        assert_eq!(items[0].folder.as_deref(), Some("f-Inbox"), "{version}");
        assert_eq!(items[0].mailbox.as_deref(), Some("m-alice@contoso.com"), "{version}");
        assert_eq!(items[0].received().unwrap().to_string(), "2024-01-31T10:00:00Z");
        let everything = session.items(alice, Under::Everything, &PAGE).await.unwrap().results;
        assert_eq!(everything.len(), 3, "{version}");
        assert_eq!(session.item(alice, "i3").await.unwrap().subject(), "Re: lunch");
        assert_eq!(session.item(alice, "i4").await.unwrap_err().code(), "not_found");
    }
}

/// The parameter that names the folder of items, and the word for the top.
#[tokio::test]
async fn the_filter_of_items_has_the_name_of_its_version() {
    let table = [
        (Version::V4, "folderId=f%2FInbox", "folderId=null"),
        (Version::V5, "folderId=f%2FInbox", "folderId=null"),
        (Version::V6, "folderId=f%2FInbox", "folderId=null"),
        (Version::V7, "parentId=f%2FInbox", "parentId=root"),
        (Version::V8, "parentId=f%2FInbox", "parentId=root"),
    ];
    for (version, of_folder, of_top) in table {
        let stage = Stage::new(version).await;
        let session = stage.session().await;
        for (under, expected) in [(Under::Folder("f/Inbox"), of_folder), (Under::Top, of_top)] {
            session.items("m1", under, &PAGE).await.unwrap();
            let path = "/RestoreSessions/s1/organization/mailboxes/m1/items";
            let sent = format!("GET /{version}{path}?{expected}&offset=0&limit=100");
            assert_eq!(stage.last().0, sent);
        }
    }
}

#[tokio::test]
async fn search_has_a_form_for_each_version_and_scope() {
    let folder = || Scope::Folder("m1".to_owned(), "f1".to_owned());
    let table = [
        (Version::V4, Scope::Organization, "/Action", r#"{"search":{"query":"\"a\" b"}}"#),
        (Version::V4, Scope::Mailboxes, "/mailboxes/Action", r#"{"search":{"query":"\"a\" b"}}"#),
        (
            Version::V5,
            Scope::Mailbox("m1".into()),
            "/mailboxes/m1/action",
            r#"{"search":{"query":"\"a\" b"}}"#,
        ),
        (
            Version::V5,
            folder(),
            "/mailboxes/m1/folders/f1/action",
            r#"{"search":{"query":"\"a\" b"}}"#,
        ),
        (Version::V6, Scope::Organization, "/searchExchange", r#"{"query":"\"a\" b"}"#),
        (Version::V6, Scope::Mailboxes, "/mailboxes/search", r#"{"query":"\"a\" b"}"#),
        (
            Version::V7,
            Scope::Mailbox("m1".into()),
            "/mailboxes/m1/search",
            r#"{"query":"\"a\" b"}"#,
        ),
        (Version::V8, folder(), "/mailboxes/m1/folders/f1/search", r#"{"query":"\"a\" b"}"#),
    ];
    for (version, scope, place, body) in table {
        let stage = Stage::new(version).await;
        let session = stage.session().await;
        session.search(&scope, "\"a\" b", &PAGE).await.unwrap();
        let path =
            format!("POST /{version}/RestoreSessions/s1/organization{place}?offset=0&limit=100");
        assert_eq!(stage.last(), (path, body.to_owned()));
    }
}

#[tokio::test]
async fn the_pages_of_a_search_are_of_one_result() {
    for version in ALL {
        let stage = Stage::new(version).await;
        let session = stage.session().await;
        let first = session.search(&of_alice(), "budget", &Paging::first(1)).await.unwrap();
        assert_eq!(first.results[0].id, "i1");
        let next = first.next.unwrap();
        let expected = Paging { offset: 1, limit: 1, set_id: Some("set-0".to_owned()) };
        assert_eq!(next, expected, "{version}");
        let second = session.search(&of_alice(), "budget", &next).await.unwrap();
        assert_eq!((second.results[0].id.as_str(), second.next), ("i2", None), "{version}");
        assert!(stage.last().0.ends_with("?offset=1&limit=1&setId=set-0"));
    }
}

/// A server that puts less on a page than it was asked for says so in its link.
#[tokio::test]
async fn a_short_page_is_not_the_last_one() {
    let stage = Stage::new(Version::V8).await;
    stage.fake.page_size(2);
    let session = stage.session().await;
    let (mut ids, mut page) = (Vec::new(), Some(PAGE));
    while let Some(asked) = page {
        let answer = session.items("m-alice@contoso.com", Under::Everything, &asked).await.unwrap();
        ids.extend(answer.results.into_iter().map(|entry| entry.id));
        page = answer.next;
    }
    assert_eq!(ids, ["i1", "i2", "i3"]);
}

#[tokio::test]
async fn a_list_that_leads_round_in_circles_is_no_list() {
    let stage = Stage::new(Version::V8).await;
    let session = stage.session().await;
    let circle = r#"{"results":[{"id":"a"}],"_links":{"next":{"href":"/v8/x?offset=0&limit=1"}}}"#;
    stage.fake.http().answer_at("/mailboxes", circle);
    is_fault(session.mailboxes(&Paging::first(1)).await, Fault::Unparsable);
}

/// However a link names the server, only the own one is asked.
#[tokio::test]
async fn a_link_to_another_host_is_not_followed_there() {
    let stage = Stage::new(Version::V5).await;
    let session = stage.session().await;
    let elsewhere = r#"{"results":[{"id":"a"}],"_links":{"next":{"href":"https://elsewhere.example/v5/x?offset=1&limit=1"}}}"#;
    stage.fake.http().answer_at("/mailboxes", elsewhere);
    let next = session.mailboxes(&Paging::first(1)).await.unwrap().next;
    assert_eq!(next, Some(Paging { offset: 1, limit: 1, set_id: None }));
}

#[tokio::test]
async fn items_are_saved_one_by_one_and_many_at_a_time() {
    let one = "/organization/mailboxes/m-alice%40contoso.com/items/i1";
    let many = "/organization/mailboxes/m-alice%40contoso.com/items";
    let list = r#"{"items":[{"id":"i1"},{"id":"i2"}]}"#;
    let table = [
        (
            Version::V4,
            format!("{one}/Action"),
            r#"{"savetoMsg":null}"#,
            format!("{many}/Action"),
            format!(r#"{{"savetoMsg":{list}}}"#),
        ),
        (
            Version::V5,
            format!("{one}/action"),
            r#"{"savetoMsg":null}"#,
            format!("{many}/action"),
            format!(r#"{{"savetoMsg":{list}}}"#),
        ),
        (Version::V6, format!("{one}/save"), "", format!("{many}/save"), list.to_owned()),
        (Version::V8, format!("{one}/save"), "", format!("{many}/save"), list.to_owned()),
    ];
    for (version, one, of_one, many, of_many) in table {
        let stage = Stage::new(version).await;
        let session = stage.session().await;
        assert_eq!(session.save("m-alice@contoso.com", "i1").await.unwrap(), "i1");
        assert_eq!(
            stage.last(),
            (format!("POST /{version}/RestoreSessions/s1{one}"), of_one.to_owned())
        );
        let ids = ["i1".to_owned(), "i2".to_owned()];
        let zip = session.save_many("m-alice@contoso.com", &ids).await.unwrap();
        assert!(zip.starts_with(b"PK\x03\x04"));
        assert_eq!(stage.last(), (format!("POST /{version}/RestoreSessions/s1{many}"), of_many));
    }
}

#[tokio::test]
async fn a_keyword_of_a_single_item_exists_up_to_v5() {
    let item = || Chosen::Item { mailbox: "m1".to_owned(), item: "i1".to_owned() };
    let folder = || Chosen::All(Scope::Folder("m1".to_owned(), "f1".to_owned()));
    let old = r#"{"exportToPst":{"contentKeywords":"support","enablePstSizeLimit":false}}"#;
    let new = r#"{"contentKeyword":"support","enablePstSizeLimit":false}"#;
    let table = [
        (Version::V4, item(), "/mailboxes/m1/items/i1/Action", Some(old)),
        (Version::V5, folder(), "/mailboxes/m1/folders/f1/action", Some(old)),
        (Version::V6, folder(), "/mailboxes/m1/folders/f1/exporttopst", Some(new)),
        (Version::V6, item(), "", None),
        (Version::V8, Chosen::All(Scope::Organization), "/exporttopst", Some(new)),
        (Version::V8, item(), "", None),
    ];
    for (version, chosen, place, body) in table {
        let stage = Stage::new(version).await;
        let session = stage.session().await;
        let options = PstOptions { keyword: Some("support".to_owned()), size_limit: None };
        let exported = session.export_pst(&chosen, &options).await;
        if let Some(body) = body {
            exported.unwrap();
            let path = format!("post /{version}/restoresessions/s1/organization{place}");
            assert_eq!(
                (stage.last().0.to_lowercase(), stage.last().1),
                (path.to_lowercase(), body.to_owned())
            );
        } else {
            let said = exported.unwrap_err().to_string();
            let expected = format!(
                "a keyword for single items exists up to v5, and {version} is spoken; \
                 give the keyword with their folder or mailbox"
            );
            assert_eq!(said, expected);
        }
    }
}

#[tokio::test]
async fn the_size_of_a_pst_has_limits() {
    let stage = Stage::new(Version::V8).await;
    let session = stage.session().await;
    let chosen = Chosen::All(of_alice());
    for (size, is_good) in
        [(1 << 30, true), (49 << 30, true), ((1 << 30) - 1, false), ((49 << 30) + 1, false)]
    {
        let options = PstOptions { keyword: None, size_limit: Some(size) };
        let exported = session.export_pst(&chosen, &options).await;
        assert_eq!(exported.is_ok(), is_good, "{size}");
    }
    let body = format!(r#"{{"enablePstSizeLimit":true,"pstSizeLimitBytes":{}}}"#, 49_u64 << 30);
    assert_eq!(stage.last().1, body);
}

#[tokio::test]
async fn a_file_that_is_cut_off_is_called_so() {
    let stage = Stage::new(Version::V8).await;
    let session = stage.session().await;
    stage.fake.http().misbehave_at("exportToPst", Misbehaviour::CutOff);
    let mut download =
        session.export_pst(&Chosen::All(of_alice()), &PstOptions::default()).await.unwrap();
    assert_eq!(download.promised(), Some(4));
    let end = loop {
        match download.chunk().await {
            Ok(Some(_)) => {}
            end => break end,
        }
    };
    is_fault(end, Fault::CutOff);
    assert_eq!(download.received(), 1, "half of it, less one byte");
}

#[tokio::test]
async fn a_cut_off_message_is_fetched_again_and_never_taken_for_whole() {
    let stage = Stage::new(Version::V8).await;
    let session = stage.session().await;
    stage.fake.http().misbehave_at_times("/save", Misbehaviour::CutOff, 2);
    assert_eq!(session.save("m-alice@contoso.com", "i1").await.unwrap(), "i1");
    assert_eq!(stage.count("/save"), 3);
    stage.fake.http().misbehave_at("/save", Misbehaviour::CutOff);
    is_fault(session.save("m-alice@contoso.com", "i1").await, Fault::CutOff);
}

/// A page to sign in at is no message, even with status 200.
#[tokio::test]
async fn what_is_no_file_is_never_taken_for_one() {
    let stage = Stage::new(Version::V8).await;
    let session = stage.session().await;
    for how in [Misbehaviour::Html, Misbehaviour::Garbage] {
        stage.fake.http().misbehave_at("/save", how);
        is_fault(session.save("m-alice@contoso.com", "i1").await, Fault::Unparsable);
        stage.fake.http().misbehave_at_times("/save", how, 1);
        assert_eq!(session.save("m-alice@contoso.com", "i1").await.unwrap(), "i1");
    }
}

#[tokio::test]
async fn what_lies_in_an_archive_tier_is_called_so() {
    let stage = Stage::new(Version::V8).await;
    stage.fake.archive("bob@contoso.com");
    let session = stage.session().await;
    let problem = session.items("m-bob@contoso.com", Under::Everything, &PAGE).await.unwrap_err();
    assert_eq!(problem.code(), "not_retrieved");
    assert!(problem.to_string().contains("`postern retrieve`"), "{problem}");
}

#[tokio::test]
async fn ids_stay_inside_their_place_in_the_path() {
    let stage = Stage::new(Version::V8).await;
    let session = stage.session().await;
    for id in ["", ".", ".."] {
        is_fault(session.save("m1", id).await, Fault::Astray);
    }
    session.save("m1", "../a b/AAE-h_u0==").await.unwrap_err();
    let (path, _) = stage.last();
    assert!(stage.count("/items/..%2Fa%20b%2FAAE-h_u0%3D%3D/save") == 1, "{path}");
}
