//! Reads request bodies within a size limit, a timeout, and a budget of memory
//! for all of them.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::EXPECT;
use http_body_util::BodyExt;
use patchbay_model::bound::Bound;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::problem::{Kind, Problem};

/// How long the rest of a refused body is read.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);
/// How many bytes of a refused body are read.
const DRAIN_BYTES: usize = 16 << 20;

/// Bytes that all request bodies may take up in memory.
#[derive(Clone, Debug)]
pub(crate) struct BodyBudget(Arc<Semaphore>);

impl BodyBudget {
    pub(crate) fn new(bytes: u64) -> BodyBudget {
        let bytes = usize::try_from(bytes).unwrap_or(Semaphore::MAX_PERMITS);
        BodyBudget(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }

    fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).ok()?;
        Arc::clone(&self.0).try_acquire_many_owned(bytes).ok()
    }
}

/// A request body, and its share of the budget.
#[derive(Debug)]
pub(crate) struct RequestBody {
    bytes: Vec<u8>,
    share: Option<OwnedSemaphorePermit>,
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
    OverBudget,
    Disconnected,
}

/// Read a request's body.
pub(crate) async fn read(
    request: Request,
    limit: u64,
    time: Duration,
    budget: &BodyBudget,
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
    match timeout(time, collect(&mut body, most, budget)).await {
        Ok(Ok(held)) => Ok(held),
        Ok(Err(ReadError::TooLarge)) => {
            drain(body).await;
            Err(too_large(None))
        }
        Ok(Err(ReadError::OverBudget)) => {
            drain(body).await;
            Err(
                Problem::busy("the bodies of other requests use up `body-budget`")
                    .bound(Bound::Bodies),
            )
        }
        Ok(Err(ReadError::Disconnected)) => Err(Problem::of(Kind::BadRequest)
            .detail("the connection closed before the body was complete")),
        Err(_) => Err(Problem::of(Kind::RequestTimeout).detail(format!(
            "the body did not arrive within {} ms",
            time.as_millis()
        ))),
    }
}

/// Reads a body frame by frame. The budget counts bytes that arrived, not
/// `Content-Length`: announcing much does not block other requests.
async fn collect(
    body: &mut Body,
    most: usize,
    budget: &BodyBudget,
) -> Result<RequestBody, ReadError> {
    let mut collected = RequestBody {
        bytes: Vec::new(),
        share: None,
    };
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| ReadError::Disconnected)?.into_data() else {
            continue;
        };
        if data.len() > most - collected.bytes.len() {
            return Err(ReadError::TooLarge);
        }
        let share = budget.take(data.len()).ok_or(ReadError::OverBudget)?;
        match &mut collected.share {
            Some(own) => own.merge(share),
            none => *none = Some(share),
        }
        collected.bytes.extend_from_slice(&data);
    }
    Ok(collected)
}

/// Read and drop the body of a refused request, within bounds. A client that
/// sends everything before it reads would otherwise see a reset connection
/// instead of the answer.
pub(crate) async fn discard(request: Request) {
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
