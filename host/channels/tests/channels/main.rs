//! The crate from outside: signatures against published and independently
//! computed vectors, and each adapter on deliveries, replies and answers.

mod bit_flips;
mod email;
mod exchange;
mod facebook;
mod fuzz;
mod golden;
mod instagram;
mod refusals;
mod sample;
mod sms;
mod telegram;
mod vectors;
mod whatsapp;
