//! Whether a canary exceeds a bound, compared with the control at the same time.

use patchbay_model::rollout::{Bound, Bounds, Breach};

use super::Tally;

/// A p99 longer by up to this many microseconds counts as equal.
const TOLERANCE: u64 = 1_000;
/// Fewest decisions for a p99.
const P99_DECISIONS: u64 = 100;

/// The first bound that the canary exceeds; `None` before `bounds.after`
/// decisions.
pub(super) fn breach(bounds: &Bounds, tally: &Tally) -> Option<Breach> {
    let (candidate, control) = (&tally.candidate, &tally.control);
    let breach = |bound, measured, allowed, decisions| Breach {
        bound,
        measured,
        allowed,
        decisions,
    };
    let decisions = candidate.attempts();
    let (own, other) = (&candidate.recent, &control.recent);
    if decisions < bounds.after || !own.is_enough(bounds.after) {
        return None;
    }
    if let Some(more) = bounds.failures {
        let (measured, allowed) = (own.rate(), other.rate() + more);
        if measured > allowed {
            return Some(breach(Bound::Failures, measured, allowed, decisions));
        }
    }
    if let Some(times) = bounds.p99 {
        let (slow, usual) = (own.p99(), other.p99());
        let measured = slow as f64 / usual.max(1) as f64;
        let is_slow = measured > times && slow > usual + TOLERANCE;
        let after = bounds.after.max(P99_DECISIONS);
        if is_slow && own.is_enough(after) && other.is_enough(after) {
            return Some(breach(Bound::P99, measured, times, decisions));
        }
    }
    if let Some(allowed) = bounds.disagreement {
        let (decisions, measured) = (tally.compared.decisions, tally.agreement.rate());
        let is_enough = decisions >= bounds.after && tally.agreement.is_enough(bounds.after);
        if is_enough && measured > allowed {
            return Some(breach(Bound::Disagreement, measured, allowed, decisions));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::{Arm, Example};
    use patchbay_engine::decision::Decision;

    fn bounds() -> Bounds {
        Bounds {
            after: 10,
            disagreement: Some(0.5),
            ..Bounds::default()
        }
    }

    #[test]
    fn an_overloaded_canary_exceeds_the_failure_bound() {
        let mut tally = Tally::default();
        decided(&mut tally, Arm::Control, 100, 10);
        for _ in 0..10 {
            tally.candidate.count_overload();
        }
        let found = breach(&bounds(), &tally).expect("overloaded");
        assert_eq!((found.bound, found.decisions), (Bound::Failures, 10));
    }

    fn decided(tally: &mut Tally, arm: Arm, times: u64, micros: u64) {
        for _ in 0..times {
            let mut decision = Decision::of(1, None);
            decision.micros.call = micros;
            tally.arm(arm).count(&decision);
        }
    }

    #[test]
    fn too_few_decisions_are_not_judged() {
        let mut tally = Tally::default();
        decided(&mut tally, Arm::Control, 100, 10);
        // A p99 needs a hundred decisions.
        decided(&mut tally, Arm::Candidate, 99, 50_000);
        assert_eq!(breach(&bounds(), &tally), None);
        decided(&mut tally, Arm::Candidate, 1, 50_000);
        let found = breach(&bounds(), &tally).expect("slow");
        assert_eq!((found.bound, found.decisions), (Bound::P99, 100));
        let lenient = Bounds {
            p99: None,
            ..bounds()
        };
        assert_eq!(breach(&lenient, &tally), None);
    }

    #[test]
    fn latency_needs_a_control_and_a_millisecond_of_difference() {
        let mut tally = Tally::default();
        decided(&mut tally, Arm::Control, 100, 10);
        decided(&mut tally, Arm::Candidate, 100, 900);
        assert_eq!(breach(&bounds(), &tally), None);
        let mut alone = Tally::default();
        decided(&mut alone, Arm::Candidate, 100, 50_000);
        assert_eq!(breach(&bounds(), &alone), None);
    }

    #[test]
    fn disagreement_is_judged_where_it_has_a_bound() {
        let mut tally = Tally::default();
        decided(&mut tally, Arm::Candidate, 20, 10);
        let compare = |tally: &mut Tally, agreed: u64| {
            tally.compared = Default::default();
            tally.agreement = Default::default();
            for number in 0..20 {
                let differences = match number < agreed {
                    true => Vec::new(),
                    false => vec![("route".to_owned(), Example::default())],
                };
                tally.compare(differences);
            }
        };
        compare(&mut tally, 9);
        let found = breach(&bounds(), &tally).expect("too many");
        assert_eq!(found.bound, Bound::Disagreement);
        compare(&mut tally, 10);
        assert_eq!(breach(&bounds(), &tally), None);
        compare(&mut tally, 0);
        let unlimited = Bounds {
            disagreement: None,
            ..bounds()
        };
        assert_eq!(breach(&unlimited, &tally), None);
    }
}
