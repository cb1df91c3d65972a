//! The messages of a frozen set.

use std::sync::Arc;

use postern_query::SetTest;
use postern_query::schema::StringField;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, Term};

use super::Compiler;
use super::element::Candidates;
use crate::Error;
use crate::format::schema;
use crate::search::documents::{Among, Documents};
use crate::search::work::LOOKUP;

impl Compiler<'_> {
    /// Looks each id up in each segment.
    pub(super) fn set(&self, set: &SetTest) -> Result<Candidates, Error> {
        let field = schema::whole(StringField::Id);
        let meter = self.work.meter(format_args!("set:{}", set.name));
        let mut found = Documents::none(self.searcher);
        for (segment, reader) in (0..).zip(self.searcher.segment_readers()) {
            meter.pay(LOOKUP.saturating_mul(set.ids.len() as u64))?;
            let (index, alive) = (reader.inverted_index(field)?, reader.alive_bitset());
            for id in set.ids.iter() {
                let Some(term) = index.get_term_info(&Term::from_field_text(field, id))? else {
                    continue;
                };
                let mut blocks =
                    index.read_block_postings_from_terminfo(&term, IndexRecordOption::Basic)?;
                while !blocks.docs().is_empty() {
                    let here = blocks.docs().iter();
                    let here = here.filter(|one| alive.is_none_or(|alive| alive.is_alive(**one)));
                    here.for_each(|one| found.insert(DocAddress::new(segment, *one)));
                    blocks.advance();
                }
            }
        }
        Ok(Candidates::exact(Box::new(Among(Arc::new(found)))))
    }
}
