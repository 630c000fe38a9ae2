//! Reads request bodies within a size limit, a timeout, and a budget of memory
//! for all of them.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::EXPECT;
use http_body_util::BodyExt;
use patchbay_config::bound::Bound;
use tokio::time::timeout;

use crate::bounds::{BoundPermit, Bounds, Requester};
use crate::problem::{Kind, Problem};

/// How long the rest of a refused body is read.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);
/// How many bytes of a refused body are read.
const DRAIN_BYTES: usize = 16 << 20;

/// A request body, and its share of the bound on bodies.
#[derive(Debug)]
pub struct RequestBody {
    bytes: Vec<u8>,
    share: BoundPermit,
}

impl RequestBody {
    /// Counts so many bytes more until it is dropped: what work on it takes.
    ///
    /// # Errors
    /// 503 at a limit of [`Bound::Bodies`].
    pub fn grow(&mut self, more: u64) -> Result<(), Problem> {
        self.share.grow(more)
    }
}

impl Deref for RequestBody {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Why a body cannot be read.
enum ReadError {
    TooLarge,
    AtBound(Problem),
    Disconnected,
}

/// Read a request's body of at most `limit` bytes, which must arrive within `time`.
///
/// # Errors
/// 413 for a larger body, 408 where it takes longer, 503 at a limit of
/// [`Bound::Bodies`], and 400 where the client disconnects. The rest of a refused
/// body is read and dropped, within bounds.
pub async fn read(
    request: Request,
    limit: u64,
    time: Duration,
    bounds: &Arc<Bounds>,
) -> Result<RequestBody, Problem> {
    let too_large = |size: Option<u64>| {
        let problem = Problem::of(Kind::BodyTooLarge).limit(limit, size, "bytes");
        match size {
            Some(size) => {
                problem.detail(format!("the body has {size} bytes; the limit is {limit}"))
            }
            None => problem.detail(format!("the body exceeds the limit of {limit} bytes")),
        }
    };
    if let Some(size) = content_length(&request).filter(|size| *size > limit) {
        discard(request).await;
        return Err(too_large(Some(size)));
    }
    let mut body = request.into_body();
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let share = bounds.enter_with_nothing(Bound::Bodies, &Requester::current());
    match timeout(time, collect(&mut body, most, share)).await {
        Ok(Ok(held)) => Ok(held),
        Ok(Err(ReadError::TooLarge)) => {
            drain(body).await;
            Err(too_large(None))
        }
        Ok(Err(ReadError::AtBound(problem))) => {
            drain(body).await;
            Err(problem)
        }
        Ok(Err(ReadError::Disconnected)) => Err(Problem::of(Kind::BadRequest)
            .detail("the connection closed before the body was complete")),
        Err(_) => Err(Problem::of(Kind::RequestTimeout).detail(format!(
            "the body did not arrive within {} ms",
            time.as_millis()
        ))),
    }
}

/// Reads a body frame by frame. The bound counts bytes that arrived, not
/// `Content-Length`: announcing much does not block other requests.
async fn collect(
    body: &mut Body,
    most: usize,
    mut share: BoundPermit,
) -> Result<RequestBody, ReadError> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| ReadError::Disconnected)?.into_data() else {
            continue;
        };
        if data.len() > most - bytes.len() {
            return Err(ReadError::TooLarge);
        }
        share.grow(data.len() as u64).map_err(ReadError::AtBound)?;
        bytes.extend_from_slice(&data);
    }
    Ok(RequestBody { bytes, share })
}

/// Read and drop the body of a refused request, within bounds. A client that
/// sends everything before it reads would otherwise see a reset connection
/// instead of the answer.
pub async fn discard(request: Request) {
    // A client that expects `100 Continue` has not sent the body.
    if !request.headers().contains_key(EXPECT) {
        drain(request.into_body()).await;
    }
}

async fn drain(mut body: Body) {
    let mut left = DRAIN_BYTES;
    let rest = async {
        while let Some(Ok(frame)) = body.frame().await {
            let size = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(size) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    let _ = timeout(DRAIN_TIMEOUT, rest).await;
}

fn content_length(request: &Request) -> Option<u64> {
    use axum::body::HttpBody;
    request.body().size_hint().exact()
}
