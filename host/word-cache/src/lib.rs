//! Searches the words of conversations, and keeps the words of those that were searched in
//! memory.
//!
//! The journal has the words of a conversation as lists, each sealed under the key of a
//! contact. Reading and opening the lists of 10,000 conversations takes some hundred
//! milliseconds; searching their words in memory takes a few. So the first search of a
//! company opens them, commits keep them current, and later searches open only what is
//! missing. The journal has all of it: an entry can be dropped at any time.
//!
//! | | |
//! | --- | --- |
//! | erasure | drops all entries with words of the contact, before it is acknowledged |
//! | a merge or split of contacts | changes nothing: an entry belongs to a conversation, and its words to the contacts that wrote them |
//! | memory | is counted, and bounded for each company and the host |
//! | idle | a company that no caller searches or lists has nothing in memory |
#![forbid(unsafe_code)]

mod byte_budget;
mod company_words;
mod conversation_words;
mod figures;
mod word_cache;
mod word_reading;
mod word_search;

pub use byte_budget::CacheBounds;
pub use conversation_words::open_list;
pub use figures::CacheFigures;
pub use word_cache::{CommitMark, CommittedWords, WordCache};
pub use word_search::{FoundConversations, SearchPart, SearchScope, WordSearch};
