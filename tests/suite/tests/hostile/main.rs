//! Guests that break each limit. The outcome is typed, and the next decision
//! succeeds. Also: values that a well-behaved guest reads and answers arrive
//! unchanged.

mod address_space;
mod answers;
mod assertions;
mod cache;
mod components;
mod crowds;
mod instances;
mod limits;
mod mutated_components;
mod prepare;
mod reach;
mod reads;
mod replays;
