//! Reads mails from a folder of a mail server by IMAP (RFC 9051, RFC 3501), and changes
//! nothing there: the folder is opened by EXAMINE and mails are read by BODY.PEEK.
//!
//! ```text
//!  bytes ─▶ ResponseReader (lines ▸ literals) ─▶ Response ─▶ Session ─▶ caller
//!  bytes ◀──────────────── commands ◀──────────────────────── Session
//! ```
//!
//! - `ResponseReader` and `Response` are pure functions over bytes, and bounded: a literal
//!   that is longer than the command asked for ends the session before it is read.
//! - [`Session`] sends one command at a time over any stream. Who opens the stream, and
//!   with which encryption, is the caller's.
//!
//! Nothing here writes to a log. Errors contain a server's response code at most, never
//! its text, a user or a password.

mod error;
mod folder_name;
mod login;
mod reader;
mod response;
mod session;
mod value;

pub use error::{ImapError, ImapStep, Violation};
pub use login::{InvalidLogin, Login};
pub use session::{Change, Session, SessionLimits};
