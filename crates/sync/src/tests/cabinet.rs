//! A source of documents with versions, beside one message.

use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

use postern_archive::{File, Node};

use super::*;

/// A document: the folder that it lies in, its name, and the texts of its versions.
type Held = (&'static str, &'static str, Vec<&'static str>);

#[derive(Debug, Default)]
struct Cabinet {
    held: Mutex<Vec<Held>>,
    state: AtomicUsize,
    is_former: bool,
    /// Lists of versions that were asked for, and downloads.
    asked: [AtomicUsize; 2],
    /// The document whose versions cannot be listed.
    broken: Mutex<&'static str>,
    /// Nobody may see the drives.
    is_locked: Mutex<bool>,
}

fn some() -> Vec<Held> {
    vec![
        ("-", "plan.txt", vec!["first", "second"]),
        ("reports", "q1.txt", vec!["figures"]),
        ("reports", "q2.txt", vec!["one", "two", "three"]),
    ]
}

impl Cabinet {
    fn of(held: Vec<Held>) -> Arc<Self> {
        Arc::new(Self { held: Mutex::new(held), ..Self::default() })
    }

    fn hold(&self, held: Vec<Held>) {
        *self.held.lock().unwrap() = held;
        self.state.fetch_add(1, Relaxed);
    }

    fn counts(&self) -> [usize; 2] {
        self.asked.each_ref().map(|count| count.swap(0, Relaxed))
    }
}

/// A version, counted from one.
fn version((_, name, texts): &Held, number: usize) -> Entry {
    let file = File {
        item: (*name).to_owned(),
        version: format!("{number}.0"),
        name: (*name).to_owned(),
        size: i64::try_from(texts[number - 1].len()).ok(),
        modified: Timestamp::from_second(NOW + i64::try_from(number).unwrap()).ok(),
        ..File::default()
    };
    Entry::of_version(file, Some(number.to_string()), false)
}

fn at_once<T: Send + 'static>(answer: Result<T, Failure>) -> Asking<'static, T> {
    Box::pin(std::future::ready(answer))
}

fn all<T: Send + 'static>(items: Vec<T>) -> Asking<'static, Page<T>> {
    at_once(Ok(Page { items, marker: None }))
}

fn entry(id: &str) -> Entry {
    let (fragment, kind, created, listed) = (None, None, None, None);
    let name = Some(id.to_owned());
    Entry { id: id.to_owned(), fragment, name, kind, created, listed, only_listed: false }
}

impl Collection for Cabinet {
    fn name(&self) -> &str {
        "cabinet"
    }

    fn identity(&self) -> Identity {
        Identity::Id
    }

    fn has_windows(&self) -> bool {
        false
    }

    fn shown(&self) -> Asking<'_, Shown> {
        let (state, moment) = match self.is_former {
            true => (None, Moment::Former),
            false => (Some(self.state.load(Relaxed).to_string()), Moment::Newest),
        };
        at_once(Ok(Shown { state, moment, ..Shown::default() }))
    }

    fn locations(&self) -> Asking<'_, Vec<Site>> {
        let location = Location { id: "org".into(), kind: "CABINET".into(), name: None };
        let lists = &[Holds::Mail, Holds::Documents];
        at_once(Ok(vec![Site { location, lists, keeps: lists }]))
    }

    fn mailboxes<'a>(
        &'a self,
        _: &'a str,
        holds: Holds,
        _: Option<&'a str>,
    ) -> Asking<'a, Page<Owner>> {
        if holds.is_drive() && *self.is_locked.lock().unwrap() {
            return at_once(Err(Failure::new(FailureKind::Lasting, "the drives are locked")));
        }
        let address = Some("ann@x.com".to_owned());
        all(vec![Owner { id: "ann".into(), address, name: None, kind: None }])
    }

    fn folders<'a>(
        &'a self,
        mailbox: &'a Mailbox,
        within: Option<&'a str>,
        _: Option<&'a str>,
    ) -> Asking<'a, Page<Entry>> {
        let has = self.held.lock().unwrap().iter().any(|(folder, ..)| *folder == "reports");
        match (mailbox.holds.is_drive(), within) {
            (true, None) if has => all(vec![entry("reports")]),
            (false, None) => all(vec![entry("inbox")]),
            _ => all(Vec::new()),
        }
    }

    fn messages<'a>(
        &'a self,
        mailbox: &'a Mailbox,
        folder: &'a str,
        _: Option<Window>,
        _: Option<&'a str>,
    ) -> Asking<'a, Page<Entry>> {
        if !mailbox.holds.is_drive() {
            return all(vec![entry("mail")]);
        }
        let held = self.held.lock().unwrap();
        let inside = held.iter().filter(|(of, ..)| *of == folder);
        all(inside.map(|one| version(one, one.2.len())).collect())
    }

    fn older_versions<'a>(&'a self, _: &'a Mailbox, newest: &'a Entry) -> Asking<'a, Vec<Entry>> {
        self.asked[0].fetch_add(1, Relaxed);
        if newest.name.as_deref() == Some(*self.broken.lock().unwrap()) {
            return at_once(Err(Failure::new(FailureKind::Lasting, "no versions today")));
        }
        let held = self.held.lock().unwrap();
        let one = held.iter().find(|(_, name, _)| newest.name.as_deref() == Some(*name)).unwrap();
        at_once(Ok((1..one.2.len()).map(|number| version(one, number)).collect()))
    }

    fn download<'a>(&'a self, mailbox: &'a Mailbox, asked: &'a ToFetch) -> Asking<'a, Vec<u8>> {
        if !mailbox.holds.is_drive() {
            return at_once(Ok(b"Subject: mail\r\n\r\ntext\r\n".to_vec()));
        }
        self.asked[1].fetch_add(1, Relaxed);
        let held = self.held.lock().unwrap();
        let number: usize = asked.fragment.as_deref().unwrap().parse().unwrap();
        let one = held.iter().find(|(_, name, _)| asked.name.as_deref() == Some(*name)).unwrap();
        assert_eq!(asked.newest.is_some(), number < one.2.len(), "{asked:?}");
        at_once(Ok(one.2[number - 1].as_bytes().to_vec()))
    }

    fn requests(&self) -> u64 {
        0
    }
}

async fn sync(cabinet: &Arc<Cabinet>, data: &Path) -> Summary {
    let (cabinet, archive) = (Arc::clone(cabinet) as Arc<dyn Collection>, Archive::below(data));
    let options = SyncOptions::default();
    let summary = run(cabinet, TENANT, &archive, options, now, Arc::default()).await.unwrap();
    assert!(summary.ended.is_none(), "{summary:?}");
    summary
}

/// Place, version and bytes of every file, and whether it is the newest; its id is as it should be.
fn found(data: &Path) -> Vec<(String, String, String, bool)> {
    let (archive, query) = (Archive::below(data), Query::everything());
    let search =
        Search { query: &query, order: &[], after: None, offset: 0, limit: 100, highlight: false };
    let hits = archive.index().unwrap().search(&search, &Asker::unlimited()).unwrap().hits;
    let files = hits.into_iter().filter(|hit| hit.message.file().is_some());
    let told = |message: &postern_query::Message| {
        let file = File::from(message);
        assert_eq!(file.id(), message.id);
        let bytes = archive.original(&message.id).unwrap().into_bytes().unwrap();
        let path = file.folder.map(|folder| folder + "/").unwrap_or_default() + &file.name;
        (path, file.version, String::from_utf8(bytes).unwrap(), file.newest.is_none())
    };
    let mut all: Vec<_> = files.map(|hit| told(&hit.message)).collect();
    all.sort();
    all
}

fn expected(held: &[Held]) -> Vec<(String, String, String, bool)> {
    let each = |(folder, name, texts): &Held| {
        let path = if *folder == Node::ROOT { String::new() } else { format!("{folder}/") };
        let (path, last) = (path + name, texts.len());
        let versions = (1..).zip(texts.clone()).map(move |(number, text)| {
            (path.clone(), format!("{number}.0"), text.to_owned(), number == last)
        });
        versions.collect::<Vec<_>>()
    };
    let mut all: Vec<_> = held.iter().flat_map(each).collect();
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_version_comes_with_its_bytes_and_none_comes_twice() {
    let (cabinet, data) = (Cabinet::of(some()), tempfile::tempdir().unwrap());
    let run = sync(&cabinet, data.path()).await;
    let counts = (run.mailboxes, run.drives, run.files, run.files_here, run.files_downloaded);
    assert_eq!((counts, run.downloaded, run.failures), ((1, 1, 6, 6, 6), 1, 0), "{run:?}");
    assert_eq!((found(data.path()), cabinet.counts()), (expected(&some()), [3, 6]));
    sync(&cabinet, data.path()).await;
    assert_eq!(cabinet.counts(), [0, 0], "nothing is new");
    let mut more = some();
    more[0].2.push("third");
    more.push(("reports", "q3.txt", vec!["new"]));
    cabinet.hold(more.clone());
    let run = sync(&cabinet, data.path()).await;
    assert_eq!((found(data.path()), cabinet.counts()), (expected(&more), [2, 2]), "{run:?}");
    // What is gone is noted, and stays until it is pruned.
    cabinet.hold(more[..1].to_vec());
    sync(&cabinet, data.path()).await;
    let status = Archive::below(data.path()).status().unwrap();
    let drive = status.mailboxes.iter().find(|one| one.holds.is_drive()).unwrap();
    assert_eq!((drive.gone, drive.here, found(data.path())), (5, 8, expected(&more)));
    let options = SyncOptions { prune: true, full: true, ..SyncOptions::default() };
    let (archive, source) = (Archive::below(data.path()), Arc::clone(&cabinet) as _);
    run_again(source, &archive, options).await;
    assert_eq!(found(data.path()), expected(&more[..1]));
    assert!(archive.check(&mut |_, _| {}).unwrap().is_empty());
    let kept = std::fs::read_dir(data.path().join("sync/messages")).unwrap().flatten();
    let kept: usize = kept.map(|one| std::fs::read_dir(one.path()).unwrap().count()).sum();
    assert_eq!(kept, 4, "three versions and a message");
}

async fn run_again(source: Arc<dyn Collection>, archive: &Archive, options: SyncOptions) {
    let summary = run(source, TENANT, archive, options, now, Arc::default()).await.unwrap();
    assert!(summary.ended.is_none(), "{summary:?}");
}

/// A document whose versions cannot be listed is left out, and the others come.
#[tokio::test(flavor = "multi_thread")]
async fn versions_that_cannot_be_listed_are_told_and_tried_again() {
    let (cabinet, data) = (Cabinet::of(some()), tempfile::tempdir().unwrap());
    *cabinet.broken.lock().unwrap() = "q2.txt";
    let run = sync(&cabinet, data.path()).await;
    assert_eq!((run.failures, &*run.failed[0].mailbox), (1, "drive of ann@x.com"), "{run:?}");
    assert!(run.failed[0].reason.contains("no versions today"), "{run:?}");
    assert_eq!(found(data.path()), expected(&some()[..2]));
    *cabinet.broken.lock().unwrap() = "";
    assert_eq!(sync(&cabinet, data.path()).await.failures, 0);
    assert_eq!(found(data.path()), expected(&some()));
}

/// Mail comes home all the same, and what is here of the drives is not gone.
#[tokio::test(flavor = "multi_thread")]
async fn drives_that_nobody_may_see_keep_no_mail_away() {
    let (cabinet, data) = (Cabinet::of(some()), tempfile::tempdir().unwrap());
    sync(&cabinet, data.path()).await;
    cabinet.hold(some());
    *cabinet.is_locked.lock().unwrap() = true;
    let run = sync(&cabinet, data.path()).await;
    assert_eq!((run.here, run.failures, &*run.failed[0].mailbox), (1, 1, "the drives"), "{run:?}");
    let status = Archive::below(data.path()).status().unwrap();
    assert!(status.mailboxes.iter().all(|one| one.gone == 0 && one.gone_at.is_none()));
}

/// A former state adds versions and documents, and takes nothing away.
#[tokio::test(flavor = "multi_thread")]
async fn a_former_state_only_adds() {
    let data = tempfile::tempdir().unwrap();
    let mut now = some();
    now.remove(1);
    sync(&Cabinet::of(now), data.path()).await;
    let former = some().into_iter().map(|(folder, name, mut texts)| {
        texts.truncate(2);
        (folder, name, texts)
    });
    let former =
        Cabinet { is_former: true, ..Arc::into_inner(Cabinet::of(former.collect())).unwrap() };
    let run = sync(&Arc::new(former), data.path()).await;
    assert_eq!((run.files_downloaded, run.gone, run.failures), (1, 0, 0), "{run:?}");
    assert_eq!(found(data.path()), expected(&some()));
}

/// Originals that are damaged are fetched again; an index that is gone is made from the store.
#[tokio::test(flavor = "multi_thread")]
async fn damage_is_found_and_mended() {
    let (cabinet, data) = (Cabinet::of(some()), tempfile::tempdir().unwrap());
    sync(&cabinet, data.path()).await;
    cabinet.counts();
    std::fs::write(stored_at(data.path(), &id_of(b"two")), "damaged").unwrap();
    let damage = Archive::below(data.path()).check(&mut |_, _| {}).unwrap();
    assert_eq!(damage.len(), 1, "{damage:?}");
    std::fs::remove_dir_all(data.path().join("index")).unwrap();
    cabinet.hold(some());
    sync(&cabinet, data.path()).await;
    assert_eq!((found(data.path()), cabinet.counts()[1]), (expected(&some()), 1));
}
