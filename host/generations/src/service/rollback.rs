//! Rolling back to an earlier generation.

use patchbay_events::ActivationCause;
use patchbay_journal::CompanyId;

use super::{ChangeError, ChangeRequest, GenerationService, PAGE, Plan};

impl GenerationService {
    /// Activate generation `to`, or else the one among those with a lower
    /// number than the active one that was active last.
    pub fn roll_back(
        &self,
        company: &str,
        to: Option<u64>,
        request: &ChangeRequest,
    ) -> Result<Plan, ChangeError> {
        let company = self.find_company(company)?;
        let before = self.journal().active_generation(company)?.unwrap_or(0);
        let number = match to {
            Some(number) if number == before => return Err(ChangeError::AlreadyActive(number)),
            Some(number) => number,
            None => self
                .last_active_before(company, before)?
                .ok_or(ChangeError::NoEarlierGeneration(before))?,
        };
        let mut plan =
            self.activate_stored(company, number, request, ActivationCause::RolledBack)?;
        if to.is_none() {
            plan.because = Some(format!(
                "of the generations before {before}, {number} was active last"
            ));
        }
        Ok(plan)
    }

    /// Of the generations with a lower number, the one that was active last.
    fn last_active_before(
        &self,
        company: CompanyId,
        number: u64,
    ) -> Result<Option<u64>, ChangeError> {
        let mut before = number;
        let mut found = None;
        loop {
            let page = self.journal().generations(company, before, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(found.map(|(_, number)| number));
            };
            before = last.number;
            let activated = page
                .iter()
                .filter_map(|row| Some((row.activated_at?, row.number)));
            found = activated.chain(found).max();
        }
    }
}
