//! What runs and what ran. The shape of the answers is not documented: they stay records.

use jiff::civil::Date;

use super::browse::{MOST_PAGES, advanced, paged};
use super::{JobKind, JobRun, Page, Tenant, record};
use crate::{Answer, Failure, Fault, Record};

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

impl Report {
    /// As parameters of a request.
    fn given(&self) -> [(&'static str, Option<String>); 3] {
        let day = |date: Option<Date>| date.map(|date| date.to_string());
        [("jobId", self.job.clone()), ("startDate", day(self.from)), ("endDate", day(self.to))]
    }
}

/// As parameters of a request: several values are the key several times, never a list between commas.
fn given(kinds: &[JobKind]) -> Vec<(&'static str, Option<String>)> {
    kinds.iter().map(|kind| ("jobTypes", Some(kind.as_str().to_owned()))).collect()
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
        self.records("monitoring", &given(kinds), marker).await
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
        self.records("reporting", &report.given(), marker).await
    }

    /// Every run that has not ended, of jobs of these kinds; of all with none.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries; [`Fault::TooLarge`] where the pages do not end.
    pub async fn running(&self, kinds: &[JobKind]) -> Result<Vec<JobRun>, Failure> {
        self.runs("monitoring", &given(kinds)).await
    }

    /// Every run that has ended.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries; [`Fault::TooLarge`] where the pages do not end.
    pub async fn ended(&self, report: &Report) -> Result<Vec<JobRun>, Failure> {
        self.runs("reporting", &report.given()).await
    }

    /// The runs of all pages.
    async fn runs(
        &self,
        what: &str,
        given: &[(&str, Option<String>)],
    ) -> Result<Vec<JobRun>, Failure> {
        let (mut all, mut marker) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let page = self.records(what, given, marker.as_deref()).await?;
            all.extend(page.items.iter().map(JobRun::of));
            marker = page.marker;
            if marker.is_none() {
                return Ok(all);
            }
        }
        Err(Failure::Failed(Fault::TooLarge))
    }

    async fn records(
        &self,
        what: &str,
        given: &[(&str, Option<String>)],
        marker: Option<&str>,
    ) -> Result<Page<Record>, Failure> {
        let given: Vec<_> = given.iter().map(|(name, value)| (*name, value.as_deref())).collect();
        let path = format!("{}/{what}?{}", self.root, paged(&given, marker));
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
