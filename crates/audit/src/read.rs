//! Reading what was done.

use std::collections::VecDeque;
use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::entry::What;
use crate::error::AuditError;
use crate::files::{head_of, next_line, segment, segments};

/// Which entries are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this name.
    pub who: Option<String>,
    /// Of this kind.
    pub what: Option<What>,
    /// Not before that.
    pub since: Option<Timestamp>,
    /// Before that.
    pub before: Option<Timestamp>,
    /// With this text in any of their values, in letters of any case.
    pub text: Option<String>,
    /// Of this tenant.
    pub tenant: Option<String>,
}

/// Hands over the entries that are wanted, the oldest first, until it is told to stop. It verifies nothing.
///
/// # Errors
///
/// When the log cannot be read. Lines that are no entries are passed over.
pub fn each(
    folder: &Path,
    filter: &Filter,
    take: &mut dyn FnMut(Map<String, Value>) -> ControlFlow<()>,
) -> Result<(), AuditError> {
    for number in segments(folder)? {
        let is_whole = of_segment(folder, number, &mut |entry| {
            if filter.takes(&entry) { take(entry) } else { ControlFlow::Continue(()) }
        })?;
        if !is_whole {
            return Ok(());
        }
    }
    Ok(())
}

/// The newest entries that are wanted, the newest first, and whether all were looked at: it ends early where `go_on`
/// says so, and with `most` entries. It verifies nothing.
///
/// # Errors
///
/// When the log cannot be read.
pub fn newest(
    folder: &Path,
    filter: &Filter,
    most: usize,
    go_on: &dyn Fn() -> bool,
) -> Result<(Vec<Map<String, Value>>, bool), AuditError> {
    let mut found = Vec::new();
    for number in segments(folder)?.into_iter().rev() {
        let (mut last, mut lines, left) = (VecDeque::new(), 0_u32, most - found.len());
        let is_whole = of_segment(folder, number, &mut |entry| {
            lines += 1;
            if filter.takes(&entry) {
                last.push_back(entry);
            }
            if last.len() > left {
                last.pop_front();
            }
            let goes_on = !lines.is_multiple_of(LOOK) || go_on();
            if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        // What stands behind the place where it was stopped is newer.
        if !is_whole {
            return Ok((found, false));
        }
        found.extend(last.into_iter().rev());
        if found.len() >= most {
            return Ok((found, true));
        }
    }
    Ok((found, true))
}

/// Entries that are read before it is looked whether to go on.
const LOOK: u32 = 1_000;

/// Hands over the entries of a segment; whether all were taken.
fn of_segment(
    folder: &Path,
    number: u32,
    take: &mut dyn FnMut(Map<String, Value>) -> ControlFlow<()>,
) -> Result<bool, AuditError> {
    let path = segment(folder, number);
    let failed = |error| AuditError::io(&path, error);
    let mut file = BufReader::new(File::open(&path).map_err(failed)?);
    let mut line = Vec::new();
    while let Some(is_whole) = next_line(&mut file, &mut line).map_err(failed)? {
        if entry(&line).filter(|_| is_whole).is_some_and(|entry| take(entry).is_break()) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn entry(line: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(line) {
        Ok(Value::Object(fields)) if head_of(line).is_none() => Some(fields),
        Ok(_) | Err(_) => None,
    }
}

impl Filter {
    fn takes(&self, entry: &Map<String, Value>) -> bool {
        let text = self.text.as_ref().map(|text| text.to_lowercase());
        let is = |name: &str, wanted: Option<&str>| {
            wanted.is_none_or(|wanted| entry.get(name).and_then(Value::as_str) == Some(wanted))
        };
        let time = entry.get("time").and_then(|time| time.as_str()?.parse::<Timestamp>().ok());
        is("who", self.who.as_deref())
            && is("tenant", self.tenant.as_deref())
            && is("what", self.what.map(What::as_str))
            && self.since.is_none_or(|since| time.is_some_and(|time| time >= since))
            && self.before.is_none_or(|before| time.is_some_and(|time| time < before))
            && text.is_none_or(|text| entry.values().any(|value| holds(value, &text)))
    }
}

fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(found) => found.to_lowercase().contains(text),
        Value::Array(values) => values.iter().any(|value| holds(value, text)),
        Value::Object(fields) => fields.values().any(|value| holds(value, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
