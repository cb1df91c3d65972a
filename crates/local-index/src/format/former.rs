//! An index of a former format: its fields lie where those of this one do, and the last ones are missing.

use postern_query::{Condition, Predicate, TextTest, Whose};
use tantivy::schema::{Field, FieldEntry, Schema};

use super::schema::{CONTENTS, PASSAGES_NAME, schema};
use crate::Error;

/// The first format that this version reads and upgrades.
pub(crate) const OLDEST: u32 = 13;

/// An index of a former format, if its fields are such that it can be read.
///
/// # Errors
///
/// When they are not.
pub(crate) fn checked(index: tantivy::Index) -> Result<tantivy::Index, Error> {
    if is_readable(&index.schema()) {
        return Ok(index);
    }
    Err(Error::Corrupt("its fields are not those of its version".into()))
}

/// Whether every field lies where it does now, with values of the same type.
fn is_readable(former: &Schema) -> bool {
    let now = schema();
    let is_same = |one: &FieldEntry, other: &FieldEntry| {
        one.name() == other.name()
            && one.field_type().value_type() == other.field_type().value_type()
            && one.is_fast() == other.is_fast()
            && one.is_indexed() == other.is_indexed()
    };
    former.num_fields() <= now.num_fields()
        && former.fields().all(|(field, entry)| is_same(entry, now.get_field_entry(field)))
}

/// Whether an index has a field.
pub(crate) fn has(schema: &Schema, field: Field) -> bool {
    (field.field_id() as usize) < schema.num_fields()
}

/// Refuses a condition on what the index lacks.
///
/// # Errors
///
/// [`Error::Upgrading`].
pub(crate) fn check(schema: &Schema, condition: &Condition) -> Result<(), Error> {
    // Nearly every index has all there is.
    if has(schema, CONTENTS) {
        return Ok(());
    }
    let mut missing = None;
    condition.for_each_leaf(&mut |leaf| {
        let lacking = needs(&leaf.value).filter(|(_, name)| schema.get_field(name).is_err());
        missing = missing.or(lacking.map(|(operator, _)| operator));
    });
    missing.map_or(Ok(()), |operator| Err(Error::Upgrading { operator }))
}

/// What a condition needs that came with a format after the [oldest](OLDEST): an operator that asks for it, and the
/// name of the field.
fn needs(predicate: &Predicate) -> Option<(&'static str, &'static str)> {
    let Predicate::Text(TextTest { fields, .. }) = predicate else { return None };
    fields.iter().find_map(|field| {
        let operator = match field.whose()? {
            Whose::New => "new:",
            Whose::Quoted | Whose::Signature => "quoted:",
        };
        Some((operator, PASSAGES_NAME))
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use postern_query::{Context, parse};
    use tantivy::schema::INDEXED;

    use super::super::schema::PASSAGES;
    use super::*;

    /// The first fields of an index.
    fn first(fields: u32) -> Schema {
        let mut builder = Schema::builder();
        for (_, entry) in schema().fields().take(fields as usize) {
            builder.add_field(entry.clone());
        }
        builder.build()
    }

    fn refused(schema: &Schema, query: &str) -> Option<String> {
        let context = Context::utc(Timestamp::UNIX_EPOCH);
        let query = parse(query, &context).unwrap().query;
        check(schema, query.condition()).err().map(|error| error.to_string())
    }

    #[test]
    fn what_a_former_format_lacks_is_refused_by_name() {
        let [of_13, of_14] = [0, 1].map(|more| first(PASSAGES.field_id() + more));
        for (query, refused_by_13) in [
            ("invoice from:ann has:attachment contents:due", None),
            ("quoted:due", Some("`quoted:` has to wait")),
            ("invoice OR -new:due", Some("`new:` has to wait")),
        ] {
            let told = refused(&of_13, query);
            let is_told = |part: &str| told.as_deref().is_some_and(|told| told.contains(part));
            assert!(refused_by_13.map_or(told.is_none(), is_told), "{query}: {told:?}");
            for schema in [&of_14, &schema()] {
                assert_eq!(refused(schema, query), None, "{query}");
            }
        }
    }

    #[test]
    fn fields_that_lie_elsewhere_are_not_read() {
        assert!([0, 1, 2].iter().all(|more| is_readable(&first(PASSAGES.field_id() + more))));
        let mut builder = Schema::builder();
        builder.add_bool_field("starred", INDEXED);
        assert!(!is_readable(&builder.build()));
        let mut longer = Schema::builder();
        for (_, entry) in schema().fields() {
            longer.add_field(entry.clone());
        }
        longer.add_bool_field("starred", INDEXED);
        assert!(!is_readable(&longer.build()), "that of a later format");
    }
}
