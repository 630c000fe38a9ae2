//! Takes mails in from the company's own mail server, by LMTP (RFC 2033). What a mail
//! is, and whose, the implementation of [`Mailboxes`] says; here is the protocol alone.
//!
//! ```text
//!  mail server ─▶ Listener ─▶ Session (bytes ▸ commands, content) ─▶ Mailboxes::find, deliver
//!              ◀─ replies ◀── one for each recipient, after Mailboxes::deliver
//! ```
//!
//! - [`Session`] is the protocol as a state machine over bytes, without I/O.
//! - [`Listener`] accepts connections, keeps time, and ends them when the server stops.
//!
//! There is no authentication: [`LmtpSettings`] say which peers may deliver, and only
//! addresses that the operator lists are taken. Nothing is relayed.

mod command;
mod connection;
mod content;
mod counts;
mod listener;
mod mailboxes;
mod path;
mod reply;
mod session;
mod settings;

pub use counts::{ConnectionResult, LmtpCounts, LmtpReading};
pub use listener::{BindError, Listener, LmtpServer};
pub use mailboxes::{Deferral, Lookup, Mail, Mailboxes, Verdict};
pub use session::{Session, Step};
pub use settings::{InvalidPattern, LmtpAddress, LmtpSettings, is_private};
