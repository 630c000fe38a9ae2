//! The queue of work for the desk's threads. Lanes run in parallel, each in
//! order. Companies take turns, so that a storm of one company does not starve
//! the others.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use patchbay_journal::{CompanyId, ConversationId, Ordinal, Slot};

/// Number of a request.
pub(crate) type RequestId = u64;

/// A piece of work on a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Decide an input.
    Input(Ordinal),
    /// A timer of a conversation is due.
    Timer(ConversationId),
    /// The floor has events of a conversation.
    FloorEvents(ConversationId),
    /// An agent, supervisor or the host requests an action.
    Action(RequestId, ConversationId),
}

impl Work {
    /// The code in telemetry.
    pub(crate) fn cause(self) -> &'static str {
        match self {
            Work::Input(_) => "input",
            Work::Timer(_) => "clock",
            Work::FloorEvents(_) => "floor",
            Work::Action(..) => "action",
        }
    }
}

/// A share of a company's threads. Work of one lane runs in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lane {
    pub(crate) company: CompanyId,
    pub(crate) slot: Slot,
}

/// The queue that the desk's threads share.
#[derive(Debug, Default)]
pub(crate) struct WorkList {
    backlog: Mutex<Backlog>,
    changed: Condvar,
}

#[derive(Debug)]
struct Backlog {
    lanes: HashMap<Lane, Queue>,
    /// Lanes with work that no thread has taken, by company.
    ready: HashMap<CompanyId, VecDeque<Lane>>,
    /// Companies with a ready lane, in the order of their turns.
    turns: VecDeque<CompanyId>,
    count: usize,
    taken: usize,
    /// Work that waits or is taken, by company.
    undecided: HashMap<CompanyId, usize>,
    /// How long the work taken last, or given back since, had waited; zero once
    /// the queue was empty.
    waited: Duration,
    /// When a thread last took work.
    untouched: Instant,
    closed: bool,
}

impl Default for Backlog {
    fn default() -> Backlog {
        Backlog {
            lanes: HashMap::new(),
            ready: HashMap::new(),
            turns: VecDeque::new(),
            count: 0,
            taken: 0,
            undecided: HashMap::new(),
            waited: Duration::ZERO,
            untouched: Instant::now(),
            closed: false,
        }
    }
}

#[derive(Debug, Default)]
struct Queue {
    /// Each with the time it was first pushed.
    work: VecDeque<(Instant, Work)>,
    /// While a thread has the lane: when the work it took was first pushed.
    taken: Option<Instant>,
}

impl WorkList {
    /// Add work at the end of its lane.
    pub(crate) fn push(&self, lane: Lane, work: Work) {
        let mut backlog = self.backlog.lock();
        let now = Instant::now();
        let queue = backlog.lanes.entry(lane).or_default();
        queue.work.push_back((now, work));
        let is_first = queue.work.len() == 1 && queue.taken.is_none();
        if backlog.count == 0 {
            backlog.untouched = now;
        }
        backlog.count_in(Duration::ZERO);
        *backlog.undecided.entry(lane.company).or_default() += 1;
        if is_first {
            backlog.make_ready(lane);
            drop(backlog);
            self.changed.notify_one();
        }
    }

    /// Wait for work and take the first of up to `most` lanes; none once closed.
    /// No other thread gets a taken lane until [`give_back`](Self::give_back).
    pub(crate) fn take(&self, most: usize) -> Vec<(Lane, Work)> {
        let mut backlog = self.backlog.lock();
        loop {
            if backlog.closed {
                return Vec::new();
            }
            let now = Instant::now();
            let mut longest = Duration::ZERO;
            let mut taken = Vec::new();
            while taken.len() < most
                && let Some((since, next)) = backlog.take_next()
            {
                longest = longest.max(now.saturating_duration_since(since));
                taken.push(next);
            }
            if !taken.is_empty() {
                backlog.waited = longest;
                backlog.untouched = now;
                return taken;
            }
            self.changed.wait(&mut backlog);
        }
    }

    /// Give a lane back, with the work taken from it where that is to run
    /// again. Such work keeps its place and age.
    pub(crate) fn give_back(&self, lane: Lane, left: Option<Work>) {
        let mut backlog = self.backlog.lock();
        backlog.taken -= 1;
        let Some(queue) = backlog.lanes.get_mut(&lane) else {
            return;
        };
        let since = queue.taken.take().unwrap_or_else(Instant::now);
        if let Some(work) = left {
            queue.work.push_front((since, work));
        }
        let is_empty = queue.work.is_empty();
        match left {
            Some(_) => backlog.count_in(since.elapsed()),
            None => backlog.count_done(lane.company),
        }
        if is_empty {
            backlog.lanes.remove(&lane);
        } else {
            backlog.make_ready(lane);
        }
        drop(backlog);
        // Wakes both take() and drained().
        self.changed.notify_all();
    }

    /// Work that waits or is taken.
    pub(crate) fn undecided(&self) -> usize {
        let backlog = self.backlog.lock();
        backlog.count + backlog.taken
    }

    /// The same for one company.
    pub(crate) fn undecided_of(&self, company: CompanyId) -> usize {
        let backlog = self.backlog.lock();
        backlog.undecided.get(&company).copied().unwrap_or(0)
    }

    /// The same by company.
    pub(crate) fn undecided_by_company(&self) -> HashMap<CompanyId, usize> {
        self.backlog.lock().undecided.clone()
    }

    /// How much work waits, and how long the front of it has waited: as long as
    /// the work taken last had, or as long as no thread has taken any.
    pub(crate) fn backlog(&self) -> (usize, Duration) {
        let backlog = self.backlog.lock();
        match backlog.count {
            0 => (0, Duration::ZERO),
            count => (count, backlog.waited.max(backlog.untouched.elapsed())),
        }
    }

    /// Give out no more work.
    pub(crate) fn close(&self) {
        self.backlog.lock().closed = true;
        self.changed.notify_all();
    }

    /// Whether [`close`](Self::close) was called.
    pub(crate) fn is_closed(&self) -> bool {
        self.backlog.lock().closed
    }

    /// Wait until no work waits or is taken, or the list is closed.
    pub(crate) fn drained(&self) {
        let mut backlog = self.backlog.lock();
        while (backlog.count > 0 || backlog.taken > 0) && !backlog.closed {
            self.changed.wait(&mut backlog);
        }
    }
}

impl Backlog {
    fn make_ready(&mut self, lane: Lane) {
        let ready = self.ready.entry(lane.company).or_default();
        if ready.is_empty() {
            self.turns.push_back(lane.company);
        }
        ready.push_back(lane);
    }

    /// Count work that was pushed or given back after `waited`.
    fn count_in(&mut self, waited: Duration) {
        self.waited = match self.count {
            0 => waited,
            _ => self.waited.max(waited),
        };
        self.count += 1;
    }

    fn count_done(&mut self, company: CompanyId) {
        if let Some(count) = self.undecided.get_mut(&company) {
            *count -= 1;
            if *count == 0 {
                self.undecided.remove(&company);
            }
        }
    }

    fn take_next(&mut self) -> Option<(Instant, (Lane, Work))> {
        let company = self.turns.pop_front()?;
        let ready = self.ready.get_mut(&company)?;
        let lane = ready.pop_front()?;
        if ready.is_empty() {
            self.ready.remove(&company);
        } else {
            self.turns.push_back(company);
        }
        let queue = self.lanes.get_mut(&lane)?;
        let (since, work) = queue.work.pop_front()?;
        queue.taken = Some(since);
        self.count -= 1;
        self.taken += 1;
        Some((since, (lane, work)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(company: u32, slot: u8) -> Lane {
        Lane {
            company: CompanyId(company),
            slot: Slot(slot),
        }
    }

    fn input(number: u64) -> Work {
        Work::Input(Ordinal(number))
    }

    #[test]
    fn one_thread_at_a_time_works_on_a_lane_in_order() {
        let list = WorkList::default();
        for number in 1..=3 {
            list.push(lane(1, 0), input(number));
        }
        assert_eq!(list.take(10), [(lane(1, 0), input(1))]);
        list.give_back(lane(1, 0), None);
        assert_eq!(list.take(10), [(lane(1, 0), input(2))]);
        list.give_back(lane(1, 0), Some(input(2)));
        assert_eq!(
            list.take(10),
            [(lane(1, 0), input(2))],
            "work given back is first"
        );
        list.give_back(lane(1, 0), None);
        assert_eq!(list.undecided(), 1);
        assert_eq!(list.undecided_by_company()[&CompanyId(1)], 1);
    }

    #[test]
    fn a_company_with_a_storm_takes_turns_with_the_others() {
        let list = WorkList::default();
        for number in 0..200 {
            list.push(lane(1, number as u8), input(number));
        }
        list.push(lane(2, 0), input(1000));
        let taken = list.take(4);
        assert!(taken.contains(&(lane(2, 0), input(1000))), "{taken:?}");
    }

    #[test]
    fn work_pushed_to_a_taken_lane_waits_for_it() {
        let list = WorkList::default();
        list.push(lane(1, 0), input(1));
        let taken = list.take(1);
        list.push(lane(1, 0), input(2));
        list.push(lane(1, 1), input(3));
        assert_eq!(taken, [(lane(1, 0), input(1))]);
        assert_eq!(list.take(9), [(lane(1, 1), input(3))]);
        list.give_back(lane(1, 0), None);
        assert_eq!(list.take(9), [(lane(1, 0), input(2))]);
    }

    #[test]
    fn each_company_is_counted_until_its_work_is_done() {
        let list = WorkList::default();
        for number in 0..3 {
            list.push(lane(1, 0), input(number));
        }
        list.push(lane(2, 0), input(9));
        let of = |company| list.undecided_of(CompanyId(company));
        let taken = list.take(1);
        assert_eq!((of(1), of(2), of(3)), (3, 1, 0), "taken work counts");
        list.give_back(taken[0].0, Some(taken[0].1));
        assert_eq!(of(1), 3, "left over is not done");
        for _ in 0..4 {
            let (lane, _) = list.take(1)[0];
            list.give_back(lane, None);
        }
        assert_eq!((of(1), of(2)), (0, 0));
        assert_eq!(list.backlog(), (0, Duration::ZERO));
    }

    #[test]
    fn work_given_back_keeps_its_age() {
        let step = Duration::from_millis(20);
        let list = WorkList::default();
        list.push(lane(1, 0), input(1));
        for _ in 0..3 {
            std::thread::sleep(step);
            let taken = list.take(1);
            list.give_back(taken[0].0, Some(taken[0].1));
        }
        let (count, waited) = list.backlog();
        assert!(count == 1 && waited >= step * 3, "{count} {waited:?}");

        let taken = list.take(1);
        list.push(lane(1, 1), input(2));
        list.give_back(taken[0].0, Some(taken[0].1));
        let (count, waited) = list.backlog();
        assert!(count == 2 && waited >= step * 3, "{count} {waited:?}");
    }

    #[test]
    fn an_empty_queue_resets_the_waiting_time() {
        let hour = Duration::from_secs(3600);
        let list = WorkList::default();
        list.push(lane(1, 0), input(1));
        let taken = list.take(1);
        list.backlog.lock().waited = hour;
        list.give_back(taken[0].0, None);
        list.push(lane(1, 0), input(2));
        let (count, waited) = list.backlog();
        assert!(count == 1 && waited < hour, "{count} {waited:?}");

        let taken = list.take(1);
        list.backlog.lock().waited = hour;
        list.give_back(taken[0].0, Some(taken[0].1));
        assert!(
            list.backlog().1 < hour,
            "work given back to an empty queue counts its own age"
        );
    }

    #[test]
    fn many_threads_take_every_input_once_and_each_lane_in_order() {
        let list = WorkList::default();
        let seen = Mutex::new(HashMap::<Lane, Vec<u64>>::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    loop {
                        let taken = list.take(7);
                        if taken.is_empty() {
                            return;
                        }
                        for (lane, work) in taken {
                            if let Work::Input(Ordinal(number)) = work {
                                let mut seen = seen.lock();
                                seen.entry(lane).or_default().push(number);
                            }
                            list.give_back(lane, None);
                        }
                    }
                });
            }
            for number in 0..5_000_u64 {
                let company = (number % 3) as u32;
                list.push(lane(company, (number % 11) as u8), input(number));
            }
            list.drained();
            list.close();
        });
        let seen = seen.into_inner();
        assert_eq!(seen.values().map(Vec::len).sum::<usize>(), 5_000);
        assert!(seen.values().all(|numbers| numbers.is_sorted()));
    }
}
