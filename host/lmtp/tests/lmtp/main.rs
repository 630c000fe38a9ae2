//! The listener over real sockets, with mailboxes in memory.

mod bounds;
mod conversation;
mod fuzz;
mod mailboxes;
mod peer;
mod shutdown;
mod sockets;
