//! Reading a body: never more than its limit, never longer than its time, and
//! all that are held at once within a budget.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::EXPECT;
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::problem::{Kind, Problem};
use crate::telemetry::Shed;

/// How long the rest of a refused body is listened to.
const PATIENCE: Duration = Duration::from_secs(2);
/// How much of a refused body is listened to.
const LEFTOVER: usize = 16 << 20;

/// Bytes of all bodies that may be held at once.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Semaphore>);

impl Budget {
    pub(crate) fn of(bytes: u64) -> Budget {
        let bytes = usize::try_from(bytes).unwrap_or(Semaphore::MAX_PERMITS);
        Budget(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }

    fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).ok()?;
        Arc::clone(&self.0).try_acquire_many_owned(bytes).ok()
    }
}

/// A body that was read, and its share of the budget.
#[derive(Debug)]
pub(crate) struct Held {
    bytes: Vec<u8>,
    share: Option<OwnedSemaphorePermit>,
}

impl Deref for Held {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Why a body broke off.
enum Broken {
    TooLarge,
    NoRoom,
    Gone,
}

/// Read a request's body.
pub(crate) async fn read(
    request: Request,
    limit: u64,
    time: Duration,
    budget: &Budget,
) -> Result<Held, Problem> {
    let too_large = |size: Option<u64>| {
        let problem = Problem::of(Kind::BodyTooLarge).limit(limit, size, "bytes");
        match size {
            Some(size) => problem.detail(format!(
                "the body is {size} bytes; at most {limit} are taken"
            )),
            None => problem.detail(format!(
                "the body is more than the {limit} bytes that are taken"
            )),
        }
    };
    if let Some(size) = announced(&request).filter(|size| *size > limit) {
        discard(request).await;
        return Err(too_large(Some(size)));
    }
    let mut body = request.into_body();
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    match timeout(time, collect(&mut body, most, budget)).await {
        Ok(Ok(held)) => Ok(held),
        Ok(Err(Broken::TooLarge)) => {
            drain(body).await;
            Err(too_large(None))
        }
        Ok(Err(Broken::NoRoom)) => {
            drain(body).await;
            Err(
                Problem::busy("the bodies of other requests fill the memory set aside for them")
                    .shed(Shed::Bodies),
            )
        }
        Ok(Err(Broken::Gone)) => Err(Problem::of(Kind::BadRequest).detail("the body broke off")),
        Err(_) => Err(Problem::of(Kind::RequestTimeout).detail(format!(
            "the body did not arrive within {} ms",
            time.as_millis()
        ))),
    }
}

/// Take a body in piece by piece. What has arrived is counted, not what was
/// announced: who announces much and sends nothing keeps nobody out.
async fn collect(body: &mut Body, most: usize, budget: &Budget) -> Result<Held, Broken> {
    let mut held = Held {
        bytes: Vec::new(),
        share: None,
    };
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Broken::Gone)?.into_data() else {
            continue;
        };
        if data.len() > most - held.bytes.len() {
            return Err(Broken::TooLarge);
        }
        let share = budget.take(data.len()).ok_or(Broken::NoRoom)?;
        match &mut held.share {
            Some(held) => held.merge(share),
            none => *none = Some(share),
        }
        held.bytes.extend_from_slice(&data);
    }
    Ok(held)
}

/// Listen to the body of a request that is refused, within bounds: a client
/// that sends all before it reads would otherwise meet a reset connection
/// instead of the reason.
pub(crate) async fn discard(request: Request) {
    // Who waits to be told to go on has not sent anything.
    if !request.headers().contains_key(EXPECT) {
        drain(request.into_body()).await;
    }
}

async fn drain(mut body: Body) {
    let mut left = LEFTOVER;
    let rest = async {
        while let Some(Ok(frame)) = body.frame().await {
            let size = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(size) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    let _ = timeout(PATIENCE, rest).await;
}

fn announced(request: &Request) -> Option<u64> {
    use axum::body::HttpBody;
    request.body().size_hint().exact()
}
