//! Bytes that may be on their way at once, so that memory does not grow with the mail.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Room for so many bytes.
#[derive(Debug)]
pub(super) struct Room {
    whole: usize,
    left: Mutex<usize>,
    freed: Condvar,
}

/// A part of the room, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Taken {
    bytes: usize,
    room: Arc<Room>,
}

impl Room {
    pub(super) fn new(whole: usize) -> Arc<Self> {
        Arc::new(Self { whole, left: Mutex::new(whole), freed: Condvar::new() })
    }

    /// Waits until there is room. What is larger than the whole room gets it for itself.
    pub(super) fn take(self: &Arc<Self>, bytes: usize) -> Taken {
        let bytes = bytes.min(self.whole);
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let left = self.freed.wait_while(left, |left| *left < bytes);
        *left.unwrap_or_else(PoisonError::into_inner) -= bytes;
        Taken { bytes, room: Arc::clone(self) }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        *self.room.left.lock().unwrap_or_else(PoisonError::into_inner) += self.bytes;
        self.room.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn no_more_than_the_room_is_taken() {
        let room = Room::new(10);
        let most = Mutex::new((0, 0));
        let (room, most) = (&room, &most);
        thread::scope(|scope| {
            for bytes in [3, 4, 10, 25, 1, 7] {
                scope.spawn(move || {
                    for _ in 0..200 {
                        let taken = room.take(bytes);
                        let mut seen = most.lock().unwrap();
                        seen.0 += taken.bytes;
                        seen.1 = seen.1.max(seen.0);
                        drop(seen);
                        thread::yield_now();
                        most.lock().unwrap().0 -= taken.bytes;
                        drop(taken);
                    }
                });
            }
        });
        assert_eq!((most.lock().unwrap().1 <= 10, *room.left.lock().unwrap()), (true, 10));
    }
}
