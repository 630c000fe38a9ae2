//! Alerts about a company rather than one of its conversations.

use patchbay_events::{AlertAcknowledgedEvent, AlertEvent, Event};
use patchbay_journal::Acknowledgement;
use patchbay_records::history::note;

use crate::desk_core::DeskCore;
use crate::desk_error::DeskError;

impl DeskCore {
    /// Write an alert to a company's feed.
    pub(crate) fn alert(&self, company: &str, alert: AlertEvent) -> Result<(), DeskError> {
        let id = self.company_id(company)?;
        let notes = vec![note(&Event::Alerted(alert), self.now())];
        self.journal.append_notes(id, notes)?;
        self.notify_listeners(id, false);
        Ok(())
    }

    /// Acknowledge an alert, if it is stored; the acknowledgement that counts.
    pub(crate) fn acknowledge_alert(
        &self,
        company: &str,
        alert: u64,
        by: &str,
    ) -> Result<Option<Acknowledgement>, DeskError> {
        let id = self.company_id(company)?;
        let acknowledgement = Acknowledgement {
            at: self.now(),
            by: by.to_owned(),
        };
        let event = Event::AlertAcknowledged(AlertAcknowledgedEvent {
            alert,
            by: by.to_owned(),
        });
        let note = note(&event, self.now());
        let first = self.journal.acknowledge(id, alert, acknowledgement, note)?;
        if let Some((_, true)) = &first {
            self.notify_listeners(id, false);
        }
        Ok(first.map(|(acknowledgement, _)| acknowledgement))
    }
}
