//! Which items a provider showed before, in few bytes: a list that is read again must not
//! deliver its items again, and one that was never read must not flood.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Most items that are remembered: a cursor with them has less than 4 KiB.
pub(crate) const MOST_SEEN: usize = 360;
/// Bytes of a digest of an id, and of a content.
const ID: usize = 4;
const CONTENT: usize = 2;
const MARK: usize = ID + CONTENT;

/// Digests of an item's id and content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark([u8; MARK]);

impl Mark {
    /// The mark of an item with this message id, a keyed hash, and these parts of its
    /// content. Two contents have the same mark once in 65,536 times.
    pub(crate) fn new(message_id: &str, content: &[&str]) -> Mark {
        let mut digests = [digest(&[message_id]), digest(content)].into_iter();
        let (id, content) = (digests.next(), digests.next());
        let mut mark = [0; MARK];
        for (to, from) in [(0..ID, id), (ID..MARK, content)] {
            let from = from.unwrap_or_default();
            let length = to.len();
            mark[to].copy_from_slice(&from[..length]);
        }
        Mark(mark)
    }

    fn id(&self) -> &[u8] {
        &self.0[..ID]
    }
}

fn digest(parts: &[&str]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    bytes
}

/// Whether an item was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// It was not, or so long ago that it is forgotten.
    New,
    /// It was, with another content.
    Changed,
    /// It was, like this.
    Same,
}

/// The items seen last, those of the newest list first. As JSON, a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SeenItems(Vec<Mark>);

impl SeenItems {
    /// Whether an item was seen.
    pub(crate) fn sight(&self, mark: Mark) -> Sight {
        match self.0.iter().find(|known| known.id() == mark.id()) {
            None => Sight::New,
            Some(known) if *known == mark => Sight::Same,
            Some(_) => Sight::Changed,
        }
    }

    /// Remembers the items of a list, in its order. Where there are more than
    /// [`MOST_SEEN`], those are forgotten that no list showed for the longest time, then
    /// the last of this list.
    pub(crate) fn remember(&mut self, marks: impl IntoIterator<Item = Mark>) {
        let before = std::mem::take(&mut self.0);
        for mark in marks.into_iter().chain(before) {
            if self.0.len() == MOST_SEEN {
                return;
            }
            if self.sight(mark) == Sight::New {
                self.0.push(mark);
            }
        }
    }
}

impl Serialize for SeenItems {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flat_map(|mark| mark.0).collect();
        serializer.serialize_str(&BASE64_STANDARD_NO_PAD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for SeenItems {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SeenItems, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64_STANDARD_NO_PAD.decode(text);
        let bytes = bytes.map_err(serde::de::Error::custom)?;
        let (marks, _) = bytes.as_chunks::<MARK>();
        Ok(SeenItems(
            marks.iter().take(MOST_SEEN).copied().map(Mark).collect(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(ids: std::ops::Range<usize>) -> impl Iterator<Item = Mark> {
        ids.map(|id| Mark::new(&id.to_string(), &["content"]))
    }

    #[test]
    fn an_item_is_new_the_same_or_changed() {
        let mut seen = SeenItems::default();
        seen.remember([Mark::new("1", &["a", "b"])]);
        for (id, content, sight) in [
            ("1", ["a", "b"], Sight::Same),
            ("1", ["a", "c"], Sight::Changed),
            ("1", ["ab", ""], Sight::Changed),
            ("2", ["a", "b"], Sight::New),
        ] {
            assert_eq!(
                seen.sight(Mark::new(id, &content)),
                sight,
                "{id} {content:?}"
            );
        }
    }

    #[test]
    fn the_newest_list_is_remembered_first() {
        let mut seen = SeenItems::default();
        seen.remember(marks(0..MOST_SEEN));
        // One that the list no longer shows stays, until there is no room.
        seen.remember(marks(1..2));
        assert!(marks(0..MOST_SEEN).all(|mark| seen.sight(mark) == Sight::Same));
        seen.remember(marks(1_000..1_001));
        assert_eq!(
            marks(1_000..1_001).map(|mark| seen.sight(mark)).next(),
            Some(Sight::Same)
        );
        assert_eq!(
            marks(1..2).map(|mark| seen.sight(mark)).next(),
            Some(Sight::Same)
        );
        let last = MOST_SEEN - 1;
        assert_eq!(
            marks(last..MOST_SEEN).map(|mark| seen.sight(mark)).next(),
            Some(Sight::New)
        );
    }

    #[test]
    fn a_full_list_is_short_and_is_read_as_it_was_written() {
        let mut seen = SeenItems::default();
        seen.remember(marks(0..2 * MOST_SEEN));
        let text = serde_json::to_string(&seen).expect("JSON");
        assert_eq!(text.len(), 2 + MOST_SEEN * MARK * 4 / 3);
        assert_eq!(serde_json::from_str::<SeenItems>(&text).ok(), Some(seen));
        assert!(serde_json::from_str::<SeenItems>("\"§\"").is_err());
    }
}
