//! Tells browsers that the host is reached over TLS only (HTTP Strict Transport Security,
//! RFC 6797): where the host terminates TLS itself, and where the settings name its public
//! address, `https`, and a proxy terminates it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{HOST, STRICT_TRANSPORT_SECURITY};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use patchbay_service::app::App;

/// A year, for this name alone: other hosts of the domain decide for themselves.
const POLICY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Middleware around every answer.
pub(crate) async fn apply(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let flow = app.access.sign_in_flow();
    let has_tls = app.access.is_tls() || flow.is_some_and(|flow| flow.is_https());
    let is_wanted = has_tls && !is_localhost(request.headers());
    let mut response = next.run(request).await;
    if is_wanted {
        response
            .headers_mut()
            .insert(STRICT_TRANSPORT_SECURITY, POLICY);
    }
    response
}

/// Whether a request names this machine: a browser would then refuse plain HTTP to all of
/// its ports, those of other programs too. It ignores the header for addresses.
fn is_localhost(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = host.and_then(|host| host.parse::<Authority>().ok());
    authority.is_some_and(|authority| {
        let host = authority.host();
        host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localhost_is_no_name_to_remember() {
        for (host, expected) in [
            ("localhost", true),
            ("LocalHost:7420", true),
            ("demo.localhost:7420", true),
            ("care.example", false),
            ("localhost.example", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static(host));
            assert_eq!(is_localhost(&headers), expected, "{host}");
        }
        assert!(!is_localhost(&HeaderMap::new()));
    }
}
