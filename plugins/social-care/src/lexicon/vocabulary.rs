//! Every word of the lists, numbered, found by hash.

/// The number of a known word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Word(pub(crate) u32);

impl Word {
    /// A word that is in no list.
    pub(crate) const UNKNOWN: Self = Self(u32::MAX);

    pub(crate) fn index(self) -> Option<usize> {
        (self != Self::UNKNOWN).then_some(self.0 as usize)
    }
}

/// Open addressing over one flat array: a look-up reads one or two places in memory, as a fresh
/// instance pays for each page it touches.
///
/// A slot holds 40 bits of the word's hash and 24 of its number (plus one, so that 0 is empty). The
/// word itself is not compared: with a few thousand words about one unknown word in 10⁸ is taken for
/// a known one.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    slots: Vec<u64>,
    known: u32,
}

const NUMBER: u64 = 0x00ff_ffff;
const MAX_WORDS: u32 = 0x00ff_fff0;

impl Vocabulary {
    pub(crate) fn new() -> Self {
        Self::with_capacity(32)
    }

    /// With room for so many words before it grows.
    pub(crate) fn with_capacity(words: usize) -> Self {
        Self {
            slots: vec![0; slots(words)],
            known: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.known as usize
    }

    /// The word of a [`crate::text::fold::word`] hash, or [`Word::UNKNOWN`].
    #[inline]
    pub(crate) fn find(&self, hash: u64) -> Word {
        let mask = self.slots.len() - 1;
        let mut at = place(hash, mask);
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return Word::UNKNOWN;
            }
            if (slot ^ hash) & !NUMBER == 0 {
                return Word((slot & NUMBER) as u32 - 1);
            }
            at = (at + 1) & mask;
        }
    }

    /// The word of a hash; a new word is added.
    pub(crate) fn intern(&mut self, hash: u64) -> Word {
        let found = self.find(hash);
        if found != Word::UNKNOWN || self.known >= MAX_WORDS {
            return found;
        }
        if self.slots.len() < slots(self.len() + 1) {
            self.grow();
        }
        let word = Word(self.known);
        self.known += 1;
        self.put((hash & !NUMBER) | u64::from(self.known));
        word
    }

    fn grow(&mut self) {
        let larger = vec![0; self.slots.len() * 2];
        for slot in std::mem::replace(&mut self.slots, larger) {
            if slot != 0 {
                self.put(slot);
            }
        }
    }

    fn put(&mut self, slot: u64) {
        let mask = self.slots.len() - 1;
        let mut at = place(slot, mask);
        while self.slots[at] != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = slot;
    }
}

/// Slots for so many words: a power of two, three quarters full at most.
fn slots(words: usize) -> usize {
    (words + words / 3 + 1).next_power_of_two()
}

/// First place of a hash or of its slot: both have the same upper bits.
#[inline]
fn place(hash: u64, mask: usize) -> usize {
    (hash >> 40) as usize & mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold;

    #[test]
    fn a_word_keeps_its_number_while_the_vocabulary_grows() {
        let mut vocabulary = Vocabulary::new();
        let words: Vec<String> = (0..5000).map(|number| format!("word{number}")).collect();
        let numbers: Vec<Word> = words
            .iter()
            .map(|word| vocabulary.intern(fold::word(word)))
            .collect();
        for (word, number) in words.iter().zip(numbers) {
            assert_eq!(vocabulary.find(fold::word(word)), number);
        }
        assert_eq!(vocabulary.find(fold::word("never")), Word::UNKNOWN);
        assert_eq!(vocabulary.len(), 5000);
    }
}
