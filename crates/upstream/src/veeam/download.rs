//! A file that comes piece by piece.

use bytes::Bytes;
use tokio::time::timeout;

use super::Problem;
use super::wire::{Got, Rest};
use crate::Fault;

/// A file that the server has made, such as a PST or a ZIP: by its bytes, not by a name. It is not held in memory.
#[derive(Debug)]
pub struct Download {
    rest: Rest,
    promised: Option<u64>,
    received: u64,
}

impl Download {
    pub(super) fn new(got: Got) -> Result<Self, Problem> {
        let rest = got.rest.ok_or(Problem::Failed(Fault::Unparsable))?;
        let promised = rest.response.content_length();
        Ok(Self { rest, promised, received: 0 })
    }

    /// How many bytes there will be, where the server says so.
    #[must_use]
    pub const fn promised(&self) -> Option<u64> {
        self.promised
    }

    /// How many bytes have come.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// All of it, in memory.
    ///
    /// # Errors
    ///
    /// As of [`chunk`](Self::chunk), and [`Fault::TooLarge`] for more than `most` bytes.
    pub async fn whole(mut self, most: usize) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.chunk().await? {
            if bytes.len() + piece.len() > most {
                return Err(Fault::TooLarge.into());
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// The next piece; `None` after the last one.
    ///
    /// # Errors
    ///
    /// [`Fault::CutOff`] where the file ends before it is whole, [`Fault::Timeout`] where nothing more comes. What came
    /// is then a part of a file, and the server can only make the file again from its beginning.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Problem> {
        let next = timeout(self.rest.silence, self.rest.response.chunk()).await;
        let next = next.map_err(|_| Fault::Timeout)?.map_err(|error| Fault::of(&error))?;
        if let Some(piece) = &next {
            self.received += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        } else if self.promised.is_some_and(|promised| promised != self.received) {
            return Err(Problem::Failed(Fault::CutOff));
        }
        Ok(next)
    }
}
