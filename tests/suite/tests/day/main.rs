//! Overload, bypasses of stages and plugins, and decisions made again.

mod assessment;
mod bypass;
mod company;
mod decided_again;
mod incidents;
mod storm;
