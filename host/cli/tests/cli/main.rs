//! The command as people use it: what it prints, and how it ends.

mod access;
mod command;
mod demo;
mod policies;
mod recorded;
mod served;
mod watching;
