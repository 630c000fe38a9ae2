//! Places in a visitor's history. The host's own number of an entry counts everything
//! that happens at the company, so a page gets it encrypted.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use patchbay_adapter::CompanyKey;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

/// Separate these keys from others under the company's key.
const SEAL: &[u8] = b"patchbay channels chat cursor seal 1\0";
const NONCE: &[u8] = b"patchbay channels chat cursor nonce 1\0";
/// Bytes of the sealed number.
const NUMBER: usize = 8;
const TAG: usize = 16;

/// Encrypts places in the histories of one connection's visitors.
pub(super) struct CursorKey {
    /// Absent only if the cipher refuses a key of its length, which it does not.
    seal: Option<LessSafeKey>,
    nonce: hmac::Key,
}

impl CursorKey {
    pub(super) fn new(key: &CompanyKey, account: &str) -> CursorKey {
        let derive = |domain: &[u8]| key.derive(&[domain, account.as_bytes()]);
        let seal = UnboundKey::new(&CHACHA20_POLY1305, &*derive(SEAL));
        CursorKey {
            seal: seal.ok().map(LessSafeKey::new),
            nonce: hmac::Key::new(hmac::HMAC_SHA256, &*derive(NONCE)),
        }
    }

    /// The cursor of an entry of a visitor's history: always the same text.
    pub(super) fn cursor(&self, address: &str, number: u64) -> String {
        // Of one number and address, so that no nonce seals two numbers.
        let mut context = hmac::Context::with_key(&self.nonce);
        context.update(&number.to_be_bytes());
        context.update(address.as_bytes());
        let tag = context.sign();
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&tag.as_ref()[..NONCE_LEN]);
        let mut sealed = number.to_be_bytes().to_vec();
        if let Some(key) = &self.seal {
            let nonce = Nonce::assume_unique_for_key(nonce);
            let aad = Aad::from(address.as_bytes());
            if key
                .seal_in_place_append_tag(nonce, aad, &mut sealed)
                .is_err()
            {
                sealed.clear();
            }
        }
        BASE64_URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())
    }

    /// The number of an entry; `None` for a text that is no cursor of this visitor.
    pub(super) fn number(&self, address: &str, cursor: &str) -> Option<u64> {
        if cursor.len() != (NONCE_LEN + NUMBER + TAG) * 4 / 3 {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>()?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let aad = Aad::from(address.as_bytes());
        let opened = self.seal.as_ref()?.open_in_place(nonce, aad, &mut sealed);
        let number: [u8; NUMBER] = (&*opened.ok()?).try_into().ok()?;
        Some(u64::from_be_bytes(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(company: u8, account: &str) -> CursorKey {
        CursorKey::new(&CompanyKey::new([company; 32]), account)
    }

    #[test]
    fn a_cursor_is_of_one_visitor_of_one_connection() {
        let own = key(1, "site");
        for number in [0, 1, 4711, u64::MAX] {
            let cursor = own.cursor("visitor:a", number);
            assert_eq!(own.number("visitor:a", &cursor), Some(number));
            assert_eq!(own.cursor("visitor:a", number), cursor);
            assert_eq!(own.number("visitor:b", &cursor), None);
            assert_eq!(key(1, "shop").number("visitor:a", &cursor), None);
            assert_eq!(key(2, "site").number("visitor:a", &cursor), None);
        }
        assert_ne!(own.cursor("visitor:a", 1), own.cursor("visitor:b", 1));
    }

    #[test]
    fn a_text_that_is_no_cursor_is_refused() {
        let key = key(1, "site");
        let cursor = key.cursor("visitor:a", 7);
        for index in 0..cursor.len() {
            for bit in 0..7 {
                let mut bytes = cursor.clone().into_bytes();
                bytes[index] ^= 1 << bit;
                let other = String::from_utf8(bytes).expect("ASCII");
                assert_eq!(key.number("visitor:a", &other), None, "{other}");
            }
            assert_eq!(key.number("visitor:a", &cursor[..index]), None);
        }
        for other in ["", "0", &"A".repeat(48), &"A".repeat(1_000)] {
            assert_eq!(key.number("visitor:a", other), None, "{other}");
        }
    }
}
