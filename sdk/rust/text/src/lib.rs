//! Reads what people write, for policies and for the host. No dependencies, native and WebAssembly.
//!
//! - [`fold_characters`] replaces characters that look like plain letters and digits (full-width,
//!   mathematical, mixed-in Cyrillic) and removes invisible ones, and keeps the place of each part.
//! - [`words`], [`fold_case`], [`find_words`] and [`contains_words`] compare words without regard to
//!   case, accents and look-alikes, and only whole words.
//! - [`mail`] finds what somebody wrote in a mail now, and recognises automatic mail.

#![warn(missing_docs, unreachable_pub, unused_qualifications)]
#![deny(unsafe_code)]

mod accent;
mod confusable;
mod fold;
mod rewrite;
mod words;

pub mod mail;

pub use accent::without_accent;
pub use fold::{digit, fold_characters, is_ignorable};
pub use rewrite::{Rewriter, Rewritten};
pub use words::{Word, contains_words, find_words, fold_case, words};
