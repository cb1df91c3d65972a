//! Faults of the service, of the key and of the clock.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_fetched_is_told_and_tried_again() {
    let setting = Setting::new().await;
    setting.fake.misbehave_at("bob%40x.com/items/Inbox-7/download", Misbehaviour::Status(500));
    setting.fake.misbehave_at("bob%40x.com/items/Inbox-8/download", Misbehaviour::Html);
    setting.fake.misbehave_at("bob%40x.com/items/Inbox-9/download", Misbehaviour::Status(410));
    let first = setting.run(SyncOptions::default()).await;
    assert!(first.ended.is_none(), "{first:?}");
    assert_eq!((first.known, first.here, first.failures), (96, 93, 3));
    let reasons: Vec<_> =
        first.failed.iter().map(|one| (one.item.as_str(), one.reason.as_str())).collect();
    assert!(reasons[0].1.contains("500") && reasons[1].1.contains("cannot be read"), "{reasons:?}");
    assert!(reasons[2].0.ends_with("-9") && reasons[2].1.contains("410"), "{reasons:?}");
    for item in ["7", "8", "9"] {
        setting
            .fake
            .misbehave_at(&format!("bob%40x.com/items/Inbox-{item}/download"), Misbehaviour::None);
    }
    let second = setting.run(SyncOptions::default()).await;
    assert_eq!((second.downloaded, second.failures, second.here), (3, 0, 96));
    setting.check();
}

/// A mailbox that was never listed before, and cannot be now, is no mailbox without mail.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_mailbox_that_cannot_be_listed_is_told() {
    let setting = Setting::new().await;
    for fault in [Misbehaviour::Status(500), Misbehaviour::Status(403)] {
        setting.fake.misbehave_at("bob%40x.com/items/-", fault);
        let run = setting.run(SyncOptions::default()).await;
        assert_eq!((run.failures, run.failed[0].mailbox.as_str()), (1, "bob@x.com"), "{run:?}");
        assert!(run.failed[0].reason.contains("it cannot be listed"), "{run:?}");
    }
    setting.fake.misbehave_at("bob%40x.com/items/-", Misbehaviour::None);
    assert_eq!(setting.run(SyncOptions::default()).await.failures, 0);
    setting.check();
}

/// What was listed by another try was not fetched by it, and yet the run said that all was well.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_listed_by_another_try_is_fetched_by_it() {
    let setting = Arc::new(Setting::new().await);
    setting.fake.misbehave_at("bob%40x.com/items/-", Misbehaviour::Status(500));
    let recovering = Arc::clone(&setting);
    tokio::spawn(async move {
        // The first try has failed when the client has asked several times.
        while recovering.fake.seen().len() < 12 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        recovering.fake.misbehave_at("bob%40x.com/items/-", Misbehaviour::None);
    });
    let run = setting.run(SyncOptions::default()).await;
    assert_eq!((run.failures, run.known, run.here), (0, 96, 96), "{run:?}");
    setting.check();
}

/// Every fault on every endpoint, each three times now and then: the end is the same.
#[tokio::test(flavor = "multi_thread")]
async fn faults_at_any_moment() {
    let faults = [
        Misbehaviour::Busy(Some(0)),
        Misbehaviour::Status(500),
        Misbehaviour::Hang,
        Misbehaviour::CutOff,
        Misbehaviour::Garbage,
        Misbehaviour::Html,
        Misbehaviour::Redirect,
        Misbehaviour::Reset,
    ];
    let setting = Arc::new(Setting::new().await);
    let disturbed = Arc::clone(&setting);
    let disturbing = tokio::spawn(async move {
        for fault in faults.iter().cycle() {
            disturbed.fake.misbehave_times(*fault, fastrand::usize(1..4));
            tokio::time::sleep(Duration::from_millis(fastrand::u64(5..40))).await;
        }
    });
    for run in 0.. {
        let summary = setting.run(SyncOptions::default()).await;
        if summary.ended.is_none() && summary.failures == 0 && summary.here == 96 {
            break;
        }
        assert!(run < 20, "{summary:?}");
    }
    disturbing.abort();
    setting.check();
}

/// A run that is dropped in the middle, as by a kill, is gone on with.
#[tokio::test(flavor = "multi_thread")]
async fn cut_short_at_any_moment() {
    let setting = Setting::new().await;
    for moment in 0..12_u64 {
        let limit = Duration::from_millis(10 + moment * 15);
        drop(tokio::time::timeout(limit, setting.run_at(SyncOptions::default(), now)).await);
        // What was under way in other threads ends before the next run begins.
        while matches!(
            setting.run_at(SyncOptions { dry_run: true, ..SyncOptions::default() }, now).await,
            Err(Error::Archive(postern_archive::Error::Busy(_)))
        ) {}
    }
    let mut last = setting.run_at(SyncOptions::default(), now).await;
    while last.as_ref().is_ok_and(|summary| summary.ended.is_some()) || last.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
        last = setting.run_at(SyncOptions::default(), now).await;
    }
    assert_eq!(last.unwrap().here, 96);
    setting.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_revoked_in_the_middle() {
    let setting = Setting::new().await;
    setting.fake.misbehave_at("bob%40x.com/items/Inbox-9/download", Misbehaviour::Status(401));
    let first = setting.run(SyncOptions::default()).await;
    let said = first.ended.as_ref().unwrap().to_string();
    assert!(said.contains("the key was refused"), "{said}");
    setting.fake.misbehave_at("bob%40x.com/items/Inbox-9/download", Misbehaviour::None);
    let second = setting.run(SyncOptions::default()).await;
    assert_eq!((second.here, second.already_here + second.downloaded), (96, 96));
    setting.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_away_is_left_alone() {
    let setting = Setting::new().await;
    setting.run(SyncOptions::default()).await;
    setting.fake.misbehave(Misbehaviour::Status(503));
    let before = setting.requests();
    let away = setting.run(SyncOptions::default()).await;
    assert!(matches!(away.ended, Some(Error::Away { .. })), "{away:?}");
    assert!(setting.requests() - before <= 30);
    assert_eq!(
        setting.archive().status().unwrap().error().map(str::to_owned),
        away.ended.map(|error| postern_archive::chain(&error))
    );
}

/// A clock that was years ahead, and then years behind: no gap is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_backwards() {
    static CLOCK: AtomicI64 = AtomicI64::new(0);
    let clock = || Timestamp::from_second(CLOCK.load(Relaxed)).unwrap();
    let mut setting = Setting::new().await;
    for (number, second) in
        [NOW + 900 * DAY, NOW, NOW - 900 * DAY, NOW + DAY].into_iter().enumerate()
    {
        CLOCK.store(second, Relaxed);
        let mut mail = setting.mail.clone();
        let at = NOW + i64::try_from(number).unwrap();
        mail.extend(
            (0..12).map(|one| self::mail("bob@x.com", "Inbox", 1_000 * (number + 1) + one, at)),
        );
        setting.hold(mail);
        let summary = setting.run_at(SyncOptions::default(), clock).await.unwrap();
        assert!(summary.ended.is_none(), "{summary:?}");
        setting.check();
    }
}
