//! What a command adds to its entry in the audit log.

use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

/// What a command adds to its entry.
#[derive(Debug, Default)]
pub(crate) struct Noted(Mutex<Map<String, Value>>);

impl Noted {
    /// Has a field in the entry of how the command ended. It is no secret.
    pub(crate) fn put(&self, name: &str, value: impl Into<Value>) {
        let mut fields = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        fields.insert(name.to_owned(), value.into());
    }

    /// The fields that were put.
    pub(crate) fn take(&self) -> Map<String, Value> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
