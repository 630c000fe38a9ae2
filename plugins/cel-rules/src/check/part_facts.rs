use crate::environment::{Kind, WORD_SIZE};
use crate::types::Type;

/// Most bytes of a text that a condition makes.
const LARGEST_TEXT: u64 = 1024 * 1024;
/// Most bytes of a list that a condition makes, its entries together.
const LARGEST_LIST: u64 = 4 * 1024 * 1024;

/// What the check found out about a part.
#[derive(Clone, Debug)]
pub(crate) struct PartFacts {
    pub(crate) of: Type,
    /// Upper bound: bytes of a text, entries of a list or map.
    pub(crate) size: u64,
    /// Upper bound of the bytes of one entry.
    pub(crate) entry: u64,
    /// Upper bound of the steps to evaluate it, with what it consists of.
    pub(crate) steps: u64,
}

impl PartFacts {
    pub(crate) fn scalar(of: Type) -> Self {
        Self {
            of,
            size: 8,
            entry: 8,
            steps: 1,
        }
    }

    /// After a fault.
    pub(crate) fn unknown() -> Self {
        Self::scalar(Type::Free)
    }

    pub(crate) fn text(of: Type, bytes: u64) -> Self {
        Self {
            size: bytes,
            ..Self::scalar(of)
        }
    }

    pub(crate) fn of_kind(kind: Kind) -> Self {
        Self {
            of: kind.type_of(),
            size: kind.size(),
            entry: WORD_SIZE,
            steps: 1,
        }
    }

    pub(crate) fn list_of(entries: Vec<Self>) -> Self {
        let size = entries.len() as u64;
        let steps = entries.iter().map(|entry| entry.steps);
        let steps = steps.fold(1, u64::saturating_add);
        let entry = entries.iter().map(Self::bytes).max().unwrap_or(8);
        let of = entries
            .into_iter()
            .map(|entry| entry.of)
            .fold(Type::Free, Type::join);
        Self {
            of: Type::list(of),
            size,
            entry,
            steps,
        }
    }

    pub(crate) fn map_of(keys: Vec<Self>, values: Vec<Self>) -> Self {
        let keys = Self::list_of(keys);
        let values = Self::list_of(values);
        let (Type::List(key), Type::List(value)) = (keys.of, values.of) else {
            return Self::unknown();
        };
        Self {
            of: Type::Map(key, value),
            size: values.size,
            entry: keys.entry.max(values.entry),
            steps: keys.steps.saturating_add(values.steps),
        }
    }

    pub(crate) fn with_steps(self, steps: u64) -> Self {
        Self { steps, ..self }
    }

    /// One entry of a list or map. A list in a list has no bound of its own: the outer one's is taken.
    pub(crate) fn entry_as(self, of: Type) -> Self {
        Self {
            of,
            size: self.entry,
            entry: self.entry,
            steps: self.steps.saturating_add(1),
        }
    }

    /// The accumulator of a macro after so many rounds: a list grows by at most the same in each.
    pub(crate) fn repeated(self, rounds: u64) -> Self {
        let size = match self.of {
            Type::List(_) => self.size.saturating_mul(rounds),
            _ => self.size,
        };
        Self {
            size,
            steps: 1,
            ..self
        }
    }

    /// Upper bound of its bytes.
    pub(crate) fn bytes(&self) -> u64 {
        match self.of {
            Type::List(_) | Type::Map(..) => self.size.saturating_mul(self.entry),
            _ => self.size,
        }
    }

    /// Steps to read it once, as a comparison does.
    pub(crate) fn read_steps(&self) -> u64 {
        match self.of {
            Type::List(_) | Type::Map(..) => self.size.saturating_mul(1 + self.entry / 64),
            _ => 1 + self.size / 64,
        }
    }

    /// Why it is refused, where it gets too large.
    pub(crate) fn too_large(&self) -> Option<String> {
        let most = match self.of {
            Type::List(_) | Type::Map(..) => LARGEST_LIST,
            _ => LARGEST_TEXT,
        };
        let bytes = self.bytes();
        (bytes > most).then(|| format!("a value may get {bytes} bytes large, more than {most}"))
    }
}
