//! What is held for a frozen set stays, whatever its source does and whatever is done here.

use std::ops::ControlFlow;

use postern_archive::ingest::Ingest;
use postern_archive::{AttachmentText, Destination, FrozenSet, Holder, WriteOptions};

use super::*;

/// A way in which mail goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The source has some of it no longer.
    Gone,
    /// `postern sync --prune`.
    Prune,
    /// `postern sync --rebuild --prune`.
    Rebuild,
    /// `postern index --rebuild` over a folder without mail, then a sync.
    IndexAnew,
    /// The index is removed by hand, then a sync.
    Remove,
}

const WAYS: [Way; 5] = [Way::Gone, Way::Prune, Way::Rebuild, Way::IndexAnew, Way::Remove];

fn holder(archive: &Archive) -> Holder<'_> {
    Holder {
        to: &Destination::Local,
        shelf: archive,
        attachment_text: &AttachmentText::Simple,
        now: now(),
    }
}

fn frozen(name: &str) -> FrozenSet {
    FrozenSet {
        name: name.to_owned(),
        query: String::new(),
        canonical: String::new(),
        zone: "UTC".into(),
        taken: now(),
        taken_by: "local".into(),
        indexed: 0,
        known: 0,
        as_of: None,
        note: None,
        held: None,
    }
}

/// Holds these messages.
fn hold(archive: &Archive, mail: &[Mail]) {
    let query = Query::of_ids(mail.iter().map(|one| id_of(&one.bytes)).collect());
    let made = archive.freeze(&frozen("kept"), &query, archive, &Asker::unlimited()).unwrap();
    assert_eq!(made, Some(mail.len() as u64));
    let hold = archive.hold_set("kept", holder(archive)).unwrap().unwrap();
    assert_eq!((hold.held, hold.not_held), (mail.len() as u64, Vec::new()));
}

impl Setting {
    async fn go(&mut self, way: Way) {
        let mut options = SyncOptions { prune: true, ..SyncOptions::default() };
        match way {
            Way::Gone => {
                let rest = self.mail.split_off(2);
                self.hold(rest);
                options.prune = false;
            }
            Way::Prune => {}
            Way::Rebuild => options.options.rebuild = true,
            Way::IndexAnew => {
                let options = WriteOptions { rebuild: true, ..WriteOptions::default() };
                let ingest = Ingest { options, prune: true, ..Ingest::default() };
                let go_on = &mut |_: &_| ControlFlow::Continue(());
                self.archive().ingest(&ingest, &now, go_on).unwrap();
            }
            Way::Remove => std::fs::remove_dir_all(self.data.path().join("index")).unwrap(),
        }
        self.run(options).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_outlives_its_source_in_every_way() {
    let mail: Vec<_> = (0..9).map(|number| mail("ann@x.com", "Inbox", number, DAY)).collect();
    for (first, second) in WAYS.into_iter().flat_map(|one| WAYS.map(|other| (one, other))) {
        let mut setting = Setting::with(mail.clone()).await;
        setting.run(SyncOptions::default()).await;
        hold(&setting.archive(), &mail[..4]);
        for way in [first, second, Way::Prune] {
            setting.go(way).await;
            let archive = setting.archive();
            for one in &mail[..4] {
                let (id, told) = (id_of(&one.bytes), (first, second, way));
                let found = archive.index().unwrap().message(&id).unwrap();
                let places = found.map(|found| found.places).unwrap_or_default();
                assert_eq!(places.len(), 1, "{told:?}");
                assert_eq!(places[0].mailbox.as_deref(), Some("ann@x.com"), "{told:?}");
                let original = archive.original(&id).unwrap().into_bytes().unwrap();
                assert_eq!(original, one.bytes, "{told:?}");
            }
            assert_eq!(archive.check(&mut |_, _| {}).unwrap(), [], "{:?}", (first, second, way));
        }
    }
}

/// The hold was all that kept it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_released_goes_where_its_source_has_it_no_longer() {
    let mail: Vec<_> = (0..4).map(|number| mail("ann@x.com", "Inbox", number, DAY)).collect();
    let mut setting = Setting::with(mail.clone()).await;
    setting.run(SyncOptions::default()).await;
    hold(&setting.archive(), &mail[1..3]);
    setting.go(Way::Gone).await;
    setting.go(Way::Prune).await;
    let archive = setting.archive();
    assert!(archive.release_set("kept", holder(&archive)).unwrap());
    setting.check();
    let gone = id_of(&mail[1].bytes);
    assert!(archive.original(&gone).is_err());
    assert_eq!(archive.index().unwrap().message(&gone).unwrap(), None);
}
