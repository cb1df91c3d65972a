//! The audit log of a data folder.

use std::path::Path;

use postern_audit::{AuditError, End, look};

use super::{About, Finding};
use crate::config::{Audit, Level};

/// What is wrong with the end of a log, where something is audited. `postern audit verify` reads all of it.
pub(super) fn end(data: &Path, audit: &Audit) -> Option<Finding> {
    if audit.level == Level::Off {
        return None;
    }
    match look(data, &audit.key_file(data)) {
        Ok(End::None | End::Sound) => None,
        Ok(End::Longer) => {
            let what = "the audit log ends in lines that its key neither signed nor sealed";
            let remedy =
                "`postern audit verify` says what they are; the next entry sets them aside";
            Some(Finding::advice(About::Audit, what, remedy))
        }
        Err(error) => Some(fault(&error)),
    }
}

fn fault(error: &AuditError) -> Finding {
    let text = error.to_string();
    match error {
        AuditError::Io { path, source } => {
            let what = format!("the audit log {} cannot be written: {source}", path.display());
            let remedy = "`ls -l` of its folder says whose its files are; the user of the gateway writes them";
            Finding::fault(About::Audit, what, remedy)
        }
        AuditError::NoSpace { .. }
        | AuditError::NoKey(_)
        | AuditError::KeyGone(_)
        | AuditError::OtherKey(_)
        | AuditError::TooLong { .. }
        | AuditError::Closed => Finding::told(About::Audit, &text, "`postern audit verify`"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use jiff::Timestamp;
    use postern_audit::{Entry, Log, What, folder};

    use super::super::Severity;
    use super::*;

    #[test]
    fn a_log_that_cannot_be_gone_on_with_is_a_fault() {
        let data = tempfile::tempdir().unwrap();
        let (data, on) = (data.path(), Audit::default());
        assert_eq!(end(data, &on), None, "there is none yet");
        let settings = on.settings(data, || Timestamp::UNIX_EPOCH, Arc::new(|_: &str| {}));
        let log = Log::open(data, settings).unwrap();
        log.write(Entry::new(What::Export, "ann")).unwrap();
        assert_eq!(end(data, &on), None, "also while it is written");
        drop(log);
        let segment = folder(data).join("000001.jsonl");
        let whole = fs::read(&segment).unwrap();
        fs::write(&segment, [&whole[..], b"{}\n"].concat()).unwrap();
        assert_eq!(end(data, &on).map(|one| one.severity), Some(Severity::Advice));
        fs::remove_file(on.key_file(data)).unwrap();
        let gone = end(data, &on).unwrap();
        assert!(gone.severity == Severity::Fault && gone.what.contains("no key in"), "{gone:?}");
        let off = Audit { level: Level::Off, ..on };
        assert_eq!(end(data, &off), None, "nothing is audited");
    }
}
