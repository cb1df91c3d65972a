//! When a remote engine is left alone.

use std::time::Duration;

use serde::Deserialize;
use toml::Table;

use super::shown::{put, time};
use super::{ConfigError, duration, invalid, share};

/// When it opens and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakerSettings {
    /// Over how long the rate is taken.
    pub window: Duration,
    /// How many requests it takes to speak of a rate.
    pub minimum: usize,
    /// The share of failures that opens it, above 0 and at most 1.
    pub failure_rate: f64,
    /// How long it stays open before a probe, and how long a probe may take.
    pub rest: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(30),
            minimum: 4,
            failure_rate: 0.5,
            rest: Duration::from_secs(10),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileBreaker {
    window: Option<String>,
    minimum: Option<usize>,
    failure_rate: Option<f64>,
    rest: Option<String>,
}

impl TryFrom<FileBreaker> for BreakerSettings {
    type Error = ConfigError;

    fn try_from(file: FileBreaker) -> Result<Self, ConfigError> {
        let known = Self::default();
        let time = |text: Option<String>, what, default| {
            text.map_or(Ok(default), |text| duration(&text, what))
        };
        let failure_rate = file.failure_rate.unwrap_or(known.failure_rate);
        if failure_rate <= 0.0 {
            return invalid("a breaker with failure_rate 0 is always open; give at least 0.01");
        }
        Ok(Self {
            window: time(file.window, "window", known.window)?,
            minimum: file.minimum.unwrap_or(known.minimum).max(1),
            failure_rate: share(failure_rate, "failure_rate")?,
            rest: time(file.rest, "rest", known.rest)?,
        })
    }
}

impl BreakerSettings {
    /// As it stands in the file.
    pub(super) fn shown(&self) -> Table {
        let mut table = Table::new();
        put(&mut table, "window", time(self.window));
        put(&mut table, "minimum", self.minimum);
        put(&mut table, "failure_rate", self.failure_rate);
        put(&mut table, "rest", time(self.rest));
        table
    }
}
