//! From where a query is read: the zone of its days, and who `me` is.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use postern_archive::SeenSets;
use postern_query::{Context, NamedSets};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Own addresses at most.
const MOST_ADDRESSES: usize = 100;

/// What is wrong with a zone.
pub(crate) const NO_ZONE: &str = "is a zone such as Europe/Berlin or UTC";
/// What is wrong with own addresses.
pub(crate) const NO_ADDRESSES: &str = "is one address or several, at most 100";

/// From where a query is read. One zone serves its dates, the periods that it is counted by, and dates that are shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Viewpoint {
    /// Where days begin.
    pub zone: TimeZone,
    /// The addresses that `me` stands for.
    pub me: Vec<String>,
    /// The frozen sets that may be named, if any may.
    pub sets: Option<SeenSets>,
}

impl Default for Viewpoint {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, me: Vec::new(), sets: None }
    }
}

impl Viewpoint {
    /// The same with whatever is said anew.
    ///
    /// # Errors
    ///
    /// The name of what is wrong, `zone` or `me`, and what it should be.
    ///
    /// ```
    /// use postern_gateway::Viewpoint;
    ///
    /// let berlin = Viewpoint::default().with(Some("europe/berlin"), None)?;
    /// assert_eq!(berlin.zone_name(), "Europe/Berlin");
    /// assert!(berlin.with(Some("Atlantis"), None).is_err());
    /// # Ok::<(), (&str, &str)>(())
    /// ```
    pub fn with(
        &self,
        zone: Option<&str>,
        me: Option<&[String]>,
    ) -> Result<Self, (&'static str, &'static str)> {
        let mut viewpoint = self.clone();
        if let Some(name) = zone {
            viewpoint.zone = TimeZone::get(name).map_err(|_| ("zone", NO_ZONE))?;
        }
        if let Some(me) = me {
            let is_address =
                |text: &String| text.contains('@') && !text.contains(char::is_whitespace);
            if me.len() > MOST_ADDRESSES || !me.iter().all(is_address) {
                return Err(("me", NO_ADDRESSES));
            }
            viewpoint.me = me.to_vec();
        }
        Ok(viewpoint)
    }

    /// What a query is read against.
    #[must_use]
    pub fn context(&self, now: Timestamp) -> Context {
        let now = now.to_zoned(self.zone.clone());
        let sets = self.sets.clone().map(|sets| Arc::new(sets) as Arc<dyn NamedSets>);
        Context { me: self.me.clone(), sets, ..Context::at(now) }
    }

    /// The name of the zone.
    #[must_use]
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }
}

/// Own addresses of a request: a list, or a text with commas between.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Addresses(pub(crate) Vec<String>);

impl Addresses {
    pub(crate) fn parse(text: &str) -> Self {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        Self(parts.map(str::to_owned).collect())
    }
}

impl<'de> Deserialize<'de> for Addresses {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Either)
    }
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = Addresses;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of addresses, or one text with commas between")
    }

    fn visit_str<E>(self, text: &str) -> Result<Addresses, E> {
        Ok(Addresses::parse(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Addresses, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = list.next_element()? {
            all.push(one);
        }
        Ok(Addresses(all))
    }
}

impl PartialSchema for Addresses {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        ArrayBuilder::new().items(text).into()
    }
}

impl ToSchema for Addresses {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_stays() {
        let own = ["ann@x.example".to_owned()];
        let first = Viewpoint::default().with(Some("Asia/Tokyo"), Some(&own)).unwrap();
        assert_eq!(first.with(None, None).unwrap(), first);
        let second = first.with(Some("UTC"), None).unwrap();
        assert_eq!((second.zone_name(), second.me.as_slice()), ("UTC", &own[..]));
    }

    #[test]
    fn faults_name_the_part() {
        let with = |zone: Option<&str>, me: &[&str]| {
            let me: Vec<_> = me.iter().map(|one| (*one).to_owned()).collect();
            Viewpoint::default().with(zone, Some(&me)).unwrap_err().0
        };
        assert_eq!(with(Some("Atlantis"), &[]), "zone");
        assert_eq!(with(Some("../../etc/passwd"), &[]), "zone");
        assert_eq!(with(None, &["ann"]), "me");
        assert_eq!(with(None, &["a b@x.example"]), "me");
        assert_eq!(with(None, &["a@x"; 101]), "me");
    }

    #[test]
    fn addresses_are_a_list_or_a_text() {
        for json in [r#"["a@x", "b@x"]"#, r#""a@x, b@x""#] {
            let read: Addresses = serde_json::from_str(json).unwrap();
            assert_eq!(read.0, ["a@x", "b@x"], "{json}");
        }
        assert!(serde_json::from_str::<Addresses>("7").is_err());
    }
}
