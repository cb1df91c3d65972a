//! The index as bare tantivy sees it.

use std::path::Path;

use postern_query::schema::InstantField;
use tantivy::collector::{Collector, Count, TopDocs};
use tantivy::query::Query;
use tantivy::schema::Field;
use tantivy::{DocAddress, Order, Searcher, TantivyDocument};

use crate::PAGE;

pub(crate) struct Bare {
    pub(crate) searcher: Searcher,
}

impl Bare {
    pub(crate) fn open(data: &Path) -> Self {
        let index = tantivy::Index::open_in_dir(data.join("index/tantivy")).unwrap();
        Self { searcher: index.reader().unwrap().searcher() }
    }

    pub(crate) fn field(&self, name: &str) -> Field {
        self.searcher.schema().get_field(name).unwrap()
    }

    pub(crate) fn messages(&self) -> u64 {
        self.searcher.num_docs()
    }

    pub(crate) fn segments(&self) -> usize {
        self.searcher.segment_readers().len()
    }

    /// The newest 50 and the count in one go.
    pub(crate) fn newest(&self, query: &dyn Query) -> usize {
        let (count, page) = self.searcher.search(query, &(Count, newest())).unwrap();
        self.read(page);
        count
    }

    /// The same, one after the other.
    pub(crate) fn newest_counted_first(&self, query: &dyn Query) -> usize {
        let count = query.count(&self.searcher).unwrap();
        self.read(self.searcher.search(query, &newest()).unwrap());
        count
    }

    /// The best 50 and the count in one go.
    pub(crate) fn best(&self, query: &dyn Query) -> usize {
        let best = TopDocs::with_limit(PAGE).order_by_score();
        let (count, page) = self.searcher.search(query, &(Count, best)).unwrap();
        self.read(page);
        count
    }

    /// The same, one after the other: alone, the best are found without looking at every match.
    pub(crate) fn best_counted_first(&self, query: &dyn Query) -> usize {
        let count = query.count(&self.searcher).unwrap();
        let best = TopDocs::with_limit(PAGE).order_by_score();
        self.read(self.searcher.search(query, &best).unwrap());
        count
    }

    fn read<T>(&self, page: Vec<(T, DocAddress)>) {
        for (_, address) in page {
            assert!(self.searcher.doc::<TantivyDocument>(address).is_ok());
        }
    }
}

fn newest() -> impl Collector<Fruit = Vec<(Option<i64>, DocAddress)>> {
    TopDocs::with_limit(PAGE).order_by_fast_field::<i64>(InstantField::Received.path(), Order::Desc)
}
