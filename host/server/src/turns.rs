//! One change of a company's setup at a time; companies do not wait for one
//! another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Whose turn it is, by company; only those are kept that somebody waits for.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    taken: Mutex<HashMap<String, Arc<Mutex<()>>>>,
}

impl Turns {
    /// Do something when it is the company's turn. Blocks.
    pub(crate) fn take<T>(&self, company: &str, work: impl FnOnce() -> T) -> T {
        let turn = Arc::clone(self.all().entry(company.to_owned()).or_default());
        let mine = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let done = work();
        drop(mine);
        drop(turn);
        let mut all = self.all();
        // Whoever waits holds it too.
        if all
            .get(company)
            .is_some_and(|turn| Arc::strong_count(turn) == 1)
        {
            all.remove(company);
        }
        done
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<Mutex<()>>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn changes_of_one_company_follow_one_another() {
        let turns = Turns::default();
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    turns.take("northwind", || {
                        let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(now, Ordering::SeqCst);
                        thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                    });
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 1);
        assert!(turns.all().is_empty(), "nobody waits any more");
    }

    #[test]
    fn one_company_does_not_wait_for_another() {
        let turns = Turns::default();
        let (done, other) = mpsc::channel();
        thread::scope(|scope| {
            let turns = &turns;
            turns.take("northwind", || {
                scope.spawn(move || turns.take("harbour", || done.send(())));
                // Would never come if it waited for this turn to end.
                other.recv().expect("the other's turn");
            });
        });
    }
}
