//! The outbox of the desk, for the courier that empties it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use patchbay_desk::{Desk, DeskError, Outgoing};
use patchbay_journal::JournalError;
use patchbay_outbound::courier::{Busy, Parcel, Post, PostError};
use patchbay_outbound::webhook::{Secret, Webhook};

/// The desk's outbox.
pub(crate) struct Outbox {
    desk: Arc<Desk>,
}

impl Outbox {
    pub(crate) fn of(desk: Arc<Desk>) -> Outbox {
        Outbox { desk }
    }

    fn parcel(&self, outgoing: Outgoing) -> Parcel {
        let (destination, body) = match outgoing.body {
            Ok(body) => (self.destination(&outgoing.company, &outgoing.target), body),
            Err(why) => (Err(why), Vec::new()),
        };
        Parcel {
            company: outgoing.company,
            key: outgoing.key,
            target: outgoing.target,
            lane: outgoing.lane,
            destination,
            body,
            attempts: outgoing.attempts,
        }
    }

    fn destination(&self, company: &str, name: &str) -> Result<Webhook, String> {
        let found = self.desk.target(company, name);
        let target = found.map_err(|error| error.to_string())?;
        let target = target.ok_or_else(|| {
            format!("the company has no target {name:?} any more; add it again, and retry")
        })?;
        let secret = target.secret_env.map(|variable| secret(&variable));
        Ok(Webhook {
            url: target.url,
            secret: secret.transpose()?,
        })
    }
}

fn secret(variable: &str) -> Result<Secret, String> {
    let text = std::env::var(variable).map_err(|_| {
        format!("the environment variable {variable}, which holds the target's key, is not set")
    })?;
    Secret::parse(&text).map_err(|error| format!("the key in {variable} {error}"))
}

impl Post for Outbox {
    // By the desk's clock, which may be another than the system's.
    fn due(&self, _: Timestamp, busy: &Busy, limit: usize) -> Result<Vec<Parcel>, PostError> {
        let is_busy = |waiting: &patchbay_desk::Waiting<'_>| {
            busy.holds(waiting.company, waiting.key, waiting.target, waiting.lane)
        };
        let due = self.desk.outgoing(is_busy, limit).map_err(unavailable)?;
        let parcels = due.into_iter().map(|outgoing| self.parcel(outgoing));
        Ok(parcels.collect())
    }

    fn delivered(&self, parcel: &Parcel, _: Timestamp) -> Result<(), PostError> {
        let delivered = self.desk.delivered(&parcel.company, &parcel.key);
        delivered.map_err(unavailable)
    }

    fn later(
        &self,
        parcel: &Parcel,
        not_before: Timestamp,
        problem: &str,
    ) -> Result<(), PostError> {
        let left = not_before.duration_since(Timestamp::now());
        let not_before = self.desk.now().checked_add(left.max(SignedDuration::ZERO));
        let not_before = not_before.unwrap_or(Timestamp::MAX);
        let (company, key) = (&parcel.company, &parcel.key);
        let put_off = self.desk.send_later(company, key, not_before, problem);
        put_off.map_err(unavailable)
    }

    fn dead(&self, parcel: &Parcel, problem: &str) -> Result<(), PostError> {
        let (company, key) = (&parcel.company, &parcel.key);
        let dead = self.desk.gave_up(company, key, problem);
        dead.map_err(unavailable)
    }
}

fn unavailable(error: DeskError) -> PostError {
    match error {
        DeskError::Journal(JournalError::NoItem(_)) => PostError::NoParcel,
        error => PostError::Unavailable(error.to_string()),
    }
}
