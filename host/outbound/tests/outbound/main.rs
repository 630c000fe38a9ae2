//! The way out against a server on this machine, over real connections.

mod courier;
mod rules;
mod sink;
mod trust;
mod webhook;
