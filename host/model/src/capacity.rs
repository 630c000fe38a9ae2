//! How much an agent can hold at once: a weight and a maximum per medium, and
//! which medium may interrupt which.

use std::collections::{BTreeMap, BTreeSet};

use crate::interaction::Visibility;
use serde::{Deserialize, Serialize};

/// Most media a company may tell apart.
pub const MOST_MEDIA: usize = 32;
/// Largest weight and largest maximum.
pub const MOST_UNITS: u32 = 1_000_000;

/// Channels that cost an agent the same attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Medium {
    /// Codes of its channels, each in one medium only. Private conversations
    /// on a channel that is usually public have a code of their own, with
    /// `-direct` behind it: `instagram-direct`.
    pub channels: BTreeSet<String>,
    /// Units of capacity one conversation holds, 0 to [`MOST_UNITS`].
    pub weight: u32,
    /// Most conversations of this medium at once, on all its channels
    /// together, 0 to [`MOST_UNITS`]; 0: none is ever offered. For a maximum
    /// per channel, give each a medium.
    pub maximum: u32,
    /// Media this one may interrupt: what an agent holds of them does not
    /// stand in the way of an offer of this one. The other direction does not
    /// follow: while the interrupting conversation lasts its weight counts for
    /// all others, so nothing more of the interrupted comes in. None unless
    /// said.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub interrupts: BTreeSet<String>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct CapacityFile {
    #[serde(default = "usual_media")]
    media: BTreeMap<String, Medium>,
    #[serde(default = "usual_other")]
    other: String,
}

/// The rules of capacity, checked. As written:
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
/// By default calls have weight 100 (at most 1), chat and direct messages 25
/// (at most 4), email and public social 50 (at most 2), and nothing
/// interrupts. Media that are written replace the default ones altogether.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CapacityFile", into = "CapacityFile")]
pub struct Capacity {
    names: Vec<String>,
    media: Vec<Medium>,
    /// For each medium, those it interrupts, as bits.
    interrupted: Vec<u32>,
    by_channel: BTreeMap<String, usize>,
    other: usize,
}

/// Why rules of capacity cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CapacityError {
    /// A medium is named that is not defined.
    #[error("{field} names the medium {medium:?}, which is not defined")]
    UnknownMedium {
        /// Where.
        field: String,
        /// The name.
        medium: String,
    },
    /// A channel is in two media.
    #[error("channel {channel:?} is in two media; it must be in one")]
    ChannelTwice {
        /// The channel.
        channel: String,
    },
    /// A medium could interrupt itself, directly or by way of others.
    #[error("medium {medium:?} would interrupt itself; interrupting must go one way")]
    Circle {
        /// One of the circle.
        medium: String,
    },
    /// There are no media, or too many.
    #[error("{media} media are defined; there must be 1 to {MOST_MEDIA}")]
    Media {
        /// How many there are.
        media: usize,
    },
    /// A weight or a maximum is too large.
    #[error("{field} is {value}; the most is {MOST_UNITS}")]
    TooLarge {
        /// Where.
        field: String,
        /// What was given.
        value: u32,
    },
}

fn usual_media() -> BTreeMap<String, Medium> {
    let medium = |channels: &[&str], weight, maximum| Medium {
        channels: channels.iter().map(|&channel| channel.to_owned()).collect(),
        weight,
        maximum,
        interrupts: BTreeSet::new(),
    };
    let messages = [
        "chat",
        "whatsapp",
        "messenger",
        "telegram",
        "sms",
        "instagram-direct",
        "facebook-direct",
        "x-direct",
        "web-direct",
    ];
    let posts = ["email", "x", "facebook", "instagram", "web"];
    BTreeMap::from([
        ("call".to_owned(), medium(&["call", "phone"], 100, 1)),
        ("message".to_owned(), medium(&messages, 25, 4)),
        ("post".to_owned(), medium(&posts, 50, 2)),
    ])
}

fn usual_other() -> String {
    "post".to_owned()
}

impl Default for Capacity {
    fn default() -> Self {
        let file = CapacityFile {
            media: usual_media(),
            other: usual_other(),
        };
        Capacity::try_from(file).unwrap_or_else(|_| unreachable!("the default media are valid"))
    }
}

impl TryFrom<CapacityFile> for Capacity {
    type Error = CapacityError;

    fn try_from(file: CapacityFile) -> Result<Self, CapacityError> {
        Capacity::new(file.media, &file.other)
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
            media: capacity.names.into_iter().zip(capacity.media).collect(),
        }
    }
}

impl Capacity {
    /// Checks media by name; channels in none of them count as the medium
    /// `other`.
    ///
    /// # Errors
    /// [`CapacityError`] with the first thing at fault.
    pub fn new(media: BTreeMap<String, Medium>, other: &str) -> Result<Self, CapacityError> {
        if media.is_empty() || media.len() > MOST_MEDIA {
            return Err(CapacityError::Media { media: media.len() });
        }
        let (names, media): (Vec<String>, Vec<Medium>) = media.into_iter().unzip();
        let position = |field: &str, medium: &str| {
            names.iter().position(|name| name == medium).ok_or_else(|| {
                CapacityError::UnknownMedium {
                    field: field.to_owned(),
                    medium: medium.to_owned(),
                }
            })
        };
        let other = position("other", other)?;
        let mut by_channel = BTreeMap::new();
        let mut interrupted = Vec::with_capacity(media.len());
        for (index, (name, medium)) in names.iter().zip(&media).enumerate() {
            for (field, value) in [("weight", medium.weight), ("maximum", medium.maximum)] {
                if value > MOST_UNITS {
                    let field = format!("media.{name}.{field}");
                    return Err(CapacityError::TooLarge { field, value });
                }
            }
            for channel in &medium.channels {
                if by_channel.insert(channel.clone(), index).is_some() {
                    let channel = channel.clone();
                    return Err(CapacityError::ChannelTwice { channel });
                }
            }
            let mut lower = 0u32;
            for medium in &medium.interrupts {
                lower |= 1 << position(&format!("media.{name}.interrupts"), medium)?;
            }
            interrupted.push(lower);
        }
        if let Some(index) = circle(&interrupted) {
            let medium = names.get(index).cloned().unwrap_or_default();
            return Err(CapacityError::Circle { medium });
        }
        Ok(Capacity {
            names,
            media,
            interrupted,
            by_channel,
            other,
        })
    }

    /// Name of the medium a conversation on this channel counts as; where its
    /// visibility is absent, the channel's usual one.
    pub fn medium(&self, channel: &str, visibility: Option<Visibility>) -> &str {
        let index = self.index_of(channel, visibility);
        self.names.get(index).map_or("", String::as_str)
    }

    /// Position of the medium a conversation counts as, below [`MOST_MEDIA`].
    pub fn index_of(&self, channel: &str, visibility: Option<Visibility>) -> usize {
        let direct = visibility == Some(Visibility::Private)
            && Visibility::usual(channel) == Visibility::Public;
        let found = if direct {
            self.by_channel.get(&format!("{channel}-direct"))
        } else {
            self.by_channel.get(channel)
        };
        found.copied().unwrap_or(self.other)
    }

    /// The media, in the order of their positions.
    pub fn media(&self) -> &[Medium] {
        &self.media
    }

    /// The media that one at a position interrupts, as bits.
    pub fn interrupted_by(&self, medium: usize) -> u32 {
        self.interrupted.get(medium).copied().unwrap_or(0)
    }
}

/// A medium that reaches itself. Taking away what interrupts nothing that is
/// left ends with nothing, unless there is a circle.
fn circle(interrupted: &[u32]) -> Option<usize> {
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
