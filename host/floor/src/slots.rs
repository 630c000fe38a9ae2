//! Sets of agents as bits, and storage that hands out small numbers.

/// Position of an agent on the floor. It is never given to another agent, so
/// that what a conversation remembers of an agent stays true.
pub(super) type Slot = u32;

/// A set of slots, one bit each; words beyond the last set bit may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Slots(Vec<u64>);

fn split(slot: Slot) -> (usize, u64) {
    (slot as usize / 64, 1 << (slot % 64))
}

impl Slots {
    pub(super) fn insert(&mut self, slot: Slot) {
        let (word, bit) = split(slot);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    pub(super) fn remove(&mut self, slot: Slot) {
        let (word, bit) = split(slot);
        if let Some(word) = self.0.get_mut(word) {
            *word &= !bit;
        }
    }

    pub(super) fn contains(&self, slot: Slot) -> bool {
        let (word, bit) = split(slot);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Keeps what the other has too.
    pub(super) fn intersect(&mut self, other: &Slots) {
        self.0.truncate(other.0.len());
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
    }

    /// Adds what the other has.
    pub(super) fn unite(&mut self, other: &Slots) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    /// In ascending order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Slot> {
        self.0.iter().zip(0u32..).flat_map(|(&word, position)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(position * 64 + bit)
            })
        })
    }
}

/// Values under small numbers; the number of a removed one is given again.
#[derive(Clone, Debug)]
pub(super) struct Slab<T> {
    items: Vec<Option<T>>,
    spare: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab {
            items: Vec::new(),
            spare: Vec::new(),
        }
    }
}

impl<T> Slab<T> {
    pub(super) fn insert(&mut self, item: T) -> u32 {
        if let Some(number) = self.spare.pop()
            && let Some(place) = self.items.get_mut(number as usize)
        {
            *place = Some(item);
            return number;
        }
        self.items.push(Some(item));
        (self.items.len() - 1) as u32
    }

    pub(super) fn remove(&mut self, number: u32) -> Option<T> {
        let item = self.items.get_mut(number as usize)?.take();
        if item.is_some() {
            self.spare.push(number);
        }
        item
    }

    pub(super) fn get(&self, number: u32) -> Option<&T> {
        self.items.get(number as usize)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.items.get_mut(number as usize)?.as_mut()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut T)> {
        (0u32..)
            .zip(&mut self.items)
            .filter_map(|(number, item)| Some((number, item.as_mut()?)))
    }
}
