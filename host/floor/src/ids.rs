//! Numbers of agents, pools and waiting groups, and the order in which
//! conversations wait.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;

/// Index of an agent in `Floor::agents`. Never reused, so a conversation's
/// refusals stay attributed to the right agent.
pub(super) type AgentSlot = usize;

/// Key of a pool. Reused after the pool is dropped.
pub(super) type PoolId = usize;

/// Key of a waiting group. Reused after the group is empty.
pub(super) type GroupId = usize;

/// Order of waiting: highest priority first, then oldest, then by id.
pub(super) type WaitOrder = (Reverse<u8>, Timestamp, Arc<str>);
