//! The customer's messages since the last reply.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Most messages listed. Of more, the oldest and the newest are.
const MAX_UNANSWERED: usize = 64;
/// Most edits of one message that are kept apart. Of more, the oldest and the
/// newest are.
const MAX_EDITS: usize = 16;

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
    /// Later wordings, oldest first: a reply may answer some of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    edits: Vec<Wording>,
    /// The newest wording, as earlier versions stored it.
    #[serde(default, skip_serializing)]
    edit: Option<Wording>,
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

/// What an answer did to the messages that waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerEffect {
    /// Whether it ends the run of the reply clock: it answers the oldest
    /// message, or no message expected a reply.
    pub ends_run: bool,
    /// Whether it answers a message that expected a reply, perhaps not the
    /// oldest.
    pub answers_question: bool,
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
    pub fn answer(&mut self, answer: Answer) -> AnswerEffect {
        let oldest = self.oldest();
        let mut waiting = self.0.iter().filter(|message| message.expects_reply);
        let answers_question = waiting.any(|message| message.wording.is_answered_by(answer));
        let (was_empty, before) = (self.0.is_empty(), self.0.len());
        self.0.retain_mut(|message| {
            if !message.wording.is_answered_by(answer) {
                return true;
            }
            let mut edits = message.take_edits().into_iter();
            let Some(edit) = edits.find(|edit| !edit.is_answered_by(answer)) else {
                return false;
            };
            message.wording = edit;
            message.edits = edits.collect();
            true
        });
        // A message that waits from an edit on is younger than before.
        self.0.sort_by_key(|message| message.wording.ordinal);
        let ends_run = match oldest {
            Some(oldest) => self.oldest() != Some(oldest),
            None => was_empty || self.0.len() < before,
        };
        AnswerEffect {
            ends_run,
            answers_question,
        }
    }
}

impl UnansweredMessage {
    /// A message with its first wording that is not answered.
    pub fn new(interaction: &str, expects_reply: bool, wording: Wording) -> UnansweredMessage {
        UnansweredMessage {
            interaction: interaction.to_owned(),
            expects_reply,
            wording,
            edits: Vec::new(),
            edit: None,
        }
    }

    /// Add a wording that is newer than the others. The message keeps its start.
    pub fn add_edit(&mut self, wording: Wording) {
        self.edits = self.take_edits();
        self.edits.truncate(MAX_EDITS - 1);
        self.edits.push(wording);
    }

    fn take_edits(&mut self) -> Vec<Wording> {
        let mut edits = std::mem::take(&mut self.edits);
        edits.extend(self.edit.take());
        edits
    }

    fn newest_ordinal(&self) -> u64 {
        let edits = self.edits.iter().chain(&self.edit);
        edits.last().unwrap_or(&self.wording).ordinal
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
        UnansweredMessage::new(&format!("m{ordinal}"), true, wording(ordinal))
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
            assert_eq!(answers.ends_run, expected.len() < 3, "{answer:?}");
        }
        let none = UnansweredMessages::default().answer(Answer::UpTo(0));
        assert!(none.ends_run && !none.answers_question);
    }

    #[test]
    fn a_wording_newer_than_the_reply_stays_unanswered_from_the_edit_on() {
        let edited = |answer| {
            let mut all = unanswered(&[1, 2]);
            all.get_mut("m1").expect("there").add_edit(wording(5));
            assert_eq!(all.since_ms(), Some(1_000), "an edit keeps its place");
            assert_eq!(all.newest_ordinal(), 5);
            assert!(all.answer(answer).ends_run);
            (left(&all), all.since_ms())
        };
        let stays = (vec![5], Some(5_000));
        assert_eq!(edited(Answer::UpTo(2)), stays);
        assert_eq!(edited(Answer::WrittenBefore(at(3))), stays);
        assert_eq!(edited(Answer::UpTo(5)), (vec![], None));
    }

    #[test]
    fn of_several_edits_after_the_reply_was_written_the_first_counts() {
        let edited = |answer| {
            let mut all = unanswered(&[1]);
            for ordinal in [4, 6, 8] {
                all.get_mut("m1").expect("there").add_edit(wording(ordinal));
            }
            all.answer(answer);
            (all.since_ms(), all.newest_ordinal())
        };
        assert_eq!(edited(Answer::UpTo(1)), (Some(4_000), 8));
        assert_eq!(edited(Answer::UpTo(4)), (Some(6_000), 8));
        assert_eq!(edited(Answer::WrittenBefore(at(7))), (Some(8_000), 8));
        assert_eq!(edited(Answer::UpTo(8)), (None, 0));
    }

    #[test]
    fn a_message_that_waits_from_an_edit_on_stands_behind_older_ones() {
        let mut all = unanswered(&[1, 4]);
        all.get_mut("m1").expect("there").add_edit(wording(5));
        assert!(all.answer(Answer::UpTo(2)).ends_run);
        assert_eq!((left(&all), all.since_ms()), (vec![4, 5], Some(4_000)));
    }

    #[test]
    fn the_edit_that_an_earlier_version_stored_is_read() {
        let stored = serde_json::json!([{"interaction": "m1", "expects_reply": true, "ordinal": 1,
            "started_ms": 1_000, "accepted_at": at(1),
            "edit": {"ordinal": 5, "started_ms": 5_000, "accepted_at": at(5)}}]);
        let mut all: UnansweredMessages = serde_json::from_value(stored).expect("readable");
        assert_eq!(all.newest_ordinal(), 5);
        all.answer(Answer::UpTo(1));
        assert_eq!(all.since_ms(), Some(5_000));
    }

    #[test]
    fn of_many_edits_the_oldest_and_the_newest_are_kept() {
        let mut all = unanswered(&[1]);
        for ordinal in 2..200 {
            all.get_mut("m1").expect("there").add_edit(wording(ordinal));
        }
        assert_eq!(all.iter().next().expect("one").edits.len(), MAX_EDITS);
        assert_eq!(all.newest_ordinal(), 199);
        all.answer(Answer::UpTo(1));
        assert_eq!(all.since_ms(), Some(2_000));
    }

    #[test]
    fn a_reply_to_what_expects_none_leaves_the_clock_of_a_later_question() {
        let mut all = unanswered(&[1, 2]);
        all.get_mut("m1").expect("there").expects_reply = false;
        let effect = all.answer(Answer::UpTo(1));
        assert!(!effect.ends_run && !effect.answers_question);
        assert_eq!(left(&all), [2]);
        let mut thanks = unanswered(&[1]);
        thanks.get_mut("m1").expect("there").expects_reply = false;
        assert!(thanks.answer(Answer::UpTo(1)).ends_run);
    }

    #[test]
    fn an_answer_to_a_younger_message_does_not_end_the_run_of_the_oldest() {
        // The channel delivered the second message before the first.
        let mut all = UnansweredMessages::default();
        for (ordinal, written) in [(1, 20), (2, 10)] {
            let mut wording = wording(ordinal);
            wording.written_at = Some(at(written));
            all.add(UnansweredMessage::new(
                &format!("m{ordinal}"),
                true,
                wording,
            ));
        }
        let effect = all.answer(Answer::WrittenBefore(at(15)));
        assert_eq!(left(&all), [1]);
        assert!(!effect.ends_run && effect.answers_question);
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
