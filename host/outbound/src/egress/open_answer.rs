//! An answer whose body is read piece by piece.

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderMap;
use hyper::{Method, StatusCode};
use patchbay_config::web_address::WebAddress;
use tokio::time::{Duration, Instant, timeout_at};

use super::Egress;
use super::connection::Connection;
use super::error::{EgressError, EgressProblem};
use super::exchange::{Delivery, request};
use super::idle_connections::{Endpoint, IdleConnections};
use super::whole_answer::Departure;

/// An answer whose head was read. Dropping it closes the connection, unless its
/// body was read to the end.
pub struct OpenAnswer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The address that answered.
    pub address: SocketAddr,
    origin: String,
    body: Incoming,
    connection: Option<(Endpoint, Connection)>,
    idle: Arc<IdleConnections>,
}

impl Egress {
    /// Sends a request and reads the head of the answer, both within `limit`.
    ///
    /// # Errors
    /// No answer. The host may have received the request, unless
    /// [`EgressError::is_refusal`].
    pub async fn open(
        &self,
        method: Method,
        to: &WebAddress,
        headers: HeaderMap,
        body: Bytes,
        (delivery, limit): (Delivery, Duration),
    ) -> Result<OpenAnswer, EgressError> {
        let exchange = async {
            let request = request(to, method, headers, body)
                .map_err(|error| EgressProblem::Interrupted(error.to_string()))?;
            let (response, connection, endpoint) = self
                .send(to, request, delivery, &Departure::default())
                .await?;
            let address = endpoint.address;
            let (head, body) = response.into_parts();
            Ok(OpenAnswer {
                status: head.status,
                headers: head.headers,
                address,
                origin: to.origin(),
                body,
                connection: Some((endpoint, connection)),
                idle: Arc::clone(&self.idle),
            })
        };
        let step = "answer";
        timeout_at(Instant::now() + limit, exchange)
            .await
            .unwrap_or(Err(EgressProblem::Timeout { step, limit }))
            .map_err(|problem| EgressError {
                origin: to.origin(),
                problem,
            })
    }
}

impl OpenAnswer {
    /// The next piece of the body, within `limit`; `None` at its end.
    ///
    /// # Errors
    /// The connection broke, or nothing arrived in time.
    pub async fn piece(&mut self, limit: Duration) -> Result<Option<Bytes>, EgressError> {
        let until = Instant::now() + limit;
        loop {
            let problem = match timeout_at(until, self.body.frame()).await {
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(bytes) => return Ok(Some(bytes)),
                    // Trailers.
                    Err(_) => continue,
                },
                Ok(None) => {
                    if let Some((endpoint, connection)) = self.connection.take() {
                        self.idle.put(endpoint, connection);
                    }
                    return Ok(None);
                }
                Ok(Some(Err(error))) => error.into(),
                Err(_) => {
                    let step = "continue its answer";
                    EgressProblem::Timeout { step, limit }
                }
            };
            self.connection = None;
            return Err(EgressError {
                origin: self.origin.clone(),
                problem,
            });
        }
    }
}
