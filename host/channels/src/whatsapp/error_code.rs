//! Error codes of the Cloud API, in answers and in statuses: one row per code or
//! range (developers.facebook.com, WhatsApp Business Platform, error codes).

use std::time::Duration;

use patchbay_adapter::FailureKind::{
    ChannelBroken, RecipientUnreachable, Refused, Retry, WindowClosed,
};

use crate::meta::{ErrorCodes, Row};

/// What each code means.
pub(crate) const CODES: ErrorCodes = ErrorCodes {
    rows: &[
        // Rates, maintenance, faults of the provider.
        Row::code(2, Retry),
        Row::code(4, Retry),
        Row::code(80_007, Retry),
        Row::code(130_429, Retry),
        Row::code(131_000, Retry),
        Row::code(131_016, Retry),
        Row::code(131_048, Retry),
        Row::range(131_056..=131_057, Retry),
        Row::code(133_016, Retry),
        // More than 24 hours since the customer's last message.
        Row::code(131_047, WindowClosed),
        // Not on WhatsApp, the company itself, not in the list of a test number, opted
        // out of marketing, in an experiment, without a number.
        Row::code(130_472, RecipientUnreachable),
        Row::code(131_021, RecipientUnreachable),
        Row::code(131_026, RecipientUnreachable),
        Row::code(131_030, RecipientUnreachable),
        Row::range(131_049..=131_050, RecipientUnreachable),
        Row::code(131_062, RecipientUnreachable),
        // Parameters, types, media, templates.
        Row::code(100, Refused),
        Row::range(131_008..=131_009, Refused),
        Row::range(131_051..=131_053, Refused),
        Row::range(132_000..=132_016, Refused),
        // Token, permission, account, payment, registration.
        Row::code(0, ChannelBroken),
        Row::code(3, ChannelBroken),
        Row::code(10, ChannelBroken),
        Row::code(190, ChannelBroken),
        Row::range(200..=299, ChannelBroken),
        Row::code(368, ChannelBroken),
        Row::code(130_497, ChannelBroken),
        Row::code(131_031, ChannelBroken),
        Row::code(131_042, ChannelBroken),
        Row::code(131_045, ChannelBroken),
    ],
    // Too many messages to one customer; about one in six seconds is taken.
    waits: &[(131_056, Duration::from_secs(6))],
};
