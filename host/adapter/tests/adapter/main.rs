//! The crate from outside: signatures against published and independently computed
//! vectors, and mutated requests and texts.

mod bit_flips;
mod fuzz;
mod refusals;
mod sample;
mod signed_jwt;
mod vectors;
