//! The number of a format stands for one schema.

use sha2::{Digest as _, Sha256};
use tantivy::schema::{INDEXED, Schema};

use super::folder::FORMAT;
use super::schema::schema;

/// The schema of each format that was written since 8. Another schema needs the next number, or an index of
/// before is misread: raise `FORMAT`, and add a line here. A line that stands here is never changed.
const SCHEMAS: &[(u32, &str)] = &[
    (8, "7bac555d4ebd17e7"),
    (9, "4ed31ea9a84098a5"),
    (10, "54a69405f8c54b6e"),
    (11, "54a69405f8c54b6e"),
    (12, "c98c81a13ca8fb10"),
    (13, "c98c81a13ca8fb10"),
    (14, "0fb59c790b372198"),
    (15, "9f2275fd54a94df9"),
];

fn digest(schema: &Schema) -> String {
    let text = serde_json::to_vec(schema).unwrap();
    let digits =
        Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>();
    digits.concat()
}

/// Whether this is the schema of a format.
fn fits(format: u32, schema: &Schema) -> bool {
    SCHEMAS.contains(&(format, &digest(schema)))
}

#[test]
fn another_schema_has_another_format() {
    let schema = schema();
    assert!(fits(FORMAT, &schema), "raise FORMAT, and add ({}, {:?})", FORMAT + 1, digest(&schema));
}

#[test]
fn a_field_more_is_another_schema() {
    let with = |more: &[&str]| {
        let mut builder = Schema::builder();
        for (_, entry) in schema().fields() {
            builder.add_field(entry.clone());
        }
        for name in more {
            builder.add_bool_field(name, INDEXED);
        }
        builder.build()
    };
    assert!(fits(FORMAT, &with(&[])), "the same fields");
    assert!(!fits(FORMAT, &with(&["starred"])));
}

#[test]
fn no_format_stands_twice() {
    assert!(SCHEMAS.is_sorted_by(|before, after| before.0 < after.0));
}
