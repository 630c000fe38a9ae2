//! How providers sign deliveries.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::hmac::{HMAC_SHA256, Key, Tag, sign};

fn code(secret: &str, bytes: &[u8]) -> Tag {
    sign(&Key::new(HMAC_SHA256, secret.as_bytes()), bytes)
}

/// HMAC-SHA256 in lower-case hexadecimal.
pub(super) fn hex(secret: &str, bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in code(secret, bytes).as_ref() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// HMAC-SHA256 in base64.
pub(super) fn base64(secret: &str, bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(code(secret, bytes))
}
