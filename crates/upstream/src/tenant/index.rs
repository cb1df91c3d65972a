//! The search index of a tenant, asked patiently.

use postern_document::index_fields;
use postern_query::datatap::IndexFields;

use super::Tenant;
use super::browse::segment;
use crate::{Answer, Failure, Found, SearchRequest};

impl Tenant {
    /// Searches an index.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn search(&self, index: &str, request: &SearchRequest) -> Result<Found, Failure> {
        let leaf = format!("documents?{}", request.to_query_string());
        let path = format!("{}/indexes/{}/{leaf}", self.root, segment(index)?);
        self.session.get(path, self.session.settings.answer_time, Answer::found).await
    }

    /// The fields of an index: an answer is the one sign that the tenant has search at all. That
    /// a collection was made with `index_files` says nothing.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn fields(&self, index: &str) -> Result<IndexFields, Failure> {
        let path = format!("{}/indexes/{}/fields", self.root, segment(index)?);
        let read = |answer: &Answer| index_fields(std::str::from_utf8(&answer.body).ok()?);
        self.session.get(path, self.session.settings.answer_time, read).await
    }
}
