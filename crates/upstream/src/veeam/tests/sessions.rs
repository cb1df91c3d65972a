//! Restore sessions: shared, limited, stopped, replaced.

use jiff::Timestamp;

use super::*;
use crate::fake::Misbehaviour;
use crate::veeam::{Chosen, PstOptions};

fn of_alice() -> Scope {
    Scope::Mailbox("m-alice@contoso.com".to_owned())
}

#[tokio::test]
async fn a_session_is_opened_in_the_form_of_its_version() {
    let plain = r#"{"type":"Vex","showDeleted":false,"showAllVersions":false}"#;
    let wrapped = format!(r#"{{"explore":{plain}}}"#);
    let table = [
        (Version::V4, "/Action", wrapped.as_str(), "/Action"),
        (Version::V5, "/action", wrapped.as_str(), "/action"),
        (Version::V6, "/explore", plain, "/Stop"),
        (Version::V7, "/explore", plain, "/Stop"),
        (Version::V8, "/explore", plain, "/Stop"),
    ];
    for (version, open, body, stop) in table {
        let stage = Stage::new(version).await;
        let session = stage.session().await;
        let path = format!("POST /{version}/Organizations/o1{open}");
        assert_eq!(stage.last(), (path, body.to_owned()));
        assert_eq!(session.id().await.unwrap(), "s1");
        stage.sessions.stop_all().await;
        assert_eq!(stage.last().0, format!("POST /{version}/RestoreSessions/s1{stop}"));
        assert_eq!(stage.fake.working(), 0);
    }
}

#[tokio::test]
async fn one_session_is_shared_by_kind_and_time() {
    let stage = Stage::new(Version::V8).await;
    let (one, two) = (stage.session().await, stage.session().await);
    assert_eq!(one.id().await, two.id().await);
    let time: Timestamp = "2024-02-01T00:00:00Z".parse().unwrap();
    let older = stage.sessions.session(Kind::Exchange, Some(time)).await.unwrap();
    assert_ne!(one.id().await, older.id().await);
    let body = r#"{"dateTime":"2024-02-01T00:00:00Z","type":"Vex","showDeleted":false,"showAllVersions":false}"#;
    assert_eq!(stage.last().1, body);
    assert_eq!(stage.fake.sessions().len(), 2);
}

#[tokio::test]
async fn all_who_want_a_session_at_once_open_one() {
    let stage = Stage::new(Version::V8).await;
    let opening = (0..8).map(|_| {
        let sessions = stage.sessions.clone();
        tokio::spawn(async move { sessions.session(Kind::Exchange, None).await.unwrap() })
    });
    for opened in opening.collect::<Vec<_>>() {
        opened.await.unwrap();
    }
    assert_eq!(stage.fake.sessions().len(), 1);
}

#[tokio::test]
async fn who_wants_one_more_than_allowed_waits_until_one_is_free() {
    let fake = FakeVeeam::start(&ALL).await.unwrap();
    let stage = Stage::at(fake);
    let at = |day: u8| Some(format!("2024-02-0{day}T00:00:00Z").parse::<Timestamp>().unwrap());
    let first = stage.sessions.session(Kind::Exchange, at(1)).await.unwrap();
    let _second = stage.sessions.session(Kind::Exchange, at(2)).await.unwrap();
    let sessions = stage.sessions.clone();
    let third = tokio::spawn(async move { sessions.session(Kind::Exchange, at(3)).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!third.is_finished());
    assert_eq!((stage.fake.sessions().len(), stage.fake.working()), (2, 2));
    drop(first);
    let third = third.await.unwrap().unwrap();
    assert_eq!(third.id().await.unwrap(), "s3");
    assert_eq!(stage.fake.working(), 2);
    assert!(!stage.fake.sessions()[0].is_working, "the first one made room");
}

#[tokio::test]
async fn a_session_that_nobody_uses_is_stopped() {
    let fake = FakeVeeam::start(&ALL).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let idle = Duration::from_millis(40);
    let sessions = Sessions::with_idle(client(fake.account()), folder.path(), idle).unwrap();
    let session = sessions.session(Kind::Exchange, None).await.unwrap();
    tokio::time::sleep(idle * 4).await;
    assert_eq!(fake.working(), 1, "who has it uses it");
    drop(session);
    while fake.working() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sessions.session(Kind::Exchange, None).await.unwrap();
    assert_eq!(fake.working(), 1, "another one is opened");
}

#[tokio::test]
async fn a_newer_backup_is_shown_by_a_new_session() {
    let stage = Stage::new(Version::V8).await;
    let old = stage.session().await;
    stage.fake.back_up("2024-03-01T00:00:00Z".parse().unwrap());
    stage.fake.hold([mail("alice@contoso.com", "Inbox", "i5", "Budget of July")]);
    stage.sessions.client().organization().await.unwrap();
    let new = stage.session().await;
    assert_ne!(old.id().await, new.id().await);
    let found = |session: Session| async move {
        session.search(&of_alice(), "budget", &PAGE).await.unwrap().results.len()
    };
    assert_eq!((found(old).await, found(new).await), (2, 3), "who began with the old one keeps it");
    stage.sessions.stop_all().await;
    assert_eq!(stage.fake.working(), 0);
}

#[tokio::test]
async fn nothing_is_open_or_written_after_the_end() {
    let stage = Stage::new(Version::V8).await;
    let session = stage.session().await;
    assert!(stage.written().contains(r#""session":"s1""#), "{}", stage.written());
    stage.sessions.stop_all().await;
    assert_eq!((stage.fake.working(), stage.written().as_str()), (0, ""));
    assert_eq!(session.mailboxes(&PAGE).await.unwrap_err(), Problem::Ending);
    let refused = stage.sessions.session(Kind::Exchange, None).await;
    assert_eq!(refused.unwrap_err(), Problem::Ending);
}

#[tokio::test]
async fn a_server_that_hangs_holds_nobody_up_at_the_end() {
    let stage = Stage::new(Version::V8).await;
    let _session = stage.session().await;
    stage.fake.http().misbehave_at("/Stop", Misbehaviour::Hang);
    let start = std::time::Instant::now();
    stage.sessions.stop_all().await;
    assert!(start.elapsed() < Duration::from_secs(2), "one answer may take 0.4 s here");
    assert!(stage.written().contains(r#""session":"s1""#), "the next process stops it");
}

#[tokio::test]
async fn a_session_whose_opener_gave_up_is_stopped_too() {
    let stage = Stage::new(Version::V8).await;
    stage.fake.http().misbehave_at("/explore", Misbehaviour::Slow(Duration::from_millis(100)));
    let waited = tokio::time::timeout(Duration::from_millis(60), stage.session()).await;
    assert!(waited.is_err());
    stage.sessions.stop_all().await;
    assert_eq!((stage.fake.sessions().len(), stage.fake.working()), (1, 0));
}

/// The statuses with which servers may say that a session has ended.
#[tokio::test]
async fn a_session_that_an_administrator_stopped_is_replaced_once_for_a_reader() {
    for status in [400, 401, 403, 404, 409, 500] {
        let stage = Stage::new(Version::V8).await;
        stage.fake.ended_session(status);
        let session = stage.session().await;
        stage.fake.stop_sessions();
        let found = session.search(&of_alice(), "budget", &PAGE).await.unwrap();
        assert_eq!(
            (found.results.len(), session.id().await.unwrap().as_str()),
            (2, "s2"),
            "{status}"
        );
        stage.sessions.stop_all().await;
        assert_eq!((stage.fake.working(), stage.written().as_str()), (0, ""), "{status}");
    }
}

#[tokio::test]
async fn a_restarted_server_is_logged_on_to_again_and_read_on() {
    for version in ALL {
        let stage = Stage::new(version).await;
        let session = stage.session().await;
        stage.fake.restart();
        assert_eq!(session.mailboxes(&PAGE).await.unwrap().results.len(), 2, "{version}");
    }
}

#[tokio::test]
async fn an_action_in_an_ended_session_is_not_done_in_another_one() {
    for status in [400, 401, 403, 404, 409, 500] {
        let stage = Stage::new(Version::V8).await;
        stage.fake.ended_session(status);
        let session = stage.session().await;
        stage.fake.stop_sessions();
        let item = Chosen::Item { mailbox: "m-alice@contoso.com".into(), item: "i1".into() };
        assert_eq!(
            session.send_default(&item).await.unwrap_err(),
            Problem::SessionGone,
            "{status}"
        );
        assert_eq!((stage.fake.actions().len(), stage.fake.sessions().len()), (0, 1));
        session.send_default(&item).await.unwrap();
        assert_eq!(stage.fake.actions().len(), 1, "the next one is done in a new session");
    }
}

#[tokio::test]
async fn an_action_whose_answer_is_lost_is_not_repeated() {
    let item = || Chosen::Item { mailbox: "m-alice@contoso.com".into(), item: "i1".into() };
    for (how, is_sent_once) in [
        (Misbehaviour::Status(500), true),
        (Misbehaviour::Status(503), true),
        (Misbehaviour::Reset, true),
        (Misbehaviour::Busy(Some(0)), false),
    ] {
        let stage = Stage::new(Version::V8).await;
        let session = stage.session().await;
        stage.fake.http().misbehave_at_times("/sendToDefault", how, 1);
        let sent = session.send_default(&item()).await;
        assert_eq!(sent.is_err(), is_sent_once, "{how:?}");
        assert_eq!(stage.count("/sendToDefault"), if is_sent_once { 1 } else { 2 }, "{how:?}");
    }
}

/// Sessions are stamped with the time of the server, so what is written down is too.
#[tokio::test]
async fn what_is_written_has_the_time_of_the_server() {
    let stage = Stage::new(Version::V8).await;
    stage.fake.http().answer_header("Date", "Thu, 01 Jan 2099 10:00:00 GMT");
    let _session = stage.session().await;
    assert!(stage.written().contains(r#""time":"2099-01-01T"#), "{}", stage.written());
}

#[tokio::test]
async fn an_export_in_an_ended_session_begins_again_in_another_one() {
    let stage = Stage::new(Version::V8).await;
    let session = stage.session().await;
    stage.fake.stop_sessions();
    session.export_pst(&Chosen::All(of_alice()), &PstOptions::default()).await.unwrap();
    assert_eq!(stage.fake.actions().len(), 1);
}

#[tokio::test]
async fn a_session_that_was_refused_is_not_left_to_look_for() {
    let stage = Stage::new(Version::V8).await;
    stage.fake.http().misbehave_at("/explore", Misbehaviour::Status(403));
    let problem = stage.sessions.session(Kind::Exchange, None).await.unwrap_err();
    assert_eq!(problem.code(), "not_allowed");
    assert_eq!((stage.count("/explore"), stage.written().as_str()), (1, ""));
}

#[tokio::test]
async fn a_session_whose_answer_got_lost_is_not_opened_again_and_stays_written() {
    let stage = Stage::new(Version::V8).await;
    stage.fake.http().misbehave_at("/explore", Misbehaviour::CutOff);
    is_fault(stage.sessions.session(Kind::Exchange, None).await, Fault::CutOff);
    assert_eq!((stage.count("/explore"), stage.fake.working()), (1, 1));
    assert!(stage.written().contains(r#""kind":"Vex""#), "{}", stage.written());
}

#[tokio::test]
async fn what_is_not_on_the_disk_is_not_opened() {
    let stage = Stage::new(Version::V8).await;
    let file = stage.folder.path().join("sessions-1.jsonl");
    std::fs::create_dir_all(stage.folder.path().join("below")).unwrap();
    std::fs::write(stage.folder.path().join("below/file"), b"").unwrap();
    let account = stage.fake.account();
    let refused = Sessions::open(client(account), &stage.folder.path().join("below/file"));
    assert_eq!(refused.unwrap_err().code(), "record");
    assert!(file.exists());
}
