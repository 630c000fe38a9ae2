//! Answers with a problem document and its headers.

use axum::extract::Request;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use patchbay_config::bound::Bound;
use patchbay_model::outcome::OutcomeKind;

use super::{Kind, MEDIA_TYPE, Problem};

/// `WWW-Authenticate` of an answer 401.
const CHALLENGE: &str = "Bearer realm=\"patchbay\"";
/// Added for a token that is not valid (RFC 6750, 3.1).
const INVALID_TOKEN: &str = "error=\"invalid_token\"";
/// `Retry-After` under overload, in seconds.
const RETRY_SECONDS: u32 = 1;
/// `Retry-After` while draining, in seconds.
const DRAINING_SECONDS: u32 = 30;

impl Problem {
    /// The `WWW-Authenticate` header.
    fn challenge(&self) -> HeaderValue {
        let detail = self
            .0
            .detail
            .as_deref()
            .filter(|_| self.is(Kind::InvalidToken));
        // A quoted string must not contain quotes.
        let description = detail.map(|detail| detail.replace(['"', '\\'], "'"));
        let challenge = match description {
            Some(text) => format!("{CHALLENGE}, {INVALID_TOKEN}, error_description=\"{text}\""),
            None => CHALLENGE.to_owned(),
        };
        let challenge = HeaderValue::try_from(challenge);
        challenge.unwrap_or(HeaderValue::from_static(CHALLENGE))
    }
}

impl IntoResponse for Problem {
    /// The status, with the problem as an extension for [`write`].
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Middleware that writes the problem document of every error answer, including
/// those of the router and other libraries.
pub async fn write(request: Request, next: Next) -> Response {
    let instance = instance_of(request.uri().path());
    finish(next.run(request).await, instance)
}

/// The `instance` of a problem about this path.
pub(crate) fn instance_of(path: &str) -> Option<String> {
    (path.len() <= 1024).then(|| path.to_owned())
}

/// Write the problem document of an error answer.
pub(crate) fn finish(response: Response, instance: Option<String>) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let (mut head, _) = response.into_parts();
    let mut problem = head
        .extensions
        .remove::<Problem>()
        .unwrap_or_else(|| Problem::of_status(status));
    problem.0.instance = instance;
    let document = serde_json::to_vec(&problem.0).unwrap_or_default();
    let mut response = (status, document).into_response();
    if let Some(bound) = problem.1.bound {
        response.extensions_mut().insert(bound);
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    if let Some(allow) = head.headers.remove(ALLOW) {
        headers.insert(ALLOW, allow);
    }
    // What would have been accepted (RFC 9110, 15.5.16).
    if problem.is(Kind::UnsupportedMediaType) {
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    } else if problem.is(Kind::UnsupportedCoding) {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, problem.challenge());
    }
    let is_temporary = problem.0.outcome == Some(OutcomeKind::Overloaded)
        || problem.0.type_uri == Kind::Storage.type_uri();
    if let Some(seconds) = problem.1.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    } else if let Some(refusal) = problem.1.bound.map(Bound::refusal) {
        if let Some(seconds) = refusal.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
    } else if is_temporary {
        headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
    } else if problem.0.type_uri == Kind::Draining.type_uri() {
        headers.insert(RETRY_AFTER, HeaderValue::from(DRAINING_SECONDS));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_wait_that_its_problem_names() {
        let wait = |problem: Problem| {
            let answer = finish(problem.into_response(), None);
            answer.headers().get(RETRY_AFTER).cloned()
        };
        assert_eq!(wait(Problem::busy("full").retry_after(5)), Some(5.into()));
        assert_eq!(wait(Problem::busy("full")), Some(RETRY_SECONDS.into()));
        let bound = Problem::of(Kind::TooMany).bound(Bound::Streams);
        assert_eq!(wait(bound.clone().retry_after(7)), Some(7.into()));
        assert_eq!(wait(bound), Some(5.into()));
        assert_eq!(wait(Problem::of(Kind::NotFound)), None);
    }
}
