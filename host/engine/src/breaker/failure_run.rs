//! Who caused the failures since the last success, and where calls succeeded
//! lately.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::origin::CallOrigin;

/// Contacts, and conversations, that must have failed before the failures count
/// as the plugin's own.
const DISTINCT: usize = 5;
/// How long a success shows that the plugin works for its channel and language.
const RECENT: Duration = Duration::from_secs(600);
/// Most pairs of channel and language whose last success is known.
const SUCCESSES: usize = 32;

/// Whose calls failed since the last success.
#[derive(Debug, Default)]
pub(super) struct FailureRun {
    contacts: Vec<u64>,
    conversations: Vec<u64>,
    pub(super) channel: Spread,
    pub(super) language: Spread,
    /// A failure that no customer caused.
    unattributed: bool,
}

/// The values of one property among the failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Spread {
    #[default]
    None,
    One(u64),
    Many,
}

impl Spread {
    fn add(&mut self, value: u64) {
        *self = match *self {
            Spread::None => Spread::One(value),
            Spread::One(known) if known == value => Spread::One(known),
            _ => Spread::Many,
        };
    }
}

impl FailureRun {
    pub(super) fn add(&mut self, origin: Option<&CallOrigin<'_>>) {
        let Some(origin) = origin else {
            self.unattributed = true;
            return;
        };
        for (known, value) in [
            (&mut self.contacts, origin.contact()),
            (&mut self.conversations, origin.conversation()),
        ] {
            if known.len() < DISTINCT && !known.contains(&value) {
                known.push(value);
            }
        }
        self.channel.add(origin.channel);
        self.language.add(origin.language);
    }

    /// Whether enough contacts and conversations failed, or a call that no
    /// customer caused.
    pub(super) fn is_wide(&self) -> bool {
        let both = self.contacts.len().min(self.conversations.len());
        self.unattributed || both >= DISTINCT
    }

    /// Whether every failure has one channel, or one language, and calls with
    /// another succeeded lately: then the plugin fails for that one only.
    pub(super) fn is_explained(&self, successes: &RecentSuccesses, now: Instant) -> bool {
        !self.unattributed
            && (matches!(self.channel, Spread::One(channel)
                if successes.any(now, |other, _| other != channel))
                || matches!(self.language, Spread::One(language)
                    if successes.any(now, |_, other| other != language)))
    }
}

/// When calls last succeeded, by channel and language.
#[derive(Debug, Default)]
pub(super) struct RecentSuccesses(VecDeque<(u64, u64, Instant)>);

impl RecentSuccesses {
    pub(super) fn add(&mut self, origin: &CallOrigin<'_>, now: Instant) {
        let (channel, language) = (origin.channel, origin.language);
        match self
            .0
            .iter_mut()
            .find(|(c, l, _)| (*c, *l) == (channel, language))
        {
            Some((_, _, at)) => *at = now,
            None => {
                if self.0.len() >= SUCCESSES {
                    self.0.pop_front();
                }
                self.0.push_back((channel, language, now));
            }
        }
    }

    /// Whether a recent success is of such a channel and language.
    pub(super) fn any(&self, now: Instant, is_such: impl Fn(u64, u64) -> bool) -> bool {
        self.0.iter().any(|(channel, language, at)| {
            now.saturating_duration_since(*at) < RECENT && is_such(*channel, *language)
        })
    }
}
