//! Changes of an input. Positions count modulo the length, so that each applies
//! to every input.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};

use crate::INPUT_BYTES;
use crate::outline::{Outline, Part, without_comma};

/// Longest part that a mutation copies or removes, in bytes.
const PART_BYTES: usize = 512;
/// Most repetitions of a word or part: deeper than any parser may nest.
const REPETITIONS: usize = 20_000;

#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    FlipBit {
        at: usize,
        bit: u8,
    },
    SetByte {
        at: usize,
        to: u8,
    },
    InsertBytes {
        at: usize,
        bytes: Vec<u8>,
    },
    InsertWord {
        at: usize,
        word: usize,
        times: usize,
    },
    Remove {
        at: usize,
        length: usize,
    },
    Repeat {
        at: usize,
        length: usize,
        times: usize,
    },
    Move {
        from: usize,
        length: usize,
        to: usize,
    },
    SetNumber {
        at: usize,
        to: &'static str,
    },
    /// The rest of another input from a position on.
    Splice {
        at: usize,
        seed: usize,
        from: usize,
    },
    Truncate {
        at: usize,
    },
    /// A part of a text becomes the same kind of part of a valid input.
    ExchangePart {
        part: Part,
        at: usize,
        seed: usize,
        from: usize,
    },
    RemovePart {
        part: Part,
        at: usize,
    },
    RepeatPart {
        part: Part,
        at: usize,
        times: usize,
    },
    /// A word in place of a token.
    SetToken {
        at: usize,
        word: usize,
    },
}

/// What mutations take parts from: valid inputs and words.
pub(crate) struct Material {
    pub(crate) seeds: Vec<Vec<u8>>,
    pub(crate) outlines: Vec<Outline>,
    pub(crate) words: Vec<Vec<u8>>,
}

/// Numbers at the edges of types, in place of a number of the input.
const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "1e999",
    "-0.0",
    "255",
    "65536",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "1e-400",
];

impl Mutation {
    /// Few mutations of an input are usual, up to 8 are there too.
    pub(crate) fn lists(of_text: bool) -> impl Strategy<Value = Vec<Mutation>> {
        let one = move || {
            let structural = u32::from(of_text) * 2;
            prop_oneof![1 => Mutation::of_bytes(), structural => Mutation::of_parts()]
        };
        prop_oneof![
            4 => vec(one(), 1..=1),
            3 => vec(one(), 2..=3),
            1 => vec(one(), 4..=8),
        ]
    }

    fn of_bytes() -> impl Strategy<Value = Mutation> {
        let at = any::<usize>;
        let length = || 1..PART_BYTES;
        prop_oneof![
            3 => (at(), 0..8_u8).prop_map(|(at, bit)| Mutation::FlipBit { at, bit }),
            3 => (at(), any::<u8>()).prop_map(|(at, to)| Mutation::SetByte { at, to }),
            2 => (at(), vec(any::<u8>(), 1..16))
                .prop_map(|(at, bytes)| Mutation::InsertBytes { at, bytes }),
            5 => (at(), at(), times())
                .prop_map(|(at, word, times)| Mutation::InsertWord { at, word, times }),
            2 => (at(), length()).prop_map(|(at, length)| Mutation::Remove { at, length }),
            2 => (at(), length(), times())
                .prop_map(|(at, length, times)| Mutation::Repeat { at, length, times }),
            2 => (at(), length(), at())
                .prop_map(|(from, length, to)| Mutation::Move { from, length, to }),
            3 => (at(), 0..NUMBERS.len())
                .prop_map(|(at, to)| Mutation::SetNumber { at, to: NUMBERS[to] }),
            2 => (at(), at(), at())
                .prop_map(|(at, seed, from)| Mutation::Splice { at, seed, from }),
            1 => at().prop_map(|at| Mutation::Truncate { at }),
        ]
    }

    fn of_parts() -> impl Strategy<Value = Mutation> {
        let at = any::<usize>;
        let part = || {
            prop_oneof![
                3 => Just(Part::Token),
                2 => Just(Part::Group),
                3 => Just(Part::Member),
                2 => Just(Part::Line),
            ]
        };
        prop_oneof![
            4 => (part(), at(), at(), at()).prop_map(|(part, at, seed, from)| {
                Mutation::ExchangePart { part, at, seed, from }
            }),
            2 => (part(), at()).prop_map(|(part, at)| Mutation::RemovePart { part, at }),
            2 => (part(), at(), times())
                .prop_map(|(part, at, times)| Mutation::RepeatPart { part, at, times }),
            1 => (at(), at()).prop_map(|(at, word)| Mutation::SetToken { at, word }),
            1 => (at(), 0..NUMBERS.len())
                .prop_map(|(at, to)| Mutation::SetNumber { at, to: NUMBERS[to] }),
        ]
    }

    pub(crate) fn apply(&self, bytes: &mut Vec<u8>, material: &Material) {
        let Material {
            seeds,
            outlines,
            words,
        } = material;
        // A position between two bytes, and a byte.
        let gap = |at: usize| at % (bytes.len() + 1);
        let part = |at: usize, length: usize| {
            let start = at % (bytes.len() + 1);
            start..bytes.len().min(start + length)
        };
        match self {
            Mutation::FlipBit { at, bit } => {
                if let Some(byte) = byte_at(bytes, *at) {
                    *byte ^= 1 << bit;
                }
            }
            Mutation::SetByte { at, to } => {
                if let Some(byte) = byte_at(bytes, *at) {
                    *byte = *to;
                }
            }
            Mutation::InsertBytes {
                at,
                bytes: inserted,
            } => {
                let at = gap(*at);
                bytes.splice(at..at, inserted.iter().copied());
            }
            Mutation::InsertWord { at, word, times } => {
                if !words.is_empty() {
                    let at = gap(*at);
                    let word = &words[word % words.len()];
                    bytes.splice(at..at, repeat(word, *times));
                }
            }
            Mutation::Remove { at, length } => {
                let part = part(*at, *length);
                bytes.drain(part);
            }
            Mutation::Repeat { at, length, times } => {
                let part = part(*at, *length);
                let copies = repeat(&bytes[part.clone()], *times);
                bytes.splice(part.end..part.end, copies);
            }
            Mutation::Move { from, length, to } => {
                let part = part(*from, *length);
                let moved: Vec<u8> = bytes.drain(part).collect();
                let to = to % (bytes.len() + 1);
                bytes.splice(to..to, moved);
            }
            Mutation::SetNumber { at, to } => {
                let at = gap(*at);
                let is_digit = |byte: &u8| byte.is_ascii_digit();
                if let Some(start) = bytes[at..].iter().position(is_digit) {
                    let start = at + start;
                    let digits = bytes[start..].iter().take_while(|byte| is_digit(byte));
                    let end = start + digits.count();
                    bytes.splice(start..end, to.bytes());
                }
            }
            Mutation::Splice { at, seed, from } => {
                let other = &seeds[seed % seeds.len()];
                let from = from % (other.len() + 1);
                bytes.truncate(gap(*at));
                bytes.extend_from_slice(&other[from..]);
            }
            Mutation::Truncate { at } => bytes.truncate(gap(*at)),
            Mutation::ExchangePart {
                part,
                at,
                seed,
                from,
            } => {
                let seed = seed % seeds.len();
                let old = Outline::of(bytes).part(*part, *at);
                let new = outlines[seed].part(*part, *from);
                if let (Some(old), Some(new)) = (old, new) {
                    let old = without_comma(bytes, old);
                    let new = without_comma(&seeds[seed], new);
                    bytes.splice(old, seeds[seed][new].iter().copied());
                }
            }
            Mutation::RemovePart { part, at } => {
                if let Some(range) = Outline::of(bytes).part(*part, *at) {
                    bytes.drain(range);
                }
            }
            Mutation::RepeatPart { part, at, times } => {
                if let Some(range) = Outline::of(bytes).part(*part, *at) {
                    let copies = repeat(&bytes[range.clone()], *times);
                    bytes.splice(range.end..range.end, copies);
                }
            }
            Mutation::SetToken { at, word } => {
                let token = Outline::of(bytes).part(Part::Token, *at);
                if let (Some(token), false) = (token, words.is_empty()) {
                    bytes.splice(token, words[word % words.len()].iter().copied());
                }
            }
        }
    }
}

/// Copies of a part, as many as an input can hold.
fn repeat(part: &[u8], times: usize) -> Vec<u8> {
    let most = INPUT_BYTES / part.len().max(1);
    part.repeat(times.min(most))
}

/// Few repetitions are usual, many are there too.
fn times() -> impl Strategy<Value = usize> {
    prop_oneof![8 => 1_usize..4, 2 => 4_usize..200, 1 => 200..REPETITIONS]
}

fn byte_at(bytes: &mut [u8], at: usize) -> Option<&mut u8> {
    match bytes.len() {
        0 => None,
        length => bytes.get_mut(at % length),
    }
}
