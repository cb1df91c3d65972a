//! A source like a backup: mailboxes and items have ids, a folder is listed whole, several messages come
//! at once, and no two downloads of an item are the same bytes.

use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Mutex, MutexGuard};

use super::*;

/// What a vault holds of a message.
#[derive(Clone, Debug)]
struct Item {
    mailbox: &'static str,
    folder: &'static str,
    subject: String,
    listed: &'static str,
}

/// Items by their ids, in the state of that number.
#[derive(Clone, Debug, Default)]
struct Held {
    state: u64,
    items: BTreeMap<String, Item>,
    mailboxes: Vec<&'static str>,
    /// Mailboxes that lie in an archive tier.
    cold: Vec<&'static str>,
}

#[derive(Debug)]
struct Vault {
    held: Mutex<Held>,
    shown: Mutex<Held>,
    /// It is looked at as it was.
    is_former: bool,
    /// The state that comes up once so many requests were sent.
    next: Mutex<Option<(u64, Held)>>,
    requests: AtomicU64,
    downloads: AtomicUsize,
    at_once: usize,
}

fn item(mailbox: &'static str, folder: &'static str, number: usize) -> (String, Item) {
    let item = Item { mailbox, folder, subject: format!("number{number}"), listed: "first" };
    (format!("{folder}-{number}"), item)
}

fn held(items: impl IntoIterator<Item = (String, Item)>) -> Held {
    let (items, mailboxes) = (items.into_iter().collect(), vec!["ann", "bob"]);
    Held { state: 1, items, mailboxes, cold: Vec::new() }
}

/// Thirty messages of two mailboxes.
fn some() -> Held {
    let ann = (0..20).map(|number| item("ann", ["in", "out"][number % 2], number));
    held(ann.chain((20..30).map(|number| item("bob", "in", number))))
}

impl Vault {
    fn of(held: Held) -> Arc<Self> {
        Arc::new(Self {
            held: Mutex::new(held),
            shown: Mutex::default(),
            is_former: false,
            next: Mutex::default(),
            requests: AtomicU64::new(0),
            downloads: AtomicUsize::new(0),
            at_once: 7,
        })
    }

    fn asked(&self) {
        let sent = self.requests.fetch_add(1, Relaxed) + 1;
        let mut next = self.next.lock().unwrap();
        if let Some((_, held)) = next.take_if(|(after, _)| *after <= sent) {
            *self.held.lock().unwrap() = held;
        }
    }

    fn seen(&self) -> MutexGuard<'_, Held> {
        self.shown.lock().unwrap()
    }

    /// Each time with another stamp.
    fn bytes(&self, id: &str) -> Option<Vec<u8>> {
        let item = self.seen().items.get(id)?.clone();
        let stamp = self.downloads.fetch_add(1, Relaxed);
        let text = format!("Subject: {}\r\nX-Stamp: {stamp}\r\n\r\ntext of {id}\r\n", item.subject);
        Some(text.into_bytes())
    }
}

fn entry(id: &str, name: &str, listed: Option<&str>) -> Entry {
    let (id, name) = (id.to_owned(), Some(name.to_owned()));
    let listed = listed.map(str::to_owned);
    Entry { id, fragment: None, name, kind: None, created: None, listed, only_listed: false }
}

fn at_once<T: Send + 'static>(answer: Result<T, Failure>) -> Asking<'static, T> {
    Box::pin(std::future::ready(answer))
}

fn all<T: Send + 'static>(items: Vec<T>) -> Asking<'static, Page<T>> {
    at_once(Ok(Page { items, marker: None }))
}

impl Collection for Vault {
    fn name(&self) -> &str {
        "vault"
    }

    fn identity(&self) -> Identity {
        Identity::Id
    }

    fn has_windows(&self) -> bool {
        false
    }

    fn at_once(&self) -> usize {
        self.at_once
    }

    fn shown(&self) -> Asking<'_, Shown> {
        self.asked();
        let held = self.held.lock().unwrap().clone();
        let (state, moment) = match self.is_former {
            true => (None, Moment::Former),
            false => (Some(held.state.to_string()), Moment::Newest),
        };
        *self.seen() = held;
        at_once(Ok(Shown { state, moment, facts: vec![("backup", "yesterday".to_owned())] }))
    }

    fn locations(&self) -> Asking<'_, Vec<Site>> {
        let location = Location { id: "org".into(), kind: "VAULT".into(), name: None };
        at_once(Ok(vec![Site { location, lists: &[Holds::Mail], keeps: &[Holds::Mail] }]))
    }

    fn mailboxes<'a>(
        &'a self,
        _: &'a str,
        _: Holds,
        _: Option<&'a str>,
    ) -> Asking<'a, Page<Owner>> {
        self.asked();
        let owner = |id: &&str| {
            let address = Some(format!("{id}@x.com"));
            Owner { id: (*id).to_owned(), address, name: None, kind: None }
        };
        all(self.seen().mailboxes.iter().map(owner).collect())
    }

    fn folders<'a>(
        &'a self,
        _: &'a Mailbox,
        within: Option<&'a str>,
        _: Option<&'a str>,
    ) -> Asking<'a, Page<Entry>> {
        if within.is_some() {
            return all(Vec::new());
        }
        self.asked();
        all(["in", "out"].map(|id| entry(id, &id.to_uppercase(), None)).to_vec())
    }

    fn messages<'a>(
        &'a self,
        mailbox: &'a Mailbox,
        folder: &'a str,
        window: Option<Window>,
        marker: Option<&'a str>,
    ) -> Asking<'a, Page<Entry>> {
        assert_eq!(window, None);
        self.asked();
        let seen = self.seen();
        if seen.cold.contains(&mailbox.id.as_str()) {
            return at_once(Err(Failure::new(FailureKind::Cold, "it lies in an archive tier")));
        }
        let inside = |item: &Item| item.mailbox == mailbox.id && item.folder == folder;
        let inside = seen.items.iter().filter(|(_, item)| inside(item));
        let listed: Vec<_> =
            inside.map(|(id, item)| entry(id, &item.subject, Some(item.listed))).collect();
        let begin: usize = marker.map_or(0, |marker| marker.parse().unwrap());
        let end = (begin + 4).min(listed.len());
        let marker = (end < listed.len()).then(|| end.to_string());
        at_once(Ok(Page { items: listed[begin..end].to_vec(), marker }))
    }

    fn download<'a>(
        &'a self,
        _: &'a Mailbox,
        ToFetch { id, .. }: &'a ToFetch,
    ) -> Asking<'a, Vec<u8>> {
        self.asked();
        let gone = || Failure::new(FailureKind::NotFound, "it is not in this backup");
        at_once(self.bytes(id).ok_or_else(gone))
    }

    /// Every third is missing.
    fn download_several<'a>(
        &'a self,
        _: &'a Mailbox,
        messages: &'a [ToFetch],
    ) -> Asking<'a, Vec<Option<Vec<u8>>>> {
        self.asked();
        let each = messages.iter().enumerate();
        let each = each.map(|(at, one)| if at % 3 == 2 { None } else { self.bytes(&one.id) });
        at_once(Ok(each.collect()))
    }

    fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }
}

async fn sync(vault: &Arc<Vault>, data: &Path, options: SyncOptions) -> Summary {
    let (vault, archive) = (Arc::clone(vault) as Arc<dyn Collection>, Archive::below(data));
    let summary = run(vault, TENANT, &archive, options, now, Arc::default()).await.unwrap();
    assert!(summary.ended.is_none(), "{summary:?}");
    summary
}

/// The ids and subjects in the index.
fn found(data: &Path) -> Vec<(String, String)> {
    let index = Archive::below(data).index().unwrap();
    let query = Query::everything();
    let search = Search {
        query: &query,
        order: &[],
        after: None,
        offset: 0,
        limit: 1_000,
        highlight: false,
    };
    let hits = index.search(&search, &Asker::unlimited()).unwrap().hits;
    let mut all: Vec<_> = hits
        .into_iter()
        .map(|hit| (hit.message.id, hit.message.subject.unwrap_or_default()))
        .collect();
    all.sort();
    all
}

/// Files in the store.
fn stored(data: &Path) -> usize {
    let folders = std::fs::read_dir(data.join("sync/messages")).unwrap().flatten();
    folders.map(|folder| std::fs::read_dir(folder.path()).unwrap().count()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_comes_once_and_a_second_run_asks_for_next_to_nothing() {
    let (vault, data) = (Vault::of(some()), tempfile::tempdir().unwrap());
    let first = sync(&vault, data.path(), SyncOptions::default()).await;
    assert_eq!((first.mailboxes, first.known, first.here, first.downloaded), (2, 30, 30, 30));
    let before = found(data.path());
    assert_eq!((before.len(), stored(data.path())), (30, 30));
    let archive = Archive::below(data.path());
    assert_eq!(archive.whole("vault", &[], true), Some(now()));
    assert_eq!(archive.whole("vault", &["nobody@x.com"], true), None);
    assert_eq!(archive.status().unwrap().sources[0].facts, [("backup".into(), "yesterday".into())]);
    let requests = vault.requests();
    let second = sync(&vault, data.path(), SyncOptions::default()).await;
    assert_eq!((second.downloaded, second.already_here), (0, 30));
    assert_eq!(vault.requests() - requests, 3, "what is shown, the mailboxes, what is shown");
    // All of it again: items are known by their ids, and none is fetched.
    let full = SyncOptions { full: true, ..SyncOptions::default() };
    assert_eq!(sync(&vault, data.path(), full).await.downloaded, 0);
    assert_eq!(found(data.path()), before);
}

/// New items, items that are gone, one that moved, one that is listed with other values and is the same
/// mail, and one that is another mail now.
#[tokio::test(flavor = "multi_thread")]
async fn a_later_backup_brings_what_is_new_in_it() {
    let (vault, data) = (Vault::of(some()), tempfile::tempdir().unwrap());
    sync(&vault, data.path(), SyncOptions::default()).await;
    let before = found(data.path());
    {
        let mut held = vault.held.lock().unwrap();
        held.state = 2;
        held.items.remove("in-0");
        held.items.extend([item("bob", "out", 99)]);
        held.items.get_mut("out-1").unwrap().folder = "in";
        held.items.get_mut("in-2").unwrap().listed = "other words";
        held.items.get_mut("out-3").unwrap().subject = "edited".into();
    }
    let downloads = vault.downloads.load(Relaxed);
    let second = sync(&vault, data.path(), SyncOptions::default()).await;
    assert_eq!((second.known, second.gone, second.failures), (31, 1, 0));
    assert_eq!(vault.downloads.load(Relaxed) - downloads, 3, "new, listed otherwise, edited");
    let after = found(data.path());
    let same = before.iter().filter(|one| after.contains(one)).count();
    assert_eq!(
        (after.len(), same, stored(data.path())),
        (31, 29, 31),
        "one was edited, one is new"
    );
    assert!(after.iter().any(|(_, subject)| subject == "edited"));
    let moved = Archive::below(data.path()).collected().id_of("vault", "ann", "out-1").unwrap();
    let index = Archive::below(data.path()).index().unwrap();
    let moved = index.message(&moved.unwrap()).unwrap().unwrap();
    assert_eq!(moved.place().folder.as_deref(), Some("IN"));
    let prune = SyncOptions { prune: true, ..SyncOptions::default() };
    sync(&vault, data.path(), prune).await;
    assert_eq!((found(data.path()).len(), stored(data.path())), (30, 30));
}

/// A backup that is made while a run goes on: the run is of one backup, and then of the new one.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_backup_during_a_run_is_noticed() {
    for after in [2, 5, 9, 14] {
        let (vault, data) = (Vault::of(some()), tempfile::tempdir().unwrap());
        let mut next = some();
        next.state = 2;
        next.items.retain(|id, _| id != "in-0" && id != "in-20");
        next.items.extend([item("ann", "out", 98), item("bob", "out", 99)]);
        *vault.next.lock().unwrap() = Some((after, next));
        let run = sync(&vault, data.path(), SyncOptions::default()).await;
        assert_eq!((run.known, run.here, run.gone, run.failures), (32, 32, 2, 0), "{after}");
    }
}

/// A former point in time adds what it has, and says nothing of what is gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_former_backup_only_adds() {
    let (vault, data) = (Vault::of(some()), tempfile::tempdir().unwrap());
    sync(&vault, data.path(), SyncOptions::default()).await;
    let mut former = held([item("ann", "in", 0), item("ann", "out", 77)]);
    former.items.get_mut("in-0").unwrap().folder = "out";
    let former = Vault { is_former: true, ..Arc::into_inner(Vault::of(former)).unwrap() };
    let run = sync(&Arc::new(former), data.path(), SyncOptions::default()).await;
    assert_eq!((run.downloaded, run.known, run.here, run.gone), (1, 31, 31, 0));
    assert_eq!(Archive::below(data.path()).whole("vault", &[], true), Some(now()));
    // The newest knows nothing of it once it is listed again.
    let full = SyncOptions { full: true, ..SyncOptions::default() };
    let newest = sync(&vault, data.path(), full).await;
    assert_eq!((newest.known, newest.gone), (31, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_in_an_archive_tier_is_named_and_counts_as_unknown() {
    let mut cold = some();
    cold.cold = vec!["bob"];
    let (vault, data) = (Vault::of(cold), tempfile::tempdir().unwrap());
    let run = sync(&vault, data.path(), SyncOptions::default()).await;
    assert_eq!((run.here, run.failures, &*run.failed[0].mailbox), (20, 1, "bob@x.com"));
    let archive = Archive::below(data.path());
    assert_eq!(
        (archive.whole("vault", &[], true), archive.whole("vault", &["ann@x.com"], true)),
        (None, Some(now()))
    );
    let coverage = archive.coverage();
    let bob = coverage.mailboxes.iter().find(|one| one.name == "bob@x.com").unwrap();
    assert!(bob.in_archive_tier && coverage.as_of.is_none());
    vault.held.lock().unwrap().cold.clear();
    let run = sync(&vault, data.path(), SyncOptions::default()).await;
    assert_eq!((run.here, run.failures), (30, 0), "it was retrieved");
    assert_eq!(Archive::below(data.path()).whole("vault", &[], true), Some(now()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_is_gone_keeps_its_mail_even_where_the_rest_is_pruned() {
    let (vault, data) = (Vault::of(some()), tempfile::tempdir().unwrap());
    sync(&vault, data.path(), SyncOptions::default()).await;
    {
        let mut held = vault.held.lock().unwrap();
        (held.state, held.mailboxes) = (2, vec!["ann"]);
    }
    let prune = SyncOptions { prune: true, ..SyncOptions::default() };
    let run = sync(&vault, data.path(), prune).await;
    assert_eq!((run.gone, run.failures, found(data.path()).len()), (10, 0, 30));
    assert_eq!(Archive::below(data.path()).whole("vault", &[], true), Some(now()));
    vault.held.lock().unwrap().mailboxes = vec!["ann", "bob"];
    vault.held.lock().unwrap().state = 3;
    assert_eq!(sync(&vault, data.path(), SyncOptions::default()).await.gone, 0);
}

/// A run that is dropped in the middle leaves nothing behind, although other bytes come the next time.
#[tokio::test(flavor = "multi_thread")]
async fn cut_short_at_any_moment_nothing_is_there_twice() {
    let many = (0..400).map(|number| item("ann", "in", number));
    let (vault, data) = (Vault::of(held(many)), tempfile::tempdir().unwrap());
    for moment in 0..10_u64 {
        let options = SyncOptions::default();
        let limit = Duration::from_millis(5 + moment * 12);
        let archive = Archive::below(data.path());
        let shared = Arc::clone(&vault) as Arc<dyn Collection>;
        let work = run(shared, TENANT, &archive, options, now, Arc::default());
        drop(tokio::time::timeout(limit, work).await);
        while matches!(
            Archive::below(data.path()).intake(
                TENANT,
                "vault",
                postern_archive::AttachmentText::Off
            ),
            Err(postern_archive::Error::Busy(_))
        ) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let last = sync(&vault, data.path(), SyncOptions::default()).await;
    assert_eq!((last.known, last.here, last.failures), (400, 400, 0));
    assert_eq!((found(data.path()).len(), stored(data.path())), (400, 400));
}

/// Two sources of one tenant share a folder, and neither takes the other's mail for its own.
#[tokio::test(flavor = "multi_thread")]
async fn two_sources_side_by_side() {
    let setting = Setting::new().await;
    setting.run(SyncOptions::default()).await;
    let vault = Vault::of(some());
    let data = setting.data.path();
    let run = sync(&vault, data, SyncOptions::default()).await;
    assert_eq!((run.known, run.here, run.mailboxes), (30, 30, 2));
    let archive = setting.archive();
    assert_eq!((indexed(&archive), found(data).len()), (96 + 30, 96 + 30));
    let (vaulted, tapped) = (
        archive.whole("vault", &["bob@x.com"], true),
        archive.whole(DATATAP, &["bob@x.com"], true),
    );
    assert_eq!((vaulted, tapped), (Some(now()), Some(now())));
    let prune = || SyncOptions { prune: true, full: true, ..SyncOptions::default() };
    assert_eq!(setting.run(prune()).await.known, 96);
    assert_eq!(sync(&vault, data, prune()).await.known, 30);
    assert_eq!(indexed(&archive), 96 + 30);
}
