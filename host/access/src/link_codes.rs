//! Codes of one-time links, which sign in the holders of tokens.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use patchbay_journal::{Secret, SecretHash};

/// How long a link works.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// Codes at one time; the oldest goes for another.
const MOST: usize = 1_000;

/// Codes that were not used yet, in memory only.
#[derive(Debug, Default)]
pub(crate) struct LinkCodes(Mutex<HashMap<SecretHash, Link>>);

#[derive(Clone, Copy, Debug)]
struct Link {
    /// Hash of the token whose holder it signs in.
    token: SecretHash,
    until: Timestamp,
}

impl LinkCodes {
    pub(crate) fn insert(&self, code: &Secret, token: SecretHash, now: Timestamp) {
        let until = now.checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
        let mut links = self.0.lock();
        links.retain(|_, link| now < link.until);
        if links.len() >= MOST {
            let oldest = links.iter().min_by_key(|(_, link)| link.until);
            let oldest = oldest.map(|(code, _)| *code);
            oldest.map(|code| links.remove(&code));
        }
        links.insert(code.hash(), Link { token, until });
    }

    /// The token of a code, which no longer works after this.
    pub(crate) fn take(&self, code: &Secret, now: Timestamp) -> Option<SecretHash> {
        let link = self.0.lock().remove(&code.hash())?;
        (now < link.until).then_some(link.token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_works_once_and_for_ten_minutes() {
        let codes = LinkCodes::default();
        let at = |second| Timestamp::from_second(second).expect("a time");
        let [one, two] = [(); 2].map(|()| Secret::generate().expect("random"));
        let token = SecretHash([1; 32]);
        codes.insert(&one, token, at(0));
        codes.insert(&two, token, at(0));
        assert_eq!(codes.take(&one, at(599)), Some(token));
        assert_eq!(codes.take(&one, at(599)), None);
        assert_eq!(codes.take(&two, at(600)), None);
    }

    #[test]
    fn the_number_of_codes_is_bounded() {
        let codes = LinkCodes::default();
        let at = |second| Timestamp::from_second(second).expect("a time");
        let all: Vec<_> = (0..=MOST)
            .map(|_| Secret::generate().expect("random"))
            .collect();
        for (second, code) in all.iter().enumerate() {
            codes.insert(code, SecretHash([2; 32]), at(second as i64 / 10));
        }
        assert_eq!(codes.0.lock().len(), MOST);
        assert!(codes.take(&all[MOST], at(100)).is_some());
    }
}
