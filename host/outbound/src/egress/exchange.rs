//! One request on a connection of its own, and what came back.

use std::error::Error as _;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use patchbay_model::web_address::WebAddress;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::Egress;
use super::error::EgressError;

/// Most bytes read of an answer's head.
const HEAD_BYTES: usize = 64 << 10;
/// Most bytes read of an answer's body, and thrown away.
const BODY_BYTES: usize = 64 << 10;
/// Longest value of Retry-After that is looked at.
const RETRY_AFTER_BYTES: usize = 64;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// When to come again, as the header says it.
    pub retry_after: Option<String>,
}

impl Egress {
    /// Post a body with headers to an address, and wait for the answer's
    /// status. Whatever follows the status changes nothing any more.
    ///
    /// # Errors
    /// Why there was no answer. The other side may have got it all the same,
    /// unless [`EgressError::is_refusal`].
    pub async fn post(
        &self,
        to: &WebAddress,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, EgressError> {
        let request = request(to, Method::POST, headers, body)?;
        self.in_time(to, async |until| {
            let stream = self.inner.dial(to).await?;
            let (response, driver) = exchange(to, stream, request).await?;
            let answer = Answer {
                status: response.status(),
                retry_after: response
                    .headers()
                    .get(RETRY_AFTER)
                    .and_then(|value| value.to_str().ok())
                    .filter(|value| value.len() <= RETRY_AFTER_BYTES)
                    .map(str::to_owned),
            };
            // The status is all that counts: the rest is read for a clean end,
            // as far as it comes.
            let _ = timeout_at(until, discard(response.into_body())).await;
            drop(driver);
            Ok(answer)
        })
        .await
    }

    /// Read a document from an address: the status and the body, of which no
    /// more than `most` bytes are taken.
    ///
    /// # Errors
    /// Why there was none; [`EgressError::TooLong`] for one with more bytes.
    pub async fn get(
        &self,
        to: &WebAddress,
        most: usize,
    ) -> Result<(StatusCode, Bytes), EgressError> {
        let request = request(to, Method::GET, HeaderMap::new(), Bytes::new())?;
        self.in_time(to, async |_| {
            let stream = self.inner.dial(to).await?;
            let (response, driver) = exchange(to, stream, request).await?;
            let status = response.status();
            let body = Limited::new(response.into_body(), most).collect().await;
            drop(driver);
            let body = body.map_err(|error| match error.is::<LengthLimitError>() {
                true => EgressError::TooLong {
                    origin: to.origin(),
                    most,
                },
                false => EgressError::Broken {
                    origin: to.origin(),
                    problem: error.to_string(),
                },
            })?;
            Ok((status, body.to_bytes()))
        })
        .await
    }

    /// Do something within the time an exchange may take.
    async fn in_time<T>(
        &self,
        to: &WebAddress,
        exchange: impl AsyncFnOnce(Instant) -> Result<T, EgressError>,
    ) -> Result<T, EgressError> {
        let limit = self.inner.settings.timeout;
        let until = Instant::now() + limit;
        let exchanged = timeout_at(until, exchange(until)).await;
        exchanged.unwrap_or_else(|_| {
            Err(EgressError::TooSlow {
                origin: to.origin(),
                what: "answer",
                limit,
            })
        })
    }
}

fn request(
    to: &WebAddress,
    method: Method,
    mut headers: HeaderMap,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, EgressError> {
    let broken = |problem: String| EgressError::Broken {
        origin: to.origin(),
        problem,
    };
    let host = HeaderValue::try_from(to.authority()).map_err(|error| broken(error.to_string()))?;
    headers.insert(HOST, host);
    let agent = concat!("patchbay/", env!("CARGO_PKG_VERSION"));
    headers.insert(USER_AGENT, HeaderValue::from_static(agent));
    let mut request = Request::builder()
        .method(method)
        .uri(to.path_and_query())
        .body(Full::new(body))
        .map_err(|error| broken(error.to_string()))?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// Ask, and have what came back beside what drives the connection: that ends
/// with its keeper.
async fn exchange(
    to: &WebAddress,
    stream: Box<dyn super::dial::Stream>,
    request: Request<Full<Bytes>>,
) -> Result<(Response<Incoming>, JoinSet<hyper::Result<()>>), EgressError> {
    let broken = |error: hyper::Error| EgressError::Broken {
        origin: to.origin(),
        problem: match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    };
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let response = sender.send_request(request).await.map_err(broken)?;
    Ok((response, driver))
}

async fn discard(mut body: Incoming) {
    let mut read = 0;
    while read < BODY_BYTES
        && let Some(Ok(frame)) = body.frame().await
    {
        read += frame.data_ref().map_or(0, Bytes::len);
    }
}
