//! Overload, and bypasses of stages and plugins.

mod bypass;
mod company;
mod storm;
