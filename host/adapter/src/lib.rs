//! What an adapter of a channel is, and what adapters are built of. Every rule is a pure
//! function over bytes: no I/O, no clock, no HTTP types, and no knowledge of any single
//! adapter. Bytes and times come in as parameters, and values come out, so every rule is
//! a plain test.
//!
//! The stages of a delivery show in the types:
//!
//! 1. [`InboundRequest`]: what came over the wire, unverified.
//! 2. [`Adapter::handshake`] answers the provider's registration requests.
//! 3. [`Adapter::verify`] gives a [`VerifiedRequest`]; only that can be decoded.
//! 4. [`Adapter::decode`] gives [`Item`]s. One that cannot be decoded does not
//!    keep the others out.
//!
//! The stages of a reply:
//!
//! 1. [`AdapterKind::reply_window`] tells until when the channel takes a reply.
//! 2. [`Adapter::encode`] gives [`Outbound`]s, the parts of the reply: requests, files, or
//!    a mail. [`Adapter::encode_file`] makes the request of a file when its turn comes.
//! 3. [`Adapter::outcome`] maps what came back to one [`Outcome`].
//!
//! A help desk that keeps the conversation itself gets a [`DecisionReport`] of each message:
//! [`Adapter::encode_decision`] writes labels, assignment and notes there.
//!
//! A file of an interaction is a [`MediaReference`]. [`Adapter::media`] gives the request
//! with which fetching it begins, [`Adapter::media_location`] where an answer says that
//! it is.
//! [`Adapter::probe`] asks the provider whether a connection works, and
//! [`Adapter::probe_result`] tells what an answer shows.
//!
//! A provider that the host must ask is read by [`Adapter::poll`]. Access tokens that have
//! to be renewed come from a [`TokenSource`].
//!
//! Comments mark as *assumption* what is general knowledge of a platform and was
//! not seen in its documentation or in published tests: compare it with the
//! provider's page before a release depends on it.

mod account;
mod adapter;
mod attributes;
mod decision_report;
pub mod document;
pub mod escaped_text;
pub mod field;
pub mod form;
mod inbound_way;
mod item;
pub mod media;
mod message_id;
mod multipart;
mod outcome;
pub mod poll;
pub mod probe;
mod reply;
mod request;
mod secret;
mod setting;
mod split;
pub mod token;
pub mod verify;

pub use account::{AccountConfig, ConfigError, SecretStore, api_base};
pub use adapter::{
    Adapter, AdapterKind, MailRecipient, ReplyPeriod, SecretRole, Sending, reply_any_time,
};
pub use attributes::Attributes;
pub use decision_report::DecisionReport;
pub use inbound_way::InboundWay;
pub use item::{
    AddressChange, DecodedInteraction, DeliveryStatus, InteractionKind, Item, MOST_ITEMS,
    OptOutChange, Undecodable, blank_interaction,
};
pub use message_id::{CompanyKey, MessageIds};
pub use multipart::{FormFile, multipart};
pub use outcome::{
    Exchange, Failure, FailureKind, LONGEST_WAIT, MailAnswer, Outcome, Reason, Receipt, Response,
};
pub use patchbay_files::{FileRules, TextPlace, TypeRule, picture_size};
pub use patchbay_model::opt_out_entry::MessagePurpose;
pub use reply::{
    Credential, EncodeError, FileRequest, MailCredential, Outbound, OutboundFile, OutboundMail,
    OutboundRequest, Reply, ReplyFile, ReplyMessage, ReplyWindow, RequestMethod, TemplateReply,
};
pub use request::{Acknowledgement, Headers, InboundRequest, Method};
pub use secret::{Secret, SecretError, Secrets};
pub use setting::Setting;
pub use split::{Unsplittable, split_text};
pub use token::TokenSource;
pub use verify::{Rejection, Scheme, VerifiedRequest};
