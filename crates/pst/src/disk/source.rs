//! The bytes of a file, and how many of them may still be read.

use std::cell::{Cell, OnceCell, RefCell};
use std::io::{Read, Seek, SeekFrom};
use std::num::NonZeroUsize;
use std::rc::Rc;

use lru::LruCache;

use super::header::{self, Header, Reference};
use super::page::{Kind, Page};
use super::salvage::Salvaged;
use super::tree::{NodeEntry, Walked};
use crate::OpenError;
use crate::error::Fault;
use crate::layout::Layout;

/// Pages that are kept: 2 MiB of them, or 4 MiB of large ones.
const PAGES: NonZeroUsize = NonZeroUsize::new(4096).unwrap();
const LARGE_PAGES: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// How often the bytes of a file may be read: an ordinary one is read little more than once.
const TIMES: u64 = 8;
/// And for small files.
const WORK: u64 = 16 << 20;

/// A file with its pages and blocks.
#[derive(Debug)]
pub(crate) struct Disk<R> {
    file: RefCell<R>,
    length: u64,
    header: Header,
    pages: RefCell<LruCache<u64, (Kind, Rc<Page>)>>,
    left: Cell<u64>,
    salvaged: OnceCell<Salvaged>,
    is_damaged: Cell<bool>,
}

impl<R: Read + Seek> Disk<R> {
    pub(crate) fn open(mut file: R) -> Result<Self, OpenError> {
        let length = file.seek(SeekFrom::End(0))?;
        file.rewind()?;
        let mut head = Vec::with_capacity(header::LENGTH);
        file.by_ref().take(header::LENGTH as u64).read_to_end(&mut head)?;
        let header = Header::read(&head)?;
        let pages = match header.layout {
            Layout::Ansi | Layout::Unicode => PAGES,
            Layout::Large => LARGE_PAGES,
        };
        Ok(Self {
            file: RefCell::new(file),
            length,
            header,
            pages: RefCell::new(LruCache::new(pages)),
            left: Cell::new(length.saturating_mul(TIMES).saturating_add(WORK)),
            salvaged: OnceCell::new(),
            is_damaged: Cell::new(false),
        })
    }

    pub(crate) const fn layout(&self) -> Layout {
        self.header.layout
    }

    pub(crate) const fn header(&self) -> &Header {
        &self.header
    }

    /// Bytes of the file.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// Whether anything was not as it must be.
    pub(crate) fn is_damaged(&self) -> bool {
        self.is_damaged.get()
    }

    pub(crate) fn set_damaged(&self) {
        self.is_damaged.set(true);
    }

    /// Bytes out of the file, which must have so many there.
    pub(crate) fn read(&self, place: u64, length: usize) -> Result<Vec<u8>, Fault> {
        const CUT_OFF: Fault = Fault::Damaged("the file ends before it");
        let end =
            place.checked_add(length as u64).filter(|end| *end <= self.length).ok_or(CUT_OFF)?;
        debug_assert!(end >= place);
        self.charge(length as u64)?;
        let mut file = self.file.borrow_mut();
        file.seek(SeekFrom::Start(place))?;
        let mut bytes = vec![0; length];
        match file.read_exact(&mut bytes) {
            Ok(()) => Ok(bytes),
            // It was cut while it is read.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(CUT_OFF),
            Err(error) => Err(error.into()),
        }
    }

    /// Counts work, of which a file that leads round in circles would cause no end.
    pub(crate) fn charge(&self, work: u64) -> Result<(), Fault> {
        let left = self.left.get().checked_sub(work).ok_or(Fault::Endless)?;
        self.left.set(left);
        Ok(())
    }

    /// The page of a tree at that place.
    pub(super) fn cached_page(&self, kind: Kind, place: u64) -> Result<Rc<Page>, Fault> {
        const NONE: Fault = Fault::Damaged("a page of a tree cannot be read");
        if let Some((of, page)) = self.pages.borrow_mut().get(&place) {
            return if *of == kind { Ok(Rc::clone(page)) } else { Err(NONE) };
        }
        let bytes = self.read(place, self.layout().page())?;
        let page = Rc::new(Page::new(self.layout(), kind, bytes).ok_or(NONE)?);
        if !page.is_intact {
            self.set_damaged();
        }
        self.pages.borrow_mut().put(place, (kind, Rc::clone(&page)));
        Ok(page)
    }

    /// What a scan of the whole file finds, which happens once and only in damaged files.
    pub(super) fn salvaged(&self) -> Result<&Salvaged, Fault> {
        self.set_damaged();
        if let Some(salvaged) = self.salvaged.get() {
            return Ok(salvaged);
        }
        let scanned = Salvaged::scan(self)?;
        Ok(self.salvaged.get_or_init(|| scanned))
    }

    /// Every node: those of the tree, and where the tree is damaged, those that a scan finds besides.
    /// `with_deleted` looks for the others in any file.
    pub(crate) fn nodes(&self, with_deleted: bool) -> Result<Nodes, Fault> {
        let Walked { nodes, is_whole } = self.walk_nodes(self.header.nodes)?;
        let mut nodes =
            Nodes(nodes.into_iter().map(|entry| Node { entry, is_found: false }).collect());
        if !is_whole || with_deleted {
            let damaged = self.is_damaged();
            let found =
                self.salvaged()?.nodes.iter().filter(|entry| nodes.get(entry.node).is_none());
            let found: Vec<_> = found.map(|entry| Node { entry: *entry, is_found: true }).collect();
            nodes.0.extend(found);
            nodes.0.sort_by_key(|node| node.entry.node);
            self.is_damaged.set(damaged || !is_whole);
        }
        Ok(nodes)
    }

    pub(super) const fn block_root(&self) -> Reference {
        self.header.blocks
    }
}

/// A node of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) entry: NodeEntry,
    /// It is not in the tree, and a scan found it.
    pub(crate) is_found: bool,
}

/// The nodes of a file, by number.
#[derive(Debug)]
pub(crate) struct Nodes(Vec<Node>);

impl Nodes {
    pub(crate) fn get(&self, node: u32) -> Option<NodeEntry> {
        let at = self.0.binary_search_by_key(&node, |one| one.entry.node).ok()?;
        self.0.get(at).map(|node| node.entry)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Node> {
        self.0.iter().copied()
    }
}
