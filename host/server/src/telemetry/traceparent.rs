//! The trace a caller says a request belongs to.

use super::spans::{SpanId, TraceId};

/// The trace a request belongs to, as its caller says by the header
/// `traceparent` (<https://www.w3.org/TR/trace-context/>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Traceparent {
    pub(super) trace: TraceId,
    pub(super) parent: SpanId,
    /// Whether the caller keeps this trace.
    pub(crate) sampled: bool,
}

impl Traceparent {
    /// Read the header; nothing where it is none.
    pub(crate) fn parse(text: &str) -> Option<Traceparent> {
        let mut fields = text.split('-');
        let (version, trace, parent, flags) = (
            fields.next()?,
            fields.next()?,
            fields.next()?,
            fields.next()?,
        );
        let [version] = hexadecimal::<1>(version)?;
        // A later version may say more after the flags; 255 is none.
        if version == 0xff || (version == 0 && fields.next().is_some()) {
            return None;
        }
        let trace: TraceId = hexadecimal(trace)?;
        let parent: SpanId = hexadecimal(parent)?;
        let [flags] = hexadecimal::<1>(flags)?;
        (trace != [0; 16] && parent != [0; 8]).then_some(Traceparent {
            trace,
            parent,
            sampled: flags & 1 == 1,
        })
    }
}

fn hexadecimal<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() != N * 2 || !digits.iter().all(is_digit) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_reads_and_what_is_none_does_not() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let read = Traceparent::parse(good).expect("one");
        assert!(read.sampled && read.trace[0] == 0x4b && read.parent[7] == 0xb7);
        let not_kept = Traceparent::parse(&good.replace("-01", "-00")).expect("one");
        assert!(!not_kept.sampled);
        assert!(
            Traceparent::parse(&good.replacen("00", "cc", 1).replace("-01", "-01-more")).is_some()
        );
        for wrong in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-é bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert_eq!(Traceparent::parse(wrong), None, "{wrong}");
        }
    }
}
