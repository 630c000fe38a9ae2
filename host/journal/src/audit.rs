//! The audit trail: who did what to the host, chained by hash.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

/// What a hash of the trail is made under; a format of its own is another one.
const FORMAT: &[u8] = b"patchbay audit 1";

/// An administrative act, before it is in the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When; kept to the microsecond.
    pub at: Timestamp,
    /// Name of the company it was done to; absent: to the host. At most 256
    /// bytes.
    pub company: Option<String>,
    /// Who did it: a token's id, `local` (a program on the server's machine, as
    /// long as there were no tokens) or `command-line` (whoever has the journal's
    /// files). At most 256 bytes.
    pub actor: String,
    /// What: a code such as `token.created`. At most 64 bytes. The set grows.
    pub act: String,
    /// To what, as a JSON object; at most 64 KiB. Ids and numbers: nothing a
    /// customer wrote, no address, no secret.
    pub details: String,
}

/// An act in the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// Its number: 1, 2, 3 … without gaps.
    pub number: u64,
    /// What was done.
    pub entry: AuditEntry,
    /// Hash of the act before; of the first, 32 zero bytes.
    pub previous: AuditHash,
    /// Hash of all of this.
    pub hash: AuditHash,
}

impl Audited {
    /// The next act after one of this number and hash.
    pub(crate) fn next(number: u64, previous: AuditHash, entry: AuditEntry) -> Audited {
        let mut audited = Audited {
            number: number + 1,
            entry,
            previous,
            hash: AuditHash::default(),
        };
        audited.hash = audited.hashed();
        audited
    }

    /// The hash it should have: BLAKE3 over the fields, each after its length
    /// in bytes. Numbers and lengths are 64 bits, little-endian; an act of no
    /// company has a company of no bytes.
    pub(crate) fn hashed(&self) -> AuditHash {
        let entry = &self.entry;
        let mut hasher = blake3::Hasher::new();
        for field in [
            FORMAT,
            &self.previous.0,
            &self.number.to_le_bytes(),
            &entry.at.as_microsecond().to_le_bytes(),
            entry.company.as_deref().unwrap_or_default().as_bytes(),
            entry.actor.as_bytes(),
            entry.act.as_bytes(),
            entry.details.as_bytes(),
        ] {
            hasher.update(&(field.len() as u64).to_le_bytes());
            hasher.update(field);
        }
        AuditHash(*hasher.finalize().as_bytes())
    }
}

/// A hash of the trail; 64 hexadecimal digits as text.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct AuditHash(pub [u8; 32]);

impl fmt::Display for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditHash({self})")
    }
}

/// Text is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash of the audit trail is 64 hexadecimal digits")]
pub struct NotAHash;

impl FromStr for AuditHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<AuditHash, NotAHash> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(NotAHash);
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16).ok_or(NotAHash);
            *byte = (digit(0)? * 16 + digit(1)?) as u8;
        }
        Ok(AuditHash(hash))
    }
}

/// What a walk along the trail found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditChain {
    /// Acts that were looked at, up to the first that is broken.
    pub entries: u64,
    /// Hash of the last of them that is right; of none, 32 zero bytes. Kept
    /// elsewhere, it shows later that nothing up to here was taken away.
    pub head: AuditHash,
    /// The first act that is not right.
    pub broken: Option<AuditBreak>,
    /// Number of the act with the hash that was expected, if there is one.
    pub expected: Option<u64>,
}

/// Where the trail is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditBreak {
    /// Number of the first act that is not right.
    pub number: u64,
    /// What is wrong with it.
    pub why: AuditFlaw,
}

/// What is wrong with an act of the trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditFlaw {
    /// It is not there, and later ones are.
    Missing,
    /// It does not follow the act before it.
    Unchained,
    /// Its content is not what was written.
    Changed,
}

impl AuditFlaw {
    /// The code, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            AuditFlaw::Missing => "missing",
            AuditFlaw::Unchained => "unchained",
            AuditFlaw::Changed => "changed",
        }
    }

    /// What happened, in a sentence without a full stop.
    pub const fn message(self) -> &'static str {
        match self {
            AuditFlaw::Missing => "it is missing, and later ones are there",
            AuditFlaw::Unchained => "it does not follow the one before it",
            AuditFlaw::Changed => "its content is not what was written",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> AuditEntry {
        AuditEntry {
            at: Timestamp::from_second(1_800_000_000).expect("a time"),
            company: Some("acme".into()),
            actor: "local".into(),
            act: "agent.removed".into(),
            details: r#"{"agent":"ana"}"#.into(),
        }
    }

    /// A constant on purpose: who wrote a checker of their own relies on it.
    const FIRST: &str = "f3bd5d098a36dd570fa27b57fd01604b6b147ba38f6681efc9e23c6f92149376";

    #[test]
    fn the_format_of_a_hash_never_changes() {
        let first = Audited::next(0, AuditHash::default(), entry());
        assert_eq!(first.hash.to_string(), FIRST);
        assert_eq!(FIRST.parse(), Ok(first.hash));
    }

    #[test]
    fn no_part_of_an_act_changes_without_its_hash() {
        let first = Audited::next(0, AuditHash::default(), entry());
        let changes: [fn(&mut Audited); 7] = [
            |act| act.number += 1,
            |act| act.previous.0[31] = 1,
            |act| act.entry.at = Timestamp::UNIX_EPOCH,
            |act| act.entry.company = None,
            |act| act.entry.actor = "locals".into(),
            |act| act.entry.act = "agent.put".into(),
            |act| act.entry.details = "{}".into(),
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut changed = first.clone();
            change(&mut changed);
            assert_ne!(changed.hashed(), first.hash, "{index}");
        }
        // Nor does a letter move from one field into the next.
        let mut moved = first.clone();
        moved.entry.actor = "loca".into();
        moved.entry.act = "lagent.removed".into();
        assert_ne!(moved.hashed(), first.hash);
    }

    #[test]
    fn a_hash_is_64_hexadecimal_digits() {
        for wrong in ["", "0", &"g".repeat(64), &"é".repeat(32), &"+1".repeat(32)] {
            assert_eq!(wrong.parse::<AuditHash>(), Err(NotAHash), "{wrong}");
        }
    }
}
