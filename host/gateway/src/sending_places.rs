//! Places for files that are in memory while they are sent.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use patchbay_outbound::courier::{Problem, SendFailure, SendFailureKind, TargetHealth};

/// Files that are sent at once, of all companies: each is in memory up to twice, with its
/// request. Of a mail, all its files count as one.
const PLACES: usize = 2;
/// When a reply that has no place tries again.
const POSTPONED: Duration = Duration::from_secs(5);
/// How long the turn of a company that waits is kept for it after its last try.
const TURN: Duration = Duration::from_secs(30);

/// Places for files that are sent at once. A company has one: a slow provider leaves the
/// others to other companies, which get them in the order in which they came. A reply without
/// a place does not wait for one in the courier, where it would hold up every other delivery.
#[derive(Default)]
pub(crate) struct SendingPlaces(Mutex<Companies>);

#[derive(Default)]
struct Companies {
    /// Names of those that have a place.
    sending: HashSet<String>,
    /// Names of those that found none, and when they last tried.
    waiting: VecDeque<(String, Instant)>,
}

impl SendingPlaces {
    /// A place for a file of a company, until it is dropped; `None` if there is none now, or
    /// other companies have waited longer.
    pub(crate) fn enter(
        self: &Arc<SendingPlaces>,
        company: &str,
        now: Instant,
    ) -> Option<SendingPlace> {
        let mut companies = self.0.lock();
        let Companies { sending, waiting } = &mut *companies;
        waiting.retain(|(_, tried)| now.saturating_duration_since(*tried) < TURN);
        let turn = waiting.iter().position(|(name, _)| name == company);
        let before = waiting.iter().take(turn.unwrap_or(waiting.len()));
        // One that has a place does not need another now.
        let before = before.filter(|(name, _)| !sending.contains(name)).count();
        if before < PLACES - sending.len() && sending.insert(company.to_owned()) {
            if let Some(turn) = turn {
                waiting.remove(turn);
            }
            return Some(SendingPlace {
                places: Arc::clone(self),
                company: company.to_owned(),
            });
        }
        match turn.and_then(|turn| waiting.get_mut(turn)) {
            Some((_, tried)) => *tried = now,
            None => waiting.push_back((company.to_owned(), now)),
        }
        None
    }
}

/// A place for a file.
pub(crate) struct SendingPlace {
    places: Arc<SendingPlaces>,
    company: String,
}

impl Drop for SendingPlace {
    fn drop(&mut self) {
        self.places.0.lock().sending.remove(&self.company);
    }
}

/// The delivery waits without a counted attempt.
pub(crate) fn postponed() -> SendFailure {
    SendFailure {
        kind: SendFailureKind::Postponed { after: POSTPONED },
        problem: Problem::plain("other replies with files are being sent"),
        health: TargetHealth::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_has_one_place_and_leaves_the_other_to_another() {
        let (places, now) = (Arc::new(SendingPlaces::default()), Instant::now());
        let first = places.enter("northwind", now).expect("a place");
        assert!(places.enter("northwind", now).is_none());
        // The second reply of northwind waits, and keeps the place from no other company.
        let second = places.enter("contoso", now).expect("a place");
        assert!(places.enter("fabrikam", now).is_none());
        drop((first, second));
        assert!(places.enter("northwind", now).is_some());
    }

    #[test]
    fn companies_that_wait_get_places_in_turn() {
        let (places, now) = (Arc::new(SendingPlaces::default()), Instant::now());
        let large = places.enter("northwind", now).expect("a place");
        let slow = places.enter("contoso", now).expect("a place");
        assert!(places.enter("fabrikam", now).is_none());
        assert!(places.enter("tailspin", now).is_none());
        // The next file of the large reply comes after those who wait.
        drop(large);
        assert!(places.enter("northwind", now).is_none());
        assert!(places.enter("tailspin", now).is_none());
        let third = places.enter("fabrikam", now).expect("its turn");
        drop(third);
        assert!(places.enter("northwind", now).is_none());
        let fourth = places.enter("tailspin", now).expect("its turn");
        drop((slow, fourth));
        assert!(places.enter("northwind", now).is_some());
    }

    #[test]
    fn a_company_that_does_not_come_back_loses_its_turn() {
        let (places, now) = (Arc::new(SendingPlaces::default()), Instant::now());
        let held = ["northwind", "contoso"].map(|company| places.enter(company, now));
        assert!(places.enter("fabrikam", now).is_none());
        drop(held);
        let occupied = places.enter("tailspin", now).expect("the other place");
        assert!(places.enter("contoso", now).is_none());
        assert!(places.enter("contoso", now + TURN).is_some());
        drop(occupied);
    }
}
