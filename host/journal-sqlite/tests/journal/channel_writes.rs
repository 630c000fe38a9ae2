//! Random writes of receipts, reports and deliveries in quarantine.

use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_model::delivery_state::DeliveryState;

use crate::sequence::Sequence;
use crate::store::{at, audit_entry};

/// One random write for adapters of channels.
pub(crate) fn write(
    journal: &SqliteJournal,
    company: CompanyId,
    conversation: Option<ConversationId>,
    step: i64,
    next: &mut Sequence,
) {
    let message = format!("m{}", next.below(9));
    match next.below(5) {
        0 => {
            let found = journal.find_or_create_contact(company, "x", "@ana", at(step));
            let new = NewReceipt {
                company,
                channel: "x".into(),
                message,
                key: format!("{}", next.below(9)),
                part: 1,
                parts: 1,
                conversation,
                contact: found.unwrap().contact,
                account: String::new(),
                sealed: vec![],
                accepted_at: at(step),
            };
            drop(journal.record_receipt(new).unwrap());
        }
        1 | 2 => {
            let states = DeliveryState::ALL;
            let report = DeliveryReport {
                state: states[next.below(states.len() as u64) as usize],
                at: Some(at(step)),
                reason: Some(String::from_utf8(next.bytes(9)).unwrap()),
                received_at: at(step),
            };
            drop(
                journal
                    .advance_receipt(company, "x", &message, report)
                    .unwrap(),
            );
        }
        3 => {
            let body = next.bytes(50);
            let new = NewQuarantined {
                company,
                channel: "x".into(),
                account: String::new(),
                received_at: at(step),
                place: message,
                reason: "unknown".into(),
                digest: [next.below(9) as u8; 32],
                sealed: journal
                    .seal_company(company, Purpose::Quarantine, body)
                    .unwrap(),
            };
            journal.quarantine(new).unwrap();
        }
        _ => {
            let items = journal.quarantined(company, 0, 1).unwrap();
            let number = items.first().map_or(0, |item| item.number);
            let removed = journal.remove_quarantined(company, number, audit_entry("removed"));
            assert_eq!(removed.unwrap(), !items.is_empty());
        }
    }
}
