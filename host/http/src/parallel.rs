//! Runs the same work over many items on several threads.

use std::thread;

use parking_lot::Mutex;

/// Threads for work that waits for the disk: the journal's writer stores what
/// they hand in together in one transaction.
const WAITING: usize = 64;

/// Apply `work` to every item, on one thread a core; results are in the order of
/// the items. Blocks. A panic of `work` is passed on.
pub fn map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    map_on(threads, items, work)
}

/// [`map`] for work that mostly waits for the disk, on more threads.
pub fn map_waiting<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    map_on(WAITING, items, work)
}

fn map_on<T: Send, R: Send>(threads: usize, items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    if threads == 1 || items.len() < 2 {
        return items.into_iter().map(work).collect();
    }
    let threads = threads.min(items.len());
    let results = Mutex::new(Vec::with_capacity(items.len()));
    let items = Mutex::new(items.into_iter().enumerate());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = items.lock().next();
                    let Some((index, item)) = next else {
                        return;
                    };
                    let result = work(item);
                    results.lock().push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner();
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use parking_lot::Condvar;

    use super::*;

    /// Each item waits until as many are in work as there are threads, or a minute
    /// has passed. Returns the most that were in work at once.
    fn most_at_once(threads: usize, items: usize) -> usize {
        let (counts, changed) = (Mutex::new((0, 0)), Condvar::new());
        let until = Instant::now() + Duration::from_secs(60);
        map_on(threads, vec![(); items], |()| {
            let mut counts = counts.lock();
            counts.0 += 1;
            counts.1 = counts.1.max(counts.0);
            changed.notify_all();
            while counts.1 < threads.min(items) {
                if changed.wait_until(&mut counts, until).timed_out() {
                    break;
                }
            }
            counts.0 -= 1;
        });
        counts.into_inner().1
    }

    #[test]
    fn as_many_items_are_in_work_at_once_as_there_are_threads() {
        assert_eq!(most_at_once(4, 100), 4);
        assert_eq!(most_at_once(8, 3), 3);
        assert_eq!(most_at_once(1, 5), 1);
    }

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let doubled: Vec<u64> = (0..1_000).map(|item| item * 2).collect();
        assert_eq!(map((0..1_000).collect(), |item: u64| item * 2), doubled);
        assert_eq!(
            map_waiting((0..1_000).collect(), |item: u64| item * 2),
            doubled
        );
        assert!(map(Vec::<u64>::new(), |item| item).is_empty());
    }
}
