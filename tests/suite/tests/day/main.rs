//! Overload, bypasses of stages and plugins, incidents, and decisions made again
//! or no more.

mod assessment;
mod breakers;
mod bypass;
mod closed;
mod company;
mod decided_again;
mod incidents;
mod storm;
