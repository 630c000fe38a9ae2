//! Error codes of the Messages API, in answers and in states
//! (developer.vonage.com/api-errors/messages).

use patchbay_adapter::FailureKind::{
    self, ChannelBroken, RecipientUnreachable, Refused, Retry, Uncertain, WindowClosed,
};
use patchbay_adapter::field::Fields;
use serde_json::Value;

/// What each code means.
const CODES: &[(i64, FailureKind)] = &[
    // Too many requests; internal error; not submitted; absent for now; busy; network error;
    // too many to this number.
    (1_000, Retry),
    (1_030, Retry),
    (1_100, Retry),
    (1_180, Retry),
    (1_220, Retry),
    (1_230, Retry),
    (1_241, Retry),
    // Barred; not in the list of a test account; no number; no longer active; changed its
    // carrier; opted out; no route; unreachable; blocked by the carrier; without credit; not
    // of the network; a device that takes none.
    (1_050, RecipientUnreachable),
    (1_160, RecipientUnreachable),
    (1_170, RecipientUnreachable),
    (1_190, RecipientUnreachable),
    (1_200, RecipientUnreachable),
    (1_240, RecipientUnreachable),
    (1_250, RecipientUnreachable),
    (1_260, RecipientUnreachable),
    (1_280, RecipientUnreachable),
    (1_290, RecipientUnreachable),
    (1_300, RecipientUnreachable),
    (1_310, RecipientUnreachable),
    // Parameters; a prefix that is unknown; too long; filtered as spam; age.
    (1_010, Refused),
    (1_020, Refused),
    (1_040, Refused),
    (1_090, Refused),
    (1_130, Refused),
    (1_150, Refused),
    (1_210, Refused),
    (1_270, Refused),
    // Account barred; without credit; not provisioned; signature; sender not allowed;
    // facility not enabled.
    (1_060, ChannelBroken),
    (1_070, ChannelBroken),
    (1_080, ChannelBroken),
    (1_110, ChannelBroken),
    (1_120, ChannelBroken),
    (1_140, ChannelBroken),
    // Sent before.
    (1_320, Uncertain),
    // Of other channels.
    (1_340, WindowClosed),
];

/// What a code means; `None` for one that is not in the table.
pub(super) fn kind(code: i64) -> Option<FailureKind> {
    let row = CODES.iter().find(|(known, _)| *known == code);
    row.map(|(_, kind)| *kind)
}

/// The code of a problem document: behind `#` of its type, or its title. A test of the
/// provider's has the problem of a state in one more object.
pub(super) fn read(problem: &Value) -> Option<i64> {
    let problem = problem.get("error").unwrap_or(problem);
    let of_type = problem.text(&["type"]).and_then(|it| it.rsplit_once('#'));
    let of_type = of_type.and_then(|(_, code)| code.parse().ok());
    let title = || problem.id(&["title"])?.parse().ok();
    of_type.or_else(title)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn no_code_has_two_rows() {
        let codes: BTreeSet<_> = CODES.iter().map(|(code, _)| code).collect();
        assert_eq!(codes.len(), CODES.len());
    }

    #[test]
    fn a_code_is_in_the_type_or_the_title() {
        let uri = |code: &str| format!("https://developer.vonage.com/api-errors/messages#{code}");
        for (problem, code) in [
            (
                json!({"type": uri("1240"), "title": "Illegal Number"}),
                Some(1_240),
            ),
            (json!({"type": uri("1240"), "title": 1000}), Some(1_240)),
            (
                json!({"type": uri("low-balance"), "title": "Low balance"}),
                None,
            ),
            (json!({"title": 1000}), Some(1_000)),
            (json!({"title": "1000"}), Some(1_000)),
            (json!({"error": {"title": 1000}}), Some(1_000)),
            (json!({"error": "x", "title": 1000}), None),
            (json!({"type": 7, "title": 1.5}), None),
            (json!("1000"), None),
        ] {
            assert_eq!(read(&problem), code, "{problem}");
        }
    }
}
