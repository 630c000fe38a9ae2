//! Sessions with a server that a script plays.

mod fuzz;
mod login;
mod mails;
mod server;
mod wait;
