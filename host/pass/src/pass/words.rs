//! The words by which the conversation is found: those of a commit's new texts are written
//! with it.

use patchbay_journal::{ContactId, Input, InputKind, JournalError, WordingStatus};
use patchbay_model::interaction::Interaction;
use patchbay_records::word_index::{self, TextTerms};

use super::Pass;
use super::unit_of_work::UnitOfWork;

/// Note the words of an input that is in the thread from now on. `customer` is the
/// conversation's customer before it.
pub(super) fn note_input(
    unit: &mut UnitOfWork,
    input: &Input,
    interaction: &Interaction,
    customer: Option<ContactId>,
) {
    let is_text = matches!(
        input.kind,
        InputKind::Message | InputKind::Edit | InputKind::Echo
    );
    let is_present = input.wording != WordingStatus::Superseded;
    if is_present && input.kind == InputKind::Delete {
        unit.has_outdated_words = true;
    }
    if !is_text || !is_present {
        return;
    }
    let is_known = unit.conversation.row.sequence > 0;
    // Words of another wording; and of the company's messages before there was a customer.
    unit.has_outdated_words |=
        is_known && (input.wording == WordingStatus::Newer || customer != unit.contact());
    let owner = word_index::owner(input.kind, input.contact, unit.contact());
    let terms = owner.map(|owner| TextTerms::of_interaction(owner, interaction));
    unit.terms.extend(terms);
}

/// Note the words of what a person of the company wrote, sealed under a contact's key.
pub(super) fn note_text(unit: &mut UnitOfWork, contact: ContactId, text: &str) {
    unit.terms.push(TextTerms::of_text(contact, text));
}

/// Make the lists that the commit writes; none while search is switched off.
pub(super) fn make_lists(pass: &Pass<'_>, unit: &mut UnitOfWork) -> Result<(), JournalError> {
    if !pass.lists_words {
        unit.has_outdated_words = false;
        return Ok(());
    }
    let row = &unit.conversation.row;
    let known = (row.sequence > 0).then_some(row.id);
    unit.words = word_index::lists_with(pass.journal, pass.company, known, &unit.terms)?;
    Ok(())
}
