//! A source that is not DataTap: one location lists mailboxes and keeps their mail.

use super::*;

/// Messages of one mailbox, all in one folder within another; a page takes two of them.
#[derive(Debug)]
struct Shelf {
    messages: Vec<(String, i64)>,
    refuses: Option<FailureKind>,
}

impl Shelf {
    fn with(messages: usize) -> Self {
        let message = |number: usize| (format!("m{number}"), NOW - i64::try_from(number).unwrap());
        Self { messages: (0..messages).map(message).collect(), refuses: None }
    }
}

fn entry(id: &str, created: Option<i64>) -> Entry {
    Entry {
        id: id.to_owned(),
        fragment: None,
        name: Some(id.to_uppercase()),
        kind: None,
        created: created.and_then(|second| Timestamp::from_second(second).ok()),
        listed: None,
        only_listed: false,
    }
}

fn page<T: Clone>(all: &[T], marker: Option<&str>) -> Page<T> {
    let at: usize = marker.map_or(0, |marker| marker.parse().unwrap());
    let end = (at + 2).min(all.len());
    Page { items: all[at..end].to_vec(), marker: (end < all.len()).then(|| end.to_string()) }
}

fn at_once<T: Send + 'static>(answer: Result<T, Failure>) -> Asking<'static, T> {
    Box::pin(std::future::ready(answer))
}

impl Collection for Shelf {
    fn name(&self) -> &str {
        "shelf"
    }

    fn locations(&self) -> Asking<'_, Vec<Site>> {
        let location = Location { id: "backup".into(), kind: "Repository".into(), name: None };
        at_once(Ok(vec![Site { location, lists: &[Holds::Mail], keeps: &[Holds::Mail] }]))
    }

    fn mailboxes<'a>(
        &'a self,
        _: &'a str,
        _: Holds,
        marker: Option<&'a str>,
    ) -> Asking<'a, Page<Owner>> {
        let owner = Owner {
            id: "guid-of-ann".into(),
            address: Some("ann@x.com".into()),
            name: None,
            kind: None,
        };
        at_once(Ok(page(&[owner], marker)))
    }

    fn folders<'a>(
        &'a self,
        mailbox: &'a Mailbox,
        within: Option<&'a str>,
        marker: Option<&'a str>,
    ) -> Asking<'a, Page<Entry>> {
        assert_eq!(mailbox.id, "guid-of-ann");
        let inside = match within {
            None => vec![entry("inbox", None)],
            Some("inbox") => vec![entry("orders", None)],
            Some(_) => Vec::new(),
        };
        at_once(Ok(page(&inside, marker)))
    }

    fn messages<'a>(
        &'a self,
        _: &'a Mailbox,
        folder: &'a str,
        window: Option<Window>,
        marker: Option<&'a str>,
    ) -> Asking<'a, Page<Entry>> {
        let window = window.unwrap();
        let inside = |at: i64| folder == "orders" && window.start <= at && at < window.end;
        let inside = self.messages.iter().filter(|(_, at)| inside(*at));
        let inside: Vec<_> = inside.map(|(id, at)| entry(id, Some(*at))).collect();
        at_once(Ok(page(&inside, marker)))
    }

    fn download<'a>(
        &'a self,
        _: &'a Mailbox,
        ToFetch { id, .. }: &'a ToFetch,
    ) -> Asking<'a, Vec<u8>> {
        at_once(match self.refuses {
            Some(kind) => Err(Failure::new(kind, "the shelf is locked")),
            None => Ok(format!("Subject: {id}\r\n\r\ntext\r\n").into_bytes()),
        })
    }

    fn requests(&self) -> u64 {
        0
    }
}

async fn sync(shelf: Shelf, data: &Path) -> Summary {
    let options = SyncOptions::default();
    run(Arc::new(shelf), TENANT, &Archive::below(data), options, now, Arc::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_source_is_synced_the_same_way() {
    let data = tempfile::tempdir().unwrap();
    let first = sync(Shelf::with(5), data.path()).await;
    assert_eq!((first.known, first.here, first.failures), (5, 5, 0), "{first:?}");
    let index = Archive::below(data.path()).index().unwrap();
    assert_eq!(index.totals().indexed, 5);
    let message = index.message(&id_of(b"Subject: m3\r\n\r\ntext\r\n")).unwrap().unwrap();
    assert_eq!(message.place().folder.as_deref(), Some("INBOX/ORDERS"));
    let second = sync(Shelf::with(7), data.path()).await;
    assert_eq!((second.known, second.here, second.downloaded), (7, 7, 2), "{second:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_failure_means() {
    // A refused key ends the run; other failures are told of the message.
    for (kind, ends, failures) in [
        (FailureKind::KeyRefused, true, 0),
        (FailureKind::Lasting, false, 1),
        (FailureKind::NotFound, false, 1),
    ] {
        let data = tempfile::tempdir().unwrap();
        let run = sync(Shelf { refuses: Some(kind), ..Shelf::with(1) }, data.path()).await;
        assert_eq!((run.ended.is_some(), run.failures), (ends, failures), "{kind:?}: {run:?}");
    }
}
