//! What a request may ask for.

use std::num::NonZeroU32;
use std::time::Duration;

use super::ConfigError;
use super::file::FileLimits;

/// What a request may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body.
    pub body: usize,
    /// Bytes of a request URI.
    pub uri: usize,
    /// Bytes of all headers.
    pub headers: usize,
    /// Connections at the same time.
    pub connections: usize,
    /// Requests at the same time; where there are several keys, one of them holds at most half.
    pub concurrency: usize,
    /// Exports of one tenant at the same time; where there are several keys, one of them holds at most half.
    pub exports: usize,
    /// Requests a second of one key; nothing for any number.
    pub rate: Option<NonZeroU32>,
    /// Requests of one key that may come at once where there is a rate.
    pub burst: NonZeroU32,
    /// How long a client may keep the gateway waiting: for the head of a request, for its body, between
    /// two requests, and with an answer that it does not read. Also how long a request of our own paths
    /// may take until its answer begins.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            uri: 8 << 10,
            headers: 16 << 10,
            connections: 4_096,
            concurrency: 512,
            exports: 4,
            rate: None,
            burst: NonZeroU32::new(20).unwrap_or(NonZeroU32::MIN),
            time: Duration::from_secs(30),
        }
    }
}

fn at_least_one(connections: Option<usize>) -> Result<Option<usize>, ConfigError> {
    if connections == Some(0) {
        return super::invalid("connections is 0, so nobody could ask; write a number from 1");
    }
    Ok(connections)
}

impl TryFrom<FileLimits> for Limits {
    type Error = ConfigError;

    fn try_from(file: FileLimits) -> Result<Self, ConfigError> {
        let known = Self::default();
        let time = file.time.map(|text| super::duration(&text, "time of a request")).transpose()?;
        Ok(Self {
            body: file.body.unwrap_or(known.body),
            uri: file.uri.unwrap_or(known.uri),
            headers: file.headers.unwrap_or(known.headers),
            connections: at_least_one(file.connections)?.unwrap_or(known.connections),
            concurrency: file.concurrency.unwrap_or(known.concurrency),
            exports: file.exports.unwrap_or(known.exports),
            rate: file.rate,
            burst: file.burst.unwrap_or(known.burst),
            time: time.unwrap_or(known.time),
        })
    }
}
