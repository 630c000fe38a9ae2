//! The customer's messages since the last reply.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Most messages listed. Of more, the oldest and the newest are.
const MAX_UNANSWERED: usize = 64;

/// A customer message that no reply answers yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnansweredMessage {
    /// The channel's id of the message; empty for one that an earlier version
    /// did not list.
    pub interaction: String,
    /// Whether a reply is expected. Otherwise no clock runs for it.
    pub expects_reply: bool,
    /// The oldest wording that is not answered.
    #[serde(flatten)]
    pub wording: Wording,
    /// The newest wording, where it was edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit: Option<Wording>,
}

/// What a message says, from one moment on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    /// Place of its input in the order of acceptance.
    pub ordinal: u64,
    /// Start of a clock for it, in Unix milliseconds.
    pub started_ms: u64,
    /// When the channel says it was written; absent where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_at: Option<Timestamp>,
    /// When it reached the host.
    pub accepted_at: Timestamp,
}

/// What a reply answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Everything accepted up to an ordinal: what was there when the reply was
    /// written.
    UpTo(u64),
    /// Everything the customer wrote before a time of the channel.
    WrittenBefore(Timestamp),
    /// Everything so far.
    Everything,
}

/// The customer messages that no reply answers yet, in the order in which they
/// became so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnansweredMessages(Vec<UnansweredMessage>);

impl UnansweredMessages {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The messages, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &UnansweredMessage> {
        self.0.iter()
    }

    /// Add a message, or replace the one of the same id.
    pub fn add(&mut self, message: UnansweredMessage) {
        self.0
            .retain(|known| known.interaction != message.interaction);
        self.0.push(message);
        if self.0.len() > MAX_UNANSWERED {
            self.0.remove(1);
        }
    }

    /// A message by the channel's id.
    pub fn get_mut(&mut self, interaction: &str) -> Option<&mut UnansweredMessage> {
        self.0
            .iter_mut()
            .find(|known| known.interaction == interaction)
    }

    /// Remove a message. Returns whether it was there.
    pub fn remove(&mut self, interaction: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|known| known.interaction != interaction);
        self.0.len() < before
    }

    /// Remove all: the conversation is resolved.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Start of the oldest message that expects a reply, in Unix milliseconds.
    pub fn since_ms(&self) -> Option<u64> {
        let mut expecting = self.0.iter().filter(|message| message.expects_reply);
        expecting.next().map(|message| message.wording.started_ms)
    }

    /// The oldest message that expects a reply: its place.
    fn oldest(&self) -> Option<u64> {
        let mut expecting = self.0.iter().filter(|message| message.expects_reply);
        expecting.next().map(|message| message.wording.ordinal)
    }

    /// The mark of a reply that is written now, for [`Answer::UpTo`].
    pub fn newest_ordinal(&self) -> u64 {
        let ordinals = self.0.iter().map(UnansweredMessage::newest_ordinal);
        ordinals.max().unwrap_or(0)
    }

    /// Remove what a reply answers. Of a message that was edited after the
    /// reply was written, the new wording stays unanswered, from the edit on.
    /// Returns whether the reply ends the run of the reply clock: it answers
    /// the oldest message, or no message expects a reply.
    pub fn answer(&mut self, answer: Answer) -> bool {
        let oldest = self.oldest();
        let (was_empty, before) = (self.0.is_empty(), self.0.len());
        self.0.retain_mut(|message| {
            if !message.wording.is_answered_by(answer) {
                return true;
            }
            match message.edit.take() {
                Some(edit) if !edit.is_answered_by(answer) => {
                    message.wording = edit;
                    true
                }
                _ => false,
            }
        });
        match oldest {
            Some(oldest) => self.oldest() != Some(oldest),
            None => was_empty || self.0.len() < before,
        }
    }
}

impl UnansweredMessage {
    fn newest_ordinal(&self) -> u64 {
        self.edit.as_ref().unwrap_or(&self.wording).ordinal
    }
}

impl Wording {
    fn is_answered_by(&self, answer: Answer) -> bool {
        match answer {
            Answer::UpTo(mark) => self.ordinal <= mark,
            // Where the channel gave no time, it was there when it was accepted.
            Answer::WrittenBefore(at) => self.written_at.unwrap_or(self.accepted_at) < at,
            Answer::Everything => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    fn message(ordinal: u64) -> UnansweredMessage {
        UnansweredMessage {
            interaction: format!("m{ordinal}"),
            expects_reply: true,
            wording: wording(ordinal),
            edit: None,
        }
    }

    fn wording(ordinal: u64) -> Wording {
        Wording {
            ordinal,
            started_ms: ordinal * 1_000,
            written_at: Some(at(ordinal as i64)),
            accepted_at: at(ordinal as i64),
        }
    }

    fn unanswered(ordinals: &[u64]) -> UnansweredMessages {
        let mut all = UnansweredMessages::default();
        for ordinal in ordinals {
            all.add(message(*ordinal));
        }
        all
    }

    fn left(all: &UnansweredMessages) -> Vec<u64> {
        all.iter().map(|message| message.wording.ordinal).collect()
    }

    #[test]
    fn a_reply_answers_what_was_there_when_it_was_written() {
        for (answer, expected) in [
            (Answer::UpTo(0), vec![1, 2, 3]),
            (Answer::UpTo(2), vec![3]),
            (Answer::UpTo(9), vec![]),
            (Answer::WrittenBefore(at(2)), vec![2, 3]),
            (Answer::WrittenBefore(at(9)), vec![]),
            (Answer::Everything, vec![]),
        ] {
            let mut all = unanswered(&[1, 2, 3]);
            let answers = all.answer(answer);
            assert_eq!(left(&all), expected, "{answer:?}");
            assert_eq!(answers, expected.len() < 3, "{answer:?}");
        }
        assert!(UnansweredMessages::default().answer(Answer::UpTo(0)));
    }

    #[test]
    fn a_wording_newer_than_the_reply_stays_unanswered_from_the_edit_on() {
        let edited = |answer| {
            let mut all = unanswered(&[1, 2]);
            all.get_mut("m1").expect("there").edit = Some(wording(5));
            assert_eq!(all.since_ms(), Some(1_000), "an edit keeps its place");
            assert_eq!(all.newest_ordinal(), 5);
            assert!(all.answer(answer));
            (left(&all), all.since_ms())
        };
        let stays = (vec![5], Some(5_000));
        assert_eq!(edited(Answer::UpTo(2)), stays);
        assert_eq!(edited(Answer::WrittenBefore(at(3))), stays);
        assert_eq!(edited(Answer::UpTo(5)), (vec![], None));
    }

    #[test]
    fn a_reply_to_what_expects_none_leaves_the_clock_of_a_later_question() {
        let mut all = unanswered(&[1, 2]);
        all.get_mut("m1").expect("there").expects_reply = false;
        assert!(!all.answer(Answer::UpTo(1)));
        assert_eq!(left(&all), [2]);
        let mut thanks = unanswered(&[1]);
        thanks.get_mut("m1").expect("there").expects_reply = false;
        assert!(thanks.answer(Answer::UpTo(1)));
    }

    #[test]
    fn of_many_messages_the_oldest_and_the_newest_stay_listed() {
        let all = unanswered(&(1..=200).collect::<Vec<_>>());
        assert_eq!(all.iter().count(), MAX_UNANSWERED);
        assert_eq!(all.since_ms(), Some(1_000));
        assert_eq!(all.newest_ordinal(), 200);
    }

    #[test]
    fn a_message_that_expects_no_reply_starts_nothing() {
        let mut all = unanswered(&[1, 2]);
        all.get_mut("m1").expect("there").expects_reply = false;
        assert_eq!(all.since_ms(), Some(2_000));
        assert!(all.remove("m2") && !all.remove("m2"));
        assert_eq!((all.since_ms(), all.is_empty()), (None, false));
    }
}
