//! Sessions that a process before this one left open.

use std::fs::{create_dir_all, write};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::fake::Misbehaviour;

const OWN: &str = r"CONTOSO\postern";

fn now() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap()
}

fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

/// What a process wrote before it was killed, and which of the sessions of the server are open afterwards.
async fn left(fake: &FakeVeeam, written: &str) -> (usize, Vec<String>, String) {
    let folder = tempfile::tempdir().unwrap();
    create_dir_all(folder.path()).unwrap();
    write(folder.path().join("sessions-1.jsonl"), written).unwrap();
    let sessions = Sessions::open(client(fake.account()), folder.path()).unwrap();
    let stopped = sessions.stop_leftovers().await.unwrap();
    let open = fake.sessions().into_iter().filter(|it| it.is_working).map(|it| it.id).collect();
    let rest = std::fs::read_to_string(folder.path().join("sessions-1.jsonl")).unwrap();
    (stopped, open, rest)
}

#[tokio::test]
async fn what_was_written_down_is_stopped_and_nothing_else() {
    let fake = FakeVeeam::start(&ALL).await.unwrap();
    for _ in 0..3 {
        drop(fake.open_session("Vex", OWN, ago(3_600)));
    }
    let time = ago(3_601);
    let written = format!(
        "{{\"intent\":1,\"kind\":\"Vex\",\"time\":\"{time}\"}}\n{{\"intent\":1,\"session\":\"s2\"}}\n"
    );
    let (stopped, open, rest) = left(&fake, &written).await;
    assert_eq!((stopped, open, rest.as_str()), (1, vec!["s1".to_owned(), "s3".to_owned()], ""));
}

#[tokio::test]
async fn a_session_whose_id_was_not_written_is_found_by_user_kind_and_time() {
    let fake = FakeVeeam::start(&ALL).await.unwrap();
    let table = [
        ("Vex", OWN, 99, "stopped"),
        ("Vex", r"contoso\POSTERN", 100, "stopped"),
        ("Veod", OWN, 99, "another kind"),
        ("Vex", r"CONTOSO\admin", 99, "another user"),
        ("Vex", OWN, 3_600, "opened before"),
        ("Vex", OWN, 0, "opened later than a server may take"),
    ];
    for (kind, user, seconds, _) in table {
        drop(fake.open_session(kind, user, ago(seconds)));
    }
    let written = format!("{{\"intent\":7,\"kind\":\"Vex\",\"time\":\"{}\"}}\n", ago(100));
    let (stopped, open, rest) = left(&fake, &written).await;
    assert_eq!((stopped, open.join(" "), rest.as_str()), (2, "s3 s4 s5 s6".to_owned(), ""));
}

/// A process was killed while the server made the session, and the next one was quicker than the server.
#[tokio::test]
async fn a_session_that_is_made_later_is_stopped_in_the_end() {
    let fake = FakeVeeam::start(&ALL).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let written = format!("{{\"intent\":1,\"kind\":\"Vex\",\"time\":\"{}\"}}\n", ago(1));
    write(folder.path().join("sessions-1.jsonl"), written).unwrap();
    let sessions = Sessions::open(client(fake.account()), folder.path()).unwrap();
    assert_eq!(sessions.stop_leftovers().await.unwrap(), 0);
    drop(fake.open_session("Vex", OWN, now()));
    sessions.stop_all().await;
    assert!(fake.sessions().iter().all(|session| !session.is_working));
    let rest = std::fs::read_to_string(folder.path().join("sessions-1.jsonl")).unwrap();
    assert_eq!(rest, "");
}

#[tokio::test]
async fn a_line_that_was_cut_off_says_nothing() {
    let fake = FakeVeeam::start(&ALL).await.unwrap();
    drop(fake.open_session("Vex", OWN, ago(100)));
    let time = ago(100);
    let written = format!(
        "{{\"intent\":1,\"kind\":\"Vex\",\"time\":\"{time}\"}}\n{{\"intent\":1,\"over\":true}}\n{{\"intent\":2,\"ki"
    );
    let (stopped, open, _) = left(&fake, &written).await;
    assert_eq!((stopped, open.len()), (0, 1));
    assert_eq!(fake.http().seen(), [], "nothing was left, so nothing is asked");
}

#[tokio::test]
async fn what_a_running_process_has_open_is_its_own() {
    let fake = FakeVeeam::start(&ALL).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let running = Sessions::open(client(fake.account()), folder.path()).unwrap();
    let session = running.session(Kind::Exchange, None).await.unwrap();
    // Another process died while it opened a session at the same time.
    let written = format!("{{\"intent\":1,\"kind\":\"Vex\",\"time\":\"{}\"}}\n", ago(1));
    write(folder.path().join("sessions-2.jsonl"), written).unwrap();
    let lost = fake.open_session("Vex", OWN, now());
    let next = Sessions::open(client(fake.account()), folder.path()).unwrap();
    assert_eq!(next.stop_leftovers().await.unwrap(), 1);
    let open: Vec<_> = fake.sessions().into_iter().filter(|it| it.is_working).collect();
    assert_eq!(
        open.iter().map(|it| it.id.clone()).collect::<Vec<_>>(),
        [session.id().await.unwrap()]
    );
    assert_ne!(open[0].id, lost);
}

#[tokio::test]
async fn a_process_that_is_gone_is_cleaned_up_after_by_the_next_one() {
    let fake = FakeVeeam::start(&ALL).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let killed = Sessions::open(client(fake.account()), folder.path()).unwrap();
    let session = killed.session(Kind::Exchange, None).await.unwrap();
    drop((killed, session));
    // The tasks that have the pool end with their runtime in a process that is killed; here they notice soon.
    let next = loop {
        let next = Sessions::open(client(fake.account()), folder.path()).unwrap();
        if next.stop_leftovers().await.unwrap() == 1 {
            break next;
        }
    };
    assert_eq!(fake.working(), 0);
    assert_eq!(next.stop_leftovers().await.unwrap(), 0);
}

#[tokio::test]
async fn what_cannot_be_stopped_stays_written() {
    let fake = FakeVeeam::start(&ALL).await.unwrap();
    let id = fake.open_session("Vex", OWN, ago(10));
    let folder = tempfile::tempdir().unwrap();
    let time = ago(11);
    let written = format!(
        "{{\"intent\":1,\"kind\":\"Vex\",\"time\":\"{time}\"}}\n{{\"intent\":1,\"session\":\"{id}\"}}\n"
    );
    write(folder.path().join("sessions-1.jsonl"), &written).unwrap();
    let sessions = Sessions::open(client(fake.account()), folder.path()).unwrap();
    fake.http().misbehave_at("/Stop", crate::fake::Misbehaviour::Status(500));
    sessions.stop_leftovers().await.unwrap_err();
    assert_eq!(std::fs::read_to_string(folder.path().join("sessions-1.jsonl")).unwrap(), written);
    fake.http().misbehave(crate::fake::Misbehaviour::None);
    fake.http().misbehave_at("/Stop", crate::fake::Misbehaviour::None);
    assert_eq!(sessions.stop_leftovers().await.unwrap(), 1);
    assert_eq!(fake.working(), 0);
}

/// A page of something between says 200, and the session works on.
#[tokio::test]
async fn a_stop_that_something_else_answered_counted_as_done() {
    for fault in [Misbehaviour::Html, Misbehaviour::Garbage] {
        let fake = FakeVeeam::start(&ALL).await.unwrap();
        drop(fake.open_session("Vex", OWN, ago(3_600)));
        fake.http().misbehave_at_times("/Stop", fault, 1);
        let written = format!(
            "{{\"intent\":1,\"kind\":\"Vex\",\"time\":\"{}\"}}\n{{\"intent\":1,\"session\":\"s1\"}}\n",
            ago(3_601)
        );
        let (stopped, open, rest) = left(&fake, &written).await;
        assert_eq!((stopped, open, rest.as_str()), (1, vec![], ""));
    }
}
