//! The thread that watches the clocks: it tells jumps of the wall clock, and
//! notes the time, and the idle times of agents, for the next run.

use std::time::{Duration, Instant};

use patchbay_clock::ClockJump;
use patchbay_events::AlertEvent;
use patchbay_model::alert::{Alert, AlertKind};

use crate::desk_core::DeskCore;
use crate::desk_error::DeskError;

/// How often the clocks are read.
const INTERVAL: Duration = Duration::from_millis(500);
/// How often the time is noted. What the journal stores has times of its own.
const NOTE_INTERVAL: Duration = Duration::from_secs(60);
/// How often the idle times of agents are stored: a crash loses those since.
const SAVE_INTERVAL: Duration = Duration::from_secs(5);
/// Most companies and jumps that wait for the journal.
const MAX_UNTOLD: usize = 100_000;
/// Most writes that the journal refuses before the next try.
const MAX_REFUSED: usize = 8;

impl DeskCore {
    /// The loop of the thread.
    pub(crate) fn run_time_watch(&self) {
        let mut noted = Instant::now();
        let mut saved = noted;
        let mut untold: Vec<(String, ClockJump)> = Vec::new();
        loop {
            let goes_on = self.time_watch_stop.wait(INTERVAL);
            let now = self.now();
            for jump in self.clock.take_jumps() {
                untold.extend(self.report_jump(jump));
            }
            untold.truncate(MAX_UNTOLD);
            self.tell_companies(&mut untold);
            if saved.elapsed() >= SAVE_INTERVAL {
                saved = Instant::now();
                self.save_idle_times();
            }
            if noted.elapsed() >= NOTE_INTERVAL || !goes_on {
                noted = Instant::now();
                if let Err(error) = self.journal.note_time(now) {
                    tracing::warn!(%error, "cannot note the time; if the clock goes back before the next start, some times may repeat");
                }
            }
            if !goes_on {
                return;
            }
        }
    }

    /// Tell operators that the wall clock jumped. Returns the companies to tell.
    fn report_jump(&self, jump: ClockJump) -> Vec<(String, ClockJump)> {
        let ClockJump { from, to } = jump;
        let what = describe(jump);
        tracing::warn!(%from, %to, "{what}");
        let alert = Alert::of_host(AlertKind::ClockJumped, self.now(), what);
        self.settings.observer.alert_raised(alert);
        let names = self.names.read();
        names.keys().map(|name| (name.clone(), jump)).collect()
    }

    /// Write to the companies' feeds that the wall clock jumped. Keep those that
    /// the journal refuses, behind the others.
    fn tell_companies(&self, untold: &mut Vec<(String, ClockJump)>) {
        let mut refused = 0;
        untold.retain(|(company, ClockJump { from, to })| {
            if refused >= MAX_REFUSED {
                return true;
            }
            let alert = AlertEvent::ClockJumped {
                from: *from,
                to: *to,
            };
            match self.alert(company, alert) {
                Ok(()) | Err(DeskError::UnknownCompany(_)) => false,
                Err(error) => {
                    tracing::warn!(company, %error, "cannot write that the clock jumped; trying again");
                    refused += 1;
                    true
                }
            }
        });
        untold.rotate_left(refused);
    }
}

/// What happened, and what the desk does about it.
fn describe(jump: ClockJump) -> String {
    let by = jump.by().unsigned_abs().as_secs();
    match jump.by().is_negative() {
        true => format!(
            "the wall clock went back by {by} s; host time runs on without it until the clock has caught up"
        ),
        false => format!(
            "the wall clock went forward by {by} s; host time follows, and open offers keep the time they had left"
        ),
    }
}
