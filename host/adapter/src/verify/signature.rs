//! Spelling of a signature. Only one spelling is accepted.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

use super::Rejection;

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// Hexadecimal, lower case.
    Hex,
    /// Base64 with padding.
    Base64,
    /// Base64 for URLs without padding, as in a JWT.
    Base64Url,
}

impl Spelling {
    /// Reads a signature of exactly so many bytes.
    ///
    /// # Errors
    /// [`Rejection::Malformed`] for another length, alphabet, case or padding.
    pub(super) fn read(self, text: &str, bytes: usize) -> Result<Vec<u8>, Rejection> {
        // Nothing much longer than a signature is decoded.
        if text.len() > bytes * 2 {
            return Err(Rejection::Malformed);
        }
        let read = match self {
            Spelling::Hex => read_hex(text),
            // Both refuse a last character with unused bits that are not zero.
            Spelling::Base64 => BASE64_STANDARD.decode(text).ok(),
            Spelling::Base64Url => BASE64_URL_SAFE_NO_PAD.decode(text).ok(),
        };
        let read = read.filter(|read| read.len() == bytes);
        read.ok_or(Rejection::Malformed)
    }
}

fn read_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_of_a_signature_is_accepted() {
        let bytes = vec![0xfb, 0xff, 0xfe, 0x01];
        for (spelling, good, bad) in [
            (
                Spelling::Hex,
                "fbfffe01",
                &[
                    "FBFFFE01",
                    "fbfffe0",
                    "fbfffe011",
                    " fbfffe01",
                    "fbfffe0g",
                    "+bfffe01",
                ][..],
            ),
            (
                Spelling::Base64,
                "+//+AQ==",
                &[
                    "+//+AQ",
                    "-__-AQ==",
                    "+//+AQ=",
                    "+//+AR==",
                    "+//+AQ== ",
                    "+//+AQ===",
                    "+//+",
                ],
            ),
            (
                Spelling::Base64Url,
                "-__-AQ",
                &["-__-AQ==", "+//+AQ", "-__-AR", "-__-AQA", "-__-"],
            ),
        ] {
            assert_eq!(spelling.read(good, 4), Ok(bytes.clone()), "{good}");
            for bad in bad.iter().chain(&["", "ü"]) {
                let read = spelling.read(bad, 4);
                assert_eq!(read, Err(Rejection::Malformed), "{spelling:?} {bad:?}");
            }
        }
    }
}
