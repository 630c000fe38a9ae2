//! Errors of `chat.postMessage` (docs.slack.dev, Web API).

use patchbay_adapter::FailureKind::{
    self, ChannelBroken, RecipientUnreachable, Refused, Retry, Uncertain,
};

/// What each error means.
const ERRORS: &[(&str, FailureKind)] = &[
    ("ratelimited", Retry),
    ("rate_limited", Retry),
    ("message_limit_exceeded", Retry),
    ("service_unavailable", Retry),
    // The message may be out.
    ("fatal_error", Uncertain),
    ("internal_error", Uncertain),
    ("request_timeout", Uncertain),
    ("channel_not_found", RecipientUnreachable),
    ("is_archived", RecipientUnreachable),
    ("not_in_channel", RecipientUnreachable),
    ("user_not_found", RecipientUnreachable),
    ("msg_too_long", Refused),
    ("no_text", Refused),
    ("restricted_action", Refused),
    ("invalid_auth", ChannelBroken),
    ("not_authed", ChannelBroken),
    ("token_revoked", ChannelBroken),
    ("token_expired", ChannelBroken),
    ("account_inactive", ChannelBroken),
    ("missing_scope", ChannelBroken),
    ("org_login_required", ChannelBroken),
    ("team_access_not_granted", ChannelBroken),
];

/// The row of an error; `None` for one that is not in the table.
pub(super) fn find(error: &str) -> Option<(&'static str, FailureKind)> {
    ERRORS.iter().find(|(name, _)| *name == error).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_error_has_two_rows() {
        let names: BTreeSet<_> = ERRORS.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), ERRORS.len());
    }
}
