//! Error codes of the Graph API: one row per code or range, and per subcode where
//! the same code has several meanings.

use std::ops::RangeInclusive;
use std::time::Duration;

use patchbay_adapter::FailureKind::{
    self, ChannelBroken, RecipientUnreachable, Refused, Retry, Uncertain, WindowClosed,
};

/// What codes mean.
pub(crate) struct Row {
    codes: RangeInclusive<i64>,
    subcode: Option<i64>,
    kind: FailureKind,
}

impl Row {
    /// One code.
    pub(crate) const fn code(code: i64, kind: FailureKind) -> Row {
        Row::range(code..=code, kind)
    }

    /// Codes from one to another.
    pub(crate) const fn range(codes: RangeInclusive<i64>, kind: FailureKind) -> Row {
        let subcode = None;
        Row {
            codes,
            subcode,
            kind,
        }
    }

    /// A code with a subcode.
    pub(crate) const fn subcode(code: i64, subcode: i64, kind: FailureKind) -> Row {
        Row {
            codes: code..=code,
            subcode: Some(subcode),
            kind,
        }
    }

    fn has(&self, code: i64, subcode: Option<i64>) -> bool {
        self.codes.contains(&code) && (self.subcode.is_none() || self.subcode == subcode)
    }
}

/// The codes of an API.
pub(crate) struct ErrorCodes {
    /// Rows with a subcode come before the row of the code alone.
    pub(crate) rows: &'static [Row],
    /// Waits before another attempt, where the answer does not say one.
    pub(crate) waits: &'static [(i64, Duration)],
}

impl ErrorCodes {
    /// What a code means; `None` for one that is not in the table.
    pub(crate) fn kind(&self, code: i64, subcode: Option<i64>) -> Option<FailureKind> {
        let row = self.rows.iter().find(|row| row.has(code, subcode));
        row.map(|row| row.kind)
    }

    /// The wait before another attempt.
    pub(super) fn wait(&self, code: i64) -> Option<Duration> {
        let wait = self.waits.iter().find(|(known, _)| *known == code);
        wait.map(|(_, wait)| *wait)
    }
}

/// Messenger, Instagram and comments (developers.facebook.com, Messenger Platform,
/// error codes; Graph API, error handling). The subcodes 2018108, 2018300 and those
/// that begin with 2534 are seen in published programs and issues only.
pub(super) const GRAPH: ErrorCodes = ErrorCodes {
    rows: &[
        // The answer is an error, but the messages were sent.
        Row::subcode(1, 1_357_046, Uncertain),
        // Faults of the provider, rates.
        Row::range(1..=2, Retry),
        Row::code(4, Retry),
        Row::code(17, Retry),
        Row::code(32, Retry),
        Row::code(613, Retry),
        Row::code(1_200, Retry),
        // More than 24 hours since the customer's last message.
        Row::subcode(10, 2_018_278, WindowClosed),
        Row::subcode(10, 2_018_065, WindowClosed),
        Row::subcode(10, 2_534_022, WindowClosed),
        // Not available, no matching user, blocked.
        Row::subcode(10, 2_018_108, RecipientUnreachable),
        Row::code(551, RecipientUnreachable),
        Row::subcode(100, 2_018_001, RecipientUnreachable),
        Row::subcode(100, 2_534_014, RecipientUnreachable),
        Row::subcode(200, 1_545_041, RecipientUnreachable),
        // Another app has the thread.
        Row::subcode(10, 2_018_300, Refused),
        // Token, session, permission, block of the account.
        Row::code(10, ChannelBroken),
        Row::code(102, ChannelBroken),
        Row::code(190, ChannelBroken),
        Row::code(200, ChannelBroken),
        Row::code(368, ChannelBroken),
        Row::subcode(100, 2_534_029, ChannelBroken),
        // Parameters, message.
        Row::code(100, Refused),
        Row::range(2_018_000..=2_018_999, Refused),
    ],
    waits: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    /// A row that an earlier one hides would have no effect.
    #[test]
    fn no_code_has_two_rows() {
        for codes in [&GRAPH, &crate::whatsapp::CODES] {
            for (index, row) in codes.rows.iter().enumerate() {
                for other in &codes.rows[index + 1..] {
                    let is_apart = row.codes.end() < other.codes.start()
                        || other.codes.end() < row.codes.start();
                    let is_narrower = row.subcode.is_some() && row.subcode != other.subcode;
                    let (codes, others) = (&row.codes, &other.codes);
                    assert!(is_apart || is_narrower, "{codes:?} {others:?}");
                }
            }
        }
    }
}
