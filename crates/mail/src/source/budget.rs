//! How much one file may unpack to, and when to stop reading it.

use std::cell::Cell;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes that any file may unpack to.
const LEAST: u64 = 1 << 30;

/// How many times its own length a file may unpack to. Mail packs to a tenth, logs to a hundredth;
/// what packs better than this holds nothing that anyone wrote.
const TIMES: u64 = 200;

/// Bytes that may still be read of one file and of all that is packed in it.
#[derive(Debug)]
pub(super) struct Budget<'s> {
    whole: u64,
    left: Cell<u64>,
    stop: &'s AtomicBool,
}

impl<'s> Budget<'s> {
    /// For a file of that length.
    pub(super) fn of_file(length: u64, stop: &'s AtomicBool) -> Self {
        Self::new(length.saturating_mul(TIMES).max(LEAST), stop)
    }

    pub(super) const fn new(whole: u64, stop: &'s AtomicBool) -> Self {
        Self { whole, left: Cell::new(whole), stop }
    }

    /// Whether nothing more will be read of the file, for whichever reason.
    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0 || self.stop.load(Ordering::Relaxed)
    }

    fn spend(&self, bytes: usize) -> io::Result<()> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(io::Error::other("the run was stopped"));
        }
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.left.set(self.left.get().saturating_sub(bytes));
        if self.left.get() > 0 {
            return Ok(());
        }
        Err(io::Error::other(format!(
            "it unpacks to more than {} MiB, which is what is made to fill disks, not mail; unpack \
             it by hand if it is meant",
            self.whole >> 20
        )))
    }
}

/// A reader whose bytes come out of a budget.
pub(super) struct Metered<'b, R> {
    inner: R,
    budget: &'b Budget<'b>,
}

impl<'b, R> Metered<'b, R> {
    pub(super) const fn new(inner: R, budget: &'b Budget<'b>) -> Self {
        Self { inner, budget }
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.budget.spend(read)?;
        Ok(read)
    }
}
