//! Channels the host knows. A company may use any other code: it is private,
//! has the limit that the company's file gives it, compares addresses exactly,
//! and takes the capacity of the company's `other` medium.

use std::borrow::Cow;

use AddressForm::{Exact, Handle, InternationalPhone, Mail, Phone};
use Visibility::{Private, Public};

use crate::codes;
use crate::length::LengthRule;
use crate::length::LengthUnit::{Bytes, Characters, Graphemes, Sms, Utf16, X};

codes! {
    /// Who can read a text.
    pub enum Visibility {
        /// Anyone.
        Public = "public",
        /// The customer and the company.
        Private = "private",
    }
}

codes! {
    /// How the addresses of a channel are compared.
    pub enum AddressForm {
        /// Byte by byte, after Unicode normalisation (NFC).
        Exact = "exact",
        /// As mail addresses: without regard to case, an internationalised
        /// domain in either spelling, a local part with or without quotes.
        Mail = "mail",
        /// As user names: without regard to case, `@` optional. Digits alone
        /// are the number of a user; with `@` they are a name.
        Handle = "handle",
        /// As telephone numbers: without separators, `00` as `+`. Eleven digits
        /// and more without a prefix count as international.
        Phone = "phone",
        /// As telephone numbers of a network that writes the international form
        /// without `+` (WhatsApp).
        InternationalPhone = "international-phone",
    }
}

/// A medium of the default capacity rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultMedium {
    /// Name.
    pub name: &'static str,
    /// Units of capacity one conversation holds.
    pub weight: u32,
    /// Most conversations at once.
    pub maximum: u32,
}

const CALL: DefaultMedium = DefaultMedium {
    name: "call",
    weight: 100,
    maximum: 1,
};
/// Medium of private messages.
pub(crate) const MESSAGE: DefaultMedium = DefaultMedium {
    name: "message",
    weight: 25,
    maximum: 4,
};
/// Medium of email, posts, and of channels that are in no medium.
pub(crate) const POST: DefaultMedium = DefaultMedium {
    name: "post",
    weight: 50,
    maximum: 2,
};

/// Everything the host knows of a channel.
#[derive(Clone, Copy, Debug)]
pub struct Channel {
    /// Code, as in an interaction.
    pub code: &'static str,
    /// Visibility of an interaction that does not give its own.
    pub visibility: Visibility,
    /// Unit and limit of a text with that visibility.
    pub length: LengthRule,
    /// Unit and limit of a private text on a public channel; the same as
    /// `length` on a private one.
    pub direct_length: LengthRule,
    /// How its addresses are compared.
    pub address: AddressForm,
    /// Default capacity. Private conversations on a public channel are
    /// messages: their capacity code is the channel's with `-direct`.
    pub medium: DefaultMedium,
}

macro_rules! channels {
    ($( $code:literal: $visibility:ident, $length:expr, $direct:expr, $address:ident, $medium:ident; )+) => {
        /// One row per channel.
        pub const CHANNELS: &[Channel] = &[$( Channel {
            code: $code,
            visibility: $visibility,
            length: $length,
            direct_length: $direct,
            address: $address,
            medium: $medium,
        }, )+];
    };
}

const fn most(limit: u32) -> LengthRule {
    LengthRule::new(Characters, limit)
}
const ANY: LengthRule = LengthRule::UNLIMITED;
const SPOKEN: LengthRule = LengthRule::new(Utf16, 3_800);
const SEGMENTS: LengthRule = LengthRule::new(Sms, 10);
const POSTS_ON_X: LengthRule = LengthRule::new(X, 280);
const DIRECT_ON_INSTAGRAM: LengthRule = LengthRule::new(Bytes, 1_000);
const LINE: LengthRule = LengthRule::new(Utf16, 5_000);
const POSTS_ON_BLUESKY: LengthRule = LengthRule::new(Graphemes, 300);

// Limits: WhatsApp Cloud API, text body; Telegram Bot API, `sendMessage`;
// Messenger Send API, message text; Instagram Messaging, "1000 bytes or less"
// of UTF-8 (developers.facebook.com/docs/messenger-platform/instagram/features/send-message);
// comments on Instagram, 300 characters (Instagram API, media, comments; an assumption);
// X, direct messages of 10,000 characters (`direct_messages/events/new`).
// Slack advises 4,000 characters and cuts at 40,000; LINE, text message, in UTF-16
// units; Viber, text message.
// Mastodon, the default of an instance (`configuration.statuses.max_characters`); Bluesky,
// `app.bsky.feed.post`; Discourse, the default of `max_post_length`; Google Play, `replyText`
// of a reply to a review; App Store, responses to customer reviews. What a feed has cannot be
// answered. A help desk sends by the network of the conversation, which has limits of its own.
// Facebook takes longer comments: 1000 is what readers read. Most segments of
// an SMS: what common aggregators join
// (twilio.com/docs/glossary/what-sms-character-limit). A text that a call speaks: Twilio takes
// documents of 4,000 characters, of which the markup needs some.
channels! {
    "call": Private, ANY, ANY, Phone, CALL;
    "phone": Private, SPOKEN, SPOKEN, Phone, CALL;
    "chat": Private, ANY, ANY, Exact, MESSAGE;
    "whatsapp": Private, most(4_096), most(4_096), InternationalPhone, MESSAGE;
    "messenger": Private, most(2_000), most(2_000), Exact, MESSAGE;
    "telegram": Private, most(4_096), most(4_096), Handle, MESSAGE;
    "slack": Private, most(4_000), most(4_000), Exact, MESSAGE;
    "line": Private, LINE, LINE, Exact, MESSAGE;
    "viber": Private, most(7_000), most(7_000), Exact, MESSAGE;
    "sms": Private, SEGMENTS, SEGMENTS, Phone, MESSAGE;
    "email": Private, ANY, ANY, Mail, POST;
    "x": Public, POSTS_ON_X, most(10_000), Handle, POST;
    "facebook": Public, most(1_000), most(2_000), Handle, POST;
    "instagram": Public, most(300), DIRECT_ON_INSTAGRAM, Handle, POST;
    "mastodon": Public, most(500), most(500), Mail, POST;
    "bluesky": Public, POSTS_ON_BLUESKY, POSTS_ON_BLUESKY, Exact, POST;
    "discourse": Public, most(32_000), most(32_000), Exact, POST;
    "play-store": Public, most(350), most(350), Exact, POST;
    "app-store": Public, most(5_970), most(5_970), Exact, POST;
    "feed": Public, ANY, ANY, Exact, POST;
    "chatwoot": Private, ANY, ANY, Exact, MESSAGE;
    "zammad": Private, ANY, ANY, Exact, POST;
    "zendesk": Private, ANY, ANY, Exact, POST;
    "web": Public, ANY, ANY, Exact, POST;
}

/// Begins the names of the targets that send by a channel's connection.
pub const CONNECTION_TARGET: &str = "channel:";

/// Begins the names of the targets that turn voice messages into text; the name of a target
/// of the company file follows.
pub const TRANSCRIPTION_TARGET: &str = "transcription:";

/// The target of the company file that turns voice messages into text, by the name of an
/// outbox item's target.
pub fn transcription_service(target: &str) -> Option<&str> {
    target.strip_prefix(TRANSCRIPTION_TARGET)
}

/// Name of the target that sends by the connections of an adapter, whichever has the
/// account.
pub fn adapter_target(adapter: &str) -> String {
    format!("{CONNECTION_TARGET}{adapter}")
}

/// Name of the target that sends by one connection of an adapter: what is wrong with its
/// account holds up no other.
pub fn connection_target(adapter: &str, connection: &str) -> String {
    format!("{CONNECTION_TARGET}{adapter}/{connection}")
}

/// The adapter of a target that sends by connections; `None` for any other target.
pub fn adapter_of_target(target: &str) -> Option<&str> {
    let rest = target.strip_prefix(CONNECTION_TARGET)?;
    Some(rest.split('/').next().unwrap_or_default())
}

/// The row of a channel code; `None` for a company's own channel.
pub fn find(code: &str) -> Option<&'static Channel> {
    CHANNELS.iter().find(|channel| channel.code == code)
}

/// The row of the public channel whose direct messages have this code.
fn find_direct(code: &str) -> Option<&'static Channel> {
    find(code.strip_suffix(DIRECT)?).filter(|channel| channel.visibility == Public)
}

/// How a channel counts the length of a text, and the most it takes. The code
/// of direct messages (`x-direct`) has a rule of its own.
pub fn length_rule(code: &str) -> LengthRule {
    match (find(code), find_direct(code)) {
        (Some(channel), _) => channel.length,
        (None, Some(channel)) => channel.direct_length,
        (None, None) => LengthRule::UNLIMITED,
    }
}

/// Code under which a text's length rule stands: a private text on a public
/// channel is a direct message.
pub fn length_code(code: &str, visibility: Visibility) -> Cow<'_, str> {
    match find(code) {
        Some(channel) if channel.visibility == Public && visibility == Private => {
            direct_code(code).into()
        }
        _ => code.into(),
    }
}

/// How the addresses of a channel are compared.
pub fn address_form(code: &str) -> AddressForm {
    let channel = find(code).or_else(|| find_direct(code));
    channel.map_or(Exact, |channel| channel.address)
}

/// Visibility of an interaction that does not give its own.
pub fn usual_visibility(code: &str) -> Visibility {
    find(code).map_or(Private, |channel| channel.visibility)
}

const DIRECT: &str = "-direct";

/// Code under which a private conversation on a public channel counts.
pub fn direct_code(code: &str) -> String {
    format!("{code}{DIRECT}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_names_its_adapter_with_and_without_a_connection() {
        assert_eq!(adapter_target("line"), "channel:line");
        assert_eq!(connection_target("line", "care"), "channel:line/care");
        for target in ["channel:line", "channel:line/care"] {
            assert_eq!(adapter_of_target(target), Some("line"));
        }
        assert_eq!(adapter_of_target("desk"), None);
    }

    #[test]
    fn codes_are_unique_and_valid() {
        let codes: std::collections::BTreeSet<_> =
            CHANNELS.iter().map(|channel| channel.code).collect();
        assert_eq!(codes.len(), CHANNELS.len());
        assert!(codes.iter().all(|code| crate::input::is_code(code)));
    }

    #[test]
    fn a_private_text_on_a_public_channel_has_the_limit_of_direct_messages() {
        for (channel, visibility, rule) in [
            ("x", Public, LengthRule::new(X, 280)),
            ("x", Private, LengthRule::new(Characters, 10_000)),
            ("x-direct", Private, LengthRule::new(Characters, 10_000)),
            ("facebook", Private, LengthRule::new(Characters, 2_000)),
            (
                "facebook-direct",
                Private,
                LengthRule::new(Characters, 2_000),
            ),
            ("instagram", Public, LengthRule::new(Characters, 300)),
            ("instagram", Private, LengthRule::new(Bytes, 1_000)),
            ("instagram-direct", Private, LengthRule::new(Bytes, 1_000)),
            ("web-direct", Private, LengthRule::UNLIMITED),
            ("whatsapp", Private, LengthRule::new(Characters, 4_096)),
            ("whatsapp", Public, LengthRule::new(Characters, 4_096)),
            ("whatsapp-direct", Private, LengthRule::UNLIMITED),
        ] {
            let code = length_code(channel, visibility);
            assert_eq!(length_rule(&code), rule, "{channel} {visibility:?}");
        }
    }

    #[test]
    fn unknown_channels_are_private_and_unlimited() {
        assert_eq!(usual_visibility("fax"), Private);
        assert_eq!(length_rule("fax"), LengthRule::UNLIMITED);
        assert_eq!(length_rule("fax-direct"), LengthRule::UNLIMITED);
        assert_eq!(address_form("fax"), Exact);
    }
}
