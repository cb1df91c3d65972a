//! Drives of DataTap: what is listed of their files is what can be found.

use postern_archive::{File, MailboxStatus};
use postern_upstream::fake::Filed;

use super::*;

fn filed(owner: &str, path: &str) -> Filed {
    let (owner, path) = (owner.to_owned(), path.to_owned());
    Filed { owner, path, size: 7, modified: "2024-02-03T04:05:06Z".to_owned() }
}

/// Two drives: files at the top and in folders of it, more than a page in one, and an empty folder.
fn some_files() -> Vec<Filed> {
    let plain = ["a.pdf", "Docs/b.docx", "Docs/2024/c.xlsx", "Docs/2024/d.pdf", "Empty/"];
    let plain = plain.into_iter().map(|path| filed("ann@x.com", path));
    let many = (0..25).map(|number| filed("bob@x.com", &format!("Many/{number}.txt")));
    plain.chain(many).collect()
}

/// Owner, folder and name of every file in the index, with its size.
fn found(data: &Path) -> Vec<(String, i64)> {
    let index = Archive::below(data).index().unwrap();
    let search = Search {
        query: &Query::everything(),
        order: &[],
        after: None,
        offset: 0,
        limit: 10_000,
        highlight: false,
    };
    let hits = index.search(&search, &Asker::unlimited()).unwrap().hits;
    let files = hits.into_iter().map(|hit| File::from(&hit.message));
    let told = |file: File| {
        let folder = file.folder.map(|folder| folder + "/").unwrap_or_default();
        (format!("{}:{folder}{}", file.owner.unwrap(), file.name), file.size.unwrap())
    };
    let mut all: Vec<_> = files.map(told).collect();
    all.sort();
    all
}

fn held(files: &[Filed]) -> Vec<(String, i64)> {
    let files = files.iter().filter(|file| !file.path.ends_with('/'));
    let told =
        |file: &Filed| (format!("{}:{}", file.owner, file.path), i64::try_from(file.size).unwrap());
    let mut all: Vec<_> = files.map(told).collect();
    all.sort();
    all
}

fn listings(setting: &Setting) -> usize {
    setting.fake.seen().iter().filter(|seen| seen.target.contains("types=OneDrive")).count()
}

async fn with(files: Vec<Filed>) -> Setting {
    let setting = Setting::with(Vec::new()).await;
    setting.fake.hold_files(files);
    setting
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_drives_are_found_at_their_places_and_are_not_asked_for_twice() {
    let setting = with(some_files()).await;
    let first = setting.run(SyncOptions::default()).await;
    assert_eq!((first.drives, first.files, first.files_here), (2, 29, 29), "{first:?}");
    assert_eq!((first.mailboxes, first.known, first.failures), (0, 0, 0), "{first:?}");
    assert_eq!(found(setting.data.path()), held(&some_files()));
    // Two listings for each of the six folders, two pages more for the one of 25, and one for each
    // drive that nothing was known of.
    assert_eq!(listings(&setting), 12 + 2 + 2);
    let second = setting.run(SyncOptions::default()).await;
    assert_eq!((second.files_here, listings(&setting)), (29, 16 + 14), "{second:?}");
    assert_eq!(setting.downloads(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_is_found_as_it_is_now_and_what_is_gone_is_not_found() {
    let setting = with(some_files()).await;
    setting.run(SyncOptions::default()).await;
    let mut files = some_files();
    files.retain(|file| !file.path.starts_with("Docs/2024/") && file.path != "Many/3.txt");
    files.push(filed("ann@x.com", "Docs/2024/e.pdf"));
    files[0].size = 1_000;
    files.push(filed("ann@x.com", "New/Docs/f.pdf"));
    setting.fake.hold_files(files.clone());
    let run = setting.run(SyncOptions::default()).await;
    assert_eq!(found(setting.data.path()), held(&files), "{run:?}");
    files.retain(|file| !file.path.starts_with("Docs/"));
    setting.fake.hold_files(files.clone());
    setting.run(SyncOptions::default()).await;
    assert_eq!(found(setting.data.path()), held(&files), "folders go with what is in them");
    files.retain(|file| file.owner != "bob@x.com");
    setting.fake.hold_files(files.clone());
    setting.run(SyncOptions::default()).await;
    assert_eq!(found(setting.data.path()), held(&files), "and so do drives");
    let status = setting.archive().status().unwrap();
    let of = |address: &str| {
        let is = |one: &&MailboxStatus| one.address == address && one.holds == Holds::Listings;
        status.mailboxes.iter().find(is).unwrap()
    };
    assert_eq!((of("ann@x.com").here, of("bob@x.com").known), (held(&files).len() as u64, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_original_of_a_file_without_bytes_is_its_line() {
    let setting = with(some_files()).await;
    setting.run(SyncOptions::default()).await;
    let file = File {
        source: DATATAP.into(),
        owner: Some("ann@x.com".into()),
        item: "file/Docs/b.docx".into(),
        ..File::default()
    };
    let line = setting.archive().original(&file.id()).unwrap().into_bytes().unwrap();
    let read = File::from_line(&String::from_utf8(line).unwrap()).unwrap();
    assert_eq!((read.name.as_str(), read.folder.as_deref()), ("b.docx", Some("Docs")));
    let damage = setting.archive().check(&mut |_, _| {}).unwrap();
    assert!(damage.is_empty(), "{damage:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_one_owner_are_synced_alone() {
    let setting = with(some_files()).await;
    setting.fake.hold([mail("ann@x.com", "Inbox", 1, 10)]);
    let options = |one: &str| SyncOptions { mailboxes: vec![one.into()], ..SyncOptions::default() };
    let run = setting.run(options("Bob@x.com")).await;
    assert_eq!((run.drives, run.mailboxes, run.files_here), (1, 0, 25), "{run:?}");
    let run = setting.run(options("ann@x.com")).await;
    assert_eq!((run.drives, run.mailboxes, run.here), (1, 1, 1), "{run:?}");
}

/// A fault that passes is waited for; one that stays is told, and takes nothing away.
#[tokio::test(flavor = "multi_thread")]
async fn faults_change_nothing_in_the_end() {
    // How each fault looks to the client is a test of that; here some that differ are enough.
    for fault in [Misbehaviour::Status(500), Misbehaviour::Garbage] {
        let setting = with(some_files()).await;
        setting.run(SyncOptions::default()).await;
        let mut files = some_files();
        files.push(filed("ann@x.com", "Docs/new.pdf"));
        files.retain(|file| file.path != "a.pdf");
        setting.fake.hold_files(files.clone());
        setting.fake.misbehave_at("items/folder%2FDocs%2F2024%2F", fault);
        let run = setting.run(SyncOptions::default()).await;
        let told = &run.failed[0];
        assert_eq!((run.failures, told.mailbox.as_str()), (1, "drive of ann@x.com"), "{run:?}");
        assert_eq!(found(setting.data.path()), held(&files), "{fault:?}: {run:?}");
        let before = listings(&setting);
        setting.fake.misbehave_at("items/folder%2FDocs%2F2024%2F", Misbehaviour::None);
        let run = setting.run(SyncOptions::default()).await;
        assert_eq!((run.failures, found(setting.data.path())), (0, held(&files)), "{fault:?}");
        // Of the drive of ann, only the folder that failed; bob's is walked anew.
        assert_eq!(listings(&setting) - before, 2 + 6, "what was listed whole is not listed again");
    }
}

/// A folder that is not there any more when it is listed is gone, and nothing has failed.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_was_removed_a_moment_ago_is_gone() {
    let setting = with(some_files()).await;
    setting.run(SyncOptions::default()).await;
    setting.fake.misbehave_at("items/folder%2FDocs%2F", Misbehaviour::Status(404));
    let run = setting.run(SyncOptions::default()).await;
    let mut left = some_files();
    left.retain(|file| !file.path.starts_with("Docs/"));
    assert_eq!((run.failures, found(setting.data.path())), (0, held(&left)), "{run:?}");
    setting.fake.misbehave_at("items/folder%2FDocs%2F", Misbehaviour::None);
    setting.run(SyncOptions::default()).await;
    assert_eq!(found(setting.data.path()), held(&some_files()));
}

/// A run for new mail alone leaves nothing of a drive out, and the next run need not make up for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_drive_is_listed_whole_also_by_a_run_for_new_mail() {
    let setting = with(some_files()).await;
    setting.run(SyncOptions { since: Some(now()), ..SyncOptions::default() }).await;
    assert_eq!(found(setting.data.path()), held(&some_files()));
    let status = setting.archive().status().unwrap();
    assert!(status.mailboxes.iter().all(|one| one.listed.is_some()), "{status:?}");
}

/// What a run would do is seen without doing it.
#[tokio::test(flavor = "multi_thread")]
async fn a_trial_run_lists_drives_and_changes_nothing() {
    let setting = with(some_files()).await;
    let run = setting.run(SyncOptions { dry_run: true, ..SyncOptions::default() }).await;
    assert_eq!((run.drives, run.files, run.files_here), (2, 29, 0), "{run:?}");
    assert!(setting.archive().status().unwrap().mailboxes.is_empty());
}
