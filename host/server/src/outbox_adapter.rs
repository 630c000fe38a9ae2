//! Adapts the desk's outbox to the courier, which delivers it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use patchbay_desk::{Desk, DeskError};
use patchbay_gateway::{ConnectionDestination, Gateway, ReplyTarget, TranscriptionService};
use patchbay_journal::JournalError;
use patchbay_model::channel;
use patchbay_outbound::courier::{
    Delivery, Destination, Exclusions, FinalFailure, Outbox, OutboxError,
};
use patchbay_outbound::webhook::Webhook;
use patchbay_records::outbox_payload::OutboxMessage;

/// The desk's outbox, as the courier sees it.
pub(crate) struct DeskOutbox {
    desk: Arc<Desk>,
    gateway: Arc<Gateway>,
}

impl DeskOutbox {
    pub(crate) fn new(desk: Arc<Desk>, gateway: Arc<Gateway>) -> DeskOutbox {
        DeskOutbox { desk, gateway }
    }

    fn delivery(&self, outgoing: OutboxMessage) -> Delivery {
        let (destination, body) = match outgoing.body {
            Ok(body) => (self.destination(&outgoing.company, &outgoing.target), body),
            Err(why) => (Err(why), Vec::new()),
        };
        Delivery {
            company: outgoing.company,
            key: outgoing.key,
            target: outgoing.target,
            lane: outgoing.lane,
            destination,
            body,
            attempts: outgoing.attempts,
            can_take_back: outgoing.can_take_back,
        }
    }

    fn destination(&self, company: &str, name: &str) -> Result<Arc<dyn Destination>, String> {
        if let Some(adapter) = channel::adapter_of_target(name) {
            let gateway = Arc::clone(&self.gateway);
            return Ok(Arc::new(ConnectionDestination::new(gateway, adapter)));
        }
        let service = channel::transcription_service(name);
        let name = service.unwrap_or(name);
        let found = self.desk.outbox().target(company, name);
        let target = found.map_err(|error| error.to_string())?;
        let target = target.ok_or_else(|| {
            format!("the company no longer has a target {name:?}; add it to the company file, then retry")
        })?;
        let secrets = target
            .signing_keys()
            .map_err(|problem| problem.to_string())?;
        let webhook = Webhook {
            url: target.url,
            secrets,
        };
        let gateway = Arc::clone(&self.gateway);
        Ok(match service {
            Some(_) => Arc::new(TranscriptionService::new(gateway, webhook)),
            None => Arc::new(ReplyTarget::new(gateway, webhook)),
        })
    }

    /// A time of the system's clock, by the desk's.
    fn desk_time(&self, time: Timestamp) -> Timestamp {
        let left = time.duration_since(Timestamp::now());
        let time = self.desk.now().checked_add(left.max(SignedDuration::ZERO));
        time.unwrap_or(Timestamp::MAX)
    }
}

impl Outbox for DeskOutbox {
    // The desk's clock may differ from the system's.
    fn load_due(
        &self,
        _: Timestamp,
        exclusions: &Exclusions,
        limit: usize,
    ) -> Result<Vec<Delivery>, OutboxError> {
        let is_busy = |item: &patchbay_desk::DueItem<'_>| {
            exclusions.contains(item.company, item.key, item.target, item.lane)
        };
        let due = self
            .desk
            .outbox()
            .due(is_busy, limit)
            .map_err(unavailable)?;
        let deliveries = due.into_iter().map(|outgoing| self.delivery(outgoing));
        Ok(deliveries.collect())
    }

    fn begin(&self, delivery: &Delivery) -> Result<(), OutboxError> {
        let (company, key) = (&delivery.company, &delivery.key);
        let begun = self.desk.outbox().begin(company, key);
        begun.map_err(unavailable)
    }

    fn mark_delivered(&self, delivery: &Delivery, _: Timestamp) -> Result<(), OutboxError> {
        let delivered = self
            .desk
            .outbox()
            .delivered(&delivery.company, &delivery.key);
        delivered.map_err(unavailable)
    }

    fn schedule_retry(
        &self,
        delivery: &Delivery,
        not_before: Timestamp,
        problem: &str,
    ) -> Result<(), OutboxError> {
        let not_before = self.desk_time(not_before);
        let (company, key) = (&delivery.company, &delivery.key);
        let put_off = self
            .desk
            .outbox()
            .postpone(company, key, not_before, problem);
        put_off.map_err(unavailable)
    }

    fn hold(
        &self,
        delivery: &Delivery,
        not_before: Timestamp,
        problem: &str,
    ) -> Result<(), OutboxError> {
        let not_before = self.desk_time(not_before);
        let (company, key) = (&delivery.company, &delivery.key);
        let held = self.desk.outbox().hold(company, key, not_before, problem);
        held.map_err(unavailable)
    }

    fn mark_failed(&self, delivery: &Delivery, failure: &FinalFailure) -> Result<(), OutboxError> {
        let (company, key) = (&delivery.company, &delivery.key);
        let dead = self.desk.outbox().fail(company, key, failure);
        dead.map_err(unavailable)
    }
}

fn unavailable(error: DeskError) -> OutboxError {
    match error {
        DeskError::Journal(JournalError::NoOutboxItem(_)) => OutboxError::NotPending,
        error => OutboxError::Unavailable(error.to_string()),
    }
}
