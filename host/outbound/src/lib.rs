//! The way out: what lies in an outbox is given to the targets that wait for
//! it, at least once, with the same key and the same bytes at each attempt.
//!
//! ```text
//!  Post::due ─▶ Courier ─▶ Webhook ─▶ Egress ─▶ target
//!   whoever      what is     signed,    only where
//!   holds the    sent now    with its   it may
//!   outbox       and what    key
//!      ▲         waits
//!      └──────── delivered · later · dead
//! ```
//!
//! Nothing here knows how an outbox is kept: it comes in through the trait
//! [`Post`](courier::Post).

pub mod courier;
pub mod egress;
pub mod webhook;
