//! Activations while customers write: no decision fails, no interaction is lost
//! or out of order, and every answer is from the generation in its stamp.

mod activations;
mod fixture;
mod inquiries;
mod rollout;
