//! Overload, and bypasses of stages and plugins.

mod assessment;
mod bypass;
mod company;
mod storm;
