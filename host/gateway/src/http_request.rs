//! An adapter's request as egress sends it, with its credential.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use patchbay_adapter::media::ProviderQuery;
use patchbay_adapter::{Credential, OutboundRequest, RequestMethod, Secret, TokenSource};
use patchbay_config::web_address::WebAddress;
use patchbay_outbound::egress::EgressRequest;
use thiserror::Error;
use zeroize::Zeroizing;

/// Why a request cannot be sent. Contains no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum RequestError {
    /// The URL is not valid.
    #[error("the address of the provider is not a valid URL; check `api-base`")]
    Url,
    /// A secret has bytes that do not fit where it stands.
    #[error(
        "a secret of the connection has characters that its place does not allow; copy it again"
    )]
    Credential,
    /// A header is not valid.
    #[error("a header of the request is not valid")]
    Header,
}

/// Builds the request. `token` is that of its credential's source.
pub(crate) fn build(
    request: &OutboundRequest,
    token: Option<&Secret>,
) -> Result<EgressRequest, RequestError> {
    let mut headers = HeaderMap::new();
    let content_type = HeaderValue::from_str(&request.content_type);
    let content_type = content_type.map_err(|_| RequestError::Header)?;
    headers.insert(CONTENT_TYPE, content_type);
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| RequestError::Header)?;
        let value = HeaderValue::from_str(value).map_err(|_| RequestError::Header)?;
        headers.insert(name, value);
    }
    let credential = (&request.credential, token);
    let url = authorized(&request.url, credential, &mut headers)?;
    let method = match request.method {
        RequestMethod::Post => Method::POST,
        RequestMethod::Put => Method::PUT,
        RequestMethod::Patch => Method::PATCH,
    };
    Ok(EgressRequest {
        method,
        ..EgressRequest::post(url, headers, request.body.clone())
    })
}

/// The source of the token of a credential.
pub(crate) fn token_source(credential: &Credential) -> Option<&TokenSource> {
    match credential {
        Credential::Token(source) => Some(source),
        Credential::Bearer(_)
        | Credential::Basic { .. }
        | Credential::Header { .. }
        | Credential::Path(_) => None,
    }
}

/// The URL and headers of a GET. `token` is that of its credential's source.
pub(crate) fn build_query(
    query: &ProviderQuery,
    token: Option<&Secret>,
) -> Result<(WebAddress, HeaderMap), RequestError> {
    let mut headers = HeaderMap::new();
    let url = match &query.credential {
        Some(credential) => authorized(&query.url, (credential, token), &mut headers)?,
        None => WebAddress::parse(&query.url).map_err(|_| RequestError::Url)?,
    };
    Ok((url, headers))
}

/// The URL with the credential in it or beside it.
fn authorized(
    url: &str,
    (credential, token): (&Credential, Option<&Secret>),
    headers: &mut HeaderMap,
) -> Result<WebAddress, RequestError> {
    let mut url = Zeroizing::new(url.to_owned());
    match credential {
        Credential::Bearer(secret) => {
            headers.insert(AUTHORIZATION, bearer(secret)?);
        }
        Credential::Token(_) => {
            let token = token.ok_or(RequestError::Credential)?;
            headers.insert(AUTHORIZATION, bearer(token)?);
        }
        Credential::Basic { user, password } => {
            let pair = Zeroizing::new([user.as_bytes(), b":", password.expose()].concat());
            let value = Zeroizing::new(format!("Basic {}", STANDARD.encode(&*pair)));
            headers.insert(AUTHORIZATION, secret_value(value.as_bytes())?);
        }
        Credential::Header { name, value } => {
            let name = HeaderName::from_static(name);
            headers.insert(name, secret_value(value.expose())?);
        }
        Credential::Path(secret) => {
            let secret = path_part(secret)?;
            *url = url.replace(Credential::PLACEHOLDER, secret);
        }
    }
    WebAddress::parse(&url).map_err(|_| RequestError::Url)
}

fn bearer(secret: &Secret) -> Result<HeaderValue, RequestError> {
    secret_value(&Zeroizing::new([b"Bearer ", secret.expose()].concat()))
}

fn secret_value(bytes: &[u8]) -> Result<HeaderValue, RequestError> {
    let mut value = HeaderValue::from_bytes(bytes).map_err(|_| RequestError::Credential)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The secret as a part of a path: nothing that changes the URL around it.
fn path_part(secret: &Secret) -> Result<&str, RequestError> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'_');
    let bytes = secret.expose();
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.iter().all(is_part) => Ok(text),
        _ => Err(RequestError::Credential),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str, credential: Credential) -> OutboundRequest {
        OutboundRequest {
            method: RequestMethod::Post,
            key: "reply-1/1".to_owned(),
            url: url.to_owned(),
            content_type: "application/json".into(),
            headers: vec![("x-line-retry-key", "abc".to_owned())],
            body: b"{}".to_vec().into(),
            credential,
        }
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text).expect("a secret")
    }

    #[test]
    fn a_credential_stands_where_the_provider_reads_it() {
        let url = "https://api.example/send";
        let bearer = build(&request(url, Credential::Bearer(secret("hush"))), None).expect("built");
        assert_eq!(bearer.headers[AUTHORIZATION], "Bearer hush");
        assert_eq!(bearer.headers["x-line-retry-key"], "abc");
        let basic = Credential::Basic {
            user: "AC1".to_owned(),
            password: secret("hush"),
        };
        let basic = build(&request(url, basic), None).expect("built");
        // As in RFC 7617: base64 of `AC1:hush`.
        assert_eq!(basic.headers[AUTHORIZATION], "Basic QUMxOmh1c2g=");
        let header = Credential::Header {
            name: "x-viber-auth-token",
            value: secret("hush"),
        };
        let header = build(&request(url, header), None).expect("built");
        assert_eq!(header.headers["x-viber-auth-token"], "hush");
        let path = Credential::Path(secret("123:A-b_c"));
        let path = build(
            &request("https://api.example/bot{credential}/send", path),
            None,
        );
        assert_eq!(
            path.expect("built").url.path_and_query(),
            "/bot123:A-b_c/send"
        );
        let shown = format!(
            "{:?} {:?} {:?}",
            bearer.headers, basic.headers, header.headers
        );
        assert!(
            !shown.contains("hush") && !shown.contains("QUMx"),
            "{shown}"
        );
    }

    #[test]
    fn a_secret_that_would_change_the_request_is_refused() {
        for text in ["a/../b", "a?b", "a#b", "a b", "a%2f", "é"] {
            let path = request(
                "https://api.example/bot{credential}/x",
                Credential::Path(secret(text)),
            );
            assert_eq!(
                build(&path, None).err(),
                Some(RequestError::Credential),
                "{text}"
            );
        }
        let bearer = request("https://api.example/", Credential::Bearer(secret("a\r\nb")));
        assert_eq!(build(&bearer, None).err(), Some(RequestError::Credential));
        let url = request("api.example", Credential::Bearer(secret("hush")));
        assert_eq!(build(&url, None).err(), Some(RequestError::Url));
    }
}
