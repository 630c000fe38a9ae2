//! One lock per company, so that a company's generation changes one at a time
//! and companies do not wait for one another.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

/// The locks in use, by company.
#[derive(Debug, Default)]
pub struct CompanyLocks {
    locks: Mutex<HashMap<String, Arc<Mutex<()>>>>,
}

impl CompanyLocks {
    /// Run `work` while holding the company's lock. Blocks.
    pub fn with_lock<T>(&self, company: &str, work: impl FnOnce() -> T) -> T {
        let lock = Arc::clone(self.locks.lock().entry(company.to_owned()).or_default());
        let guard = lock.lock();
        let result = work();
        drop(guard);
        drop(lock);
        let mut locks = self.locks.lock();
        // A thread that waits for the lock holds it too.
        if locks
            .get(company)
            .is_some_and(|lock| Arc::strong_count(lock) == 1)
        {
            locks.remove(company);
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn changes_of_one_company_run_one_after_another() {
        let locks = CompanyLocks::default();
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    locks.with_lock("northwind", || {
                        let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(now, Ordering::SeqCst);
                        thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                    });
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 1);
        assert!(locks.locks.lock().is_empty(), "unused locks are removed");
    }

    #[test]
    fn one_company_does_not_wait_for_another() {
        let locks = CompanyLocks::default();
        let (done, other) = mpsc::channel();
        thread::scope(|scope| {
            let locks = &locks;
            locks.with_lock("northwind", || {
                scope.spawn(move || locks.with_lock("harbour", || done.send(())));
                // Never arrives if the other company waits for this lock.
                other.recv().expect("the other company's work");
            });
        });
    }
}
