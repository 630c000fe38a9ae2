//! Pushes to and pulls from a registry in the process, which may lie.

mod authorization;
mod docker;
mod example;
mod lies;
mod signatures;
mod tags;
mod transfers;
