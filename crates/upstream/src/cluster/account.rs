//! Where a cluster is, and who asks it.

use std::time::Duration;

use http::HeaderValue;
use http::header::AUTHORIZATION;
use reqwest::RequestBuilder;

use crate::{Secret, Trust};

/// A cluster and how it is reached.
#[derive(Clone, Debug)]
pub struct ClusterAccount {
    /// The base URL of each node that is asked, such as `https://search-1.example:9200`.
    pub urls: Vec<String>,
    /// Who asks.
    pub login: Login,
    /// Which certificates are trusted.
    pub trust: Trust,
    /// How long one answer may take where the caller says nothing.
    pub answer_time: Duration,
}

/// How a request says who asks.
#[derive(Clone, Debug, Default)]
pub enum Login {
    /// It does not.
    #[default]
    Nobody,
    /// By name and password.
    User(String, Secret),
    /// By a key.
    ApiKey(Secret),
}

impl Login {
    /// The request with what says who asks.
    pub(super) fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Nobody => request,
            Self::User(user, password) => request.basic_auth(user, Some(password.expose())),
            Self::ApiKey(key) => {
                let value = HeaderValue::try_from(format!("ApiKey {}", key.expose()));
                let hidden = |mut value: HeaderValue| {
                    value.set_sensitive(true);
                    value
                };
                // A key that cannot stand in a header is refused with 401.
                value
                    .map(hidden)
                    .into_iter()
                    .fold(request, |request, value| request.header(AUTHORIZATION, value))
            }
        }
    }

    /// What must not be repeated.
    pub(super) fn secret(&self) -> &str {
        match self {
            Self::Nobody => "",
            Self::User(_, secret) | Self::ApiKey(secret) => secret.expose(),
        }
    }
}
