//! Keys of records that are made from the time and the key of a reply.

use jiff::Timestamp;
use ring::digest;

/// Digits, in their order.
const DIGITS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
/// Digits of a key, of five bits each.
const LENGTH: u32 = 13;
/// Bits for the number of the clock.
const CLOCK_BITS: u32 = 10;
const MICROSECONDS: u64 = 1_000_000;

/// The key of the record that sends a part of a reply: the second in which it was written,
/// and, in place of the microsecond and of the clock, a digest of the account and of the
/// part's key. The same at every attempt; two parts of one second differ but for one in a
/// thousand million. `None` for a time that a key cannot have.
pub(super) fn of(account: &str, key: &str, written_at: Timestamp) -> Option<String> {
    let second = u64::try_from(written_at.as_second()).ok()?;
    let mut hash = digest::Context::new(&digest::SHA256);
    for part in [account, key] {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finish();
    let mut bytes = [0; 8];
    bytes.copy_from_slice(digest.as_ref().get(..8)?);
    let hash = u64::from_be_bytes(bytes);
    let microsecond = (hash >> CLOCK_BITS) % MICROSECONDS;
    let clock = hash & ((1 << CLOCK_BITS) - 1);
    let time = second.checked_mul(MICROSECONDS)?.checked_add(microsecond)?;
    // 53 bits of time: until the year 2255.
    let number = (time < 1 << 53).then_some(time << CLOCK_BITS | clock)?;
    let digits = (0..LENGTH).rev().map(|at| {
        let digit = number >> (at * 5) & 31;
        char::from(DIGITS[usize::try_from(digit).unwrap_or(0)])
    });
    Some(digits.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    /// Computed with Python's `hashlib`.
    #[test]
    fn a_key_is_made_of_the_second_and_a_digest() {
        let key = of("did:plc:care", "reply-01J/1", at("2026-03-03T10:00:00Z"));
        assert_eq!(key.as_deref(), Some("3mg5j46bwiwam"));
    }

    #[test]
    fn a_key_is_in_the_order_of_seconds_and_differs_for_each_part() {
        let written = "2026-03-03T10:00:00Z";
        let key = |account, part, time| of(account, part, at(time)).expect("a key");
        let first = key("did:plc:care", "reply-01J/1", written);
        assert_eq!(first.len(), 13);
        // Within the second, the time says nothing.
        assert_eq!(
            key("did:plc:care", "reply-01J/1", "2026-03-03T10:00:00.9Z"),
            first
        );
        assert_ne!(key("did:plc:care", "reply-01K/1", written), first);
        assert_ne!(key("did:plc:help", "reply-01J/1", written), first);
        assert_ne!(key("did:plc:car", "ereply-01J/1", written), first);
        for other in ["reply-01J/1", "reply-01K/1", "x"] {
            let later = key("did:plc:care", other, "2026-03-03T10:00:01Z");
            assert!(later > first, "{later} {first}");
        }
        assert_eq!(of("a", "b", at("1969-12-31T23:59:59Z")), None);
        assert_eq!(of("a", "b", at("2256-01-01T00:00:00Z")), None);
    }
}
