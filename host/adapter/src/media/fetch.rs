//! Requests that fetch a file, and what their answers mean.

use std::fmt;
use std::time::Duration;

use patchbay_config::web_address::WebAddress;
use thiserror::Error;

use crate::outcome::{FailureKind, Response};
use crate::reply::Credential;

/// A GET to the provider. `Debug` shows no URL.
#[derive(Clone)]
pub struct ProviderQuery {
    /// URL. It may have a signature of the provider in it, which is a secret.
    pub url: String,
    /// Credential; `None` where the URL alone gives access.
    pub credential: Option<Credential>,
}

impl fmt::Debug for ProviderQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderQuery").finish_non_exhaustive()
    }
}

/// The request with which fetching a file begins.
#[derive(Clone, Debug)]
pub enum MediaRequest {
    /// The answer is the file.
    Content(ProviderQuery),
    /// The answer says where the file is:
    /// [`Adapter::media_location`](crate::Adapter::media_location) reads it.
    Lookup(ProviderQuery),
}

/// Why a file cannot be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MediaFailure {
    /// The channel gives no way to fetch its files.
    #[error("the channel gives no way to fetch this file; open it at the provider")]
    Unsupported,
    /// The provider no longer has it.
    #[error("the provider no longer has this file, or never had it")]
    Gone,
    /// The provider is busy, or still prepares the file.
    #[error("the provider does not have the file ready; try again later")]
    NotReady {
        /// When the provider says to ask again.
        after: Option<Duration>,
    },
    /// The account of the connection may not read it.
    #[error(
        "the provider refuses the file to the connection's account; check its token and permissions"
    )]
    Refused,
    /// The provider does not give files of this size.
    #[error("the provider does not give out files of this size")]
    TooLarge,
    /// The answer is none that the provider documents.
    #[error("the provider gave an unexpected answer")]
    Unexpected,
}

impl MediaFailure {
    /// What an error of a table of error codes means.
    pub fn of_kind(kind: FailureKind, after: Option<Duration>) -> MediaFailure {
        match kind {
            FailureKind::Retry | FailureKind::Uncertain => MediaFailure::NotReady { after },
            FailureKind::ChannelBroken => MediaFailure::Refused,
            FailureKind::WindowClosed
            | FailureKind::RecipientUnreachable
            | FailureKind::Refused => MediaFailure::Gone,
        }
    }

    /// What the status of an answer means that is not the file.
    pub fn of(answer: &Response<'_>) -> MediaFailure {
        match answer.status {
            401 | 403 => MediaFailure::Refused,
            404 | 410 => MediaFailure::Gone,
            413 => MediaFailure::TooLarge,
            202 | 429 | 500.. => MediaFailure::NotReady {
                after: answer.retry_after(),
            },
            _ => MediaFailure::Unexpected,
        }
    }
}

/// A URL from an answer, if it is on the provider's own hosts: those of these domains,
/// and that of the API. Another host must not get the credential.
pub fn provider_url(url: &str, domains: &[&str], api: &str) -> Option<String> {
    let found = WebAddress::parse(url).ok()?;
    let api = WebAddress::parse(api).ok()?;
    let is_api = found.origin() == api.origin();
    let is_providers = found.is_https() && is_of_domain(found.host(), domains);
    (is_api || is_providers).then(|| url.to_owned())
}

/// The request for a URL from an answer that may be on any host, over https, or on that of
/// the API. It has no credential.
pub fn open_query(url: &str, api: &str) -> Option<ProviderQuery> {
    let is_secure = WebAddress::parse(url).is_ok_and(|found| found.is_https());
    let is_usable = is_secure || provider_url(url, &[], api).is_some();
    is_usable.then(|| ProviderQuery {
        url: url.to_owned(),
        credential: None,
    })
}

/// Whether a host is of one of these domains.
pub fn is_of_domain(host: &str, domains: &[&str]) -> bool {
    let host = host.to_ascii_lowercase();
    let is_in = |domain: &&str| {
        let rest = host.strip_suffix(*domain);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    domains.iter().any(is_in)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn only_the_providers_hosts_get_a_credential() {
        let api = "http://127.0.0.1:7421/v1";
        for (url, is) in [
            ("https://lookaside.fbsbx.com/whatsapp?mid=1", true),
            ("https://FBSBX.com/1", true),
            ("http://127.0.0.1:7421/file", true),
            ("http://lookaside.fbsbx.com/whatsapp", false),
            ("https://fbsbx.com.example/1", false),
            ("https://notfbsbx.com/1", false),
            ("http://127.0.0.1:7422/file", false),
            ("https://user@fbsbx.com/", false),
            ("file:///etc/passwd", false),
            ("", false),
        ] {
            assert_eq!(
                provider_url(url, &["fbsbx.com"], api).is_some(),
                is,
                "{url}"
            );
        }
    }

    #[test]
    fn another_host_gets_no_credential_and_no_open_connection() {
        let api = "http://127.0.0.1:7421/v1";
        for (url, is) in [
            ("https://files.example/1?signature=x", true),
            ("http://127.0.0.1:7421/file", true),
            ("http://files.example/1", false),
            ("/file", false),
            ("file:///etc/passwd", false),
            ("", false),
        ] {
            let query = open_query(url, api);
            assert_eq!(query.is_some(), is, "{url}");
            assert!(query.is_none_or(|it| it.credential.is_none() && it.url == url));
        }
    }

    #[test]
    fn a_status_says_why_there_is_no_file() {
        let failure = |status, header: &'static [u8]| {
            MediaFailure::of(&Response {
                status,
                headers: [("retry-after", header)].into_iter().collect(),
                body: b"",
                at: Timestamp::UNIX_EPOCH,
            })
        };
        let not_ready = |seconds| MediaFailure::NotReady {
            after: Some(Duration::from_secs(seconds)),
        };
        assert_eq!(failure(202, b"3"), not_ready(3));
        assert_eq!(failure(503, b"7"), not_ready(7));
        assert_eq!(failure(404, b""), MediaFailure::Gone);
        assert_eq!(failure(401, b""), MediaFailure::Refused);
        assert_eq!(failure(413, b""), MediaFailure::TooLarge);
        assert_eq!(failure(418, b""), MediaFailure::Unexpected);
    }
}
