//! Alerts about a company rather than one of its conversations.

use patchbay_events::{AlertEvent, Event};
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
}
