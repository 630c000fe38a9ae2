//! What configuration is read with: durations and byte sizes, web addresses, the table of the
//! host's bounds, and problems of files with their place and a suggestion. No I/O: texts come
//! in as parameters. It knows nothing of what a file configures.

pub mod bound;
pub mod document_kind;
pub mod duration;
pub mod excerpt;
pub mod file_problem;
pub mod name_suggestion;
pub mod toml_document;
pub mod toml_place;
pub mod web_address;
