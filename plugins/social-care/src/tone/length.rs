//! Finds an empty draft, or one longer than the channel allows. The host counts as the channel does.

use super::{Findings, Reply};

pub(super) fn check(reply: &Reply<'_>, findings: &mut Findings<'_>) {
    if reply.draft.text().trim().is_empty() {
        if !reply.draft.composing() {
            findings.add("length.empty", "The reply is empty.", None);
        }
        return;
    }
    let length = reply.draft.length();
    if let Some(limit) = reply.draft.length_limit().filter(|limit| length > *limit) {
        let over = length - limit;
        findings.add(
            "length.exceeded",
            format!(
                "The reply is {over} over the {limit} that {} allows.",
                reply.draft.channel()
            ),
            None,
        );
    }
}
