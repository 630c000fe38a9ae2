//! Open connections that wait for the next request.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::AbortHandle;
use tokio::time::sleep;

use super::connection::Connection;

/// Most idle connections; beyond that, connections close after their request.
const CONNECTIONS: usize = 64;

/// What requests must have in common to share a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Endpoint {
    pub(super) company: Arc<str>,
    /// Scheme, host and port.
    pub(super) origin: String,
    /// The checked address.
    pub(super) address: SocketAddr,
}

/// At most one connection for each endpoint, closed when its time is up.
pub(super) struct IdleConnections {
    timeout: Duration,
    this: Weak<IdleConnections>,
    connections: Mutex<HashMap<Endpoint, (Connection, AbortHandle)>>,
}

impl IdleConnections {
    pub(super) fn new(timeout: Duration) -> Arc<IdleConnections> {
        Arc::new_cyclic(|this| IdleConnections {
            timeout,
            this: Weak::clone(this),
            connections: Mutex::default(),
        })
    }

    /// Removes the endpoint's connection, if it is still open.
    pub(super) fn take(&self, endpoint: &Endpoint) -> Option<Connection> {
        let (connection, timer) = self.connections.lock().remove(endpoint)?;
        timer.abort();
        (!connection.is_closed()).then_some(connection)
    }

    /// Stores a connection whose last answer was read to its end. It replaces
    /// the endpoint's other one.
    pub(super) fn put(&self, endpoint: Endpoint, mut connection: Connection) {
        let (this, timeout) = (Weak::clone(&self.this), self.timeout);
        let expired = endpoint.clone();
        let timer = connection.tasks.spawn(async move {
            sleep(timeout).await;
            if let Some(this) = this.upgrade() {
                this.connections.lock().remove(&expired);
            }
        });
        let mut connections = self.connections.lock();
        if connections.len() < CONNECTIONS || connections.contains_key(&endpoint) {
            connections.insert(endpoint, (connection, timer));
        }
    }
}
