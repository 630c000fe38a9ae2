//! The command as people use it: what it prints, and how it ends.

mod access;
mod command;
mod day;
mod demo;
mod operators;
mod policies;
mod recorded;
mod secured;
mod served;
mod trials;
mod watching;
