//! Files of an MMS. The provider keeps a file for 48 hours below a URL that gives access to
//! whoever has it, so a reference has only the host and the id.

use patchbay_adapter::media::{self, MediaReference, MediaRequest, ProviderQuery, is_of_domain};
use patchbay_config::web_address::WebAddress;

use super::CHANNEL;

/// Domains of the provider's files.
const DOMAINS: &[&str] = &["nexmo.com", "vonage.com"];
/// Where they are, before the id.
const PATH: &str = "/v3/media/";

/// The reference to the file at a URL; `None` for one of another form.
pub(super) fn reference(account: &str, url: &str) -> Option<String> {
    let address = WebAddress::parse(url).ok()?;
    let id = address.path_and_query().strip_prefix(PATH)?;
    let is_file = address.is_https() && is_host(address.host()) && is_id(id);
    let host = is_file.then(|| address.host().to_owned())?;
    media::reference(CHANNEL, account, &[&host, id])
}

/// The request for a file.
pub(super) fn request(file: &MediaReference) -> Option<MediaRequest> {
    let [host, id] = &file.id[..] else {
        return None;
    };
    let is_file = is_host(host) && is_id(id);
    is_file.then(|| {
        MediaRequest::Content(ProviderQuery {
            url: format!("https://{host}{PATH}{id}"),
            credential: None,
        })
    })
}

fn is_host(host: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    host.bytes().all(is_part) && is_of_domain(host, DOMAINS)
}

/// Whether a text is the id of a file, a UUID.
fn is_id(id: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=64).contains(&id.len()) && id.bytes().all(is_part)
}
