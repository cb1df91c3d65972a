//! The files that a commit of tantivy is made of.

use std::collections::BTreeSet;
use std::path::Path;

use tantivy::directory::{Directory as _, RamDirectory};
use tantivy::index::SegmentComponent;
use tantivy::{IndexMeta, SegmentMeta};

use crate::Error;
use crate::format::disk::META;

/// The files of a segment, all of which are there whatever its messages hold.
const COMPONENTS: [SegmentComponent; 6] = [
    SegmentComponent::Postings,
    SegmentComponent::Positions,
    SegmentComponent::Terms,
    SegmentComponent::Store,
    SegmentComponent::FastFields,
    SegmentComponent::FieldNorms,
];

/// The names of the files of a commit.
pub(crate) fn of(meta: &IndexMeta) -> BTreeSet<String> {
    let name = |segment: &SegmentMeta, component: SegmentComponent| {
        segment.relative_path(component).display().to_string()
    };
    let mut names = BTreeSet::new();
    for segment in &meta.segments {
        names.extend(COMPONENTS.map(|component| name(segment, component)));
        if segment.has_deletes() {
            names.insert(name(segment, SegmentComponent::Delete));
        }
    }
    names
}

/// The names of the files of a commit, of which [`META`] says this.
///
/// # Errors
///
/// When it says nothing that can be read.
pub(crate) fn named_in(meta: &[u8]) -> Result<BTreeSet<String>, Error> {
    let alone = RamDirectory::create();
    alone.atomic_write(Path::new(META), meta)?;
    Ok(of(&tantivy::Index::open(alone)?.load_metas()?))
}
