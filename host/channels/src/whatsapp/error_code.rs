//! Error codes of the Cloud API, in answers and in statuses: one row per code or
//! range (developers.facebook.com, WhatsApp Business Platform, error codes).

use std::ops::RangeInclusive;

use crate::outcome::FailureKind::{
    self, ChannelBroken, RecipientUnreachable, Refused, Retry, WindowClosed,
};

/// What each code means. The first row that has a code counts.
const CODES: &[(RangeInclusive<i64>, FailureKind)] = &[
    // Rates, maintenance, faults of the provider.
    (2..=2, Retry),
    (4..=4, Retry),
    (80_007..=80_007, Retry),
    (130_429..=130_429, Retry),
    (131_000..=131_000, Retry),
    (131_016..=131_016, Retry),
    (131_048..=131_048, Retry),
    (131_056..=131_057, Retry),
    (133_016..=133_016, Retry),
    // More than 24 hours since the customer's last message.
    (131_047..=131_047, WindowClosed),
    // Not on WhatsApp, the company itself, not in the list of a test number, opted
    // out of marketing, in an experiment, without a number.
    (130_472..=130_472, RecipientUnreachable),
    (131_021..=131_021, RecipientUnreachable),
    (131_026..=131_026, RecipientUnreachable),
    (131_030..=131_030, RecipientUnreachable),
    (131_049..=131_050, RecipientUnreachable),
    (131_062..=131_062, RecipientUnreachable),
    // Parameters, types, media, templates.
    (100..=100, Refused),
    (131_008..=131_009, Refused),
    (131_051..=131_053, Refused),
    (132_000..=132_016, Refused),
    // Token, permission, account, payment, registration.
    (0..=0, ChannelBroken),
    (3..=3, ChannelBroken),
    (10..=10, ChannelBroken),
    (190..=190, ChannelBroken),
    (200..=299, ChannelBroken),
    (368..=368, ChannelBroken),
    (130_497..=130_497, ChannelBroken),
    (131_031..=131_031, ChannelBroken),
    (131_042..=131_042, ChannelBroken),
    (131_045..=131_045, ChannelBroken),
];

/// Too many messages to one customer; about one in six seconds is taken.
pub(super) const PAIR_RATE: i64 = 131_056;

/// What a code means; `None` for one that is not in the table.
pub(super) fn kind(code: i64) -> Option<FailureKind> {
    let row = CODES.iter().find(|(codes, _)| codes.contains(&code));
    row.map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_has_two_rows() {
        for (index, (codes, _)) in CODES.iter().enumerate() {
            for (others, _) in &CODES[index + 1..] {
                let is_apart = codes.end() < others.start() || others.end() < codes.start();
                assert!(is_apart, "{codes:?} {others:?}");
            }
        }
    }
}
