//! Web addresses in configuration files. The outbound client decides which
//! addresses may be reached.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use http::Uri;
use http::uri::PathAndQuery;
use thiserror::Error;

/// Longest host name (RFC 1035).
const LONGEST_NAME: usize = 253;

/// An `https` or `http` URL. Path and query may contain a secret: show people
/// the [`origin`](Self::origin) only.
#[derive(Clone, PartialEq, Eq)]
pub struct WebAddress {
    is_https: bool,
    host: String,
    /// Port as written; absent: the default of the scheme.
    port: Option<u16>,
    path_and_query: String,
}

/// Why a URL is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WebAddressError {
    /// Characters other than ASCII.
    #[error("has characters other than ASCII; write names as xn--…, the rest as %…")]
    NotAscii,
    /// Not a URL, or an incomplete one.
    #[error("is not a URL; write one such as \"https://hooks.example/care\"")]
    Malformed,
    /// Another scheme.
    #[error("begins with neither https:// nor http://")]
    Scheme,
    /// A user name or password.
    #[error("has a user or password before the host; the target checks the signature instead")]
    UserInfo,
    /// Missing or invalid host.
    #[error("has no host, or an invalid one")]
    Host,
    /// Invalid port.
    #[error("has a port that is not 1 to 65535")]
    Port,
}

impl WebAddress {
    /// Parse a URL; a fragment is dropped.
    ///
    /// # Errors
    /// [`WebAddressError`].
    pub fn parse(text: &str) -> Result<WebAddress, WebAddressError> {
        if !text.is_ascii() {
            return Err(WebAddressError::NotAscii);
        }
        let (scheme, rest) = text.split_once("://").ok_or(WebAddressError::Malformed)?;
        let is_https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(WebAddressError::Scheme),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(WebAddressError::UserInfo);
        }
        let (host, port) = split_port(authority)?;
        if !is_host(host) {
            return Err(WebAddressError::Host);
        }
        let uri: Uri = text.parse().map_err(|_| WebAddressError::Malformed)?;
        // Without a path the query follows the host.
        let path_and_query = match uri.path_and_query().map(PathAndQuery::as_str) {
            Some(path) if path.starts_with('/') => path.to_owned(),
            path => format!("/{}", path.unwrap_or_default()),
        };
        Ok(WebAddress {
            is_https,
            host: host.to_ascii_lowercase(),
            port,
            path_and_query,
        })
    }

    /// Whether the scheme is https.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// The host: a name, an IPv4 address, or an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        self.host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(&self.host)
    }

    /// Port as written, or 443 or 80.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.is_https { 443 } else { 80 })
    }

    /// Value of a Host header: host, and port unless it is the default.
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) if port != (if self.is_https { 443 } else { 80 }) => {
                format!("{}:{port}", self.host)
            }
            _ => self.host.clone(),
        }
    }

    /// Path and query, at least `/`. Secret: not for messages.
    pub fn path_and_query(&self) -> &str {
        &self.path_and_query
    }

    /// URL of a request target (path and query, as they came) below this address.
    pub fn with_target(&self, target: &str) -> String {
        let path = self.path_and_query.trim_end_matches('/');
        format!("{}{path}{target}", self.origin())
    }

    /// Scheme, host and port, for messages.
    pub fn origin(&self) -> String {
        let scheme = if self.is_https { "https" } else { "http" };
        format!("{scheme}://{}", self.authority())
    }
}

impl FromStr for WebAddress {
    type Err = WebAddressError;

    fn from_str(text: &str) -> Result<WebAddress, WebAddressError> {
        WebAddress::parse(text)
    }
}

impl fmt::Debug for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebAddress({}/…)", self.origin())
    }
}

/// The host and the port of `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`.
///
/// # Errors
/// The port is no number.
pub fn split_port(authority: &str) -> Result<(&str, Option<u16>), WebAddressError> {
    // IPv6 addresses have their colons in brackets.
    if authority.starts_with('[') && !authority.contains(']') {
        return Err(WebAddressError::Host);
    }
    let after_host = authority.rfind(']').map_or(0, |end| end + 1);
    match authority[after_host..].split_once(':') {
        None => Ok((authority, None)),
        Some((name, port)) => {
            let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
            let port = port.parse().ok().filter(|port| *port != 0 && is_number);
            let host = &authority[..after_host + name.len()];
            Ok((host, Some(port.ok_or(WebAddressError::Port)?)))
        }
    }
}

/// Whether a text can be the host of an address: a name or an IP address.
pub fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        return address
            .strip_suffix(']')
            .is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    host.len() <= LONGEST_NAME
        && host
            .strip_suffix('.')
            .unwrap_or(host)
            .split('.')
            .all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> WebAddress {
        WebAddress::parse(text).unwrap_or_else(|error| panic!("{text} {error}"))
    }

    #[test]
    fn urls_are_split_into_their_parts() {
        // URL; scheme, host, port, authority, path and query.
        for (text, parts) in [
            (
                "https://hooks.example",
                "https hooks.example 443 hooks.example /",
            ),
            (
                "HTTPS://Hooks.Example/A?b=C#d",
                "https hooks.example 443 hooks.example /A?b=C",
            ),
            (
                "https://hooks.example?b=c",
                "https hooks.example 443 hooks.example /?b=c",
            ),
            (
                "https://hooks.example:443/",
                "https hooks.example 443 hooks.example /",
            ),
            (
                "https://hooks.example:8443/",
                "https hooks.example 8443 hooks.example:8443 /",
            ),
            ("http://127.0.0.1/in", "http 127.0.0.1 80 127.0.0.1 /in"),
            ("http://[::1]:9/in", "http ::1 9 [::1]:9 /in"),
            (
                "https://[2001:db8::1]",
                "https 2001:db8::1 443 [2001:db8::1] /",
            ),
            (
                "https://a_b.example./",
                "https a_b.example. 443 a_b.example. /",
            ),
        ] {
            let address = parse(text);
            let scheme = if address.is_https() { "https" } else { "http" };
            let (host, port) = (address.host(), address.port());
            let (authority, path) = (address.authority(), address.path_and_query());
            assert_eq!(format!("{scheme} {host} {port} {authority} {path}"), parts);
        }
    }

    #[test]
    fn each_invalid_url_has_its_error() {
        use WebAddressError::*;
        for (text, error) in [
            ("", Malformed),
            ("hooks.example/in", Malformed),
            ("https:/hooks.example", Malformed),
            ("https://hooks.example/a b", Malformed),
            ("ftp://hooks.example", Scheme),
            ("file:///etc/passwd", Scheme),
            (" https://hooks.example", Scheme),
            ("https://jo@hooks.example", UserInfo),
            ("https://jo:secret@hooks.example/", UserInfo),
            ("https://hooks.example\\@evil.example/", UserInfo),
            ("https://", Host),
            ("https:///in", Host),
            ("https://?a=b", Host),
            ("https://hooks..example/", Host),
            ("https://hooks example/", Host),
            ("https://hooks.example%2f/", Host),
            ("https://[::1/", Host),
            ("https://[fe80::1%eth0]/", Host),
            ("https://[::1]x/", Host),
            ("https://::1/", Port),
            ("https://hooks.example:/", Port),
            ("https://hooks.example:0/", Port),
            ("https://hooks.example:+80/", Port),
            ("https://hooks.example:65536/", Port),
            ("https://bücher.example/", NotAscii),
        ] {
            assert_eq!(WebAddress::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let address = parse("https://hooks.example:8443/T0/B0/s3cret?key=s3cret");
        assert_eq!(address.origin(), "https://hooks.example:8443");
        assert_eq!(
            format!("{address:?}"),
            "WebAddress(https://hooks.example:8443/…)"
        );
    }
}
