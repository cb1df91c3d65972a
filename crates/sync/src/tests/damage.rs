//! Damage is told by the name of the file that has it.

use super::*;

fn damaged(data: &Path) -> Vec<String> {
    let found = Archive::below(data).check(&mut |_, _| {}).unwrap();
    found.iter().map(|one| one.path.file_name().unwrap().display().to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_of_an_original_is_told_and_fetched_again() {
    let setting =
        Setting::with((0..3).map(|number| mail("ann@x.com", "Inbox", number, 9)).collect()).await;
    setting.run(SyncOptions::default()).await;
    let data = setting.data.path();
    assert_eq!(damaged(data), [] as [String; 0]);
    let id = id_of(&setting.mail[1].bytes);
    let path = stored_at(data, &id);
    let name = path.file_name().unwrap().display().to_string();
    let whole = std::fs::read(&path).unwrap();
    let mut harmless = 0;
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&path, bytes).unwrap();
        let found = damaged(data);
        if found.is_empty() {
            // Bits that say nothing: the time in the head (RFC 1952), what fills the last byte.
            harmless += 1;
            let original = setting.archive().original(&id).unwrap().into_bytes().unwrap();
            assert_eq!(original, setting.mail[1].bytes);
        } else {
            assert_eq!(found, [name.as_str()], "{at}");
        }
    }
    assert!(harmless < whole.len() / 4, "{harmless} of {}", whole.len());
    std::fs::remove_file(&path).unwrap();
    assert_eq!(damaged(data), [name.as_str()], "the book says that it is here");
    std::fs::write(&path, b"other").unwrap();
    let mut request = SyncOptions::default();
    request.options.rebuild = true;
    setting.run(request).await;
    assert_eq!(damaged(data), [] as [String; 0]);
    setting.check();
}

/// All that a book says.
fn content(path: &Path) -> Vec<String> {
    let book = rusqlite::Connection::open(path).unwrap();
    let tables = ["facts", "locations", "owners", "mailboxes", "folders", "windows", "items"];
    let rows = |table: &str| {
        let mut all = book.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
        let columns = all.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let values = (0..columns).map(|at| row.get::<_, rusqlite::types::Value>(at));
            Ok(format!("{table} {:?}", values.collect::<Result<Vec<_>, _>>()?))
        };
        all.query_map([], row).unwrap().collect::<Result<Vec<_>, _>>().unwrap()
    };
    tables.iter().flat_map(|table| rows(table)).collect()
}

/// A page of the book that is something else, a count that is not its messages', and no book at all.
#[tokio::test(flavor = "multi_thread")]
async fn a_book_that_contradicts_itself_is_told() {
    let setting = Setting::new().await;
    setting.run(SyncOptions::default()).await;
    let data = setting.data.path();
    let path = data.join("sync/book.sqlite");
    let whole = std::fs::read(&path).unwrap();
    // Each page after the first begins with its kind.
    let (before, mut unused) = (content(&path), 0);
    let pages = whole.len() / 4096;
    for page in 0..pages {
        let mut bytes = whole.clone();
        bytes[page * 4096] ^= 0x10;
        std::fs::write(&path, bytes).unwrap();
        // A page that is not in use may hold anything.
        if damaged(data) != ["book.sqlite"] {
            assert_eq!(content(&path), before, "page {page}");
            unused += 1;
        }
    }
    assert!(unused < pages / 4, "{unused} of {pages}");
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(damaged(data), [] as [String; 0]);
    let book = rusqlite::Connection::open(&path).unwrap();
    book.execute("UPDATE mailboxes SET here = here + 1 WHERE number = 1", []).unwrap();
    drop(book);
    assert_eq!(damaged(data), ["book.sqlite"]);
}
