//! What is wrong with an installation.

use serde::Serialize;
use utoipa::ToSchema;

use crate::doctor::Finding;

/// Something that is wrong, and what to do about it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FindingView {
    /// `configuration`, `disk`, `index`, `books`, `sync`, `upstreams`, `clocks`, `certificates` or `permissions`.
    about: &'static str,
    /// `fault`, or `advice` where everything works.
    severity: &'static str,
    /// The tenant whose data it is about, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    /// What is wrong.
    what: String,
    /// What to do.
    #[serde(rename = "do")]
    remedy: String,
}

impl From<Finding> for FindingView {
    fn from(finding: Finding) -> Self {
        let Finding { about, severity, tenant, what, remedy } = finding;
        Self { about: about.as_str(), severity: severity.as_str(), tenant, what, remedy }
    }
}
