//! What a run brings here, and what the next one changes.

use std::io::Read as _;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn everything_comes_once() {
    let setting = Setting::new().await;
    let first = setting.run(SyncOptions::default()).await;
    assert!(first.ended.is_none() && first.failures == 0, "{first:?}");
    assert_eq!((first.mailboxes, first.known, first.here, first.downloaded), (3, 96, 96, 96));
    assert_eq!((first.requests, setting.downloads()), (setting.requests() as u64, 96));
    setting.check();
    let before = setting.requests();
    let second = setting.run(SyncOptions::default()).await;
    assert_eq!((second.downloaded, second.already_here, second.known), (0, 96, 96));
    let again = setting.requests() - before;
    assert!(again <= 2 + 3 * 6, "a handful for each mailbox, not {again}");
    setting.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn new_mail_comes_and_what_is_gone_is_noted() {
    let mut setting = Setting::new().await;
    setting.run(SyncOptions::default()).await;
    let mut mail = some_mail();
    mail.retain(|one| one.id != "Inbox-3" || one.mailbox != "bob@x.com");
    mail.extend((0..15).map(|number| self::mail("bob@x.com", "Inbox", 500 + number, NOW - 60)));
    setting.hold(mail);
    let second = setting.run(SyncOptions::default()).await;
    assert_eq!((second.downloaded, second.known, second.gone), (15, 96 + 15, 1));
    assert_eq!(indexed(&setting.archive()), 96 + 15, "what is gone upstream stays here");
    let third = setting.run(SyncOptions { prune: true, ..SyncOptions::default() }).await;
    assert_eq!((third.downloaded, third.known, third.gone), (0, 96 + 14, 0));
    setting.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn old_mail_that_comes_up_later_is_found_when_all_is_listed_again() {
    let mut setting = Setting::new().await;
    setting.run(SyncOptions::default()).await;
    let mut mail = some_mail();
    mail.push(self::mail("ann@x.com", "Inbox", 900, 1_000_000_000 - 77));
    setting.hold(mail);
    assert_eq!(setting.run(SyncOptions::default()).await.downloaded, 0);
    assert_eq!(
        setting.run(SyncOptions { full: true, ..SyncOptions::default() }).await.downloaded,
        1
    );
    setting.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moved_to_another_folder_moves_here() {
    let mut setting = Setting::new().await;
    setting.run(SyncOptions::default()).await;
    let mut mail = some_mail();
    for one in mail.iter_mut().filter(|one| one.id == "Inbox-2" && one.mailbox == "bob@x.com") {
        one.folder = "Archive".to_owned();
    }
    setting.hold(mail);
    let second = setting.run(SyncOptions::default()).await;
    assert_eq!((second.downloaded, second.here, second.gone), (0, 96, 0));
    setting.check();
    assert_eq!(count(&setting.archive(), "Archive"), 1);
}

/// The same bytes in two mailboxes are one message here, both items are served, and it is found in both
/// until it leaves one.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_in_two_mailboxes() {
    let one = mail("ann@x.com", "Sent Items", 1, NOW);
    let twin = Mail {
        mailbox: "bob@x.com".into(),
        folder: "Inbox".into(),
        id: "twin".into(),
        ..one.clone()
    };
    let other = mail("bob@x.com", "Archive", 2, NOW);
    let mut setting = Setting::with(vec![one.clone(), twin, other.clone()]).await;
    let first = setting.run(SyncOptions::default()).await;
    assert_eq!((first.known, first.here, first.downloaded), (3, 3, 3));
    assert_eq!(indexed(&setting.archive()), 2);
    let archive = setting.archive();
    let collected = archive.collected();
    for (mailbox, item) in [("ann@x.com", "Sent-Items-1"), ("bob@x.com", "twin")] {
        let mailbox = collected.mailbox("blob", mailbox).unwrap().unwrap();
        let mut bytes = Vec::new();
        collected.download(&mailbox, item).unwrap().unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, one.bytes);
    }
    assert_eq!(["Sent Items", "Inbox"].map(|folder| count(&setting.archive(), folder)), [1, 1]);
    setting.hold(vec![one, other]);
    setting.run(SyncOptions { prune: true, ..SyncOptions::default() }).await;
    assert_eq!(["Sent Items", "Inbox"].map(|folder| count(&setting.archive(), folder)), [1, 0]);
}

/// A message in many mailboxes is indexed once for a commit, at all of its places.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_in_many_mailboxes() {
    let one = mail("ann@x.com", "Sent Items", 1, NOW);
    let twin = |number: usize| Mail {
        mailbox: "bob@x.com".into(),
        folder: format!("Folder{number}"),
        id: format!("twin{number}"),
        ..one.clone()
    };
    let setting = Setting::with((0..9).map(twin).collect()).await;
    let first = setting.run(SyncOptions::default()).await;
    assert_eq!((first.known, first.here, indexed(&setting.archive())), (9, 9, 1));
    let found = |number| count(&setting.archive(), &format!("Folder{number}"));
    assert!((0..9).all(|number| found(number) == 1));
}

/// Messages in the folders of that name.
fn count(archive: &Archive, folder: &str) -> usize {
    let query = &folder_is(folder);
    let all = Search { query, order: &[], after: None, offset: 0, limit: 0, highlight: false };
    archive.index().unwrap().search(&all, &Asker::unlimited()).unwrap().count
}

#[tokio::test(flavor = "multi_thread")]
async fn some_mailboxes_and_a_date() {
    let setting = Setting::new().await;
    let request = || SyncOptions { mailboxes: vec!["BOB@x.com".into()], ..SyncOptions::default() };
    let since = Timestamp::from_second(NOW - 5 * DAY).ok();
    let first = setting.run(SyncOptions { since, ..request() }).await;
    assert_eq!((first.mailboxes, first.downloaded), (1, 6));
    let second = setting.run(request()).await;
    assert_eq!((second.downloaded, second.already_here), (24, 6));
    let none = SyncOptions { mailboxes: vec!["nobody@x.com".into()], ..SyncOptions::default() };
    let said = setting.run(none).await.ended.unwrap().to_string();
    assert!(said.contains("no collected mailbox `nobody@x.com`"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing() {
    let setting = Setting::new().await;
    let dry = || SyncOptions { dry_run: true, ..SyncOptions::default() };
    let first = setting.run(dry()).await;
    assert_eq!((first.known, first.here, first.downloaded, setting.downloads()), (96, 0, 0, 0));
    assert_eq!(std::fs::read_dir(setting.data.path()).unwrap().count(), 0);
    setting
        .run(SyncOptions { mailboxes: vec!["bob@x.com".into()], ..SyncOptions::default() })
        .await;
    let second = setting.run(dry()).await;
    assert_eq!((second.known, second.here), (96, 30));
    assert_eq!(setting.archive().status().unwrap().mailboxes.len(), 1);
}

/// So many messages of one folder, a day from one to the next.
fn days(count: usize) -> Vec<Mail> {
    let first = NOW - 400 * DAY;
    let one =
        |number| mail("ann@x.com", "Inbox", number, first + DAY * i64::try_from(number).unwrap());
    (0..count).map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_in_the_order_of_time_take_two_requests() {
    let setting = Setting::with(days(300)).await;
    setting.run(SyncOptions::default()).await;
    setting.check();
    let to_list = setting.requests() - setting.downloads();
    assert!(to_list <= 2 * 300 / 9 + 15, "{to_list} requests for 30 pages");
}

/// Each page is in the order of time, and the last messages are on the first page: its times mislead.
#[tokio::test(flavor = "multi_thread")]
async fn pages_that_begin_at_the_end_take_few_requests_as_well() {
    let mail: Vec<_> = days(300).chunks(10).rev().flatten().cloned().collect();
    let setting = Setting::with(mail).await;
    setting.run(SyncOptions::default()).await;
    setting.check();
    let to_list = setting.requests() - setting.downloads();
    assert!(to_list <= 150, "{to_list} requests for 30 pages");
}

/// There is room for 8 MiB on the way to the index, and each of these takes all of it.
#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_larger_than_the_room_come_one_after_the_other() {
    let mut mail = days(12);
    for one in mail.iter_mut().step_by(4) {
        one.bytes.resize(9 << 20, b'x');
    }
    let setting = Setting::with(mail).await;
    assert_eq!(setting.run(SyncOptions::default()).await.here, 12);
    setting.check();
}
