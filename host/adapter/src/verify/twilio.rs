//! Twilio: HMAC-SHA1 over the URL that Twilio requested and the parameters of a
//! form.

use super::mac::{self, Hash};
use super::signature::Spelling;
use super::{Rejection, are_equal};
use crate::form;
use crate::request::InboundRequest;
use crate::secret::Secrets;

const HEADER: &str = "x-twilio-signature";
/// Parameter of the query with the digest of a body that is not a form.
const BODY_DIGEST: &str = "bodySHA256";
const FORM: &str = "application/x-www-form-urlencoded";

pub(super) fn verify(request: &InboundRequest<'_>, secrets: &Secrets) -> Result<(), Rejection> {
    let value = request.headers.required(HEADER)?;
    let given = Spelling::Base64.read(value, Hash::Sha1.bytes())?;
    let parameters = signed_parameters(request)?;
    // Twilio signs some URLs with the port and some without.
    let urls = spellings_of_url(request.url_without_fragment());
    let is_signed = urls.iter().fold(false, |found, url| {
        let message = [url.as_bytes(), &parameters];
        Hash::Sha1.is_code(secrets, &message, &given) | found
    });
    match is_signed {
        true => Ok(()),
        false => Err(Rejection::Mismatch),
    }
}

/// What is signed after the URL: nothing if the query has the digest of the body,
/// else the parameters of the form.
fn signed_parameters(request: &InboundRequest<'_>) -> Result<Vec<u8>, Rejection> {
    let query = form::parameters(request.query().as_bytes());
    if let Some(given) = form::only(&query, BODY_DIGEST)? {
        let digest = mac::hex(mac::sha256(request.body).as_ref());
        return match are_equal(digest.as_bytes(), given) {
            true => Ok(Vec::new()),
            false => Err(Rejection::Mismatch),
        };
    }
    if request.body.is_empty() {
        return Ok(Vec::new());
    }
    let media_type = request.headers.only("content-type")?.unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    match media_type.eq_ignore_ascii_case(FORM) {
        true => Ok(joined_parameters(request.body)),
        // Nothing would protect this body.
        false => Err(Rejection::Missing),
    }
}

/// The parameters of a form sorted by name and value as bytes, doubles once, with
/// nothing between names and values.
fn joined_parameters(body: &[u8]) -> Vec<u8> {
    let mut parameters = form::parameters(body);
    parameters.sort();
    parameters.dedup();
    let parts = parameters.into_iter();
    parts
        .flat_map(|(name, value)| name.into_iter().chain(value))
        .collect()
}

/// The URL as it is, with the standard port of its scheme, and without a port.
fn spellings_of_url(url: &str) -> Vec<String> {
    let mut spellings = vec![url.to_owned()];
    let Some((scheme, rest)) = url.split_once("://") else {
        return spellings;
    };
    let standard = match scheme {
        "https" => "443",
        "http" => "80",
        _ => return spellings,
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    // A colon before `@` or inside of `[…]` does not begin a port.
    let host = authority.rsplit('@').next().unwrap_or_default();
    let port = host
        .rsplit_once(':')
        .map(|(_, port)| port)
        .filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    spellings.push(match port {
        None => format!("{scheme}://{authority}:{standard}{target}"),
        Some(port) => {
            let bare = &authority[..authority.len() - port.len() - 1];
            format!("{scheme}://{bare}{target}")
        }
    });
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_added_or_removed() {
        for (url, other) in [
            (
                "https://a.example/x?y=1",
                Some("https://a.example:443/x?y=1"),
            ),
            ("http://a.example/x", Some("http://a.example:80/x")),
            ("https://a.example:443/x", Some("https://a.example/x")),
            ("https://a.example:8443/x", Some("https://a.example/x")),
            ("https://a.example", Some("https://a.example:443")),
            ("https://a.example?x", Some("https://a.example:443?x")),
            (
                "https://u:p@a.example/x",
                Some("https://u:p@a.example:443/x"),
            ),
            ("https://u:p@a.example:1/x", Some("https://u:p@a.example/x")),
            ("https://[::1]/x", Some("https://[::1]:443/x")),
            ("https://[::1]:443/x", Some("https://[::1]/x")),
            ("ftp://a.example/x", None),
            ("not a url", None),
        ] {
            let expected: Vec<&str> = [Some(url), other].into_iter().flatten().collect();
            assert_eq!(spellings_of_url(url), expected);
        }
    }

    #[test]
    fn parameters_are_sorted_by_bytes_and_doubles_count_once() {
        let joined = joined_parameters(b"b=2&AddOns=%7B%7D&addOns=1&Body=hi+all&b=1&b=2");
        assert_eq!(joined, b"AddOns{}Bodyhi alladdOns1b1b2");
    }
}
