//! One request and its answer.

use std::error::Error as _;

use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{HOST, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode};
use patchbay_config::web_address::WebAddress;
use tokio::time::{Instant, timeout_at};

use super::connection::Connection;
use super::error::{EgressError, EgressProblem};
use super::idle_connections::Endpoint;
use super::whole_answer::{Departure, ExchangeFailure, whole};
use super::{Egress, transfer_time};

/// Most bytes of an answer's body that are read and discarded.
const BODY_BYTES: usize = 64 << 10;
/// Longest value of Retry-After that is used.
const RETRY_AFTER_BYTES: usize = 64;

/// Answer to [`Egress::post`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The Retry-After header, not parsed.
    pub retry_after: Option<String>,
}

/// Whether a host may receive a request twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It may: an idle connection is used, which the host may have closed.
    Repeatable,
    /// It may not: the request has a connection of its own.
    Once,
}

/// A body that was read, and whether its connection can serve again.
pub(super) type Read<T> = Result<(T, bool), EgressProblem>;

impl Egress {
    /// Posts a body and returns the answer's status. The answer's body is
    /// discarded. The target may receive the request twice, when it closes a
    /// reused connection.
    ///
    /// # Errors
    /// No answer. The target may have received the request, unless
    /// [`EgressError::is_refusal`].
    pub async fn post(
        &self,
        to: &WebAddress,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, EgressError> {
        let request = request(to, Method::POST, headers, body);
        let answer = self.perform(
            to,
            request,
            Delivery::Repeatable,
            async |response, until| {
                let answer = Answer {
                    status: response.status(),
                    retry_after: response
                        .headers()
                        .get(RETRY_AFTER)
                        .and_then(|value| value.to_str().ok())
                        .filter(|value| value.len() <= RETRY_AFTER_BYTES)
                        .map(str::to_owned),
                };
                let complete = timeout_at(until, discard(response.into_body())).await;
                Ok((answer, complete.unwrap_or(false)))
            },
        );
        Ok(answer.await?)
    }

    /// Reads a document of at most `max` bytes: its status and body.
    ///
    /// # Errors
    /// No complete answer; [`EgressProblem::TooLarge`] for a longer one.
    pub async fn get(
        &self,
        to: &WebAddress,
        max: usize,
    ) -> Result<(StatusCode, Bytes), EgressError> {
        let request = request(to, Method::GET, HeaderMap::new(), Bytes::new());
        let document = self.perform(to, request, Delivery::Repeatable, async |response, _| {
            let status = response.status();
            Ok(((status, whole(response.into_body(), max).await?), true))
        });
        Ok(document.await?)
    }

    /// Sends a request and reads its answer, within the limit for an exchange.
    pub(super) async fn perform<T>(
        &self,
        to: &WebAddress,
        request: Result<Request<Full<Bytes>>, hyper::http::Error>,
        delivery: Delivery,
        read: impl AsyncFnOnce(Response<Incoming>, Instant) -> Read<T>,
    ) -> Result<T, ExchangeFailure> {
        let size = request.as_ref().map(|it| it.body().size_hint().lower());
        let size = usize::try_from(size.unwrap_or_default()).unwrap_or(usize::MAX);
        let limit = self.settings.timeout + transfer_time(size);
        let until = Instant::now() + limit;
        let departure = Departure::default();
        let exchange = async {
            let request = request.map_err(|error| EgressProblem::Interrupted(error.to_string()))?;
            let (response, connection, endpoint) =
                self.send(to, request, delivery, &departure).await?;
            let (answer, complete) = read(response, until).await?;
            if complete {
                self.idle.put(endpoint, connection);
            }
            Ok(answer)
        };
        let step = "answer";
        timeout_at(until, exchange)
            .await
            .unwrap_or(Err(EgressProblem::Timeout { step, limit }))
            .map_err(|problem| {
                departure.failure(EgressError {
                    origin: to.origin(),
                    problem,
                })
            })
    }

    /// Sends on an idle connection to a permitted address, where the request
    /// may arrive twice; if there is none, or the host closed it meanwhile, on
    /// a new one.
    pub(super) async fn send(
        &self,
        to: &WebAddress,
        request: Request<Full<Bytes>>,
        delivery: Delivery,
        departure: &Departure,
    ) -> Result<(Response<Incoming>, Connection, Endpoint), EgressProblem> {
        let limit = self.settings.connect_timeout;
        let mut until = Instant::now() + limit;
        let addresses = self.resolve(to).await?;
        let endpoint = |address| Endpoint {
            company: self.company.clone(),
            origin: to.origin(),
            address,
        };
        let reusable = match delivery {
            Delivery::Repeatable => addresses.as_slice(),
            Delivery::Once => &[],
        };
        for &address in reusable {
            let endpoint = endpoint(address);
            if let Some(mut connection) = self.idle.take(&endpoint) {
                if let Ok(response) = connection.send(request.clone(), departure).await {
                    return Ok((response, connection, endpoint));
                }
                until = Instant::now() + limit;
            }
        }
        let (mut connection, address) = self.connect(to, &addresses, until).await?;
        let response = connection.send(request, departure).await?;
        Ok((response, connection, endpoint(address)))
    }
}

impl From<hyper::Error> for EgressProblem {
    fn from(error: hyper::Error) -> EgressProblem {
        EgressProblem::Interrupted(match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        })
    }
}

pub(super) fn request(
    to: &WebAddress,
    method: Method,
    mut headers: HeaderMap,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    headers.insert(HOST, HeaderValue::try_from(to.authority())?);
    let agent = concat!("patchbay/", env!("CARGO_PKG_VERSION"));
    headers.insert(USER_AGENT, HeaderValue::from_static(agent));
    let mut request = Request::builder()
        .method(method)
        .uri(to.path_and_query())
        .body(Full::new(body))?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// Whether the body ended within the limit.
async fn discard(mut body: Incoming) -> bool {
    let mut read = 0;
    while read < BODY_BYTES {
        match body.frame().await {
            None => return true,
            Some(Ok(frame)) => read += frame.data_ref().map_or(0, Bytes::len),
            Some(Err(_)) => return false,
        }
    }
    false
}
