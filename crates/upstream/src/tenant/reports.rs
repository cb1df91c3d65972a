//! What runs and what ran. The shape of the answers is not documented: they stay records.

use jiff::civil::Date;

use super::browse::{advanced, paged};
use super::{JobKind, Page, Tenant, record};
use crate::{Answer, Failure, Record};

/// Which finished jobs are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Only this job.
    pub job: Option<String>,
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
}

impl Tenant {
    /// A page of the jobs that run, of these kinds; of all with none.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn monitoring(
        &self,
        kinds: &[JobKind],
        marker: Option<&str>,
    ) -> Result<Page<Record>, Failure> {
        // Several values are the key several times, never a list between commas.
        let given: Vec<_> = kinds.iter().map(|kind| ("jobTypes", Some(kind.as_str()))).collect();
        self.records("monitoring", &given, marker).await
    }

    /// A page of the jobs that ran.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn reporting(
        &self,
        report: &Report,
        marker: Option<&str>,
    ) -> Result<Page<Record>, Failure> {
        let [from, to] = [report.from, report.to].map(|date| date.map(|date| date.to_string()));
        let given = [
            ("jobId", report.job.as_deref()),
            ("startDate", from.as_deref()),
            ("endDate", to.as_deref()),
        ];
        self.records("reporting", &given, marker).await
    }

    async fn records(
        &self,
        what: &str,
        given: &[(&str, Option<&str>)],
        marker: Option<&str>,
    ) -> Result<Page<Record>, Failure> {
        let path = format!("{}/{what}?{}", self.root, paged(given, marker));
        let page = self.session.get(path, self.session.settings.answer_time, page).await?;
        advanced(page, marker)
    }
}

/// A list, one record that stands alone, or nothing at all.
fn page(answer: &Answer) -> Option<Page<Record>> {
    let one = |items| Page { items, marker: None, unreadable: 0 };
    let list = Page::of_answer(answer, "items", |record| Some(record.clone()));
    let nothing = || answer.body.is_empty().then(|| one(Vec::new()));
    list.or_else(nothing).or_else(|| record(answer).map(|record| one(vec![record])))
}
