//! Connects the adapters of channels to intake and to the outbox. It holds the open
//! connections of every company, and does what the pure functions of an adapter say:
//!
//! ```text
//!  provider ─▶ webhook ─▶ Gateway::receive ─▶ verify ▸ decode ─▶ Desk::accept
//!  mail server ─▶ LMTP ─▶ Gateway::receive_mail ──────▸ decode ─▶ Desk::accept
//!  mailbox ◀─▶ IMAP ◀─ egress ◀─ Poller ──────────────▸ decode ─▶ Desk::accept ─▶ cursor
//!                                                    ├─▶ receipts (states of our messages)
//!                                                    └─▶ quarantine (cannot be decoded)
//!  provider ◀─ egress ◀── ConnectionDestination ◀── encode ◀── Courier ◀─ replies, decisions
//!                └─▶ outcome ─▶ receipts
//! ```
//!
//! The web chat has no provider: pages of the company's site begin sessions, send messages
//! and read histories by [`Gateway::web_chat`], and a reply is sent once it is in the
//! history.
//!
//! Nothing here waits for a decision: a delivery is answered once its interactions
//! are on disk.

mod access_tokens;
mod batch;
mod connection;
mod connection_test;
mod connections;
mod decision_delivery;
mod decision_document;
mod destination;
mod file_download;
mod gateway;
mod http_request;
mod inbound;
mod mail;
mod mailbox_session;
mod part;
mod part_request;
mod planted_key;
mod poll_host;
mod poll_query;
mod poll_state;
mod poller;
mod pollers;
mod quarantined_request;
mod reconciliation;
mod renewals;
mod reply_attempt;
mod reply_document;
mod reply_source;
mod reply_target;
mod rerun;
mod sending_places;
mod stored_media;
mod transcription;
mod web_chat;

pub use connection::{ConnectionState, DeliveryResult};
pub use connection_test::ConnectionTest;
pub use destination::ConnectionDestination;
pub use file_download::{DownloadError, DownloadLimits, FileDownload};
pub use gateway::{BodyLimit, ConnectionReport, Gateway};
pub use inbound::{ProviderRequest, Reception};
pub use mail::{MailAddressee, MailConnection, MailReception};
pub use poll_host::{HostRefusal, PollHost};
pub use poll_state::{PollActivity, PollState};
pub use pollers::Pollers;
pub use reply_target::ReplyTarget;
pub use rerun::Rerun;
pub use transcription::TranscriptionService;
pub use web_chat::{
    ChatConnection, ChatFile, ChatLookup, ChatRefusal, History, HistoryContent, HistoryItem,
    HistoryPage, SessionGrant, Visitor,
};
