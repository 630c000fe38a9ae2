//! Accepting deliveries: deduplicate, seal, write, queue.

use std::sync::Arc;

use patchbay_journal::{
    AcceptOutcome, AcceptedInput, Arrival, CompanyId, InputKind, JournalError, Ordinal, Purpose,
    SealError,
};
use patchbay_pass::ReceiptStatus;
use patchbay_records::conversation_cache::PendingInput;
use patchbay_records::conversation_reader;

use crate::desk_core::DeskCore;
use crate::desk_error::DeskError;
use crate::dispatch::requests::RETRY_AFTER;
use crate::dispatch::work_list::{Lane, Work};
use crate::intake::delivery::Delivery;
use crate::intake::receipt::Receipt;

impl DeskCore {
    /// Accept deliveries. Each receipt's input is durable.
    pub(crate) fn accept(
        self: &Arc<DeskCore>,
        company: &str,
        deliveries: Vec<Delivery>,
    ) -> Result<Vec<Receipt>, DeskError> {
        let id = self.company_id(company)?;
        let state = self.company_state(id);
        if state.is_some_and(|state| state.directives.drain().is_some()) {
            return Err(DeskError::Draining(company.to_owned()));
        }
        let repeats = self.load().allows_repeats();
        let epoch = self.cache.inputs.epoch();
        let mut known = Vec::with_capacity(deliveries.len());
        for delivery in &deliveries {
            known.push(self.known_of_erased(id, delivery)?);
        }
        let new = known.iter().zip(&deliveries);
        let new = new.filter_map(|(known, delivery)| known.is_none().then_some(delivery));
        self.find_contacts(id, new)?;
        let mut arrivals = Vec::with_capacity(deliveries.len());
        let mut accepted_deliveries = Vec::with_capacity(deliveries.len());
        for (known, delivery) in known.into_iter().zip(deliveries) {
            // Under full load an edit waits: its message was decided before.
            let refused = match known {
                Some(ordinal) => Some(ReceiptStatus::Duplicate { ordinal }),
                None if delivery.kind == InputKind::Edit && !repeats => Some(ReceiptStatus::Busy {
                    retry_after: RETRY_AFTER,
                }),
                None => None,
            };
            if refused.is_none() {
                arrivals.push(Arrival {
                    no_edit: !repeats,
                    ..self.arrival(id, &delivery)?
                });
            }
            accepted_deliveries.push((Arc::new(delivery.interaction), refused));
        }
        let core = Arc::clone(self);
        let accepted = self
            .journal
            .accept_with(arrivals, Box::new(move |queued| core.queue(queued)))?;
        let mut accepted = accepted.into_iter();
        let receipts = accepted_deliveries
            .into_iter()
            .map(|(interaction, refused)| {
                let accepted = match refused {
                    Some(_) => None,
                    None => accepted.next(),
                };
                let status = match accepted {
                    None => refused.unwrap_or(ReceiptStatus::Busy {
                        retry_after: RETRY_AFTER,
                    }),
                    Some(AcceptOutcome::Duplicate { ordinal }) => {
                        ReceiptStatus::Duplicate { ordinal }
                    }
                    Some(AcceptOutcome::Updated { ordinal, input }) => {
                        let pending = PendingInput {
                            input: *input,
                            interaction: Some(Arc::clone(&interaction)),
                        };
                        self.cache.inputs.put(pending, epoch);
                        ReceiptStatus::Duplicate { ordinal }
                    }
                    Some(AcceptOutcome::Conflict) => ReceiptStatus::Conflict,
                    Some(AcceptOutcome::Full { limit }) => ReceiptStatus::Full { limit },
                    Some(AcceptOutcome::Busy { retry_after }) => {
                        ReceiptStatus::Busy { retry_after }
                    }
                    Some(AcceptOutcome::Accepted(input)) => {
                        let (ordinal, kind) = (input.ordinal, input.kind);
                        let pending = PendingInput {
                            input: *input,
                            interaction: Some(Arc::clone(&interaction)),
                        };
                        self.cache.inputs.put(pending, epoch);
                        ReceiptStatus::Accepted { ordinal, kind }
                    }
                };
                self.settings.observer.accepted(company, status);
                Receipt {
                    interaction: interaction.id.clone(),
                    status,
                }
            });
        Ok(receipts.collect())
    }

    /// The newest input of the message, where the delivery repeats one of a person who was
    /// erased since: what a provider delivers again, or the host reads again, must not
    /// bring them back. `None` for everything else.
    pub(crate) fn known_of_erased(
        &self,
        company: CompanyId,
        delivery: &Delivery,
    ) -> Result<Option<Ordinal>, DeskError> {
        let is_wording = matches!(
            delivery.kind,
            InputKind::Message | InputKind::Edit | InputKind::Delete
        );
        let interaction = &delivery.interaction;
        let (channel, address) = (interaction.channel.as_str(), delivery.address());
        if !is_wording || self.cache.contact_of(company, channel, &address).is_some() {
            return Ok(None);
        }
        let record = self.journal.address_record(company, channel, &address)?;
        if record.erased_at.is_none() {
            return Ok(None);
        }
        let account = interaction.account.as_deref().unwrap_or_default();
        let input = self
            .journal
            .newest_wording(company, channel, account, &interaction.id)?;
        let Some(input) = input else {
            return Ok(None);
        };
        // Readable: of another person, or of the person since they wrote again.
        let is_readable = conversation_reader::open_input(&*self.journal, &input)?.is_some();
        Ok((!is_readable).then_some(input.ordinal))
    }

    /// Look up the contacts of all deliveries at once, and create those of new
    /// addresses.
    fn find_contacts<'d>(
        &self,
        company: CompanyId,
        deliveries: impl Iterator<Item = &'d Delivery>,
    ) -> Result<(), DeskError> {
        let mut unknown: Vec<(String, String)> = Vec::new();
        for delivery in deliveries {
            let channel = delivery.interaction.channel.as_str();
            let address = delivery.address();
            let is_known = self.cache.contact_of(company, channel, &address).is_some();
            if !is_known {
                unknown.push((channel.to_owned(), address.to_string()));
            }
        }
        unknown.sort_unstable();
        unknown.dedup();
        if unknown.is_empty() {
            return Ok(());
        }
        let epoch = self.cache.epoch();
        let found = self
            .journal
            .find_or_create_contacts(company, &unknown, self.now())?;
        for ((channel, address), found) in unknown.iter().zip(found) {
            let contact = found.contact.contact;
            self.cache.put_address(company, channel, address, contact);
            if found.is_new {
                self.cache.put_new_contact(company, contact, epoch);
            }
        }
        Ok(())
    }

    fn arrival(&self, company: CompanyId, delivery: &Delivery) -> Result<Arrival, DeskError> {
        let interaction = &delivery.interaction;
        let now = self.now();
        let address = delivery.address();
        let channel = interaction.channel.as_str();
        let contact = match self.cache.contact_of(company, channel, &address) {
            Some(contact) => contact,
            None => {
                let found = self
                    .journal
                    .find_or_create_contact(company, channel, &address, now)?;
                self.cache
                    .put_address(company, channel, &address, found.contact);
                found.contact
            }
        };
        // A struct of plain values: serialization cannot fail.
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
            in_reply_to: delivery.parent().map(str::to_owned),
            participants_only: delivery.is_for_participants(),
            digest: delivery.digest(&plain),
            said: delivery.said(),
            details: delivery.details(),
            written_at: interaction.written_at(),
            body: sealed,
            contact: Some(contact),
            received_at: interaction.received_at.unwrap_or(now),
            accepted_at: now,
            traceparent: delivery.traceparent,
            no_edit: false,
            is_final: delivery.is_final,
        })
    }

    /// Queue inputs. The journal calls this in the order of acceptance.
    fn queue(&self, queued: &[AcceptedInput]) {
        for input in queued {
            let lane = Lane {
                company: input.company,
                slot: input.slot,
            };
            self.work.push(lane, Work::Input(input.ordinal));
        }
    }
}

#[cfg(test)]
mod tests {
    use patchbay_journal::Companies;
    use patchbay_journal_sqlite::{Options, SqliteJournal};
    use serde_json::json;

    use super::*;
    use crate::desk::Desk;
    use crate::settings::DeskSettings;

    /// People in one request.
    const PEOPLE: usize = 200;

    fn deliveries() -> Vec<Delivery> {
        let said = |person: usize| {
            let address = format!("@{person}");
            let value = json!({"id": address, "channel": "x", "text": "Hello?",
                "author": {"address": address}});
            Delivery::from_outside(value).expect("valid")
        };
        (0..PEOPLE).map(said).collect()
    }

    /// People whose first decision finds their history in the cache: it does not
    /// query the journal.
    fn known_histories(desk: &Desk, company: CompanyId) -> usize {
        let cache = &desk.core.cache;
        let deliveries = deliveries();
        let known = deliveries.iter().filter(|delivery| {
            let contact = cache.contact_of(company, "x", &delivery.address());
            contact.is_some_and(|contact| cache.contact(company, contact).is_some())
        });
        known.count()
    }

    #[test]
    fn people_never_seen_have_no_history_to_query() {
        let place = tempfile::tempdir().expect("a place");
        let options = Options::new(place.path().join("desk.db"), place.path().join("desk.key"));
        let journal = SqliteJournal::open(&options).expect("a journal");
        let company = journal.company("northwind").expect("created");
        let settings = DeskSettings {
            workers: 0,
            ..DeskSettings::default()
        };
        let desk = Desk::open(Arc::new(journal), Vec::new(), settings).expect("a desk");
        desk.register("northwind", company);
        desk.accept("northwind", deliveries()).expect("accepted");
        assert_eq!(known_histories(&desk, company), PEOPLE);
        // Those who were seen may have one.
        desk.core.cache.clear();
        desk.accept("northwind", deliveries()).expect("accepted");
        assert_eq!(known_histories(&desk, company), 0);
    }
}
