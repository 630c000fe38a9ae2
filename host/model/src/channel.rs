//! Channels the host knows. A company may use any other code: it is private,
//! counts in characters without a limit, and takes the capacity of the
//! company's `other` medium.

use std::collections::{BTreeMap, BTreeSet};

use crate::capacity::Medium;
use crate::interaction::Visibility::{self, Private, Public};

/// How a channel counts the length of a text, and the most it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthRule {
    /// Weighted characters, as X counts: 280, or 140 with the legacy setting.
    Weighted,
    /// Septets or UTF-16 code units, in at most ten segments.
    Sms,
    /// Unicode scalar values, at most so many; `None`: no limit, or none known.
    Characters(Option<u32>),
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
const MESSAGE: DefaultMedium = DefaultMedium {
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
    /// Unit and limit of a text.
    pub length: LengthRule,
    /// Default capacity. Private conversations on a public channel are
    /// messages: their capacity code is the channel's with `-direct`.
    pub medium: DefaultMedium,
}

macro_rules! channels {
    ($( $code:literal: $visibility:ident, $length:expr, $medium:ident; )+) => {
        /// One row per channel.
        pub const CHANNELS: &[Channel] = &[$( Channel {
            code: $code,
            visibility: $visibility,
            length: $length,
            medium: $medium,
        }, )+];
    };
}

const fn most(characters: u32) -> LengthRule {
    LengthRule::Characters(Some(characters))
}
const UNLIMITED: LengthRule = LengthRule::Characters(None);

// Limits: WhatsApp Cloud API, text body; Telegram Bot API, `sendMessage`;
// Messenger and Instagram Send API. Facebook takes longer comments: 1000 is
// what readers read.
channels! {
    "call": Private, UNLIMITED, CALL;
    "phone": Private, UNLIMITED, CALL;
    "chat": Private, UNLIMITED, MESSAGE;
    "whatsapp": Private, most(4_096), MESSAGE;
    "messenger": Private, most(2_000), MESSAGE;
    "telegram": Private, most(4_096), MESSAGE;
    "sms": Private, LengthRule::Sms, MESSAGE;
    "email": Private, UNLIMITED, POST;
    "x": Public, LengthRule::Weighted, POST;
    "facebook": Public, most(1_000), POST;
    "instagram": Public, most(1_000), POST;
    "web": Public, UNLIMITED, POST;
}

/// The row of a channel code; `None` for a company's own channel.
pub fn find(code: &str) -> Option<&'static Channel> {
    CHANNELS.iter().find(|channel| channel.code == code)
}

/// How a channel counts the length of a text.
pub fn length_rule(code: &str) -> LengthRule {
    find(code).map_or(UNLIMITED, |channel| channel.length)
}

/// Visibility of an interaction that does not give its own.
pub fn usual_visibility(code: &str) -> Visibility {
    find(code).map_or(Private, |channel| channel.visibility)
}

/// Code under which a private conversation on a public channel counts.
pub fn direct_code(code: &str) -> String {
    format!("{code}-direct")
}

/// The default media by name, with the capacity codes of their channels.
pub fn default_media() -> BTreeMap<String, Medium> {
    let mut media = BTreeMap::new();
    let mut add = |medium: DefaultMedium, code: String| {
        let entry = media.entry(medium.name.to_owned()).or_insert(Medium {
            channels: BTreeSet::new(),
            weight: medium.weight,
            maximum: medium.maximum,
            interrupts: BTreeSet::new(),
        });
        entry.channels.insert(code);
    };
    for channel in CHANNELS {
        add(channel.medium, channel.code.to_owned());
        if channel.visibility == Public {
            add(MESSAGE, direct_code(channel.code));
        }
    }
    media
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_valid() {
        let codes: BTreeSet<_> = CHANNELS.iter().map(|channel| channel.code).collect();
        assert_eq!(codes.len(), CHANNELS.len());
        assert!(codes.iter().all(|code| crate::input::is_code(code)));
    }

    #[test]
    fn direct_messages_of_public_channels_count_as_messages() {
        let media = default_media();
        let [call, message, post] = ["call", "message", "post"].map(|name| &media[name]);
        assert_eq!((call.weight, call.maximum), (100, 1));
        assert_eq!((message.weight, message.maximum), (25, 4));
        assert_eq!((post.weight, post.maximum), (50, 2));
        let codes = |text: &str| text.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(call.channels, codes("call phone"));
        assert_eq!(post.channels, codes("email x facebook instagram web"));
        assert_eq!(
            message.channels,
            codes(
                "chat whatsapp messenger telegram sms instagram-direct facebook-direct x-direct web-direct"
            )
        );
    }

    #[test]
    fn unknown_channels_are_private_and_unlimited() {
        assert_eq!(usual_visibility("fax"), Private);
        assert_eq!(length_rule("fax"), LengthRule::Characters(None));
    }
}
