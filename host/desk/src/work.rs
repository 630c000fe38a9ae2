//! What waits to be decided, and whose turn it is. Conversations go in
//! parallel, each strictly in order; companies take turns, so that one
//! company's storm does not starve another.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use patchbay_journal::{CompanyId, ConversationId, Ordinal, Slot};

/// Number of something that was asked for.
pub(crate) type RequestId = u64;

/// Something to be done about a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// An input is to be decided.
    Input(Ordinal),
    /// A clock of a conversation rings.
    Ring(ConversationId),
    /// Something happened to a conversation on the floor.
    News(ConversationId),
    /// Somebody asked for something to be done about a conversation.
    Act(RequestId, ConversationId),
}

impl Work {
    /// What it is about, in a word.
    pub(crate) fn cause(self) -> &'static str {
        match self {
            Work::Input(_) => "input",
            Work::Ring(_) => "clock",
            Work::News(_) => "floor",
            Work::Act(..) => "action",
        }
    }
}

/// A share of a company's threads: what is in it goes in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lane {
    pub(crate) company: CompanyId,
    pub(crate) slot: Slot,
}

/// Everything that waits, shared by the threads that decide.
#[derive(Debug, Default)]
pub(crate) struct WorkList {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug)]
struct Waiting {
    lanes: HashMap<Lane, Queue>,
    /// Lanes with work that nobody is at, by company.
    ready: HashMap<CompanyId, VecDeque<Lane>>,
    /// Companies with a lane that is ready, in the order of their turns.
    turns: VecDeque<CompanyId>,
    count: usize,
    taken: usize,
    /// What waits or is in somebody's hands, by company.
    undecided: HashMap<CompanyId, usize>,
    /// How long the work that was taken last had waited, or that has come back
    /// since; nothing once the line was empty.
    waited: Duration,
    /// Since when nobody has taken any of what waits.
    untouched: Instant,
    closed: bool,
}

impl Default for Waiting {
    fn default() -> Waiting {
        Waiting {
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
    /// Each with when it was first put here.
    work: VecDeque<(Instant, Work)>,
    /// While somebody is at it: when what they took was first put here.
    taken: Option<Instant>,
}

impl WorkList {
    /// Add work at the end of its lane.
    pub(crate) fn push(&self, lane: Lane, work: Work) {
        let mut waiting = self.waiting();
        let now = Instant::now();
        let queue = waiting.lanes.entry(lane).or_default();
        queue.work.push_back((now, work));
        let is_first = queue.work.len() == 1 && queue.taken.is_none();
        if waiting.count == 0 {
            waiting.untouched = now;
        }
        waiting.joined(Duration::ZERO);
        *waiting.undecided.entry(lane.company).or_default() += 1;
        if is_first {
            waiting.make_ready(lane);
            drop(waiting);
            self.changed.notify_one();
        }
    }

    /// Take the first work of up to `most` lanes, waiting until there is some;
    /// none once the list is closed. Each lane is the caller's until it gives
    /// it back.
    pub(crate) fn take(&self, most: usize) -> Vec<(Lane, Work)> {
        let mut waiting = self.waiting();
        loop {
            if waiting.closed {
                return Vec::new();
            }
            let now = Instant::now();
            let mut longest = Duration::ZERO;
            let mut taken = Vec::new();
            while taken.len() < most
                && let Some((since, next)) = waiting.take_one()
            {
                longest = longest.max(now.saturating_duration_since(since));
                taken.push(next);
            }
            if !taken.is_empty() {
                waiting.waited = longest;
                waiting.untouched = now;
                return taken;
            }
            waiting = self
                .changed
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Give a lane back, with the work that was taken from it where that is
    /// still to be done: that goes on waiting as long as it has.
    pub(crate) fn give_back(&self, lane: Lane, left: Option<Work>) {
        let mut waiting = self.waiting();
        waiting.taken -= 1;
        let Some(queue) = waiting.lanes.get_mut(&lane) else {
            return;
        };
        let since = queue.taken.take().unwrap_or_else(Instant::now);
        if let Some(work) = left {
            queue.work.push_front((since, work));
        }
        let is_empty = queue.work.is_empty();
        match left {
            Some(_) => waiting.joined(since.elapsed()),
            None => waiting.is_decided(lane.company),
        }
        if is_empty {
            waiting.lanes.remove(&lane);
        } else {
            waiting.make_ready(lane);
        }
        drop(waiting);
        // Who waits for work and who waits for the end of it wait alike.
        self.changed.notify_all();
    }

    /// How much waits or is in somebody's hands.
    pub(crate) fn undecided(&self) -> usize {
        let waiting = self.waiting();
        waiting.count + waiting.taken
    }

    /// The same, of one company.
    pub(crate) fn undecided_of(&self, company: CompanyId) -> usize {
        let waiting = self.waiting();
        waiting.undecided.get(&company).copied().unwrap_or(0)
    }

    /// The same by company.
    pub(crate) fn undecided_by_company(&self) -> HashMap<CompanyId, usize> {
        self.waiting().undecided.clone()
    }

    /// How much waits, and for how long the front of it has, as far as that
    /// is known: what was taken last had waited so long, or longer nobody has
    /// taken any.
    pub(crate) fn line(&self) -> (usize, Duration) {
        let waiting = self.waiting();
        match waiting.count {
            0 => (0, Duration::ZERO),
            count => (count, waiting.waited.max(waiting.untouched.elapsed())),
        }
    }

    /// Let nobody take more.
    pub(crate) fn close(&self) {
        self.waiting().closed = true;
        self.changed.notify_all();
    }

    /// Whether nobody takes any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.waiting().closed
    }

    /// Wait until nothing waits and nobody is at anything.
    pub(crate) fn drained(&self) {
        let mut waiting = self.waiting();
        while (waiting.count > 0 || waiting.taken > 0) && !waiting.closed {
            waiting = self
                .changed
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing in here panics half way through a change.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn make_ready(&mut self, lane: Lane) {
        let ready = self.ready.entry(lane.company).or_default();
        if ready.is_empty() {
            self.turns.push_back(lane.company);
        }
        ready.push_back(lane);
    }

    /// Count work that joined the line, after having waited so long.
    fn joined(&mut self, waited: Duration) {
        self.waited = match self.count {
            0 => waited,
            _ => self.waited.max(waited),
        };
        self.count += 1;
    }

    fn is_decided(&mut self, company: CompanyId) {
        if let Some(count) = self.undecided.get_mut(&company) {
            *count -= 1;
            if *count == 0 {
                self.undecided.remove(&company);
            }
        }
    }

    fn take_one(&mut self) -> Option<(Instant, (Lane, Work))> {
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
    fn a_lane_is_worked_by_one_at_a_time_in_order() {
        let list = WorkList::default();
        for number in 1..=3 {
            list.push(lane(1, 0), input(number));
        }
        assert_eq!(list.take(10), [(lane(1, 0), input(1))]);
        list.give_back(lane(1, 0), None);
        assert_eq!(list.take(10), [(lane(1, 0), input(2))]);
        list.give_back(lane(1, 0), Some(input(2)));
        assert_eq!(list.take(10), [(lane(1, 0), input(2))], "again, and first");
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
    fn what_arrives_while_a_lane_is_taken_waits_for_it() {
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
        assert_eq!((of(1), of(2), of(3)), (3, 1, 0), "in hand is not done");
        list.give_back(taken[0].0, Some(taken[0].1));
        assert_eq!(of(1), 3, "left over is not done");
        for _ in 0..4 {
            let (lane, _) = list.take(1)[0];
            list.give_back(lane, None);
        }
        assert_eq!((of(1), of(2)), (0, 0));
        assert_eq!(list.line(), (0, Duration::ZERO));
    }

    #[test]
    fn what_comes_back_is_as_old_as_it_was() {
        let step = Duration::from_millis(20);
        let list = WorkList::default();
        list.push(lane(1, 0), input(1));
        for _ in 0..3 {
            std::thread::sleep(step);
            let taken = list.take(1);
            list.give_back(taken[0].0, Some(taken[0].1));
        }
        let (count, waited) = list.line();
        assert!(count == 1 && waited >= step * 3, "{count} {waited:?}");

        let taken = list.take(1);
        list.push(lane(1, 1), input(2));
        list.give_back(taken[0].0, Some(taken[0].1));
        let (count, waited) = list.line();
        assert!(count == 2 && waited >= step * 3, "{count} {waited:?}");
    }

    #[test]
    fn an_empty_line_forgets_how_long_others_waited() {
        let hour = Duration::from_secs(3600);
        let list = WorkList::default();
        list.push(lane(1, 0), input(1));
        let taken = list.take(1);
        list.waiting().waited = hour;
        list.give_back(taken[0].0, None);
        list.push(lane(1, 0), input(2));
        let (count, waited) = list.line();
        assert!(count == 1 && waited < hour, "{count} {waited:?}");

        let taken = list.take(1);
        list.waiting().waited = hour;
        list.give_back(taken[0].0, Some(taken[0].1));
        assert!(list.line().1 < hour, "nor does what comes back to it know");
    }

    #[test]
    fn every_input_is_taken_once_by_many_threads_and_each_lane_in_order() {
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
                                let mut seen = seen.lock().expect("no panic");
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
        let seen = seen.into_inner().expect("no panic");
        assert_eq!(seen.values().map(Vec::len).sum::<usize>(), 5_000);
        assert!(seen.values().all(|numbers| numbers.is_sorted()));
    }
}
