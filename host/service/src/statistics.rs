//! Counts the history of companies for their statistics while the server runs.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Weak};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use patchbay_desk::Desk;
use patchbay_generations::Generation;
use patchbay_http::work_share::on_share_of;
use patchbay_journal::{CompanyId, Granularity, JournalError};
use patchbay_statistics::{CountedTo, StatisticsCounter};
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;

/// How often changed companies are counted.
const INTERVAL: Duration = Duration::from_secs(2);
/// Entries of a company that are counted before the next company has its turn.
const SHARE: usize = 5_000;
/// Entries that a request for statistics counts first: a company that is further behind
/// gets an answer that says so.
const READ_AHEAD: usize = 2_000;
/// How long rows of five minutes are kept.
const FIVE_MINUTES_KEPT: SignedDuration = SignedDuration::from_hours(35 * 24);
/// How long rows of an hour are kept.
const HOURS_KEPT: SignedDuration = SignedDuration::from_hours(3 * 366 * 24);

/// Which companies have entries to count.
#[derive(Debug, Default)]
pub struct StatisticsMonitor {
    counter: StatisticsCounter,
    changed: Mutex<BTreeSet<CompanyId>>,
    /// Held while changed companies are counted; true: the server stops.
    is_stopped: Mutex<bool>,
}

impl StatisticsMonitor {
    /// A company's history has grown. Cheap.
    pub fn note_change(&self, company: CompanyId) {
        self.changed.lock().insert(company);
    }

    /// Count what a request should see; less if it is cancelled. Blocks.
    pub fn catch_up(
        &self,
        desk: &Desk,
        company: CompanyId,
        generation: &Generation,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<CountedTo, JournalError> {
        let zone = Some(generation.time_zone());
        self.counter
            .count_until(&**desk.journal(), company, zone, READ_AHEAD, is_cancelled)
    }

    /// Count everything: compaction is about to delete entries. Blocks.
    pub fn count_everything(&self, desk: &Desk) -> Result<(), JournalError> {
        self.counter.count_all(&**desk.journal())
    }

    /// Delete rows that are too old.
    pub fn delete_old(&self, desk: &Desk, now: Timestamp) -> Result<u64, JournalError> {
        let before = |kept| now.checked_sub(kept).unwrap_or(Timestamp::MIN);
        let journal = desk.journal();
        let five_minutes =
            journal.delete_counts(Granularity::FiveMinutes, before(FIVE_MINUTES_KEPT))?;
        let hours = journal.delete_counts(Granularity::Hour, before(HOURS_KEPT))?;
        Ok(five_minutes + hours)
    }

    /// Count no changed companies from now on. Blocks until the batch in progress is
    /// written.
    pub fn stop(&self) {
        *self.is_stopped.lock() = true;
    }

    /// Count a share of each company that changed. Blocks.
    fn count_changed(&self, app: &App) {
        let Some(desk) = app.desk.as_deref() else {
            return;
        };
        let changed = std::mem::take(&mut *self.changed.lock());
        if changed.is_empty() {
            return;
        }
        let generations = app.companies.all().into_iter();
        let by_id: HashMap<CompanyId, Arc<Generation>> = generations
            .filter_map(|generation| Some((desk.company(&generation.company).ok()?, generation)))
            .collect();
        for company in changed {
            if app.is_stopping() {
                // The next start finds what is not counted.
                return;
            }
            let zone = by_id.get(&company).map(|generation| generation.time_zone());
            match self.counter.count(&**desk.journal(), company, zone, SHARE) {
                Ok(to) if to.behind == 0 => {}
                Ok(_) => self.note_change(company),
                Err(error) => {
                    tracing::warn!(company = company.0, %error, "cannot count a company's history for its statistics; retrying");
                    self.note_change(company);
                }
            }
        }
    }
}

/// Count what changes until the runtime ends; nothing without a journal.
pub async fn watch(app: Arc<App>) {
    if app.desk.is_none() {
        return;
    }
    let monitor = Arc::clone(&app.statistics);
    let share = Arc::clone(&app);
    let (started, app) = (Arc::downgrade(&app), Arc::downgrade(&app));
    let listed = on_share_of(&share.shares.observation, None, move || list(&started));
    // A panic has been logged.
    let _ = listed.await;
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let (monitor, app) = (Arc::clone(&monitor), Weak::clone(&app));
        let counted = on_share_of(&share.shares.observation, None, move || {
            // Who waits in `stop` finds nothing in use any more: the application is
            // dropped before the lock.
            let is_stopped = monitor.is_stopped.lock();
            if !*is_stopped && let Some(app) = app.upgrade() {
                monitor.count_changed(&app);
            }
        });
        // A panic has been logged; the next time may succeed.
        let _ = counted.await;
    }
}

/// Note the companies that have entries from before the start to count.
fn list(app: &Weak<App>) {
    let Some(app) = app.upgrade() else {
        return;
    };
    let Some(desk) = app.desk.as_deref() else {
        return;
    };
    match desk.journal().uncounted_companies() {
        Ok(companies) => app.statistics.changed.lock().extend(companies),
        Err(error) => tracing::error!(%error, "cannot read how far the statistics are counted"),
    }
}
