//! One flipped bit in body, secret or signature is refused: every bit of every
//! sample.

use patchbay_adapter::Scheme;

use crate::sample::Sample;
use crate::vectors::samples;

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut other = bytes.to_vec();
    other[bit / 8] ^= 1 << (bit % 8);
    other
}

/// Whether a byte of a form is a hexadecimal digit of `%2B`: its case says nothing.
fn is_digit_of_escape(form: &[u8], index: usize) -> bool {
    let is_escape = |back: usize| index.checked_sub(back).is_some_and(|at| form[at] == b'%');
    is_escape(1) || is_escape(2)
}

#[test]
fn a_flipped_bit_in_the_body_is_refused() {
    for sample in samples() {
        if sample.scheme == Scheme::Telegram {
            continue;
        }
        let is_form = matches!(sample.name, "vonage form") || sample.scheme == Scheme::Twilio;
        for bit in 0..sample.body.len() * 8 {
            let body = flipped(&sample.body, bit);
            let is_case = bit % 8 == 5 && is_form && is_digit_of_escape(&sample.body, bit / 8);
            let other = Sample {
                body,
                ..sample.clone()
            };
            assert!(
                is_case || other.verify().is_err(),
                "{} bit {bit}",
                sample.name
            );
        }
    }
}

#[test]
fn a_flipped_bit_in_the_secret_is_refused() {
    for sample in samples() {
        let secret = &sample.secrets[0];
        for bit in 0..secret.len() * 8 {
            let secrets = vec![flipped(secret, bit)];
            let other = Sample {
                secrets,
                ..sample.clone()
            };
            assert!(other.verify().is_err(), "{} bit {bit}", sample.name);
        }
    }
}

#[test]
fn a_flipped_bit_in_the_signature_is_refused() {
    for sample in samples() {
        if sample.scheme.as_str().starts_with("vonage-sms") {
            continue;
        }
        let signature = sample.headers[0].1.clone();
        for bit in 0..signature.len() * 8 {
            // A flipped highest bit is no ASCII, which a header refuses.
            let Ok(value) = String::from_utf8(flipped(signature.as_bytes(), bit)) else {
                continue;
            };
            let is_case = value.eq_ignore_ascii_case(&signature)
                && sample.scheme == Scheme::VonageMessages
                && bit / 8 < "Bearer".len();
            let result = sample.signed(&value).verify();
            assert!(is_case || result.is_err(), "{} bit {bit}", sample.name);
        }
    }
}

#[test]
fn a_flipped_bit_in_the_query_with_the_signature_is_refused() {
    for sample in samples() {
        if !sample.name.starts_with("vonage") || sample.scheme == Scheme::VonageMessages {
            continue;
        }
        let start = sample
            .url
            .find('?')
            .map_or(sample.url.len(), |start| start + 1);
        for bit in start * 8..sample.url.len() * 8 {
            let Ok(url) = String::from_utf8(flipped(sample.url.as_bytes(), bit)) else {
                continue;
            };
            let result = sample.clone().url(&url).verify();
            assert!(result.is_err(), "{}: {url}", sample.name);
        }
    }
}
