//! The items of a delivery, and what the host does with each.

use jiff::Timestamp;
use patchbay_adapter::{
    AddressChange, DecodedInteraction, DeliveryStatus, FailureKind, InteractionKind, Item,
    OptOutChange, Undecodable,
};
use patchbay_contact_file::Row;
use patchbay_desk::{Delivery, DeskError, ImportOptions, MessageReport, OptOutReport};
use patchbay_journal::AuditEntry;
use patchbay_model::contact_record::ContactRecord;
use patchbay_model::final_failure::FinalKind;
use patchbay_model::traceparent::Traceparent;
use patchbay_pass::ReceiptStatus;
use serde_json::json;

use crate::connection::Connection;
use crate::gateway::Gateway;
use crate::planted_key::PlantedKey;

/// Attribute that names the reply of an echo.
const REPLY: &str = "reply";

/// The items of a delivery by what is done with them.
pub(crate) struct Batch<'d> {
    interactions: Vec<DecodedInteraction>,
    statuses: Vec<DeliveryStatus>,
    changes: Vec<AddressChange>,
    opt_outs: Vec<OptOutChange>,
    contact_records: Vec<ContactRecord>,
    /// Names of events without an interaction.
    pub(crate) events: Vec<String>,
    /// Whether the provider took the access of the account back.
    pub(crate) is_revoked: bool,
    /// The first item that cannot be decoded.
    pub(crate) undecodable: Option<Undecodable>,
    /// The delivery as it came, where its files come within it.
    original: Option<&'d [u8]>,
    traceparent: Option<Traceparent>,
}

impl<'d> Batch<'d> {
    /// The items of a delivery of this connection, whose body is `body`.
    pub(crate) fn of(
        connection: &Connection,
        body: &'d [u8],
        items: Vec<Item>,
        traceparent: Option<Traceparent>,
    ) -> Batch<'d> {
        let keeps_original = connection.settings.adapter.files_within;
        let mut batch = Batch {
            interactions: Vec::new(),
            statuses: Vec::new(),
            changes: Vec::new(),
            opt_outs: Vec::new(),
            contact_records: Vec::new(),
            events: Vec::new(),
            is_revoked: false,
            undecodable: None,
            original: keeps_original.then_some(body),
            traceparent,
        };
        for item in items {
            match item {
                Item::Interaction(decoded) => batch.interactions.push(*decoded),
                Item::Status(status) => batch.statuses.push(status),
                Item::AddressChange(change) => batch.changes.push(change),
                Item::OptOut(change) => batch.opt_outs.push(change),
                Item::ContactRecord(record) => batch.contact_records.push(record),
                Item::AccessRevoked { .. } => batch.is_revoked = true,
                Item::Event { name } => batch.events.push(name),
                Item::Undecodable(problem) => {
                    batch.undecodable.get_or_insert(problem);
                }
            }
        }
        batch
    }
}

impl Gateway {
    /// Hands the items to the desk. Returns whether all are on disk.
    pub(crate) fn accept(
        &self,
        company: &str,
        connection: &Connection,
        batch: Batch<'_>,
    ) -> Result<bool, DeskError> {
        let channels = self.desk.channels();
        let adapter = connection.settings.adapter.name;
        let mut deliveries = Vec::with_capacity(batch.interactions.len());
        let mut second_addresses = Vec::new();
        for mut decoded in batch.interactions {
            let interaction = &mut decoded.interaction;
            if decoded.kind == InteractionKind::Echo {
                // The echo of a reply whose receipt is known answers nothing more.
                if channels.has_receipt(company, adapter, &interaction.id)? {
                    continue;
                }
                if let Some(key) = decoded.key.as_deref().and_then(PlantedKey::parse) {
                    let attributes = &mut interaction.attributes;
                    attributes.insert(REPLY.to_owned(), key.outbox_key.into());
                }
            }
            let second = decoded.second_address.take();
            let address = interaction.author.address.clone();
            if let (Some(known), Some(other)) = (address, second) {
                second_addresses.push((interaction.channel.clone(), known, other));
            }
            match Delivery::from_outside(decoded.to_intake()) {
                Ok(delivery) => deliveries.push(Delivery {
                    traceparent: batch.traceparent,
                    ..delivery
                }),
                // Decoding checked it with the same rules.
                Err(error) => {
                    tracing::error!(company, %error, "intake refused a decoded interaction")
                }
            }
        }
        if let Some(original) = batch.original.filter(|_| self.originals > 0) {
            // Before the interaction: once that is acknowledged, its files are there.
            for delivery in &deliveries {
                channels.store_original(company, delivery, original, self.originals)?;
            }
        }
        if !deliveries.is_empty() {
            let receipts = self.desk.accept(company, deliveries)?;
            let is_stored = receipts.iter().all(|receipt| {
                matches!(
                    receipt.status,
                    ReceiptStatus::Accepted { .. } | ReceiptStatus::Duplicate { .. }
                )
            });
            if !is_stored {
                return Ok(false);
            }
        }
        for (channel, known, other) in second_addresses {
            channels.add_address(company, &channel, &known, &other)?;
        }
        for status in batch.statuses {
            self.reconcile(company, connection, &status)?;
            let failure = status.failure.as_ref();
            let report = MessageReport {
                state: status.state,
                at: status.at,
                failure: failure.map(|failure| final_kind(failure.kind)),
                reason: status
                    .failure
                    .map(|failure| failure.reason.as_str().to_owned()),
            };
            channels.report(company, adapter, &status.message, report)?;
        }
        for change in batch.changes {
            channels.add_address(company, adapter, &change.old, &change.new)?;
        }
        for change in batch.opt_outs {
            let report = OptOutReport {
                channel: change.channel,
                account: &change.account,
                purpose: change.purpose.as_str(),
                is_opted_out: change.is_opted_out,
                source: change.source,
                at: change.at,
            };
            channels.record_opt_out(company, &change.address, report)?;
        }
        if !batch.contact_records.is_empty() {
            self.import_contact_records(company, connection, batch.contact_records)?;
        }
        Ok(true)
    }

    /// Imports records of the company's CRM. Those that are refused are counted by
    /// their reason: the sender cannot do anything about them.
    fn import_contact_records(
        &self,
        company: &str,
        connection: &Connection,
        records: Vec<ContactRecord>,
    ) -> Result<(), DeskError> {
        let rows = (1..).zip(records);
        let rows = rows.map(|(line, record)| Row {
            line,
            item: Ok(record),
        });
        let by = format!("connection {}", connection.settings.name);
        let audit = AuditEntry::new(
            Timestamp::now(),
            Some(company),
            by.clone(),
            "contacts.imported",
            &json!({}),
        );
        let contacts = self.desk.contacts();
        let options = ImportOptions::default();
        let summary = contacts.import(company, rows.collect(), options, &by, audit)?;
        for problem in summary.problems {
            connection.count_event(format!("contact-record.{}", problem.code));
        }
        Ok(())
    }
}

/// What a reported failure means for the reply. Nothing of it is sent again by itself.
fn final_kind(kind: FailureKind) -> FinalKind {
    match kind {
        FailureKind::WindowClosed => FinalKind::WindowClosed,
        FailureKind::RecipientUnreachable => FinalKind::RecipientUnreachable,
        FailureKind::Refused | FailureKind::ChannelBroken => FinalKind::Refused,
        FailureKind::Retry => FinalKind::Exhausted,
        FailureKind::Uncertain => FinalKind::Uncertain,
    }
}
