//! What is here already: read by others, lost, or in use by another run.

use postern_archive::{After, Collected, InMailbox};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_gone_is_made_from_the_store() {
    let setting = Setting::new().await;
    setting.run(SyncOptions::default()).await;
    std::fs::remove_dir_all(setting.data.path().join("index")).unwrap();
    let second = setting.run(SyncOptions::default()).await;
    assert_eq!((second.downloaded, second.here, setting.downloads()), (0, 96, 96));
    setting.check();
    let mut request = SyncOptions::default();
    request.options.rebuild = true;
    setting.run(request).await;
    setting.check();
}

/// A damaged file of the store is fetched again as soon as somebody needs it.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_message_is_fetched_again() {
    let setting = Setting::new().await;
    setting.run(SyncOptions::default()).await;
    let path = stored_at(setting.data.path(), &id_of(&setting.mail[0].bytes));
    std::fs::write(path, "damaged").unwrap();
    std::fs::remove_dir_all(setting.data.path().join("index")).unwrap();
    let second = setting.run(SyncOptions::default()).await;
    assert_eq!((second.downloaded, second.here), (1, 96));
    setting.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_and_two_tenants() {
    let setting = Setting::new().await;
    let (one, two) = tokio::join!(
        setting.run_at(SyncOptions::default(), now),
        setting.run_at(SyncOptions::default(), now)
    );
    let busy = [one, two]
        .into_iter()
        .filter(|run| matches!(run, Err(Error::Archive(postern_archive::Error::Busy(_)))))
        .count();
    assert_eq!(busy, 1);
    setting.check();
    let service = DataTap::new(&setting.fake.url(), Settings::default()).unwrap();
    let tenant = service.tenant("other", Secret::new("key"), TenantSettings::default());
    let progress = Arc::new(Progress::default());
    let other =
        run(Arc::new(tenant), "other", &setting.archive(), SyncOptions::default(), now, progress)
            .await;
    assert!(matches!(other, Err(Error::Archive(postern_archive::Error::OtherTenant { .. }))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_synced_is_listed_as_upstream_lists_it() {
    let setting = Setting::new().await;
    setting.run(SyncOptions::default()).await;
    let archive = setting.archive();
    let collected = archive.collected();
    let kinds: Vec<_> =
        collected.locations(DATATAP).unwrap().into_iter().map(|one| one.kind).collect();
    assert_eq!(kinds, ["EXCHANGE", "ONEDRIVE", "BLOB"]);
    assert_eq!(collected.owners(DATATAP, "exchange").unwrap().len(), 3);
    let ann = collected.mailbox("blob", "ann@x.com").unwrap().unwrap();
    let folders = collected.folders(&ann, "-", 0, 10).unwrap().unwrap();
    assert_eq!(
        folders.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
        ["Inbox", "Sent Items"]
    );
    assert_eq!(folders[1].kind.as_deref(), Some("SentMailboxFolder"));
    let span =
        [Timestamp::from_second(400 * DAY).unwrap(), Timestamp::from_second(800 * DAY).unwrap()];
    let found = collected.messages(&ann, &folders[1].id, span, None, 10).unwrap().unwrap();
    assert_eq!(
        found.iter().map(|one| one.name.as_deref()).collect::<Vec<_>>(),
        [Some("number101"), Some("number102")]
    );
    assert_eq!(found[0].fragment.as_deref(), Some("fragment-of-Sent-Items-101"));
    let all = [Timestamp::MIN, Timestamp::MAX];
    assert_eq!(collected.messages(&ann, "-", all, None, 1_000).unwrap().unwrap().len(), 65);
    assert_eq!(collected.messages(&ann, "no-such-folder", all, None, 1_000).unwrap(), None);
    pages_are_the_whole_list(collected, &ann, &folders[1].id);
    assert_eq!(collected.mailbox("blob", "nobody@x.com").unwrap(), None);
}

/// Each page goes on behind the last message of the one before, whatever its size, in a folder and over all of them.
fn pages_are_the_whole_list(collected: &Collected, mailbox: &InMailbox, folder: &str) {
    let all = [Timestamp::MIN, Timestamp::MAX];
    let page = |node: &str, after: Option<&After>, most| {
        collected.messages(mailbox, node, all, after, most).unwrap().unwrap()
    };
    for (node, size) in [("-", 1), ("-", 7), ("-", 65), (folder, 3)] {
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let next = page(node, after.as_ref(), size);
            let Some(last) = next.last() else { break };
            after = Some(After { arrived: last.created.unwrap(), id: last.id.clone() });
            pages.extend(next);
        }
        assert_eq!(pages, page(node, None, 1_000), "{node} by {size}");
        let is_behind =
            |pair: &[Entry]| (pair[0].created, &pair[0].id) < (pair[1].created, &pair[1].id);
        assert!(pages.windows(2).all(is_behind), "{node} by {size}");
    }
}
