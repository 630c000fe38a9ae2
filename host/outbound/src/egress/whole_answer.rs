//! A request whose answer is read whole, and whether it left when it failed.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{HeaderMap, Method, StatusCode};
use patchbay_config::web_address::WebAddress;
use thiserror::Error;

use super::Egress;
use super::error::{EgressError, EgressProblem};
use super::exchange::{Delivery, request};

/// Most bytes of an answer's body, unless the request says otherwise.
const ANSWER_BYTES: usize = 64 << 10;

/// A request. `Debug` shows neither path, headers nor body.
#[derive(Clone)]
pub struct EgressRequest {
    /// URL.
    pub url: WebAddress,
    /// Method.
    pub method: Method,
    /// Headers; `Host` and `User-Agent` are added.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// Whether the host may receive it twice.
    pub delivery: Delivery,
    /// Most bytes of the answer's body.
    pub answer_limit: usize,
}

impl EgressRequest {
    /// A POST that the host receives once at most, on a connection of its own,
    /// with an answer of at most 64 KiB.
    pub fn post(url: WebAddress, headers: HeaderMap, body: impl Into<Bytes>) -> EgressRequest {
        EgressRequest {
            url,
            method: Method::POST,
            headers,
            body: body.into(),
            delivery: Delivery::Once,
            answer_limit: ANSWER_BYTES,
        }
    }

    /// A GET, on an idle connection if there is one, with an answer of at most
    /// 64 KiB.
    pub fn get(url: WebAddress, headers: HeaderMap) -> EgressRequest {
        EgressRequest {
            url,
            method: Method::GET,
            headers,
            body: Bytes::new(),
            delivery: Delivery::Repeatable,
            answer_limit: ANSWER_BYTES,
        }
    }
}

impl fmt::Debug for EgressRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EgressRequest")
            .field("method", &self.method)
            .field("origin", &self.url.origin())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A whole answer. `Debug` shows no header and no body.
#[derive(Clone)]
pub struct EgressAnswer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl fmt::Debug for EgressAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EgressAnswer")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Why there is no whole answer, and whether the host may have the request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExchangeFailure {
    /// No byte of the request left: a refused address, no such name, no
    /// connection, no trust.
    #[error(transparent)]
    Unsent(EgressError),
    /// The request, or a part of it, may have left: a reset, a time limit, an
    /// answer that is incomplete or beyond its limit.
    #[error(transparent)]
    Lost(EgressError),
}

impl ExchangeFailure {
    /// What went wrong.
    pub fn error(&self) -> &EgressError {
        let (ExchangeFailure::Unsent(error) | ExchangeFailure::Lost(error)) = self;
        error
    }
}

impl From<ExchangeFailure> for EgressError {
    fn from(failure: ExchangeFailure) -> EgressError {
        let (ExchangeFailure::Unsent(error) | ExchangeFailure::Lost(error)) = failure;
        error
    }
}

impl Egress {
    /// Sends a request and reads the whole answer, of any status.
    ///
    /// With [`Delivery::Once`] the request has a connection of its own, so that
    /// no connection that the host is closing can lose it. With
    /// [`Delivery::Repeatable`] it goes over an idle connection if there is one,
    /// and again over a new one if the host closed that.
    ///
    /// # Errors
    /// [`ExchangeFailure::Unsent`] only if it is certain that no byte of the
    /// request left, at any try.
    pub async fn exchange(&self, request: EgressRequest) -> Result<EgressAnswer, ExchangeFailure> {
        let EgressRequest {
            url,
            method,
            headers,
            body,
            delivery,
            answer_limit,
        } = request;
        let request = self::request(&url, method, headers, body);
        self.perform(&url, request, delivery, async |response, _| {
            let (head, body) = response.into_parts();
            let answer = EgressAnswer {
                status: head.status,
                headers: head.headers,
                body: whole(body, answer_limit).await?,
            };
            Ok((answer, true))
        })
        .await
    }
}

/// Reads a body of at most `max` bytes.
pub(super) async fn whole(body: Incoming, max: usize) -> Result<Bytes, EgressProblem> {
    let body = Limited::new(body, max).collect().await;
    let body = body.map_err(|error| match error.downcast::<hyper::Error>() {
        Ok(error) => EgressProblem::from(*error),
        Err(error) if error.is::<LengthLimitError>() => EgressProblem::TooLarge(max),
        Err(error) => EgressProblem::Interrupted(error.to_string()),
    })?;
    Ok(body.to_bytes())
}

/// Whether a byte of a request may have left.
#[derive(Debug, Default)]
pub(super) struct Departure(AtomicBool);

impl Departure {
    /// Call before writing. Returns the state before.
    pub(super) fn begin(&self) -> bool {
        self.0.swap(true, Ordering::Relaxed)
    }

    /// Call if nothing was written after all, with the state before.
    pub(super) fn undo(&self, before: bool) {
        self.0.store(before, Ordering::Relaxed);
    }

    /// The failure that a problem is.
    pub(super) fn failure(&self, error: EgressError) -> ExchangeFailure {
        match self.0.load(Ordering::Relaxed) {
            true => ExchangeFailure::Lost(error),
            false => ExchangeFailure::Unsent(error),
        }
    }
}
