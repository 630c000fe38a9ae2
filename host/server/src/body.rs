//! Reading a body: never more than its limit, never longer than its time.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::EXPECT;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;

use crate::problem::{Kind, Problem};

/// How long the rest of a refused body is listened to.
const PATIENCE: Duration = Duration::from_secs(2);
/// How much of a refused body is listened to.
const LEFTOVER: usize = 16 << 20;

/// Read a request's body.
pub(crate) async fn read(request: Request, limit: u64, time: Duration) -> Result<Bytes, Problem> {
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
    let whole = timeout(time, Limited::new(&mut body, most).collect()).await;
    match whole {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            drain(body).await;
            Err(too_large(None))
        }
        Ok(Err(_)) => Err(Problem::of(Kind::BadRequest).detail("the body broke off")),
        Err(_) => Err(Problem::of(Kind::RequestTimeout).detail(format!(
            "the body did not arrive within {} ms",
            time.as_millis()
        ))),
    }
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
