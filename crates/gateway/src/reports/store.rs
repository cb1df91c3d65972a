//! Reports on disk: a record of each, and its result in each form once it is there.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::wire::ReportView;

/// How long a report is kept.
const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Digits of an id.
const DIGITS: usize = 32;
/// The forms of a result.
pub(crate) const FORMS: [&str; 3] = ["json", "csv", "html"];

/// What is known of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: String,
    /// Whose it is: tenant and name of the key.
    pub(crate) owner: String,
    /// The mailboxes that the key saw when it was asked for; nothing where it saw all.
    pub(crate) mailboxes: Option<Vec<String>>,
    /// How many queries it has.
    pub(crate) queries: usize,
    /// When it was asked for, in seconds since 1970.
    asked: i64,
    /// When it ended, in seconds since 1970.
    ended: Option<i64>,
    /// Why there is no result.
    pub(crate) error: Option<String>,
}

impl Record {
    pub(crate) fn new(
        id: String,
        owner: String,
        mailboxes: Option<Vec<String>>,
        queries: usize,
        now: Timestamp,
    ) -> Self {
        Self { id, owner, mailboxes, queries, asked: now.as_second(), ended: None, error: None }
    }

    /// The same at its end.
    pub(crate) fn at_end(self, error: Option<String>, now: Timestamp) -> Self {
        Self { ended: Some(now.as_second()), error, ..self }
    }

    /// When it was asked for.
    pub(crate) fn asked(&self) -> Timestamp {
        Timestamp::from_second(self.asked).unwrap_or_default()
    }

    /// When it ended.
    pub(crate) fn ended(&self) -> Option<Timestamp> {
        self.ended.and_then(|second| Timestamp::from_second(second).ok())
    }

    /// Until when it is kept.
    pub(crate) fn expires(&self) -> Timestamp {
        self.asked().checked_add(LIFE).unwrap_or(Timestamp::MAX)
    }
}

/// The reports of a data folder.
#[derive(Clone, Debug)]
pub(crate) struct Store(PathBuf);

impl Store {
    pub(crate) fn below(data: &Path) -> Self {
        Self(data.join("reports"))
    }

    fn file(&self, id: &str, ending: &str) -> Option<PathBuf> {
        let is_id =
            id.len() == DIGITS && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        is_id.then(|| self.0.join(format!("{id}.{ending}")))
    }

    /// Writes a record in the place of the one before.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(crate) fn put(&self, record: &Record) -> io::Result<()> {
        self.write(&record.id, "report", &serde_json::to_vec(record)?)
    }

    /// Writes a result in each form.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(crate) fn put_result(&self, id: &str, report: &ReportView) -> io::Result<()> {
        self.write(id, "json", &serde_json::to_vec(report)?)?;
        self.write(id, "csv", report.csv().as_bytes())?;
        self.write(id, "html", report.page().as_bytes())
    }

    /// A file is whole, or not there.
    fn write(&self, id: &str, ending: &str, bytes: &[u8]) -> io::Result<()> {
        let Some(path) = self.file(id, ending) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        fs::create_dir_all(&self.0)?;
        let mut aside = tempfile::Builder::new().suffix(".new").tempfile_in(&self.0)?;
        aside.write_all(bytes)?;
        aside.as_file().sync_all()?;
        aside.persist(path)?;
        Ok(())
    }

    /// The report of that id.
    pub(crate) fn get(&self, id: &str) -> Option<Record> {
        serde_json::from_slice(&fs::read(self.file(id, "report")?).ok()?).ok()
    }

    /// All that are kept, the latest first.
    pub(crate) fn list(&self) -> Vec<Record> {
        let files = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let id = |file: fs::DirEntry| {
            Some(file.file_name().to_str()?.strip_suffix(".report")?.to_owned())
        };
        let mut all: Vec<_> = files.filter_map(id).filter_map(|id| self.get(&id)).collect();
        all.sort_by(|one, other| (other.asked, &other.id).cmp(&(one.asked, &one.id)));
        all
    }

    /// The result of a report in a form.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub(crate) fn result(&self, id: &str, form: &str) -> io::Result<File> {
        File::open(self.file(id, form).ok_or(io::ErrorKind::NotFound)?)
    }

    /// Removes a report and its result.
    pub(crate) fn remove(&self, id: &str) {
        for ending in FORMS.into_iter().chain(["report"]) {
            // What is not there is removed.
            self.file(id, ending).map_or(Ok(()), fs::remove_file).unwrap_or_default();
        }
    }

    /// Removes what was kept long enough.
    pub(crate) fn tidy(&self, now: Timestamp) {
        let old = self.list().into_iter().filter(|one| one.expires() <= now);
        old.for_each(|one| self.remove(&one.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_kept_for_seven_days() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::below(folder.path());
        let at = |second| Timestamp::from_second(second).unwrap();
        let id = |digit: &str| digit.repeat(32);
        let record = |digit, second| Record::new(id(digit), "o".into(), None, 1, at(second));
        assert!(store.list().is_empty());
        for (digit, second) in [("a", 0), ("b", 100)] {
            store.put(&record(digit, second)).unwrap();
        }
        let week = 7 * 24 * 3_600;
        let ids = |store: &Store| {
            store.list().iter().filter_map(|one| one.id.chars().next()).collect::<String>()
        };
        store.tidy(at(week - 1));
        assert_eq!(ids(&store), "ba");
        store.tidy(at(week));
        assert_eq!(ids(&store), "b");
        let ended = record("b", 100).at_end(None, at(200));
        store.put(&ended).unwrap();
        assert_eq!(store.get(&id("b")).as_ref(), Some(&ended));
        assert_eq!((ended.ended(), ended.expires()), (Some(at(200)), at(100 + week)));
        store.remove(&id("b"));
        assert!(fs::read_dir(folder.path().join("reports")).unwrap().next().is_none());
    }

    #[test]
    fn ids_lead_nowhere_else() {
        let store = Store::below(Path::new("x"));
        for id in ["", "..", "../../etc/passwd", &"A".repeat(32), &"a".repeat(31)] {
            assert_eq!((store.file(id, "json"), store.get(id)), (None, None), "{id}");
        }
    }
}
