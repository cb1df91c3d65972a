//! Tickets: a frame or a picture cannot send a key, so its path holds a secret that stands for one message and
//! one key for a few minutes. They are in memory alone.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::access::Caller;
use crate::remembered::{Fingerprint, Remembered};

/// How long a ticket is good for.
pub(crate) const LIFE: Duration = Duration::from_secs(5 * 60);
/// Tickets at once; beyond them the oldest ones end.
const MOST: usize = 4_096;

/// Whom a ticket speaks for, and of which message.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    pub(crate) caller: Caller,
    pub(crate) message: String,
    until: Instant,
}

/// Every ticket that is good, by the digest of its secret.
pub(crate) struct Tickets(Mutex<Remembered<Ticket>>);

impl Default for Tickets {
    fn default() -> Self {
        Self(Mutex::new(Remembered::with_room(MOST)))
    }
}

impl std::fmt::Debug for Tickets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tickets")
    }
}

impl Tickets {
    /// The secret of a new ticket: 128 random bits. Nothing where this machine has no randomness.
    pub(crate) fn issue(&self, caller: Caller, message: String, now: Instant) -> Option<String> {
        let mut bits = [0_u8; 16];
        getrandom::fill(&mut bits).ok()?;
        let mut secret = String::with_capacity(32);
        for byte in bits {
            write!(secret, "{byte:02x}").ok()?;
        }
        let ticket = Ticket { caller, message, until: now + LIFE };
        self.lock().note(Fingerprint::of(&[&secret]), ticket);
        Some(secret)
    }

    /// The ticket of a secret, while it is good.
    pub(crate) fn of(&self, secret: &str, now: Instant) -> Option<Ticket> {
        let ticket = self.lock().get(Fingerprint::of(&[secret])).cloned();
        ticket.filter(|ticket| now < ticket.until)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Remembered<Ticket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Access;

    #[test]
    fn a_ticket_ends_and_no_two_are_alike() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        let caller = Access::default().caller(None, None).unwrap();
        let issue = || tickets.issue(caller.clone(), "m1".to_owned(), now).unwrap();
        let (one, other) = (issue(), issue());
        assert!(
            one != other && one.len() == 32 && one.bytes().all(|byte| byte.is_ascii_hexdigit())
        );
        let is_good = |after| tickets.of(&one, now + after).is_some_and(|one| one.message == "m1");
        assert!(
            is_good(Duration::ZERO) && is_good(LIFE - Duration::from_secs(1)) && !is_good(LIFE)
        );
        assert!(tickets.of("", now).is_none() && tickets.of(one.get(1..).unwrap(), now).is_none());
        assert_eq!(format!("{tickets:?}"), "Tickets");
    }
}
