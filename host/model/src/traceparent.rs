//! W3C trace context of a caller: the header `traceparent`
//! (<https://www.w3.org/TR/trace-context/>).

/// A caller's span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Traceparent {
    /// Id of the trace; never all zeros.
    pub trace: [u8; 16],
    /// Id of the span in it; never all zeros.
    pub span: [u8; 8],
    /// Whether the caller samples the trace.
    pub sampled: bool,
}

impl Traceparent {
    /// Stored size in bytes.
    pub const BYTES: usize = 25;

    /// Parse the header; `None` where it is invalid.
    pub fn parse(text: &str) -> Option<Traceparent> {
        let mut fields = text.split('-');
        let (version, trace, span, flags) = (
            fields.next()?,
            fields.next()?,
            fields.next()?,
            fields.next()?,
        );
        let [version] = hexadecimal::<1>(version)?;
        // Later versions may append fields; version 255 is invalid.
        if version == 0xff || (version == 0 && fields.next().is_some()) {
            return None;
        }
        let [flags] = hexadecimal::<1>(flags)?;
        Traceparent::of(hexadecimal(trace)?, hexadecimal(span)?, flags & 1 == 1)
    }

    /// Stored form: trace, span, and 1 where it is sampled.
    pub fn to_bytes(self) -> [u8; Traceparent::BYTES] {
        let mut bytes = [0; Traceparent::BYTES];
        bytes[..16].copy_from_slice(&self.trace);
        bytes[16..24].copy_from_slice(&self.span);
        bytes[24] = u8::from(self.sampled);
        bytes
    }

    /// Read the stored form; `None` where it is invalid.
    pub fn from_bytes(bytes: &[u8; Traceparent::BYTES]) -> Option<Traceparent> {
        let (mut trace, mut span) = ([0; 16], [0; 8]);
        trace.copy_from_slice(&bytes[..16]);
        span.copy_from_slice(&bytes[16..24]);
        Traceparent::of(trace, span, bytes[24] & 1 == 1)
    }

    fn of(trace: [u8; 16], span: [u8; 8], sampled: bool) -> Option<Traceparent> {
        (trace != [0; 16] && span != [0; 8]).then_some(Traceparent {
            trace,
            span,
            sampled,
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

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn valid_headers_parse_and_invalid_ones_do_not() {
        let read = Traceparent::parse(GOOD).expect("one");
        assert!(read.sampled && read.trace[0] == 0x4b && read.span[7] == 0xb7);
        let not_kept = Traceparent::parse(&GOOD.replace("-01", "-00")).expect("one");
        assert!(!not_kept.sampled);
        assert!(
            Traceparent::parse(&GOOD.replacen("00", "cc", 1).replace("-01", "-01-more")).is_some()
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

    #[test]
    fn the_stored_form_round_trips() {
        for text in [GOOD, &GOOD.replace("-01", "-00")] {
            let one = Traceparent::parse(text).expect("one");
            assert_eq!(Traceparent::from_bytes(&one.to_bytes()), Some(one));
        }
        assert_eq!(Traceparent::from_bytes(&[0; Traceparent::BYTES]), None);
    }
}
