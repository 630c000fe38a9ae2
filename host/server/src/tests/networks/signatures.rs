//! How providers sign deliveries.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::hmac::{Algorithm, HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256, Key, sign};

fn mac(algorithm: Algorithm, key: &str, bytes: &[u8]) -> Vec<u8> {
    sign(&Key::new(algorithm, key.as_bytes()), bytes)
        .as_ref()
        .to_vec()
}

pub(super) fn hex(key: &str, bytes: &[u8]) -> String {
    digits(&mac(HMAC_SHA256, key, bytes))
}

pub(super) fn hex_sha1(key: &str, bytes: &[u8]) -> String {
    digits(&mac(HMAC_SHA1_FOR_LEGACY_USE_ONLY, key, bytes))
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn base64(key: &str, bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(mac(HMAC_SHA256, key, bytes))
}

pub(super) fn base64_sha1(key: &str, bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(mac(HMAC_SHA1_FOR_LEGACY_USE_ONLY, key, bytes))
}

/// Headers of Standard Webhooks, with a media type.
pub(super) fn standard(
    key: &str,
    media_type: &str,
    body: &[u8],
    number: u32,
) -> Vec<(&'static str, String)> {
    let (id, now) = (format!("msg_{number}"), now());
    let signed = [format!("{id}.{now}.").as_bytes(), body].concat();
    vec![
        ("webhook-signature", format!("v1,{}", base64(key, &signed))),
        ("webhook-timestamp", now.to_string()),
        ("webhook-id", id),
        ("content-type", media_type.to_owned()),
    ]
}

pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
