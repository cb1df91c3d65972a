//! One retrieval job: how it went, how long its data is kept, and that it goes.

use http::Method;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::ask::{Ask, path};
use super::super::page::{Paged, Paging};
use super::super::{Problem, Retrieval, Veeam, Version};
use crate::answer::{Record, read};
use crate::tenant::timestamp;

/// What is changed about a retrieval job; the rest stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetrievalChange {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// For how many days its data can be read.
    pub days: Option<u32>,
    /// How many hours before its data goes somebody is told.
    pub notify_hours: Option<u32>,
}

/// A line of what happened in a run of a retrieval job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrievalLine {
    /// What happened, in words of the server.
    pub text: String,
    /// When it began.
    pub created: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

impl Veeam {
    /// A retrieval job as it is now.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries; [`Problem::NotInVersion`] before v6.
    pub async fn retrieval(&self, job: &str) -> Result<Retrieval, Problem> {
        self.must_retrieve().await?;
        let ask = Ask::get(path(&["DataRetrievals", job])?);
        self.ask(ask, |body| Retrieval::read(&read(body)?)).await
    }

    /// Changes a retrieval job, as to keep its data for longer.
    ///
    /// # Errors
    ///
    /// Why there is no answer. It is tried again only where the server surely did nothing.
    pub async fn change_retrieval(
        &self,
        job: &str,
        change: &RetrievalChange,
    ) -> Result<(), Problem> {
        self.must_retrieve().await?;
        let place = path(&["DataRetrievals", job])?;
        let ask = Ask::order(Method::PUT, place, Some(&change.body()));
        self.ask(ask, |_| Some(())).await
    }

    /// Removes a retrieval job and what it brought.
    ///
    /// See <https://helpcenter.veeam.com/docs/vbo365/rest/breaking_changes.html>.
    ///
    /// # Errors
    ///
    /// Why there is no answer. It is tried again only where the server surely did nothing.
    pub async fn remove_retrieval(&self, job: &str) -> Result<(), Problem> {
        let version = self.must_retrieve().await?;
        if version >= Version::V8 {
            let (what, where_it_is) = ("removing a retrieval job", "in v6 and v7");
            let instead = "let its data expire, or remove it at the console of the server";
            return Err(Problem::NotInVersion { what, where_it_is, version, instead });
        }
        let ask = Ask::order(Method::DELETE, path(&["DataRetrievals", job])?, None);
        self.ask(ask, |_| Some(())).await
    }

    /// A page of what happened in a run.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries; [`Problem::NotInVersion`] before v6.
    pub async fn retrieval_log(
        &self,
        run: &str,
        page: &Paging,
    ) -> Result<Paged<RetrievalLine>, Problem> {
        self.must_retrieve().await?;
        let ask = Ask::get(path(&["DataRetrievalSessions", run, "LogItems"])?).page(page);
        self.ask(ask, |body| Paged::read(body, page, RetrievalLine::read)).await
    }
}

impl RetrievalChange {
    fn body(&self) -> Value {
        let given = [
            ("name", self.name.as_deref().map(Value::from)),
            ("description", self.description.as_deref().map(Value::from)),
            ("availabilityPeriodDays", self.days.map(Value::from)),
            ("enableExpirationNotification", self.notify_hours.map(|_| true.into())),
            ("expirationHoursThreshold", self.notify_hours.map(Value::from)),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(given.collect::<Map<_, _>>())
    }
}

impl RetrievalLine {
    /// The words are the title up to v7, and the message in v8.
    fn read(value: &Value) -> Option<Self> {
        let record = Record::new(value.clone())?;
        let time = |name: &str| record.text(name).and_then(timestamp);
        Some(Self {
            text: record.word("message").or_else(|| record.word("title"))?,
            created: time("creationTime"),
            ended: time("endTime"),
        })
    }
}
