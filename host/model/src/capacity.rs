//! How many conversations an agent can hold: a weight and a maximum per medium,
//! and which medium may interrupt which.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use patchbay_config::name_suggestion::nearest;
use serde::{Deserialize, Serialize};

use crate::channel::{self, DefaultMedium, Visibility};
use crate::input::is_code;

/// Most media of a company.
pub const MOST_MEDIA: usize = 32;
/// Largest weight and largest maximum.
pub const MOST_UNITS: u32 = 1_000_000;

/// Channels that need the same attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Medium {
    /// Channel codes, each in one medium only. Private conversations on a
    /// public channel have the code with `-direct`, such as `instagram-direct`.
    pub channels: BTreeSet<String>,
    /// Units of capacity one conversation holds, 0 to [`MOST_UNITS`].
    pub weight: u32,
    /// Most conversations at once on all its channels together, 0 to
    /// [`MOST_UNITS`]; 0: none is offered.
    pub maximum: u32,
    /// Media this one may interrupt: conversations of theirs do not prevent an
    /// offer of this one. While the interrupting conversation lasts, its weight
    /// counts for all media.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub interrupts: BTreeSet<String>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct CapacityFile {
    #[serde(default = "default_media")]
    media: BTreeMap<String, Medium>,
    #[serde(default = "default_other")]
    other: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    channels: BTreeMap<String, u32>,
}

/// Validated capacity rules:
///
/// ```toml
/// other = "post"
/// [media.call]
/// channels = ["call", "phone"]
/// weight = 100
/// maximum = 1
/// interrupts = ["post"]
/// ```
///
/// Default: the media of [`channel::CHANNELS`] without interruptions. Media in
/// the file replace all default media. `channels = { email = 1 }` limits how
/// many conversations of one channel an agent holds, within its medium.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CapacityFile", into = "CapacityFile")]
pub struct Capacity {
    names: Vec<String>,
    media: Vec<Medium>,
    /// Bit set of the media each medium interrupts.
    interrupted: Vec<u32>,
    by_channel: BTreeMap<String, usize>,
    other: usize,
    /// Most conversations of a channel that one agent holds.
    channels: BTreeMap<String, u32>,
}

/// Why capacity rules are invalid, with the invalid key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CapacityError(String);

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
    for channel in channel::CHANNELS {
        add(channel.medium, channel.code.to_owned());
        if channel.visibility == Visibility::Public {
            add(channel::MESSAGE, channel::direct_code(channel.code));
        }
    }
    media
}

fn default_other() -> String {
    channel::POST.name.to_owned()
}

impl Default for Capacity {
    fn default() -> Self {
        let file = CapacityFile {
            media: default_media(),
            other: default_other(),
            channels: BTreeMap::new(),
        };
        Capacity::try_from(file).unwrap_or_else(|_| unreachable!("the default media are valid"))
    }
}

impl TryFrom<CapacityFile> for Capacity {
    type Error = CapacityError;

    fn try_from(file: CapacityFile) -> Result<Self, CapacityError> {
        check_limits("channels", &file.channels)?;
        let mut capacity = Capacity::new(file.media, &file.other)?;
        capacity.channels = file.channels;
        Ok(capacity)
    }
}

impl From<Capacity> for CapacityFile {
    fn from(capacity: Capacity) -> Self {
        CapacityFile {
            other: capacity
                .names
                .get(capacity.other)
                .cloned()
                .unwrap_or_default(),
            channels: capacity.channels,
            media: capacity.names.into_iter().zip(capacity.media).collect(),
        }
    }
}

impl Capacity {
    /// Validate media by name; channels in none of them use the medium `other`.
    ///
    /// # Errors
    /// [`CapacityError`] with the first thing at fault.
    pub fn new(media: BTreeMap<String, Medium>, other: &str) -> Result<Self, CapacityError> {
        if media.is_empty() || media.len() > MOST_MEDIA {
            let count = media.len();
            return Err(CapacityError(format!(
                "{count} media are defined; there must be 1 to {MOST_MEDIA}"
            )));
        }
        let (names, media): (Vec<String>, Vec<Medium>) = media.into_iter().unzip();
        let position = |field: &str, medium: &str| {
            let found = names.iter().position(|name| name == medium);
            found.ok_or_else(|| {
                CapacityError(format!(
                    "{field} names the medium {medium:?}, which is not defined"
                ))
            })
        };
        let other = position("other", other)?;
        let mut by_channel = BTreeMap::new();
        let mut interrupted = Vec::with_capacity(media.len());
        for (index, (name, medium)) in names.iter().zip(&media).enumerate() {
            for (field, value) in [("weight", medium.weight), ("maximum", medium.maximum)] {
                if value > MOST_UNITS {
                    return Err(CapacityError(format!(
                        "media.{name}.{field} is {value}; the most is {MOST_UNITS}"
                    )));
                }
            }
            for channel in &medium.channels {
                if by_channel.insert(channel.clone(), index).is_some() {
                    return Err(CapacityError(format!(
                        "channel {channel:?} is in two media; it must be in one"
                    )));
                }
            }
            let mut lower = 0u32;
            for medium in &medium.interrupts {
                lower |= 1 << position(&format!("media.{name}.interrupts"), medium)?;
            }
            interrupted.push(lower);
        }
        if let Some(index) = find_cycle(&interrupted) {
            let medium = names.get(index).cloned().unwrap_or_default();
            return Err(CapacityError(format!(
                "medium {medium:?} would interrupt itself; interrupting must go one way"
            )));
        }
        Ok(Capacity {
            names,
            media,
            interrupted,
            by_channel,
            other,
            channels: BTreeMap::new(),
        })
    }

    /// The code that media and limits use: private conversations on a public
    /// channel have one of their own.
    pub fn effective_code(code: &str, visibility: Option<Visibility>) -> Cow<'_, str> {
        let direct = visibility == Some(Visibility::Private)
            && channel::usual_visibility(code) == Visibility::Public;
        match direct {
            true => Cow::Owned(channel::direct_code(code)),
            false => Cow::Borrowed(code),
        }
    }

    /// Index of the medium of an [`effective_code`](Capacity::effective_code).
    pub fn index_of_code(&self, code: &str) -> usize {
        self.by_channel.get(code).copied().unwrap_or(self.other)
    }

    /// Most conversations that one agent holds, by channel with a limit.
    pub fn channels(&self) -> &BTreeMap<String, u32> {
        &self.channels
    }

    /// The known channel that is probably meant by an unknown one with a limit:
    /// the limit would have no effect. `own` are the channels with a table in the
    /// company file. `None` for a known channel, and for one near to none: a
    /// company may have channels without a table.
    pub fn meant_channel<'a>(
        &self,
        channel: &str,
        own: impl IntoIterator<Item = &'a String>,
    ) -> Option<String> {
        let default = default_media();
        let mut known = BTreeSet::new();
        for medium in default.values().chain(&self.media) {
            known.extend(medium.channels.iter().map(String::as_str));
        }
        for code in own {
            known.insert(code.as_str());
        }
        match known.contains(channel) {
            true => None,
            false => nearest(channel, known.iter().copied()).map(str::to_owned),
        }
    }

    /// Name of the medium of a conversation; `None`: the channel's usual
    /// visibility.
    pub fn medium(&self, code: &str, visibility: Option<Visibility>) -> &str {
        let index = self.index_of(code, visibility);
        self.names.get(index).map_or("", String::as_str)
    }

    /// Index of the medium of a conversation, below [`MOST_MEDIA`].
    pub fn index_of(&self, code: &str, visibility: Option<Visibility>) -> usize {
        self.index_of_code(&Capacity::effective_code(code, visibility))
    }

    /// The media, by index.
    pub fn media(&self) -> &[Medium] {
        &self.media
    }

    /// Bit set of the media that a medium interrupts.
    pub fn interrupted_by(&self, medium: usize) -> u32 {
        self.interrupted.get(medium).copied().unwrap_or(0)
    }
}

/// Most entries of a table of limits.
pub const MOST_LIMITS: usize = 64;

/// Check limits by channel or queue.
///
/// # Errors
/// [`CapacityError`] with the first thing at fault.
pub fn check_limits(field: &str, limits: &BTreeMap<String, u32>) -> Result<(), CapacityError> {
    if limits.len() > MOST_LIMITS {
        let count = limits.len();
        return Err(CapacityError(format!(
            "{field} has {count} entries; the most is {MOST_LIMITS}"
        )));
    }
    for (name, &limit) in limits {
        if limit > MOST_UNITS {
            return Err(CapacityError(format!(
                "{field}.{name} is {limit}; the most is {MOST_UNITS}"
            )));
        }
    }
    match limits.keys().find(|name| !is_code(name)) {
        Some(name) if field.starts_with("channel") => Err(CapacityError(format!(
            "{field} names the channel {name:?}, which is not a code such as \"email\""
        ))),
        _ => Ok(()),
    }
}

/// Index of a medium on a cycle. Repeatedly removes the media that interrupt
/// none of the rest; what remains contains a cycle.
fn find_cycle(interrupted: &[u32]) -> Option<usize> {
    let mut left: Vec<usize> = (0..interrupted.len()).collect();
    loop {
        let bits = left.iter().fold(0u32, |bits, index| bits | 1 << index);
        let before = left.len();
        left.retain(|&index| {
            interrupted
                .get(index)
                .is_some_and(|lower| lower & bits != 0)
        });
        if left.len() == before {
            return left.first().copied();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direct_messages_of_public_channels_count_as_messages() {
        let media = default_media();
        let [call, message, post] = ["call", "message", "post"].map(|name| &media[name]);
        assert_eq!((call.weight, call.maximum), (100, 1));
        assert_eq!((message.weight, message.maximum), (25, 4));
        assert_eq!((post.weight, post.maximum), (50, 2));
        let codes = |text: &str| text.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(call.channels, codes("call phone"));
        assert_eq!(
            post.channels,
            codes(
                "email x facebook instagram mastodon bluesky discourse play-store app-store feed zammad zendesk web"
            )
        );
        assert_eq!(
            message.channels,
            codes(
                "chat whatsapp messenger telegram slack line viber sms chatwoot instagram-direct facebook-direct x-direct web-direct mastodon-direct bluesky-direct discourse-direct play-store-direct app-store-direct feed-direct"
            )
        );
    }
}
