//! Outbound deliveries: destinations, the rules for outgoing connections, and
//! retries. A delivery to a webhook arrives at least once, with the same key and
//! the same bytes at every attempt.
//!
//! ```text
//!  Outbox::load_due ─▶ Courier ─▶ Destination ─▶ Egress ─▶ target
//!       ▲              order,      a webhook:     address
//!       │              retries     key, signature rules
//!       └── mark_delivered · schedule_retry · hold · mark_failed
//! ```
//!
//! The crate stores nothing: the caller implements
//! [`Outbox`](courier::Outbox) and, beside [`Webhook`](webhook::Webhook),
//! [`Destination`](courier::Destination).

pub mod courier;
pub mod egress;
pub mod webhook;
