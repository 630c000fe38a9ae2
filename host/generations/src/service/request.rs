//! A requested change of a company's generation, and its plan.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use patchbay_company::CompanyFile;
use patchbay_config::file_problem::FileProblem;
use patchbay_engine::CancelSignal;
use patchbay_journal::AuditEntry;
use serde_json::Value;

use crate::assemble::difference::Difference;
use crate::assemble::source::Source;
use crate::assemble::{Findings, check_secrets, forbidden_secrets};

/// Options of a change, and who requests it.
#[derive(Clone, Debug, Default)]
pub struct ChangeRequest {
    /// The generation the caller believes is active; `None`: not checked.
    pub expected: Option<u64>,
    /// Removed queue → queue that takes its waiting conversations, in addition
    /// to `moved-to` of the company file.
    pub moved: BTreeMap<String, String>,
    /// Who requests it, for the feed.
    pub by: String,
    /// Who requests it, for the audit trail.
    pub actor: String,
    /// Environment variables the company may name as signing keys, and these and files as secrets
    /// in settings; `None`: all.
    pub secrets: Option<BTreeSet<String>>,
    /// Report what would change, and write nothing.
    pub dry_run: bool,
    /// Store the generation without activating it.
    pub keep_only: bool,
    /// Accept packs of a lower version than the active generation has. Without a trust
    /// policy they always are.
    pub allow_downgrade: bool,
    /// Create the company if it does not exist.
    pub create_company: bool,
    /// Whether an error may name other companies with a similar name.
    pub suggest_names: bool,
    /// Whether the caller does not wait for the change any more: then it is given up, unless
    /// it is being written.
    pub cancel: CancelSignal,
}

/// What a change does, or did.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name of the company.
    pub company: String,
    /// Number of the generation.
    pub number: u64,
    /// The generation that was active before; `None` for a new company.
    pub before: Option<u64>,
    /// Whether the generation is active now.
    pub active: bool,
    /// Whether the source only repeats the stored generation `number`, the active
    /// one or with `keep_only` any: nothing was stored or activated.
    pub unchanged: bool,
    /// Differences from the generation before.
    pub differences: Vec<Difference>,
    /// Valid settings that are probably a mistake.
    pub warnings: Vec<String>,
    /// Why the change is to this stored generation: a rollback without a number chose it, or a
    /// rollback left it and its file is applied again.
    pub because: Option<String>,
}

impl ChangeRequest {
    pub(super) fn audit_entry(&self, company: &str, act: &str, details: &Value) -> AuditEntry {
        let actor = self.actor.clone();
        AuditEntry::new(Timestamp::now(), Some(company), actor, act, details)
    }

    /// Checks the signing keys of a company file, as far as the company may use
    /// them.
    pub(super) fn check_secrets(&self, file: &CompanyFile) -> Findings {
        check_secrets(file, self.secrets.as_ref())
    }

    /// Problems of secrets in the settings of plugins that the company may not use.
    pub(super) fn forbidden_secrets(
        &self,
        file: &CompanyFile,
        source: &Source,
    ) -> Vec<FileProblem> {
        forbidden_secrets(file, source, self.secrets.as_ref())
    }
}
