//! Sign-ins between the way to the issuer and the way back.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use patchbay_journal::{Secret, SecretHash};
use ring::digest::{SHA256, digest};

use super::return_path::ReturnPath;
use super::sign_in_failure::SignInFailure;

/// How long a person may take at the issuer.
pub(crate) const LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// Sign-ins at one time; the oldest goes for another.
const MOST: usize = 4_096;

/// A sign-in that waits for the browser to come back.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PendingSignIn {
    /// Value that the ID token must have in `nonce`.
    pub(super) nonce: String,
    /// Proves to the issuer that the code was made for this host (RFC 7636).
    pub(super) verifier: String,
    /// Where the person continues.
    pub(super) return_to: ReturnPath,
    /// Hash of the secret in the browser's cookie.
    pub(super) browser: SecretHash,
}

/// The pending sign-ins of the host, in memory only: one ends when the server stops.
#[derive(Default)]
pub(super) struct PendingSignIns(Mutex<HashMap<StateHash, (PendingSignIn, Timestamp)>>);

/// Hash of a `state`. It is looked up by what a request says, so it is hashed as tokens
/// are: the time of the lookup reveals nothing.
type StateHash = [u8; 32];

impl PendingSignIns {
    pub(super) fn insert(&self, state: &str, sign_in: PendingSignIn, now: Timestamp) {
        let until = now.checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
        let mut all = self.0.lock();
        all.retain(|_, (_, until)| now < *until);
        if all.len() >= MOST {
            let oldest = all.iter().min_by_key(|(_, (_, until))| *until);
            let oldest = oldest.map(|(state, _)| *state);
            oldest.map(|state| all.remove(&state));
        }
        all.insert(hash(state), (sign_in, until));
    }

    /// The sign-in of a `state`, which works no more after this. Another browser's stays.
    ///
    /// # Errors
    /// [`SignInFailure::Expired`] and [`SignInFailure::OtherBrowser`].
    pub(super) fn take(
        &self,
        state: &str,
        browser: Option<&Secret>,
        now: Timestamp,
    ) -> Result<PendingSignIn, SignInFailure> {
        let state = hash(state);
        let mut all = self.0.lock();
        let (sign_in, until) = all.get(&state).ok_or(SignInFailure::Expired)?;
        if now >= *until {
            return Err(SignInFailure::Expired);
        }
        if browser.is_none_or(|browser| browser.hash() != sign_in.browser) {
            return Err(SignInFailure::OtherBrowser);
        }
        let taken = all.remove(&state);
        taken
            .map(|(sign_in, _)| sign_in)
            .ok_or(SignInFailure::Expired)
    }
}

fn hash(state: &str) -> StateHash {
    let mut hash = StateHash::default();
    hash.copy_from_slice(digest(&SHA256, state.as_bytes()).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn secret() -> Secret {
        Secret::generate().expect("random")
    }

    fn sign_in(browser: &Secret) -> PendingSignIn {
        PendingSignIn {
            nonce: "n".to_owned(),
            verifier: "v".to_owned(),
            return_to: ReturnPath::default(),
            browser: browser.hash(),
        }
    }

    #[test]
    fn a_sign_in_works_once_for_ten_minutes_and_in_its_browser() {
        let pending = PendingSignIns::default();
        let (own, other) = (secret(), secret());
        for state in ["a", "b"] {
            pending.insert(state, sign_in(&own), at(0));
        }
        let take = |state, browser, second| pending.take(state, browser, at(second)).err();
        assert_eq!(take("a", None, 1), Some(SignInFailure::OtherBrowser));
        assert_eq!(
            take("a", Some(&other), 1),
            Some(SignInFailure::OtherBrowser)
        );
        assert_eq!(take("a", Some(&own), 599), None);
        assert_eq!(take("a", Some(&own), 599), Some(SignInFailure::Expired));
        assert_eq!(take("b", Some(&own), 600), Some(SignInFailure::Expired));
        assert_eq!(take("c", Some(&own), 1), Some(SignInFailure::Expired));
    }

    #[test]
    fn the_number_of_pending_sign_ins_is_bounded() {
        let (pending, own) = (PendingSignIns::default(), secret());
        for number in 0..=MOST {
            let now = at(number as i64 / 10);
            pending.insert(&number.to_string(), sign_in(&own), now);
        }
        assert_eq!(pending.0.lock().len(), MOST);
        let last = MOST.to_string();
        assert!(pending.take(&last, Some(&own), at(410)).is_ok());
        // Those that are over make room first.
        pending.insert("later", sign_in(&own), at(20_000));
        assert_eq!(pending.0.lock().len(), 1);
    }
}
