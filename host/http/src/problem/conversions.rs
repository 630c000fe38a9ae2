//! Problems of the errors of the libraries below.

use patchbay_access::AccessError;
use patchbay_config::bound::{Bound, Scope};
use patchbay_config::file_problem::FileProblem;
use patchbay_desk::{BypassError, DeskError, FileError};
use patchbay_files::FileRefusal;
use patchbay_generations::activation::ActivateError;
use patchbay_generations::rollout::RolloutError;
use patchbay_generations::service::ChangeError;
use patchbay_journal::{JournalError, WaitingLimit};
use patchbay_model::input::InputError;
use patchbay_pass::agent_action::ActionError;

use super::{Kind, Problem};
use crate::workers::JobError;

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Problem {
        let (kind, field) = match &error {
            AccessError::UnknownCompany => return Problem::of(Kind::UnknownCompany),
            AccessError::Unauthenticated(_) => (Kind::Unauthenticated, Some("Authorization")),
            AccessError::InvalidToken(_) => (Kind::InvalidToken, Some("Authorization")),
            AccessError::ForeignPage(_) => (Kind::ForeignOrigin, None),
            AccessError::ForeignOrigin => (Kind::ForeignOrigin, Some("Origin")),
            AccessError::Forbidden { field, .. } => (Kind::Forbidden, *field),
            AccessError::MissingName => (Kind::InvalidInput, Some("by")),
        };
        let problem = Problem::of(kind).detail(error.to_string());
        match field {
            Some(field) => problem.field(field),
            None => problem,
        }
    }
}

impl From<InputError> for Problem {
    fn from(error: InputError) -> Problem {
        if let InputError::Syntax { line, column, .. } = error {
            return Problem::of(Kind::MalformedJson)
                .detail(error.to_string())
                .at(line, column);
        }
        let mut problem = Problem::of(Kind::InvalidInput).detail(error.to_string());
        if let Some(field) = error.field() {
            problem = problem.field(field);
        }
        match error {
            InputError::TooLarge {
                limit, size, unit, ..
            } => problem.limit(limit as u64, Some(size as u64), unit),
            _ => problem,
        }
    }
}

impl From<JournalError> for Problem {
    fn from(error: JournalError) -> Problem {
        match error {
            JournalError::NoContact(_) => Problem::of(Kind::UnknownContact),
            JournalError::Erased(_) => Problem::of(Kind::Erased),
            JournalError::Invalid { what, problem } => Problem::invalid(what, format!("{what} {problem}")),
            JournalError::NoOutboxItem(_) => Problem::of(Kind::UnknownItem)
                .detail("no pending or failed delivery has this key; `patchbay outbox list` shows the failed ones"),
            error @ JournalError::NoGeneration(_) => {
                Problem::of(Kind::UnknownGeneration).detail(error.to_string())
            }
            error @ (JournalError::GenerationTaken { .. }
            | JournalError::GenerationMoved { .. }) => {
                Problem::of(Kind::GenerationConflict).detail(error.to_string())
            }
            error @ JournalError::GenerationInUse(_) => {
                Problem::of(Kind::GenerationInUse).detail(error.to_string())
            }
            JournalError::NoToken(_) => Problem::of(Kind::UnknownToken),
            error @ JournalError::NoAgent(_) => Problem::of(Kind::UnknownAgent)
                .field("agent")
                .detail(error.to_string()),
            error @ (JournalError::SamePerson(..)
            | JournalError::NotMerged(_)
            | JournalError::NotUndoable(_)
            | JournalError::AddressTaken(_)) => {
                Problem::of(Kind::ContactConflict).detail(error.to_string())
            }
            JournalError::CompanyFull { limit } => company_full(limit),
            JournalError::DiskFull => Problem::of(Kind::Storage)
                .detail("the disk of the journal is full; nothing was stored"),
            error => {
                tracing::error!(%error, "the journal failed");
                Problem::of(Kind::Storage)
                    .detail("nothing was stored; the server's log has the cause")
            }
        }
    }
}

/// The company stores as much as it may.
fn company_full(limit: u64) -> Problem {
    match Bound::StoredBytes.limit(Scope::Company) {
        Some(row) => {
            let setting = row.setting;
            let detail = format!(
                "the company stores as much as it may (`{setting}`); deliver this again once data was deleted or the limit raised"
            );
            Problem::at_bound(row, limit, detail)
        }
        None => Problem::of(Kind::Storage),
    }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Problem {
        match error {
            DeskError::UnknownCompany(_) => Problem::of(Kind::UnknownCompany),
            DeskError::Erased => Problem::of(Kind::Erased),
            DeskError::Journal(error) => error.into(),
            DeskError::Agent { error, .. } => Problem::invalid("agent", error.to_string()),
            DeskError::UnknownAgent(agent) => {
                Problem::of(Kind::UnknownAgent).detail(format!("there is no agent {agent:?}"))
            }
            error @ DeskError::Floor { .. } => {
                Problem::of(Kind::InvalidInput).detail(error.to_string())
            }
            error @ DeskError::UnknownIncident(_) => {
                Problem::of(Kind::UnknownIncident).detail(error.to_string())
            }
            DeskError::Action(error) => error.into(),
            error @ DeskError::Draining(_) => Problem::of(Kind::Draining).detail(error.to_string()),
            DeskError::Bypass(error @ BypassError::NotBypassed(_)) => {
                Problem::of(Kind::UnknownBypass).detail(error.to_string())
            }
            DeskError::Bypass(error @ BypassError::Duration) => {
                Problem::invalid("for", error.to_string())
            }
            DeskError::SearchOff => Problem::of(Kind::SearchOff).detail(
                "an operator can set `enabled = true` under [search] of the server's settings",
            ),
            DeskError::Search(error) => Problem::invalid("text", error.to_string()),
            DeskError::Bypass(error) => Problem::of(Kind::InvalidInput).detail(error.to_string()),
            error @ DeskError::Stopping => Problem::of(Kind::NotReady).detail(error.to_string()),
            DeskError::Threads(_) => Problem::of(Kind::Internal),
        }
    }
}

impl From<ActionError> for Problem {
    fn from(error: ActionError) -> Problem {
        let kind = match &error {
            ActionError::Moved { sequence, newer } => {
                return Problem::of(Kind::ConversationMoved)
                    .detail(error.to_string())
                    .newer(*sequence, newer.clone());
            }
            ActionError::NotYetThere { .. } => {
                return Problem::invalid("expected", error.to_string());
            }
            ActionError::InvalidActor => {
                return Problem::invalid("by", error.to_string());
            }
            ActionError::UnknownConversation => Kind::UnknownConversation,
            ActionError::OfferOver(_) => Kind::OfferClosed,
            ActionError::NotYours { .. } | ActionError::NotTheAuthor { .. } => Kind::NotOwner,
            ActionError::AlreadySent { .. } => Kind::AlreadySent,
            ActionError::NothingToTakeBack { .. } => Kind::NothingToTakeBack,
            ActionError::SupervisorsOnly => Kind::SupervisorsOnly,
            ActionError::OwnReply | ActionError::NotAnApprover { .. } => Kind::NotAnApprover,
            ActionError::NotNow { .. } | ActionError::Floor(_) => Kind::NotNow,
            ActionError::Unanswered { .. } => Kind::Unanswered,
            ActionError::UnknownAgent(_) => Kind::UnknownAgent,
            ActionError::UnknownQueue(_) => Kind::UnknownQueue,
            ActionError::NoPublisher { .. } => Kind::NoPublisher,
            ActionError::TextOnly { .. } => {
                return Problem::invalid("attachments", error.to_string());
            }
            ActionError::NotUploaded { index, .. } => {
                return Problem::invalid(format!("attachments[{index}]"), error.to_string());
            }
            ActionError::UnknownFile { index, .. } | ActionError::FileOfAnother { index, .. } => {
                return Problem::invalid(format!("attachments[{index}].file"), error.to_string());
            }
            ActionError::Files { refusal, .. } => {
                return file_refusal(refusal).detail(error.to_string());
            }
            ActionError::NoSuchFile | ActionError::RemovedFile { .. } => Kind::UnknownFile,
            ActionError::UnknownTemplate { .. } => {
                return Problem::of(Kind::UnknownTemplate)
                    .field("template.id")
                    .detail(error.to_string());
            }
            ActionError::Template(_) => {
                return Problem::invalid("template.parameters", error.to_string());
            }
            ActionError::ReplyIdTaken { .. } => Kind::ReplyIdTaken,
            ActionError::NoteIdTaken { .. } => Kind::NoteIdTaken,
            ActionError::NoCustomer => Kind::NoCustomer,
            ActionError::NothingPending { .. } => Kind::NothingPending,
            ActionError::CustomerErased | ActionError::AddressUnknown => Kind::NoRecipient,
            ActionError::TooLong { length, limit, .. } => {
                return Problem::of(Kind::TooLong)
                    .field("text")
                    .limit((*limit).into(), Some((*length).into()), "units")
                    .detail(error.to_string());
            }
            ActionError::Busy { .. } => {
                return Problem::busy(&error.to_string()).bound(Bound::Desk);
            }
            ActionError::Journal(_) => Kind::Storage,
        };
        Problem::of(kind).detail(error.to_string())
    }
}

/// What a channel does not take of the files of a reply.
fn file_refusal(refusal: &FileRefusal) -> Problem {
    let field = match refusal.index() {
        Some(index) => format!("attachments[{index}]"),
        None if *refusal == FileRefusal::NoText => "text".to_owned(),
        None => "attachments".to_owned(),
    };
    let problem = Problem::of(Kind::InvalidInput).field(field);
    match refusal {
        FileRefusal::Count { limit, count } => {
            problem.limit(*limit as u64, Some(*count as u64), "files")
        }
        FileRefusal::Size { limit, size, .. } | FileRefusal::Total { limit, size } => {
            problem.limit(*limit, Some(*size), "bytes")
        }
        FileRefusal::NoFiles | FileRefusal::NoText | FileRefusal::Type { .. } => problem,
    }
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Problem {
        let detail = error.to_string();
        match error {
            FileError::Action(error) => error.into(),
            FileError::Full(limit) => {
                let scope = match limit {
                    WaitingLimit::Conversation => Scope::Item,
                    WaitingLimit::Person => Scope::Token,
                    WaitingLimit::Company => Scope::Company,
                };
                let problem = Problem::of(Kind::TooMany).detail(detail);
                match Bound::WaitingFiles.limit(scope) {
                    Some(limit) => problem.bound(limit.bound),
                    None => problem,
                }
            }
            FileError::Replaced => Problem::of(Kind::FileReplaced).detail(detail),
            FileError::Refused(refusal) => {
                let mut problem = file_refusal(&refusal).detail(detail);
                problem.0.field = None;
                problem
            }
            FileError::Unknown => Problem::of(Kind::UnknownFile),
            FileError::Kept => Problem::of(Kind::FileInUse).detail(detail),
        }
    }
}

impl From<JobError> for Problem {
    fn from(error: JobError) -> Problem {
        match error {
            JobError::Full => {
                Problem::busy("too many requests are waiting for a thread").bound(Bound::Queue)
            }
            JobError::TooLate => {
                Problem::busy("no thread became free before the deadline").bound(Bound::Deadline)
            }
            JobError::Stopping => Problem::of(Kind::NotReady).detail("the server is stopping"),
            JobError::Crashed => Problem::of(Kind::Internal)
                .detail("the decision panicked; the server's log has the place"),
        }
    }
}

impl From<ChangeError> for Problem {
    fn from(refused: ChangeError) -> Problem {
        let kind = match refused {
            ChangeError::Invalid {
                document,
                problems,
                conflicts,
                warnings,
            } => {
                let conflicts = conflicts
                    .iter()
                    .map(|one| FileProblem::whole(one.to_string()));
                let problems = problems.into_iter().chain(conflicts);
                return generation_refused(&document, problems).warnings(warnings);
            }
            ChangeError::Activate(ActivateError::Conflicts(all)) => {
                let all = all.iter().map(|one| FileProblem::whole(one.to_string()));
                return generation_refused("", all);
            }
            ChangeError::Rollout(error) => return error.into(),
            ChangeError::AtBound {
                limit,
                value,
                message,
            } => return Problem::at_bound(limit, value, message),
            ChangeError::NoDesk => return Problem::of(Kind::NoJournal),
            ChangeError::Activate(ActivateError::Journal(error)) => return error.into(),
            ChangeError::UnknownCompany(_)
            | ChangeError::Activate(ActivateError::UnknownCompany(_)) => {
                return Problem::of(Kind::UnknownCompany);
            }
            ChangeError::NewCompany(new) => {
                return Problem::of(Kind::UnknownCompany).detail(format!(
                    "{new}; set `new` (`patchbay apply --new`) to create it"
                ));
            }
            ChangeError::Activate(ActivateError::NotACandidate(_)) => Kind::NoRollout,
            ChangeError::Activate(ActivateError::Floor { .. }) => Kind::InvalidInput,
            ChangeError::Activate(ActivateError::Stopping) => Kind::NotReady,
            ChangeError::AlreadyActive(_) => Kind::AlreadyActive,
            ChangeError::NoEarlierGeneration(_) => Kind::NoEarlierGeneration,
            ChangeError::Unbuildable(..) => Kind::GenerationRefused,
        };
        Problem::of(kind).detail(refused.to_string())
    }
}

fn generation_refused(document: &str, problems: impl Iterator<Item = FileProblem>) -> Problem {
    let problems: Vec<_> = problems.collect();
    let detail = "nothing was changed; `problems` lists every reason";
    let exceeded = problems.iter().find_map(|problem| problem.exceeded);
    let problem = match exceeded {
        Some((limit, value)) => Problem::at_bound(limit, value, detail),
        None => Problem::of(Kind::GenerationRefused).detail(detail),
    };
    problem.problems(document, problems.into_iter())
}

impl From<RolloutError> for Problem {
    fn from(error: RolloutError) -> Problem {
        let kind = match error {
            RolloutError::Journal(error) => return error.into(),
            RolloutError::UnknownCompany(_) => return Problem::of(Kind::UnknownCompany),
            RolloutError::Stopping => Kind::NotReady,
            RolloutError::NoRollout => Kind::NoRollout,
            RolloutError::OtherCandidate(_) => Kind::RolloutRunning,
            RolloutError::AlreadyActive(_) => Kind::AlreadyActive,
        };
        Problem::of(kind).detail(error.to_string())
    }
}
