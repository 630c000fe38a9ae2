//! Outbound deliveries: signed webhooks, the rules for outgoing connections,
//! and retries. A delivery arrives at least once, with the same key and the
//! same bytes at every attempt.
//!
//! ```text
//!  Outbox::load_due ─▶ Courier ─▶ Webhook ─▶ Egress ─▶ target
//!       ▲              order,      key and    address
//!       │              retries     signature  rules
//!       └── mark_delivered · schedule_retry · mark_failed
//! ```
//!
//! The crate stores nothing: the caller implements
//! [`Outbox`](courier::Outbox).

pub mod courier;
pub mod egress;
pub mod webhook;
