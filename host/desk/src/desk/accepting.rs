//! Taking deliveries in.

use std::sync::Arc;

use patchbay_journal::{
    Accepted, Arrival, CompanyId, JournalError, Kind, Purpose, Queued, SealError,
};

use super::asking::RETRY_AFTER;
use super::{Desk, DeskError, Inner, Receipt, ReceiptStatus};
use crate::intake::Delivery;
use crate::work::{Lane, Work};

impl Desk {
    /// Take deliveries in. What is answered with is on disk.
    ///
    /// # Errors
    /// [`DeskError`]; then nothing was taken in.
    pub fn accept(
        &self,
        company: &str,
        deliveries: Vec<Delivery>,
    ) -> Result<Vec<Receipt>, DeskError> {
        let id = self.company(company)?;
        self.takes_in(company, id)?;
        let inner = &self.inner;
        let repeats = self.load().allows_repeats();
        let mut interactions = Vec::with_capacity(deliveries.len());
        let mut arrivals = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            // What was decided before can wait until there is time.
            let later = delivery.kind == Kind::Edit && !repeats;
            if !later {
                arrivals.push(Arrival {
                    no_edit: !repeats,
                    ..inner.arrival(id, &delivery)?
                });
            }
            interactions.push((delivery.interaction.id, later));
        }
        let queue = Arc::clone(inner);
        let accepted = inner
            .journal
            .accept_in_order(arrivals, Box::new(move |taken| queue.queue(taken)))?;
        let mut accepted = accepted.into_iter();
        let receipts = interactions.into_iter().map(|(interaction, later)| {
            let taken = match later {
                true => None,
                false => accepted.next(),
            };
            let busy = ReceiptStatus::Busy {
                retry_after: RETRY_AFTER,
            };
            let status = taken.map_or(busy, |accepted| inner.taken(accepted));
            inner.settings.observer.took_in(company, status);
            Receipt {
                interaction,
                status,
            }
        });
        Ok(receipts.collect())
    }
}

impl Inner {
    fn arrival(&self, company: CompanyId, delivery: &Delivery) -> Result<Arrival, DeskError> {
        let interaction = &delivery.interaction;
        let now = self.now();
        let address = delivery.address();
        let channel = interaction.channel.as_str();
        let contact = match self.at_hand.contact(company, channel, &address) {
            Some(contact) => contact,
            None => {
                let found = self.journal.address(company, channel, &address, now)?;
                self.at_hand
                    .keep_contact(company, channel, &address, found.contact);
                found.contact
            }
        };
        // Its own type writes it: that cannot fail.
        let plain = serde_json::to_vec(interaction).unwrap_or_default();
        let sealed = self
            .journal
            .seal(company, contact, Purpose::Message, &plain)
            .map_err(|error| match error {
                SealError::Erased(_) => DeskError::Erased,
                SealError::Journal(error) => error.into(),
                other => JournalError::Corrupt(other.to_string()).into(),
            })?;
        Ok(Arrival {
            company,
            channel: interaction.channel.clone(),
            account: interaction.account.clone().unwrap_or_default(),
            message: interaction.id.clone(),
            kind: delivery.kind,
            thread: delivery.thread(contact),
            in_reply_to: interaction.in_reply_to.clone(),
            digest: delivery.digest(&plain),
            body: sealed,
            contact: Some(contact),
            received_at: interaction.received_at.unwrap_or(now),
            accepted_at: now,
            traceparent: delivery.traceparent,
            no_edit: false,
        })
    }

    /// In the order of their acceptance, whoever handed them in.
    fn queue(&self, taken: &[Queued]) {
        for input in taken {
            let lane = Lane {
                company: input.company,
                slot: input.slot,
            };
            self.work.push(lane, Work::Input(input.ordinal));
        }
    }

    fn taken(&self, accepted: Accepted) -> ReceiptStatus {
        match accepted {
            Accepted::Taken(message) => {
                let (ordinal, kind) = (message.ordinal, message.kind);
                self.at_hand.keep_input(*message);
                ReceiptStatus::Accepted { ordinal, kind }
            }
            Accepted::Duplicate { ordinal } => ReceiptStatus::Duplicate { ordinal },
            Accepted::Busy { retry_after } => ReceiptStatus::Busy { retry_after },
        }
    }
}
