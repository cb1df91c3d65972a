//! Whole runs over backups, against a fake server of Veeam.

use std::io::{Cursor, Write as _};

use postern_upstream::veeam::fake::{BackedUp, FakeVeeam};
use postern_upstream::veeam::{Account, Sessions, Veeam, Version};

use super::*;

/// A `.msg` file of a message (MS-OXMSG).
fn msg(subject: &str, from: &str, second: i64, text: &str) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    let mut fixed = vec![0; 32];
    // Hundreds of nanoseconds since 1601.
    let time = (second + 11_644_473_600) * 10_000_000;
    for tag in [0x0039_0040_u32, 0x0e06_0040] {
        fixed.extend(tag.to_le_bytes());
        fixed.extend([0; 4]);
        fixed.extend(time.to_le_bytes());
    }
    let mut put = |path: &str, bytes: &[u8]| {
        file.create_stream(path).unwrap().write_all(bytes).unwrap();
    };
    put("/__properties_version1.0", &fixed);
    let words = [("0037", subject), ("0042", from), ("001A", "IPM.Note"), ("1000", text)];
    for (number, word) in words {
        let wide: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
        put(&format!("/__substg1.0_{number}001F"), &wide);
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

fn item(mailbox: &str, folder: &str, number: i64) -> BackedUp {
    let (subject, second) = (format!("number{}", number % 40), NOW - number * 3_600);
    let received = Timestamp::from_second(second).unwrap().to_string();
    let text = format!("text of {number}");
    BackedUp {
        msg: msg(&subject, "Sender", second, &text),
        subject,
        received,
        ..BackedUp::new(mailbox, folder, &format!("{folder}-{number}==").replace('/', "_"))
    }
}

/// Sixty messages in four folders of two mailboxes.
fn some() -> Vec<BackedUp> {
    let ann = (0..45).map(|number| {
        item(
            "ann@x.com",
            ["Inbox", "Inbox/Orders", "Sent"][usize::try_from(number % 3).unwrap()],
            number,
        )
    });
    ann.chain((45..60).map(|number| item("bob@x.com", "Inbox", number))).collect()
}

/// A server with these, and a data folder.
struct Backup {
    fake: FakeVeeam,
    data: tempfile::TempDir,
}

impl Backup {
    async fn of(version: Version, mail: Vec<BackedUp>) -> Self {
        let fake = FakeVeeam::start(&[version]).await.unwrap();
        fake.hold(mail);
        fake.back_up(Timestamp::from_second(NOW).unwrap());
        Self { fake, data: tempfile::tempdir().unwrap() }
    }

    async fn run_as(&self, account: Account, at: Option<Timestamp>) -> Summary {
        let client = Veeam::new(account).unwrap();
        let archive = Archive::below(self.data.path());
        let sessions = Sessions::open(client, &archive.veeam()).unwrap();
        let backups = Arc::new(Backups::new(VEEAM, sessions.clone(), at));
        let done =
            run(backups, TENANT, &archive, SyncOptions::default(), now, Arc::default()).await;
        sessions.stop_all().await;
        done.unwrap()
    }

    async fn run(&self) -> Summary {
        let summary = self.run_as(self.fake.account(), None).await;
        assert!(summary.ended.is_none(), "{summary:?}");
        assert_eq!(self.fake.working(), 0, "no session is left open");
        summary
    }

    fn saves(&self) -> usize {
        let seen = self.fake.http().seen();
        let is_save =
            |target: &str| target.to_lowercase().contains("/items/") && target.ends_with("save");
        seen.iter().filter(|seen| is_save(&seen.target)).count()
    }

    fn archive(&self) -> Archive {
        Archive::below(self.data.path())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_comes_by_a_few_requests_and_the_next_run_takes_a_handful() {
    for version in [Version::V4, Version::V5, Version::V6, Version::V7, Version::V8] {
        let backup = Backup::of(version, some()).await;
        let first = backup.run().await;
        let counts = (first.mailboxes, first.known, first.here, first.failures);
        assert_eq!(counts, (2, 60, 60, 0), "{version}: {first:?}");
        assert!(version < Version::V6 || backup.saves() <= 5, "{} saves", backup.saves());
        let archive = backup.archive();
        for one in some() {
            let mailbox = format!("m-{}", one.mailbox);
            let id = archive.collected().id_of(VEEAM, &mailbox, &one.id).unwrap();
            assert_eq!(id.as_deref(), Some(&*id_of(&one.msg)), "{version} {}", one.id);
            assert_eq!(archive.original(&id.unwrap()).unwrap().into_bytes().unwrap(), one.msg);
        }
        let orders = folder_is("Inbox/Orders");
        let all = Search {
            query: &orders,
            order: &[],
            after: None,
            offset: 0,
            limit: 0,
            highlight: false,
        };
        let index = archive.index().unwrap();
        assert_eq!(index.search(&all, &Asker::unlimited()).unwrap().count, 15);
        let before = backup.fake.http().seen().len();
        assert_eq!(backup.run().await.downloaded, 0);
        let again = backup.fake.http().seen().len() - before;
        assert!(
            again <= 15,
            "{version}: {again} requests for two mailboxes, no drives, log-on and all"
        );
        assert_eq!(archive.whole(VEEAM, &[], true), Some(now()));
    }
}

/// Two items of one subject, sender and second are told apart by nothing: each is saved by itself.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_told_apart_is_saved_by_itself() {
    let twin = |id: &str, text: &str| BackedUp {
        msg: msg("offer", "Sender", NOW, text),
        subject: "offer".into(),
        received: Timestamp::from_second(NOW).unwrap().to_string(),
        ..BackedUp::new("ann@x.com", "Inbox", id)
    };
    let both = [twin("one", "first"), twin("two", "second")];
    let backup = Backup::of(Version::V8, both.to_vec()).await;
    assert_eq!(backup.run().await.here, 2);
    let archive = backup.archive();
    for one in both {
        let id = archive.collected().id_of(VEEAM, "m-ann@x.com", &one.id).unwrap();
        assert_eq!(id, Some(id_of(&one.msg)));
    }
    assert_eq!(backup.saves(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_whole_message_is_refused_and_saved_again() {
    for fault in [Misbehaviour::Garbage, Misbehaviour::Html, Misbehaviour::CutOff] {
        let backup = Backup::of(Version::V8, some()).await;
        backup.fake.http().misbehave_at_times("save", fault, 4);
        let run = backup.run().await;
        assert_eq!((run.here, run.failures), (60, 0), "{fault:?}: {run:?}");
    }
    let mut broken = some();
    broken[7].msg.truncate(700);
    let backup = Backup::of(Version::V8, broken).await;
    let run = backup.run().await;
    assert_eq!((run.here, run.failures), (59, 1), "{run:?}");
    assert!(run.failed[0].reason.contains("no whole MSG"), "{run:?}");
}

/// New, gone and moved; and what an older backup has besides.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_backup_and_an_old_one() {
    let backup = Backup::of(Version::V7, some()).await;
    backup.run().await;
    backup.fake.hold([item("bob@x.com", "Inbox", 99)]);
    backup.fake.remove("Inbox-0==");
    backup.fake.back_up(Timestamp::from_second(NOW + DAY).unwrap());
    let saves = backup.saves();
    let second = backup.run().await;
    assert_eq!((second.downloaded, second.known, second.gone), (1, 61, 1));
    assert_eq!(backup.saves() - saves, 1);
    let status = backup.archive().status().unwrap();
    let facts: BTreeMap<_, _> = status.sources[0].facts.iter().cloned().collect();
    assert_eq!(facts["backup"], Timestamp::from_second(NOW + DAY).unwrap().to_string());
    let old = backup.run_as(backup.fake.account(), Timestamp::from_second(NOW).ok()).await;
    assert_eq!((old.gone, old.failures, backup.fake.working()), (1, 0, 0), "{old:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_tokens_that_end_in_mid_run() {
    for restart in [false, true] {
        let backup = Arc::new(Backup::of(Version::V8, some()).await);
        let shared = Arc::clone(&backup);
        let disturbing = tokio::spawn(async move {
            while shared.saves() < 1 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            if restart {
                shared.fake.restart();
            } else {
                shared.fake.stop_sessions();
            }
            shared.fake.expire_tokens();
        });
        let run = backup.run().await;
        disturbing.await.unwrap();
        assert_eq!((run.here, run.failures), (60, 0), "{run:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_for_what_is_wrong() {
    let backup = Backup::of(Version::V8, some()).await;
    let wrong = Account { password: Secret::new("wr0ng"), ..backup.fake.account() };
    let ended = backup.run_as(wrong, None).await.ended.unwrap();
    let told = postern_archive::chain(&ended);
    assert!(told.contains("does not let this account in") && told.contains("password"), "{told}");
    assert!(!told.contains("wr0ng"), "{told}");
    let other = Account { organization: Some("fabrikam".into()), ..backup.fake.account() };
    let told = postern_archive::chain(&backup.run_as(other, None).await.ended.unwrap());
    assert!(told.contains("no organization `fabrikam`"), "{told}");
    backup.fake.http().misbehave_at("/items", Misbehaviour::Status(403));
    let told =
        postern_archive::chain(&backup.run_as(backup.fake.account(), None).await.ended.unwrap());
    assert!(told.contains("does not allow this to the account"), "{told}");
    backup.fake.http().misbehave_at("/items", Misbehaviour::None);
    assert_eq!(backup.run().await.here, 60);
    let old = Backup { fake: FakeVeeam::start(&[Version::V2]).await.unwrap(), ..backup };
    let told = postern_archive::chain(&old.run_as(old.fake.account(), None).await.ended.unwrap());
    assert!(told.contains("v4 to v8"), "{told}");
    assert_eq!(old.archive().status().unwrap().mailboxes.len(), 2, "nothing is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_in_an_archive_tier_is_named() {
    let backup = Backup::of(Version::V8, some()).await;
    backup.fake.archive("bob@x.com");
    let run = backup.run().await;
    assert_eq!((run.here, run.failures, &*run.failed[0].mailbox), (45, 1, "bob@x.com"), "{run:?}");
    assert!(run.failed[0].reason.contains("archive tier"), "{run:?}");
    let archive = backup.archive();
    assert_eq!(
        (archive.whole(VEEAM, &[], true), archive.whole(VEEAM, &["ann@x.com"], true)),
        (None, Some(now()))
    );
    assert!(archive.status().unwrap().mailboxes[1].is_cold);
}
