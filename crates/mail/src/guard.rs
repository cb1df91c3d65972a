//! Libraries that panic over damaged input.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// Whether a panic of this thread is expected, and reported as what could not be read.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// What `work` returns, or nothing where it panicked. What it says then stays off the terminal; the
/// hook that would show it is one for all threads, so it is put in place once, and asks.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let shown = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_GUARDED.get() {
                shown(info);
            }
        }));
    });
    let before = IS_GUARDED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    IS_GUARDED.set(before);
    outcome.ok()
}
