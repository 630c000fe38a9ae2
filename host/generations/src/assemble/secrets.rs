//! Secrets of a company's targets and connections, as the environment of this process has
//! them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use patchbay_adapter::{CompanyKey, ConfigError, SecretError};
use patchbay_company::{CompanyFile, Webhook};
use patchbay_config::file_problem::FileProblem;
use patchbay_config::web_address::WebAddress;

use super::connections::located_connections;
use super::findings::Findings;
use crate::{
    ConnectionProblem, ConnectionSettings, Environment, SigningKeyProblem, TargetSettings,
};

const SET_AND_RESTART: &str = "set the variable and restart the server";

/// The targets of a company file.
pub(super) fn targets(file: &CompanyFile) -> BTreeMap<String, TargetSettings> {
    let targets = located_targets(file);
    targets
        .map(|(name, target, _)| (name.to_owned(), target))
        .collect()
}

/// Checks the secrets of every target and connection. A variable that is not set is a warning,
/// because the operator may set it later. The company may name the variables in `allowed`, or all
/// if that is `None`; nothing is revealed of a variable that it may not name.
pub(crate) fn check_secrets(file: &CompanyFile, allowed: Option<&BTreeSet<String>>) -> Findings {
    let mut findings = Findings::default();
    for (name, target, span) in located_targets(file) {
        let what = format!("target {name:?} is signed with");
        if has_forbidden(
            &what,
            target.secret_variables(),
            &span,
            allowed,
            &mut findings,
        ) {
            continue;
        }
        for problem in target.key_problems() {
            if let SigningKeyProblem::NotSet(_) = problem {
                findings.warnings.push(delivery_warning(name, &problem));
                continue;
            }
            let message = format!("target {name:?}: {problem}");
            findings
                .problems
                .push(FileProblem::at(span.clone(), message).help(SET_AND_RESTART));
        }
    }
    for (connection, span) in located_connections(file) {
        let what = format!("{} uses", connection_name(&connection));
        let variables = connection
            .secrets
            .values()
            .flat_map(|secret| secret.names());
        if has_forbidden(&what, variables, &span, allowed, &mut findings) {
            continue;
        }
        match connection.open(&Environment::default(), CompanyKey::new([0; 32])) {
            Err(problem) if problem.is_not_set() => {
                findings
                    .warnings
                    .push(connection_warning(&connection, &problem));
            }
            // A role without a variable, and what the settings lack, is found without the
            // environment.
            Err(ConnectionProblem::Config(
                ConfigError::Settings { .. }
                | ConfigError::Secret {
                    problem: SecretError::Missing,
                    ..
                },
            ))
            | Ok(_) => {}
            Err(problem @ ConnectionProblem::Variables(_))
            | Err(problem @ ConnectionProblem::Config(ConfigError::Secret { .. })) => {
                let message = format!("{}: {problem}", connection_name(&connection));
                findings
                    .problems
                    .push(FileProblem::at(span, message).help(SET_AND_RESTART));
            }
        }
    }
    findings
}

/// Reports the variables that the company may not name.
fn has_forbidden<'v>(
    what: &str,
    variables: impl Iterator<Item = &'v String>,
    span: &Range<usize>,
    allowed: Option<&BTreeSet<String>>,
    findings: &mut Findings,
) -> bool {
    let Some(allowed) = allowed else {
        return false;
    };
    let before = findings.problems.len();
    for variable in variables.filter(|variable| !allowed.contains(*variable)) {
        let message = format!("{what} {variable}, which the company may not use");
        let help = "have the operator list it for the company under [secrets] in patchbay.toml";
        findings
            .problems
            .push(FileProblem::at(span.clone(), message).help(help));
    }
    findings.problems.len() > before
}

fn connection_name(connection: &ConnectionSettings) -> String {
    let ConnectionSettings { adapter, name, .. } = connection;
    format!("connection {name:?} of channel {:?}", adapter.name)
}

/// The warning about a connection that cannot be opened.
pub(crate) fn connection_warning(
    connection: &ConnectionSettings,
    problem: &ConnectionProblem,
) -> String {
    format!("{} does not work: {problem}", connection_name(connection))
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
