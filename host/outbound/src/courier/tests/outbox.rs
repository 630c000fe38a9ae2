//! An outbox in memory that keeps what [`Post`] promises.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard};

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::timeout;

use super::PATIENCE;
use crate::courier::{Busy, Parcel, Post, PostError};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    Delivered,
    Dead(String),
}

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) parcel: Parcel,
    pub(super) not_before: Timestamp,
    pub(super) state: State,
    pub(super) problems: Vec<String>,
}

pub(super) struct Outbox {
    items: watch::Sender<Vec<Item>>,
    /// How many changes are refused before one is taken.
    full: Mutex<u32>,
    asked: Mutex<u32>,
}

impl Default for Outbox {
    fn default() -> Outbox {
        Outbox {
            items: watch::Sender::new(Vec::new()),
            full: Mutex::new(0),
            asked: Mutex::new(0),
        }
    }
}

impl Outbox {
    pub(super) fn put(&self, parcel: Parcel) {
        self.items.send_modify(|items| {
            items.push(Item {
                parcel,
                not_before: Timestamp::UNIX_EPOCH,
                state: State::Waiting,
                problems: Vec::new(),
            });
        });
    }

    /// Refuse the next changes.
    pub(super) fn full_for(&self, changes: u32) {
        *lock(&self.full) = changes;
    }

    /// How often it was looked into.
    pub(super) fn asked(&self) -> u32 {
        *lock(&self.asked)
    }

    pub(super) fn item(&self, key: &str) -> Item {
        let items = self.items.borrow();
        let item = items.iter().find(|item| item.parcel.key == key);
        item.expect("it was put in").clone()
    }

    /// Wait until something is so.
    pub(super) async fn until(&self, is_so: impl Fn(&[Item]) -> bool) {
        let mut items = self.items.subscribe();
        let changed = timeout(PATIENCE, items.wait_for(|items| is_so(items))).await;
        assert!(changed.is_ok(), "{:#?}", self.items.borrow());
    }

    /// Wait until nothing waits.
    pub(super) async fn until_empty(&self) {
        self.until(|items| items.iter().all(|item| item.state != State::Waiting))
            .await;
    }

    fn change(&self, parcel: &Parcel, change: impl FnOnce(&mut Item)) -> Result<(), PostError> {
        {
            let mut full = lock(&self.full);
            if *full > 0 {
                *full -= 1;
                return Err(PostError::Unavailable("no space is left".to_owned()));
            }
        }
        let mut answer = Err(PostError::NoParcel);
        self.items.send_modify(|items| {
            let found = items
                .iter_mut()
                .find(|item| item.parcel.key == parcel.key && item.state == State::Waiting);
            if let Some(item) = found {
                change(item);
                answer = Ok(());
            }
        });
        answer
    }
}

impl Post for Outbox {
    fn due(&self, now: Timestamp, busy: &Busy, limit: usize) -> Result<Vec<Parcel>, PostError> {
        *lock(&self.asked) += 1;
        let items = self.items.borrow();
        let mut lanes = HashSet::new();
        let mut due: Vec<_> = items
            .iter()
            .filter(|item| item.state == State::Waiting)
            // Of a lane the first that waits, due or not.
            .filter(|item| match &item.parcel.lane {
                Some(lane) => lanes.insert((&item.parcel.company, lane)),
                None => true,
            })
            .filter(|item| item.not_before <= now)
            .filter(|item| {
                let parcel = &item.parcel;
                !busy.holds(
                    &parcel.company,
                    &parcel.key,
                    &parcel.target,
                    parcel.lane.as_deref(),
                )
            })
            .collect();
        due.sort_by_key(|item| item.not_before);
        let due = due.into_iter().take(limit);
        Ok(due.map(|item| item.parcel.clone()).collect())
    }

    fn delivered(&self, parcel: &Parcel, _at: Timestamp) -> Result<(), PostError> {
        self.change(parcel, |item| item.state = State::Delivered)
    }

    fn later(
        &self,
        parcel: &Parcel,
        not_before: Timestamp,
        problem: &str,
    ) -> Result<(), PostError> {
        self.change(parcel, |item| {
            item.not_before = not_before;
            item.parcel.attempts += 1;
            item.problems.push(problem.to_owned());
        })
    }

    fn dead(&self, parcel: &Parcel, problem: &str) -> Result<(), PostError> {
        self.change(parcel, |item| item.state = State::Dead(problem.to_owned()))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while it holds this")
}
