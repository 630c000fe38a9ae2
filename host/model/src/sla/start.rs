//! Start of the clocks.

/// Most a clock may start before the host accepted the message, in
/// milliseconds: 5 minutes. The clock of a channel can be wrong: a message
/// dated an hour back must not be late on arrival.
pub const START_SKEW_MS: u64 = 5 * 60 * 1_000;

/// Start of the clocks of an interaction, in Unix milliseconds: when the
/// channel received it, but not after the host accepted it and at most
/// [`START_SKEW_MS`] before.
pub fn start_of(received_ms: Option<u64>, accepted_ms: u64) -> u64 {
    let earliest_ms = accepted_ms.saturating_sub(START_SKEW_MS);
    received_ms.map_or(accepted_ms, |ms| ms.clamp(earliest_ms, accepted_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_start_at_the_earlier_of_received_and_accepted_within_five_minutes() {
        let accepted = 1_800_000_000_000;
        for (received, start) in [
            (None, accepted),
            (Some(accepted), accepted),
            (Some(accepted - 1), accepted - 1),
            (Some(accepted - 300_000), accepted - 300_000),
            (Some(accepted - 300_001), accepted - 300_000),
            (Some(0), accepted - 300_000),
            (Some(accepted + 1), accepted),
            (Some(u64::MAX), accepted),
        ] {
            assert_eq!(start_of(received, accepted), start, "{received:?}");
        }
        assert_eq!(start_of(Some(0), 10), 0);
        assert_eq!(start_of(Some(u64::MAX), u64::MAX), u64::MAX);
    }
}
