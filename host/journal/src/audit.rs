//! The audit trail: administrative actions, chained by hash.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::limits::AUDIT_DETAILS;
use crate::{EntryPage, Result};

/// Format of the hash; prefixed to what is hashed.
const FORMAT: &[u8] = b"patchbay audit 1";

/// An administrative action, before it is in the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When; stored to the microsecond.
    pub at: Timestamp,
    /// Name of the company it concerns; `None`: the host. At most 256 bytes.
    pub company: Option<String>,
    /// Who acted: a token's id, `local` (a program on the server's machine
    /// while there are no tokens) or `command-line` (a user who can read the
    /// journal's files). At most 256 bytes.
    pub actor: String,
    /// Code of the action, such as `token.created`; at most 64 bytes. The set
    /// grows.
    pub act: String,
    /// Parameters of the action, as a JSON object of at most 8 KiB: ids and
    /// numbers only, nothing a customer wrote, no address, no secret.
    pub details: String,
}

/// Bytes of a text and items of a list that details keep: the first pair with which they
/// fit.
const DETAIL_PARTS: [(usize, usize); 3] = [(1024, 100), (128, 25), (16, 4)];

impl AuditEntry {
    /// An entry with details of at most 8 KiB, as the journal accepts them. Of longer details
    /// the start of each text and list stays, and how much was left out.
    pub fn new(
        at: Timestamp,
        company: Option<&str>,
        actor: String,
        act: &str,
        details: &Value,
    ) -> AuditEntry {
        AuditEntry {
            at,
            company: company.map(str::to_owned),
            actor,
            act: act.to_owned(),
            details: bounded(details),
        }
    }
}

fn bounded(details: &Value) -> String {
    let whole = details.to_string();
    if whole.len() <= AUDIT_DETAILS {
        return whole;
    }
    let mut shortened = DETAIL_PARTS
        .iter()
        .map(|(text, items)| shorten(details, *text, *items).to_string());
    shortened
        .find(|details| details.len() <= AUDIT_DETAILS)
        .unwrap_or_else(|| json!({"left_out_bytes": whole.len()}).to_string())
}

/// A value with texts of at most so many bytes, and lists and objects of so many items.
fn shorten(value: &Value, text: usize, items: usize) -> Value {
    match value {
        Value::String(long) if long.len() > text => {
            let cut = long.floor_char_boundary(text);
            let rest = long.len() - cut;
            Value::String(format!("{} … and {rest} more bytes", &long[..cut]))
        }
        Value::Array(all) => {
            let kept = all.iter().take(items);
            let mut kept: Vec<Value> = kept.map(|one| shorten(one, text, items)).collect();
            if all.len() > items {
                kept.push(format!("… and {} more", all.len() - items).into());
            }
            Value::Array(kept)
        }
        Value::Object(all) => {
            let kept = all.iter().take(items);
            let kept = kept.map(|(name, one)| (name.clone(), shorten(one, text, items)));
            Value::Object(kept.collect())
        }
        other => other.clone(),
    }
}

/// An action in the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number: 1, 2, 3 … without gaps.
    pub number: u64,
    /// The action.
    pub entry: AuditEntry,
    /// Hash of the previous record; 32 zero bytes for the first.
    pub previous: AuditHash,
    /// Hash of this record.
    pub hash: AuditHash,
}

impl AuditRecord {
    /// The record that follows one with this number and hash.
    pub fn new(number: u64, previous: AuditHash, entry: AuditEntry) -> AuditRecord {
        let mut record = AuditRecord {
            number: number + 1,
            entry,
            previous,
            hash: AuditHash::default(),
        };
        record.hash = record.compute_hash();
        record
    }

    /// The hash this record must have: BLAKE3 over the fields, each after its
    /// length in bytes. Numbers and lengths are 64 bits, little-endian; no
    /// company is hashed as a company of no bytes.
    pub fn compute_hash(&self) -> AuditHash {
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
        f.write_str(&blake3::Hash::from(self.0).to_hex())
    }
}

impl fmt::Debug for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditHash({self})")
    }
}

/// Text that is not a hash of the audit trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a hash of the audit trail: 64 hexadecimal digits")]
pub struct ParseHashError;

impl FromStr for AuditHash {
    type Err = ParseHashError;

    fn from_str(text: &str) -> Result<AuditHash, ParseHashError> {
        let hash = blake3::Hash::from_hex(text).map_err(|_| ParseHashError)?;
        Ok(AuditHash(hash.into()))
    }
}

/// Result of verifying the trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditChain {
    /// Intact records from the first on, up to the first broken one.
    pub entries: u64,
    /// Hash of the last of them; 32 zero bytes if there is none. An operator
    /// who stores it elsewhere can later prove that no record up to it was
    /// removed.
    pub head: AuditHash,
    /// The first broken record.
    pub broken: Option<AuditBreak>,
    /// Number of the record with the expected hash, if there is one.
    pub expected: Option<u64>,
}

/// The first broken record of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditBreak {
    /// Its number.
    pub number: u64,
    /// Its defect.
    pub flaw: AuditFlaw,
}

patchbay_model::codes! {
    /// Defect of a record of the trail.
    pub enum AuditFlaw {
        /// It is missing, and later ones exist.
        Missing = "missing",
        /// Its previous hash is not the hash of the record before it.
        Unchained = "unchained",
        /// Its content does not match its hash.
        Changed = "changed",
    }
}

impl AuditFlaw {
    /// A sentence for operators, without a full stop.
    pub const fn message(self) -> &'static str {
        match self {
            AuditFlaw::Missing => "it is missing, and later entries exist",
            AuditFlaw::Unchained => "it does not follow the entry before it",
            AuditFlaw::Changed => "its content was changed",
        }
    }
}

/// What a search of the audit trail finds; what is absent leaves nothing out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditSearch {
    /// Name of the company.
    pub company: Option<String>,
    /// Code of the action.
    pub act: Option<String>,
    /// Who acted.
    pub actor: Option<String>,
    /// The first moment.
    pub from: Option<Timestamp>,
    /// The moment after the last one.
    pub to: Option<Timestamp>,
    /// A text in the details, or in the name of the company; case does not matter.
    pub text: Option<String>,
}

impl AuditSearch {
    /// Whether it leaves nothing out but what is of other companies.
    pub fn is_by_company_at_most(&self) -> bool {
        let company = self.company.clone();
        *self
            == AuditSearch {
                company,
                ..AuditSearch::default()
            }
    }

    /// Whether it finds an entry.
    pub fn finds(&self, entry: &AuditEntry) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == found)
        };
        let company = entry.company.as_deref().unwrap_or_default();
        let has_text = |text: &String| {
            let text = text.to_lowercase();
            let mut places = [entry.details.as_str(), company].into_iter();
            places.any(|place| place.to_lowercase().contains(&text))
        };
        is(&self.company, company)
            && is(&self.act, &entry.act)
            && is(&self.actor, &entry.actor)
            && self.from.is_none_or(|from| entry.at >= from)
            && self.to.is_none_or(|to| entry.at < to)
            && self.text.as_ref().is_none_or(has_text)
    }
}

/// A page of what a search of the audit trail finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// In the order of the page.
    pub records: Vec<AuditRecord>,
    /// Where the next page begins: the number of the last record that was read. Absent where
    /// none follows.
    pub next: Option<u64>,
}

/// Appends to the audit trail and verifies it. Methods of other traits append
/// the audit entry of their own change.
pub trait AuditTrail {
    // Host-wide: one chain for all companies.

    /// Append an action that changes nothing in the journal: a read of personal
    /// data, a backup, a change of policies. Returns its number.
    fn append_audit(&self, entry: AuditEntry) -> Result<u64>;

    /// Records of a company, at most `limit`; `None`: of the host and all companies. The
    /// oldest first after a number, or the newest first before one.
    fn audit_records(
        &self,
        company: Option<&str>,
        page: EntryPage,
        limit: usize,
    ) -> Result<Vec<AuditRecord>>;

    /// Records that a search finds, at most `limit`, in the order of the page. Reads at most
    /// [`AUDIT_SEARCHED_ENTRIES`](crate::limits::AUDIT_SEARCHED_ENTRIES): a page may have
    /// fewer records, or none, although another follows.
    fn search_audit(
        &self,
        search: &AuditSearch,
        page: EntryPage,
        limit: usize,
    ) -> Result<AuditPage>;

    /// Verify the whole trail up to the first broken record, and look for a
    /// record with the expected hash.
    fn verify_audit(&self, expected: Option<AuditHash>) -> Result<AuditChain>;
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

    #[test]
    fn details_of_any_length_are_cut_to_the_bound() {
        let of = |details: &Value| {
            AuditEntry::new(Timestamp::UNIX_EPOCH, None, String::new(), "a", details).details
        };
        let short = json!({"agent": "ana", "list": [1, 2]});
        assert_eq!(of(&short), short.to_string());
        // What 100 conversations need is kept whole.
        let ids: Vec<String> = (0..100).map(|n| format!("{n:032x}")).collect();
        let about = json!({"conversations": ids, "by": "eva"});
        assert_eq!(of(&about), about.to_string());
        let many: Vec<u32> = (0..100_000).collect();
        let cut = of(&json!({"numbers": many}));
        assert!(cut.ends_with(r#"99,"… and 99900 more"]}"#), "{cut}");
        let cut = of(&json!({"reason": "ä".repeat(5_000)}));
        assert!(cut.contains(" … and 8976 more bytes"), "{cut}");
        let wide: serde_json::Map<String, Value> = (0..500)
            .map(|n| (format!("{n:0100}"), "x".repeat(9_000).into()))
            .collect();
        let nested = (0..3).fold(json!(wide), |inner, _| json!([inner.clone(), inner]));
        for long in [json!(wide), nested] {
            let cut = of(&long);
            assert!(cut.len() <= AUDIT_DETAILS, "{}", cut.len());
            serde_json::from_str::<Value>(&cut).expect("JSON");
        }
    }

    /// A constant on purpose: independent checkers rely on it.
    const FIRST: &str = "f3bd5d098a36dd570fa27b57fd01604b6b147ba38f6681efc9e23c6f92149376";

    #[test]
    fn the_hash_of_a_record_is_fixed() {
        let first = AuditRecord::new(0, AuditHash::default(), entry());
        assert_eq!(first.hash.to_string(), FIRST);
        assert_eq!(FIRST.parse(), Ok(first.hash));
    }

    #[test]
    fn a_change_of_any_field_changes_the_hash() {
        let first = AuditRecord::new(0, AuditHash::default(), entry());
        let changes: [fn(&mut AuditRecord); 7] = [
            |record| record.number += 1,
            |record| record.previous.0[31] = 1,
            |record| record.entry.at = Timestamp::UNIX_EPOCH,
            |record| record.entry.company = None,
            |record| record.entry.actor = "locals".into(),
            |record| record.entry.act = "agent.put".into(),
            |record| record.entry.details = "{}".into(),
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut changed = first.clone();
            change(&mut changed);
            assert_ne!(changed.compute_hash(), first.hash, "{index}");
        }
        // Moving a letter from one field to the next does, too.
        let mut moved = first.clone();
        moved.entry.actor = "loca".into();
        moved.entry.act = "lagent.removed".into();
        assert_ne!(moved.compute_hash(), first.hash);
    }

    #[test]
    fn a_hash_is_64_hexadecimal_digits() {
        for wrong in ["", "0", &"g".repeat(64), &"é".repeat(32), &"+1".repeat(32)] {
            assert_eq!(wrong.parse::<AuditHash>(), Err(ParseHashError), "{wrong}");
        }
    }
}
