#![doc = include_str!("../README.md")]

pub mod contents;
mod file;
mod guard;
mod html;
mod kind;
mod outlook;
mod parse;
pub mod source;
mod unpack;

pub use file::read_file;
pub use html::layout::{MAX_DEPTH, MAX_HTML, MAX_TAGS, is_shown, well_nested};
pub use html::safe::{Showing, escaped, picture_type, shown};
pub use html::to_text as html_to_text;
pub use outlook::{Outline, eml_of, outline};
pub use parse::parts::{AttachedFile, file_of, files_of, html_of, linked};
pub use parse::{parse, parse_with};
pub use postern_document::{self as document, File, id_of, id_of_stream, quoted};

/// Bytes of one text that are read; the rest of a longer one is left out.
const MAX_TEXT: usize = 8 << 20;
