//! The section `[lmtp]`: mails from the companies' own mail servers.

use std::collections::BTreeMap;
use std::path::Path;

use patchbay_config::duration::Millis;
use patchbay_config::file_problem::FileProblem;
use patchbay_lmtp::{InvalidPattern, LmtpAddress, LmtpSettings, is_private};
use serde::Deserialize;
use toml::Spanned;

use crate::settings_file::Check;

/// Most connections that the settings accept.
const CONNECTIONS: usize = 10_000;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct LmtpSection {
    listen: Spanned<String>,
    #[serde(default)]
    companies: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    peers: Vec<Spanned<String>>,
    #[serde(default)]
    connections: Option<Spanned<usize>>,
    #[serde(default)]
    connections_per_peer: Option<Spanned<usize>>,
    #[serde(default)]
    command_timeout: Option<Spanned<Millis>>,
    #[serde(default)]
    mail_timeout: Option<Spanned<Millis>>,
}

impl LmtpSection {
    /// The settings of the section; `None` if the address is not valid. A relative path
    /// of a socket starts at `beside`.
    pub(crate) fn settings(
        &self,
        beside: &Path,
        has_journal: bool,
        check: &mut Check,
    ) -> Option<LmtpSettings> {
        if !has_journal {
            let problem = FileProblem::at(
                self.listen.span(),
                "[lmtp] needs a [journal] to store mails in",
            );
            check
                .problems
                .push(problem.help("set path under [journal]"));
        }
        let mut settings = LmtpSettings::at(self.address(beside, check)?);
        settings.peers = check.ranges("peers", &self.peers);
        self.check_reach(&settings, check);
        let (connections, timeouts) = (
            [&self.connections, &self.connections_per_peer],
            [&self.command_timeout, &self.mail_timeout],
        );
        let range = || 1..=CONNECTIONS;
        settings.connections =
            check.value("connections", connections[0], range(), settings.connections);
        settings.connections_per_peer = check.value(
            "connections_per_peer",
            connections[1],
            range(),
            settings.connections_per_peer,
        );
        settings.command_timeout =
            check.time("command_timeout", timeouts[0], settings.command_timeout);
        settings.mail_timeout = check.time("mail_timeout", timeouts[1], settings.mail_timeout);
        for (pattern, company) in &self.companies {
            let problem = match settings.add_company(pattern, company.get_ref()) {
                Ok(()) => continue,
                Err(InvalidPattern::Form) => {
                    let problem = FileProblem::at(
                        company.span(),
                        format!(
                            "{pattern:?} under [lmtp.companies] is neither a domain nor an address"
                        ),
                    );
                    problem.help("write a domain such as \"northwind.example\" or an address such as \"help@northwind.example\", in quotes")
                }
                Err(InvalidPattern::Twice) => FileProblem::at(
                    company.span(),
                    format!("{pattern:?} stands twice under [lmtp.companies]"),
                ),
            };
            check.problems.push(problem);
        }
        Some(settings)
    }

    fn address(&self, beside: &Path, check: &mut Check) -> Option<LmtpAddress> {
        let text = self.listen.get_ref();
        if let Some(path) = text.strip_prefix("unix:")
            && !path.is_empty()
        {
            return Some(LmtpAddress::Unix(beside.join(path)));
        }
        let parsed = text.parse().ok().map(LmtpAddress::Tcp);
        if parsed.is_none() {
            let problem = FileProblem::at(
                self.listen.span(),
                format!("`listen` under [lmtp] is {text:?}, which is not an address"),
            );
            check.problems.push(problem.help(
                "write an address and a port, such as \"127.0.0.1:2424\", or a socket, such as \"unix:/run/patchbay/lmtp.sock\"",
            ));
        }
        parsed
    }

    /// LMTP has no authentication: an address that others reach needs a list of peers.
    fn check_reach(&self, settings: &LmtpSettings, check: &mut Check) {
        let LmtpAddress::Tcp(address) = &settings.listen else {
            return;
        };
        if is_private(address.ip()) || !self.peers.is_empty() {
            return;
        }
        let problem = FileProblem::at(
            self.listen.span(),
            format!(
                "`listen` under [lmtp] is {address}, which others may reach: LMTP has no authentication"
            ),
        );
        check.problems.push(problem.help(
            "listen on a loopback or private address, or list the mail servers that may deliver, such as peers = [\"203.0.113.7\"]",
        ));
    }
}
