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
    /// Requests at the same time.
    pub concurrency: usize,
    /// Exports at the same time.
    pub exports: usize,
    /// Requests a second of one key; nothing for any number.
    pub rate: Option<NonZeroU32>,
    /// Requests of one key that may come at once where there is a rate.
    pub burst: NonZeroU32,
    /// How long a request of our own paths may take until its answer begins.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            uri: 8 << 10,
            headers: 16 << 10,
            concurrency: 512,
            exports: 4,
            rate: None,
            burst: NonZeroU32::new(20).unwrap_or(NonZeroU32::MIN),
            time: Duration::from_secs(30),
        }
    }
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
            concurrency: file.concurrency.unwrap_or(known.concurrency),
            exports: file.exports.unwrap_or(known.exports),
            rate: file.rate,
            burst: file.burst.unwrap_or(known.burst),
            time: time.unwrap_or(known.time),
        })
    }
}
