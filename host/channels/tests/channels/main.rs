//! The crate from outside: signatures against published and independently
//! computed vectors, and each adapter on deliveries, replies and answers.

mod bit_flips;
mod chat;
mod email;
mod exchange;
mod facebook;
mod fuzz;
mod golden;
mod instagram;
mod line;
mod media;
mod probes;
mod refusals;
mod sample;
mod settings;
mod slack;
mod sms;
mod standard_webhooks;
mod telegram;
mod vectors;
mod viber;
mod whatsapp;
mod x;
