//! Error codes of Twilio, in answers and in statuses (twilio.com/docs/api/errors).

use patchbay_adapter::FailureKind::{
    self, ChannelBroken, RecipientUnreachable, Refused, Retry, WindowClosed,
};

/// What each code means.
const CODES: &[(i64, FailureKind)] = &[
    // Too many calls at once; too many requests; queue overflow; rate of the carrier; unknown error.
    (10_004, Retry),
    (20_429, Retry),
    (30_001, Retry),
    (30_008, Retry),
    (30_022, Retry),
    // No number; a number that cannot be called, that Twilio does not call, or that is not
    // valid; opted out; no mobile number; unreachable, blocked, unknown or a landline.
    (21_211, RecipientUnreachable),
    (21_214, RecipientUnreachable),
    (21_216, RecipientUnreachable),
    (21_217, RecipientUnreachable),
    (21_610, RecipientUnreachable),
    (21_614, RecipientUnreachable),
    (30_003, RecipientUnreachable),
    (30_004, RecipientUnreachable),
    (30_005, RecipientUnreachable),
    (30_006, RecipientUnreachable),
    // Call to a region that is not permitted; call of a trial account to a number that is not
    // verified; region not permitted; too long; file not valid; filtered as spam;
    // document of a call too long.
    (21_215, Refused),
    (21_219, Refused),
    (21_408, Refused),
    (21_617, Refused),
    (21_620, Refused),
    (30_007, Refused),
    (32_018, Refused),
    // WhatsApp by Twilio.
    (63_016, WindowClosed),
    // Account not active; calls disabled; not authenticated; caller's number not the
    // account's, or not valid; number not the account's; account suspended; number not
    // registered with the carriers of the United States.
    (10_001, ChannelBroken),
    (10_005, ChannelBroken),
    (20_003, ChannelBroken),
    (21_210, ChannelBroken),
    (21_212, ChannelBroken),
    (21_606, ChannelBroken),
    (30_002, ChannelBroken),
    (30_034, ChannelBroken),
];

/// What a code means; `None` for one that is not in the table.
pub(crate) fn kind(code: i64) -> Option<FailureKind> {
    let row = CODES.iter().find(|(known, _)| *known == code);
    row.map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_code_has_two_rows() {
        let codes: BTreeSet<_> = CODES.iter().map(|(code, _)| code).collect();
        assert_eq!(codes.len(), CODES.len());
    }
}
