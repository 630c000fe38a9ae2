//! Incidents, and what supervisors say about them.

use jiff::Timestamp;
use patchbay_events::{Event, IncidentChangedEvent, IncidentState};
use patchbay_journal::{AuditEntry, Directive};
use patchbay_pass::{Incident, IncidentPlace};
use patchbay_records::history::note;
use serde::{Deserialize, Serialize};

use super::directives::INCIDENT;
use crate::company_state::CompanyState;
use crate::desk_core::DeskCore;
use crate::desk_error::DeskError;

/// Incidents of the desk's companies.
pub struct IncidentService<'a>(pub(crate) &'a DeskCore);

/// What a supervisor says about an incident, as the journal stores it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentNote {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it was closed; absent: it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Who closed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<String>,
}

/// An incident with what a supervisor says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentView {
    /// The incident.
    pub incident: Incident,
    /// What a supervisor says. Its `closed_at` stays where other conversations came into
    /// the incident since, which reopened it.
    pub note: IncidentNote,
}

impl IncidentView {
    /// Whether it is open.
    pub fn state(&self) -> IncidentState {
        match self.incident.closed_at {
            Some(_) => IncidentState::Closed,
            None => IncidentState::Open,
        }
    }
}

/// A change of an incident; `None` leaves a part as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncidentChange {
    /// Another name, or no name.
    pub name: Option<Option<String>>,
    /// Whether it is open.
    pub state: Option<IncidentState>,
}

impl IncidentService<'_> {
    /// Incidents by subject, after one; all, or those of a state.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn list(
        &self,
        company: &str,
        after: Option<&str>,
        state: Option<IncidentState>,
        limit: usize,
    ) -> Result<Vec<IncidentView>, DeskError> {
        let (_, company) = self.0.company(company)?;
        let floor = company.floor.lock();
        let incidents = floor.overview.incidents(after);
        let views = incidents.map(|incident| view(&company, incident));
        let wanted = views.filter(|view| state.is_none_or(|state| view.state() == state));
        Ok(wanted.take(limit).collect())
    }

    /// An incident, and its conversations after one in the order in which they came into
    /// it.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`], [`DeskError::UnknownIncident`].
    pub fn one(
        &self,
        company: &str,
        subject: &str,
        after: Option<IncidentPlace>,
        limit: usize,
    ) -> Result<(IncidentView, Vec<IncidentPlace>), DeskError> {
        let (_, company) = self.0.company(company)?;
        let floor = company.floor.lock();
        let incident = floor
            .overview
            .incident(subject)
            .ok_or_else(|| unknown(subject))?;
        let places = floor.overview.incident_places(subject, after, limit);
        drop(floor);
        Ok((view(&company, incident), places))
    }

    /// Name, close or reopen an incident. Its conversations stay in it. What was said about
    /// other incidents whose conversations are all resolved is forgotten. Returns the incident
    /// after the change, which is written whole; after an error nothing changed.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`], [`DeskError::UnknownIncident`], and errors of the
    /// journal.
    pub fn change(
        &self,
        company: &str,
        subject: &str,
        change: IncidentChange,
        by: &str,
        audit: AuditEntry,
    ) -> Result<IncidentView, DeskError> {
        let (id, company) = self.0.company(company)?;
        let changing = company.directives.changing.lock();
        // At one moment: the incident itself is none of those that ended.
        let (known, ended) = {
            let floor = company.floor.lock();
            let known = floor.overview.incident(subject);
            let mut noted = company.directives.incident_subjects();
            noted.retain(|noted| floor.overview.incident(noted).is_none());
            (known.ok_or_else(|| unknown(subject))?, noted)
        };
        let known = view(&company, known);
        let now = self.0.now();
        let mut noted = known.note.clone();
        if let Some(name) = change.name {
            noted.name = name;
        }
        let state = change.state.unwrap_or(known.state());
        match (state, known.state()) {
            (IncidentState::Closed, IncidentState::Open) => {
                noted.closed_at = Some(now);
                noted.closed_by = Some(by.to_owned());
            }
            (IncidentState::Closed, IncidentState::Closed) => {}
            (IncidentState::Open, _) => {
                noted.closed_at = None;
                noted.closed_by = None;
            }
        }
        if noted == known.note {
            return Ok(known);
        }
        let event = Event::IncidentChanged(IncidentChangedEvent {
            subject: subject.to_owned(),
            state,
            name: noted.name.clone(),
            by: by.to_owned(),
        });
        let directive = Directive {
            name: directive_name(subject),
            // A struct of strings and times: serialization cannot fail.
            body: serde_json::to_string(&noted).unwrap_or_default(),
        };
        let notes = vec![note(&event, now)];
        let ended_names: Vec<String> = ended.iter().map(|ended| directive_name(ended)).collect();
        self.0
            .journal
            .put_directive(id, directive, &ended_names, notes, audit)?;
        company
            .directives
            .set_incident(subject, Some(noted.clone()));
        let mut floor = company.floor.lock();
        for ended in &ended {
            company.directives.set_incident(ended, None);
            floor.overview.set_closed(ended, None);
        }
        floor.overview.set_closed(subject, noted.closed_at);
        let incident = floor.overview.incident(subject).unwrap_or(known.incident);
        drop(floor);
        drop(changing);
        self.0.notify_listeners(id, false);
        Ok(IncidentView {
            incident,
            note: noted,
        })
    }
}

/// Name of the directive with what a supervisor says about an incident.
fn directive_name(subject: &str) -> String {
    format!("{INCIDENT}{subject}")
}

fn view(company: &CompanyState, incident: Incident) -> IncidentView {
    let note = company.directives.incident(&incident.subject);
    IncidentView {
        note: note.unwrap_or_default(),
        incident,
    }
}

fn unknown(subject: &str) -> DeskError {
    DeskError::UnknownIncident(subject.to_owned())
}
