//! Signing keys of a company's targets, as the environment of this process has them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use patchbay_company::{CompanyFile, Webhook};
use patchbay_model::file_problem::FileProblem;
use patchbay_model::web_address::WebAddress;

use super::findings::Findings;
use crate::{SigningKeyProblem, TargetSettings};

/// The targets of a company file.
pub(super) fn targets(file: &CompanyFile) -> BTreeMap<String, TargetSettings> {
    let targets = located_targets(file);
    targets
        .map(|(name, target, _)| (name.to_owned(), target))
        .collect()
}

/// Checks the signing keys of every target. A variable that is not set is a warning, because the
/// operator may set it later. The company may name the variables in `allowed`, or all if that is
/// `None`; nothing is revealed of a variable that it may not name.
pub(crate) fn check_signing_keys(
    file: &CompanyFile,
    allowed: Option<&BTreeSet<String>>,
) -> Findings {
    let mut findings = Findings::default();
    for (name, target, span) in located_targets(file) {
        let variables = target.secret_variables();
        let is_forbidden =
            |variable: &&String| allowed.is_some_and(|allowed| !allowed.contains(*variable));
        let forbidden: Vec<&String> = variables.filter(is_forbidden).collect();
        for variable in &forbidden {
            let message =
                format!("target {name:?} is signed with {variable}, which the company may not use");
            findings
                .problems
                .push(FileProblem::at(span.clone(), message).help(
                    "have the operator list it for the company under [secrets] in patchbay.toml",
                ));
        }
        if !forbidden.is_empty() {
            continue;
        }
        for problem in target.key_problems() {
            if let SigningKeyProblem::NotSet(_) = problem {
                findings.warnings.push(delivery_warning(name, &problem));
                continue;
            }
            let message = format!("target {name:?}: {problem}");
            findings.problems.push(
                FileProblem::at(span.clone(), message)
                    .help("set the variable and restart the server"),
            );
        }
    }
    findings
}

/// The warning about a target whose deliveries cannot be signed.
pub(crate) fn delivery_warning(target: &str, problem: &SigningKeyProblem) -> String {
    format!("deliveries to target {target:?} will fail: {problem}")
}

/// Name, settings and place of each target. Reading the file reported an invalid address.
fn located_targets(
    file: &CompanyFile,
) -> impl Iterator<Item = (&str, TargetSettings, Range<usize>)> {
    file.target.iter().filter_map(|(name, entry)| {
        let url = &entry.webhook.url;
        let address = WebAddress::parse(url.get_ref()).ok()?;
        let target = target_settings(address, &entry.webhook);
        Some((name.as_str(), target, url.span()))
    })
}

fn target_settings(url: WebAddress, webhook: &Webhook) -> TargetSettings {
    let secret = webhook.secret.as_ref();
    TargetSettings {
        url,
        secret_env: secret.map(|secret| secret.env.clone()),
        previous_secret_env: secret.and_then(|secret| secret.previous_env.clone()),
    }
}
