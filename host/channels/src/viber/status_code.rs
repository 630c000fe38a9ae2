//! Codes of `status` in answers (developers.viber.com, REST API, error codes).

use patchbay_adapter::FailureKind::{self, ChannelBroken, RecipientUnreachable, Refused, Retry};

/// What each code means.
const CODES: &[(i64, FailureKind)] = &[
    // Too many requests.
    (12, Retry),
    // Not registered, not subscribed, has not begun, cannot take it.
    (5, RecipientUnreachable),
    (6, RecipientUnreachable),
    (11, RecipientUnreachable),
    (21, RecipientUnreachable),
    // Data missing or invalid, type not supported.
    (3, Refused),
    (4, Refused),
    (13, Refused),
    (14, Refused),
    // Token invalid, bot blocked, not found or suspended, no webhook.
    (2, ChannelBroken),
    (7, ChannelBroken),
    (8, ChannelBroken),
    (9, ChannelBroken),
    (10, ChannelBroken),
    (15, ChannelBroken),
    (24, ChannelBroken),
];

/// What a code means; `None` for one that is not in the table.
pub(super) fn kind(code: i64) -> Option<FailureKind> {
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
