//! What the channels of Meta have in common: an app with its accounts and secrets,
//! the handshake, the walk through a delivery, and the meaning of answers.
//! WhatsApp uses these; [`Inbox`] is the whole adapter of Facebook and Instagram.

mod answer;
mod app;
mod attachment;
mod comment;
mod direct_message;
mod envelope;
mod error_code;
mod file;
mod handshake;
mod inbox;
mod media;
mod outbound;
pub(crate) mod probe;

pub(crate) use self::answer::outcome;
pub(crate) use self::app::{ACCESS_TOKEN, APP_SECRET, App, VERIFY_TOKEN};
pub(crate) use self::comment::Comment;
pub(crate) use self::envelope::{Items, items, one, read, read_change};
pub(crate) use self::error_code::{ErrorCodes, Row};
pub(crate) use self::file::check as check_file;
pub(crate) use self::inbox::{Account, Inbox, Product, reply_period};
pub(crate) use self::media::{OF_COMMENT, OF_POST};
