//! Renews access tokens of OAuth 2.0 at their provider.

use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue};
use jiff::Timestamp;
use patchbay_adapter::poll::{PollFailure, PollFailureKind};
use patchbay_adapter::{AccessToken, Headers, Response, TokenRefresh};
use patchbay_config::web_address::WebAddress;
use patchbay_outbound::egress::{Egress, EgressRequest};

/// Asks for a new token.
///
/// # Errors
/// There is no answer, or no token in it.
pub(crate) async fn renew(
    refresh: &TokenRefresh,
    egress: &Egress,
) -> Result<AccessToken, PollFailure> {
    let unavailable = |problem: String| PollFailure::new(PollFailureKind::Unavailable, problem);
    let url = WebAddress::parse(&refresh.url)
        .map_err(|_| unavailable("`mailbox-token-url` is no URL".to_owned()))?;
    let mut headers = HeaderMap::new();
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.insert(CONTENT_TYPE, form);
    let request = EgressRequest::post(url, headers, refresh.body().to_vec());
    let answer = egress.exchange(request).await;
    let answer = answer.map_err(|failure| unavailable(failure.error().without_address()))?;
    let headers = answer.headers.iter();
    let headers: Headers<'_> = headers
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    TokenRefresh::read(&Response {
        status: answer.status.as_u16(),
        headers,
        body: &answer.body,
        at: Timestamp::now(),
    })
}
