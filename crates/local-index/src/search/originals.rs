//! The original bytes of a message, from where it was read.

use super::{Error, Index};
use crate::index::{Origin, ledger};
use crate::source::{Lost, original};

impl Index {
    /// Every place where the message of that id lies, with mailbox and folder where they are not those
    /// of the message.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] while the index is being written, and when the book-keeping cannot be read.
    pub fn places(&self, id: &str) -> Result<Vec<Origin>, Error> {
        ledger::origins_at(&self.folder, id)
    }

    /// The original bytes of the message of that id, or why they are not there any more.
    ///
    /// The book-keeping that knows where a message came from is open only as long as this takes. While
    /// somebody writes the index it cannot be read.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] while the index is being written, and when the book-keeping cannot be read.
    pub fn original(&self, id: &str) -> Result<Result<Vec<u8>, Lost>, Error> {
        let mut found = Err(Lost::Unknown);
        for origin in ledger::origins_at(&self.folder, id)? {
            found = original(&origin, id);
            if found.is_ok() {
                break;
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::ops::ControlFlow;

    use super::*;
    use crate::index::testing::{NOW, small, writer};
    use crate::ingest::{Request, run};
    use crate::mail::id_of;

    const ONE: &str = "Subject: one\r\n\r\nfirst\r\n";
    const TWO: &str = "Subject: two\n\nsecond\n>From here\n";

    #[test]
    fn the_bytes_as_they_were_read() {
        let (mail, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (single, mailbox) = (mail.path().join("1.eml"), mail.path().join("all.mbox"));
        fs::write(&single, ONE).unwrap();
        let from = "From a@b Mon Jan  1 10:00:00 2024\n";
        fs::write(&mailbox, format!("{from}Subject: x\n\nx\n\n{from}{TWO}\n")).unwrap();
        fs::write(mail.path().join("d.jsonl"), "{\"id\":\"doc\"}\n").unwrap();
        let request =
            Request { paths: vec![mail.path().to_owned()], options: small(), ..Request::default() };
        let clock = || NOW;
        run(data.path(), &request, &clock, &mut |_| ControlFlow::Continue(())).unwrap();
        let index = Index::open(data.path()).unwrap();
        let read = |id: &str| index.original(id).unwrap().map_err(|lost| lost.to_string());
        let (one, two) = (id_of(ONE.as_bytes()), id_of(TWO.as_bytes()));
        assert_eq!(read(&one).as_deref(), Ok(ONE.as_bytes()));
        assert_eq!(read(&two).as_deref(), Ok(TWO.as_bytes()));
        assert!(read("doc").unwrap_err().contains("document"));
        assert!(read("none").unwrap_err().contains("not known"));
        fs::write(&single, "Subject: other\n\n").unwrap();
        assert!(read(&one).unwrap_err().contains("changed"));
        fs::remove_file(&single).unwrap();
        assert!(read(&one).unwrap_err().contains("cannot be read"));
    }

    #[test]
    fn not_while_the_index_is_being_written() {
        let data = tempfile::tempdir().unwrap();
        drop(writer(data.path()));
        let index = Index::open(data.path()).unwrap();
        let mut writing = writer(data.path());
        assert!(index.original("x").unwrap().is_err(), "it has nothing to write yet");
        writing.commit(NOW).unwrap();
        assert!(matches!(index.original("x"), Err(Error::Busy(_))));
    }

    #[test]
    fn an_index_made_anew_is_noticed() {
        let data = tempfile::tempdir().unwrap();
        drop(writer(data.path()));
        let index = Index::open(data.path()).unwrap();
        assert!(!index.is_replaced());
        std::thread::sleep(std::time::Duration::from_millis(20));
        let options = crate::index::Options { rebuild: true, ..small() };
        drop(crate::index::Writer::open(data.path(), &options).unwrap());
        assert!(index.is_replaced());
    }
}
