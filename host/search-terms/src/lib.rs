//! The words by which texts are found: from a text to its terms, and from what a person
//! types to the terms that a text must have. No I/O.
//!
//! | | terms |
//! | --- | --- |
//! | a word | the word without case, accents and compatibility forms |
//! | digits joined to others by one sign, such as `AB-1234` | each part, and up to four neighbours written together: `ab1234` |
//! | letters and digits in one, such as `RX4711` | the whole, and its numbers of three digits or more |
//! | scripts without spaces between words, such as Han and Thai | each pair of neighbouring characters, and the last character |
//!
//! A letter alone is no term. There is no stemming: instead a searched word of three
//! characters or more also finds the words that begin with it.
#![forbid(unsafe_code)]

pub mod folded_words;
mod pieces;
mod query;
mod terms;
mod word_list;

pub use query::{MAX_WORDS, ParseQueryError, QueryMatcher, SearchQuery};
pub use terms::{MAX_TERMS, TERM_BYTES, terms};
pub use word_list::WordList;

/// Version of the rules. Word lists that were made by another version are made again;
/// raise it with every change that gives a text other terms.
pub const RULES: u64 = 1;
