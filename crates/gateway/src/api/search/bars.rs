//! The bars that a search asks for.

use jiff::{Timestamp, Zoned};
use postern_archive::search::{Bars, Step};
use postern_query::period;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::params::{BadParam, Params};
use crate::viewpoint::Viewpoint;

/// The bars of the facet `histogram`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"from": "2024-01", "to": "2024-06", "step": "week"}))]
pub(super) struct HistogramBody {
    /// Where they begin: a date or a moment.
    from: Option<String>,
    /// The last date, or the moment at which they end.
    to: Option<String>,
    /// How long one is. A longer one is taken where there would be more than 1,000.
    step: Option<StepName>,
    /// Where days begin; `zone` of the search where it is left out.
    zone: Option<String>,
}

/// How long a bar is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum StepName {
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
}

impl From<StepName> for Step {
    fn from(name: StepName) -> Self {
        match name {
            StepName::Hour => Self::Hour,
            StepName::Day => Self::Day,
            StepName::Week => Self::Week,
            StepName::Month => Self::Month,
            StepName::Quarter => Self::Quarter,
            StepName::Year => Self::Year,
            StepName::Decade => Self::Decade,
            StepName::Century => Self::Century,
            StepName::Millennium => Self::Millennium,
        }
    }
}

impl HistogramBody {
    /// The bars in the parameters of a URL, if there are any.
    pub(super) fn from_params(params: &mut Params) -> Result<Option<Self>, BadParam> {
        let step = params.take("histogram.step").map(|text| {
            serde_json::from_value(text.into()).map_err(|_| {
                let names = Step::ALL.map(Step::as_str).join(", ");
                BadParam::new("histogram.step", format!("is one of {names}"))
            })
        });
        let body = Self {
            step: step.transpose()?,
            from: params.take("histogram.from"),
            to: params.take("histogram.to"),
            zone: params.take("histogram.zone"),
        };
        let Self { from, to, step, zone } = &body;
        let is_asked = from.is_some() || to.is_some() || step.is_some() || zone.is_some();
        Ok(is_asked.then_some(body))
    }

    /// The bars, seen from where the query is read unless another zone is said.
    pub(super) fn bars(&self, viewpoint: &Viewpoint, now: Timestamp) -> Result<Bars, BadParam> {
        let viewpoint = viewpoint.with(self.zone.as_deref(), None);
        let zone = viewpoint.map_err(|(_, what)| BadParam::new("histogram.zone", what))?.zone;
        let now = now.to_zoned(zone.clone());
        let date = |name, text: &Option<String>| {
            text.as_deref().map(|text| read(name, text, &now)).transpose()
        };
        let from = date("histogram.from", &self.from)?.map(|(from, _)| from);
        let to = date("histogram.to", &self.to)?.map(|(_, to)| to);
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err(BadParam::new("histogram.to", "is later than `histogram.from`"));
        }
        Ok(Bars { from, to, step: self.step.map(Step::from), zone })
    }
}

fn read(name: &str, text: &str, now: &Zoned) -> Result<(Timestamp, Timestamp), BadParam> {
    let what = "is a date such as 2024, 2024-03 or 2024-03-31, or a moment";
    period(text, now).ok_or_else(|| BadParam::new(name, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, expected: &str) {
        let now = "2024-06-01T12:00:00Z".parse().unwrap();
        let known = ["histogram.from", "histogram.to", "histogram.step", "histogram.zone"];
        let bars = Params::parse(raw, &known).and_then(|mut params| {
            let body = HistogramBody::from_params(&mut params)?.unwrap_or_default();
            body.bars(&Viewpoint::default(), now)
        });
        let shown = bars.map(|bars| {
            let time =
                |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
            let step = bars.step.map_or("", Step::as_str);
            format!("{} {} {step}", time(bars.from), time(bars.to))
        });
        assert_eq!(shown.unwrap_or_else(|bad| bad.to_string()), expected, "{raw}");
    }

    #[test]
    fn bounds_are_whole_dates_of_the_zone() {
        check("", "  ");
        check(
            "histogram.from=2024&histogram.to=2024-02&histogram.step=week",
            "2024-01-01T00:00:00Z 2024-03-01T00:00:00Z week",
        );
        check("histogram.from=2024&histogram.zone=Europe/Berlin", "2023-12-31T23:00:00Z  ");
        check("histogram.to=2024-01-01T10:00:00Z", " 2024-01-01T10:00:00Z ");
    }

    #[test]
    fn faults_say_what_to_write() {
        check(
            "histogram.step=fortnight",
            "histogram.step is one of hour, day, week, month, quarter, year, decade, century, millennium",
        );
        check(
            "histogram.from=x",
            "histogram.from is a date such as 2024, 2024-03 or 2024-03-31, or a moment",
        );
        check(
            "histogram.from=2024&histogram.to=2023",
            "histogram.to is later than `histogram.from`",
        );
        check("histogram.zone=x", "histogram.zone is a zone such as Europe/Berlin or UTC");
    }
}
