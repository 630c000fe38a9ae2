//! Codes of mail servers: replies of SMTP (RFC 5321) and enhanced status codes
//! (RFC 3463).

use patchbay_adapter::FailureKind;

/// An enhanced status code: `5.1.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EnhancedCode {
    pub(super) class: u16,
    pub(super) subject: u16,
    pub(super) detail: u16,
}

impl EnhancedCode {
    /// The code that a text begins with.
    pub(super) fn parse(text: &str) -> Option<EnhancedCode> {
        let word = text.split_ascii_whitespace().next()?;
        let mut numbers = word.trim_end_matches(':').splitn(3, '.').map(|part| {
            let is_number =
                (1..=3).contains(&part.len()) && part.bytes().all(|it| it.is_ascii_digit());
            is_number.then(|| part.parse::<u16>().ok()).flatten()
        });
        let mut next = || numbers.next().flatten();
        let code = EnhancedCode {
            class: next()?,
            subject: next()?,
            detail: next()?,
        };
        matches!(code.class, 2 | 4 | 5).then_some(code)
    }

    /// What a mail that was not delivered for good failed for; `None` for a code that
    /// tells nothing by itself.
    pub(super) fn permanent_failure(self) -> Option<FailureKind> {
        Some(match (self.subject, self.detail) {
            // The sender's address is wrong.
            (1, 7 | 8) => FailureKind::ChannelBroken,
            // The recipient's mailbox or domain.
            (1, _) | (2, 0..=2) | (4, 1 | 4 | 7) => FailureKind::RecipientUnreachable,
            // Too large, or not taken by the list.
            (2, _) | (3, _) | (4, _) | (5, _) | (6, _) => FailureKind::Refused,
            // Sender not allowed, not authenticated, by policy of its domain.
            (7, 8 | 9 | 20..=27) => FailureKind::ChannelBroken,
            (7, _) => FailureKind::Refused,
            _ => return None,
        })
    }
}

impl std::fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_three_numbers_of_a_known_class() {
        for (text, shown) in [
            ("5.1.1", Some("5.1.1")),
            ("5.1.1 User unknown", Some("5.1.1")),
            ("4.4.7: expired", Some("4.4.7")),
            ("2.0.0 Ok", Some("2.0.0")),
            ("5.7.509", Some("5.7.509")),
            ("5.1", None),
            ("5.1.1.1", None),
            ("3.1.1", None),
            ("5.1.1000", None),
            ("5.-1.1", None),
            ("User unknown", None),
            ("", None),
        ] {
            let code = EnhancedCode::parse(text).map(|code| code.to_string());
            assert_eq!(code.as_deref(), shown, "{text}");
        }
    }

    #[test]
    fn a_permanent_failure_is_of_the_recipient_the_mail_or_the_sender() {
        use FailureKind::{ChannelBroken, RecipientUnreachable, Refused};
        for (code, kind) in [
            ("5.1.1", Some(RecipientUnreachable)),
            ("5.1.2", Some(RecipientUnreachable)),
            ("5.1.10", Some(RecipientUnreachable)),
            ("5.1.8", Some(ChannelBroken)),
            ("5.2.1", Some(RecipientUnreachable)),
            ("5.2.2", Some(RecipientUnreachable)),
            ("5.2.3", Some(Refused)),
            ("5.3.4", Some(Refused)),
            ("5.4.4", Some(RecipientUnreachable)),
            ("5.6.3", Some(Refused)),
            ("5.7.1", Some(Refused)),
            ("5.7.8", Some(ChannelBroken)),
            ("5.7.23", Some(ChannelBroken)),
            ("5.7.26", Some(ChannelBroken)),
            ("5.0.0", None),
        ] {
            let found = EnhancedCode::parse(code).and_then(EnhancedCode::permanent_failure);
            assert_eq!(found, kind, "{code}");
        }
    }
}
