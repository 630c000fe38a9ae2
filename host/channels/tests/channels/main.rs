//! The crate from outside: signatures against published and independently
//! computed vectors.

mod bit_flips;
mod refusals;
mod sample;
mod vectors;
