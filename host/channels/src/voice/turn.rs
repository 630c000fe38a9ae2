//! Where a call is. The host keeps nothing of a call: the URL to which Twilio sends what it
//! understood carries it, and is signed.

use patchbay_adapter::{InboundRequest, form};

use super::call::RETRIES;

/// Parameter with the number of the turn.
const ROUND: &str = "round";
/// Parameter that is there once the caller has said something.
const SPOKEN: &str = "spoken";

/// A turn: the host asks, and the caller speaks or is silent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Turn {
    /// From 1. 0: the call comes in.
    pub(super) round: u32,
    /// Whether the caller said something in an earlier turn.
    pub(super) has_spoken: bool,
}

impl Turn {
    /// The turn that the URL of a request names.
    pub(super) fn read(request: &InboundRequest<'_>) -> Turn {
        let parameters = form::parameters(request.query().as_bytes());
        let value = |name: &str| {
            let mut values = parameters.iter().filter(|(it, _)| it == name.as_bytes());
            values.next().map(|(_, value)| value.as_slice())
        };
        let round = value(ROUND).and_then(|round| str::from_utf8(round).ok()?.parse().ok());
        Turn {
            round: round.unwrap_or_default(),
            has_spoken: value(SPOKEN).is_some(),
        }
    }

    /// The turn after this one.
    pub(super) fn next(self, has_spoken: bool) -> Turn {
        Turn {
            round: self.round.saturating_add(1),
            has_spoken,
        }
    }

    /// The URL of a request with this turn in place of its query. Nothing else of the
    /// query stays: with the method GET, Twilio puts what the caller said into it.
    pub(super) fn url(self, request: &InboundRequest<'_>) -> String {
        let base = request.url.split(['?', '#']).next().unwrap_or_default();
        let spoken = match self.has_spoken {
            true => format!("&{SPOKEN}=1"),
            false => String::new(),
        };
        format!("{base}?{ROUND}={}{spoken}{RETRIES}", self.round)
    }
}

#[cfg(test)]
mod tests {
    use patchbay_adapter::Method;

    use super::*;

    fn request(url: &str) -> InboundRequest<'_> {
        InboundRequest {
            method: Method::Post,
            url,
            headers: Default::default(),
            body: b"",
        }
    }

    #[test]
    fn a_turn_is_read_as_it_was_written() {
        let start = request("https://care.example/hooks?SpeechResult=hush&round=x#rc=2");
        assert_eq!(Turn::read(&start), Turn::default());
        let first = Turn::read(&start).next(false);
        let url = first.url(&start);
        assert_eq!(url, "https://care.example/hooks?round=1#rc=3&rp=5xx,ct,rt");
        assert_eq!(Turn::read(&request(&url)), first);
        let second = first.next(true);
        let url = second.url(&request(&url));
        let expected = "https://care.example/hooks?round=2&spoken=1#rc=3&rp=5xx,ct,rt";
        assert_eq!(url, expected);
        assert_eq!(Turn::read(&request(&url)), second);
        // A fragment without a query.
        let url = first.url(&request("https://care.example/hooks#rc=2"));
        assert_eq!(url, "https://care.example/hooks?round=1#rc=3&rp=5xx,ct,rt");
    }

    #[test]
    fn a_number_that_is_none_is_the_start_of_the_call() {
        for (query, round) in [
            ("", 0),
            ("?round=", 0),
            ("?round=-1", 0),
            ("?round=4294967296", 0),
            ("?round=%ff", 0),
            ("?round=3&round=9", 3),
        ] {
            let url = format!("https://care.example/{query}");
            assert_eq!(Turn::read(&request(&url)).round, round, "{query}");
        }
        let last = Turn {
            round: u32::MAX,
            has_spoken: false,
        };
        assert_eq!(last.next(false), last);
    }
}
