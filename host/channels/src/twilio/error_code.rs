//! Error codes of Twilio, in answers and in statuses (twilio.com/docs/api/errors).

use patchbay_adapter::FailureKind::{
    self, ChannelBroken, RecipientUnreachable, Refused, Retry, WindowClosed,
};

/// What each code means.
const CODES: &[(i64, FailureKind)] = &[
    // Too many requests; queue overflow; rate of the carrier; unknown error.
    (20_429, Retry),
    (30_001, Retry),
    (30_008, Retry),
    (30_022, Retry),
    // No mobile number; opted out; unreachable, blocked, unknown or a landline.
    (21_211, RecipientUnreachable),
    (21_610, RecipientUnreachable),
    (21_614, RecipientUnreachable),
    (30_003, RecipientUnreachable),
    (30_004, RecipientUnreachable),
    (30_005, RecipientUnreachable),
    (30_006, RecipientUnreachable),
    // Region not permitted; too long; file not valid; filtered as spam.
    (21_408, Refused),
    (21_617, Refused),
    (21_620, Refused),
    (30_007, Refused),
    // WhatsApp by Twilio.
    (63_016, WindowClosed),
    // Not authenticated; number not the account's; account suspended; number not
    // registered with the carriers of the United States.
    (20_003, ChannelBroken),
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
