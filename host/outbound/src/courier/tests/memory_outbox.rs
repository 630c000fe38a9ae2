//! An outbox in memory, true to the contract of [`Outbox`].

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::timeout;

use super::LIMIT;
use crate::courier::{Delivery, Destination, Exclusions, FinalFailure, Outbox, OutboxError};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Pending,
    Delivered,
    TakenBack,
    Failed(FinalFailure),
}

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) delivery: Delivery,
    pub(super) not_before: Timestamp,
    pub(super) state: State,
    pub(super) problems: Vec<String>,
}

pub(super) struct MemoryOutbox {
    /// Where all deliveries go that have a destination.
    destination: Arc<dyn Destination>,
    items: watch::Sender<Vec<Item>>,
    /// How many of the next updates fail.
    failures: Mutex<u32>,
    loads: Mutex<u32>,
    /// A delivery that is taken back once it was loaded.
    taken_back_after_load: Mutex<Option<String>>,
}

impl MemoryOutbox {
    pub(super) fn new(destination: Arc<dyn Destination>) -> MemoryOutbox {
        MemoryOutbox {
            destination,
            items: watch::Sender::default(),
            failures: Mutex::default(),
            loads: Mutex::default(),
            taken_back_after_load: Mutex::default(),
        }
    }

    pub(super) fn put(&self, delivery: Delivery) {
        self.items.send_modify(|items| {
            items.push(Item {
                delivery,
                not_before: Timestamp::UNIX_EPOCH,
                state: State::Pending,
                problems: Vec::new(),
            });
        });
    }

    /// Fails the next updates.
    pub(super) fn fail_next(&self, updates: u32) {
        *self.failures.lock() = updates;
    }

    /// How often due deliveries were loaded.
    pub(super) fn loads(&self) -> u32 {
        *self.loads.lock()
    }

    /// Takes a delivery back as soon as the courier has loaded it.
    pub(super) fn take_back_after_load(&self, key: &str) {
        *self.taken_back_after_load.lock() = Some(key.to_owned());
    }

    /// Takes a delivery back, if it may be. Returns whether it did.
    pub(super) fn take_back(&self, key: &str) -> bool {
        let mut is_taken_back = false;
        self.items.send_modify(|items| {
            let found = items.iter_mut().find(|item| {
                let delivery = &item.delivery;
                delivery.key == key && delivery.can_take_back && item.state == State::Pending
            });
            if let Some(item) = found {
                item.state = State::TakenBack;
                is_taken_back = true;
            }
        });
        is_taken_back
    }

    pub(super) fn item(&self, key: &str) -> Item {
        let items = self.items.borrow();
        let item = items.iter().find(|item| item.delivery.key == key);
        item.expect("a stored delivery").clone()
    }

    /// Waits until the items match.
    pub(super) async fn until(&self, matches: impl Fn(&[Item]) -> bool) {
        let mut items = self.items.subscribe();
        let changed = timeout(LIMIT, items.wait_for(|items| matches(items))).await;
        assert!(changed.is_ok(), "{:#?}", self.items.borrow());
    }

    /// Waits until nothing is pending.
    pub(super) async fn until_empty(&self) {
        self.until(|items| items.iter().all(|item| item.state != State::Pending))
            .await;
    }

    fn change(
        &self,
        delivery: &Delivery,
        change: impl FnOnce(&mut Item),
    ) -> Result<(), OutboxError> {
        {
            let mut failures = self.failures.lock();
            if *failures > 0 {
                *failures -= 1;
                return Err(OutboxError::Unavailable("the disk is full".to_owned()));
            }
        }
        let mut answer = Err(OutboxError::NotPending);
        self.items.send_modify(|items| {
            let found = items
                .iter_mut()
                .find(|item| item.delivery.key == delivery.key && item.state == State::Pending);
            if let Some(item) = found {
                change(item);
                answer = Ok(());
            }
        });
        answer
    }
}

impl Outbox for MemoryOutbox {
    fn load_due(
        &self,
        now: Timestamp,
        exclusions: &Exclusions,
        limit: usize,
    ) -> Result<Vec<Delivery>, OutboxError> {
        *self.loads.lock() += 1;
        let items = self.items.borrow();
        let mut lanes = HashSet::new();
        let mut due: Vec<_> = items
            .iter()
            .filter(|item| item.state == State::Pending)
            // The first pending item of a lane, due or not.
            .filter(|item| match &item.delivery.lane {
                Some(lane) => lanes.insert((&item.delivery.company, lane)),
                None => true,
            })
            .filter(|item| item.not_before <= now)
            .filter(|item| {
                let delivery = &item.delivery;
                !exclusions.contains(
                    &delivery.company,
                    &delivery.key,
                    &delivery.target,
                    delivery.lane.as_deref(),
                )
            })
            .collect();
        due.sort_by_key(|item| item.not_before);
        let due = due.into_iter().take(limit);
        let due = due.map(|item| {
            let mut delivery = item.delivery.clone();
            delivery.destination = delivery.destination.map(|_| Arc::clone(&self.destination));
            delivery
        });
        let due: Vec<_> = due.collect();
        drop(items);
        let mut taken_back = self.taken_back_after_load.lock();
        let loaded = taken_back.take_if(|key| due.iter().any(|one| one.key == **key));
        if let Some(key) = loaded {
            assert!(self.take_back(&key));
        }
        Ok(due)
    }

    fn begin(&self, delivery: &Delivery) -> Result<(), OutboxError> {
        self.change(delivery, |item| item.delivery.can_take_back = false)
    }

    fn mark_delivered(&self, delivery: &Delivery, _at: Timestamp) -> Result<(), OutboxError> {
        self.change(delivery, |item| item.state = State::Delivered)
    }

    fn schedule_retry(
        &self,
        delivery: &Delivery,
        not_before: Timestamp,
        problem: &str,
    ) -> Result<(), OutboxError> {
        self.change(delivery, |item| {
            item.not_before = not_before;
            item.delivery.attempts += 1;
            item.problems.push(problem.to_owned());
        })
    }

    fn hold(
        &self,
        delivery: &Delivery,
        not_before: Timestamp,
        problem: &str,
    ) -> Result<(), OutboxError> {
        self.change(delivery, |item| {
            item.not_before = not_before;
            item.problems.push(problem.to_owned());
        })
    }

    fn mark_failed(&self, delivery: &Delivery, failure: &FinalFailure) -> Result<(), OutboxError> {
        self.change(delivery, |item| item.state = State::Failed(failure.clone()))
    }
}
