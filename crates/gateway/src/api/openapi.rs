//! The description of the interface, made from the handlers.

use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi as _};

use super::message::View;
use super::problem::Body;
use super::upstream_shape::ErrorBody;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Postern", description = "One query, every engine, always an answer.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")),
    tags(
        (name = "search", description = "Finding messages"),
        (name = "messages", description = "Messages, conversations and exports of the local index"),
        (name = "files", description = "Files of the local index"),
        (name = "saved", description = "Searches that a key keeps"),
        (name = "evidence", description = "Numbers that can be defended"),
        (name = "actions", description = "What the source of a message does with it: shown first, done when confirmed"),
        (name = "DataTap", description = "The paths of DataTap: change the base URL of a client and nothing else"),
        (name = "operation", description = "How the gateway is"),
    ),
    components(schemas(Body, ErrorBody, View)),
    modifiers(&Keys),
)]
struct Description;

struct Keys;

impl Modify for Keys {
    fn modify(&self, openapi: &mut OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let header = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key")));
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        components.add_security_scheme("key", header);
        components.add_security_scheme("bearer", bearer);
    }
}

/// Everything but the paths, which their handlers add.
pub(super) fn description() -> OpenApi {
    Description::openapi()
}
