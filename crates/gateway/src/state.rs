//! What every request needs.

use std::sync::Arc;

use postern_query::Capabilities;
use postern_upstream::SetupError;

use crate::access::Access;
use crate::choose::Premium;
use crate::config::Config;
use crate::local::Local;

/// What every request needs; cheap to clone.
#[derive(Clone, Debug)]
pub struct State(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) access: Access,
    pub(crate) premium: Option<Premium>,
    pub(crate) capabilities: Capabilities,
    pub(crate) local: Local,
    pub(crate) clock: fn() -> jiff::Timestamp,
}

impl State {
    /// Prepares what the configuration asks for; `clock` says what time it is.
    ///
    /// # Errors
    ///
    /// When the URL of premium is not one.
    pub fn new(config: &Config, clock: fn() -> jiff::Timestamp) -> Result<Self, SetupError> {
        let premium = config.premium.as_ref().map(Premium::new).transpose()?;
        let told = config.premium.as_ref();
        let capabilities = Capabilities {
            search_functions: told.is_some_and(|premium| premium.search_functions),
            lower_case_addresses: told.is_some_and(|premium| premium.lower_case_addresses),
            ..Capabilities::default()
        };
        Ok(Self(Arc::new(Inner {
            access: config.access.clone(),
            premium,
            capabilities,
            local: Local::new(config.data.clone()),
            clock,
        })))
    }
}
