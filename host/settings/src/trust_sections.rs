//! Parses the sections `[oidc]` and `[tls]` of the settings file.

use std::collections::BTreeSet;
use std::path::Path;

use patchbay_access::oidc::Algorithm;
use patchbay_access::settings::{Grant, Identity, OidcSettings, TlsSettings};
use patchbay_config::duration::Seconds;
use patchbay_config::file_problem::FileProblem;
use patchbay_config::web_address::WebAddress;
use patchbay_model::access::{Role, TokenScope};
use serde::Deserialize;
use toml::Spanned;

use super::sign_in_section::SignInSection;

/// Upper bound of `clock-skew`.
const MOST_SKEW: Seconds = Seconds(600);
/// Longest issuer address, in bytes.
const ISSUER_BYTES: usize = 2_000;

/// Longest name of a certificate, in bytes.
const NAME_BYTES: usize = 200;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct OidcSection {
    issuer: Spanned<String>,
    #[serde(default)]
    audience: Option<OneOrMore>,
    #[serde(default)]
    algorithms: Option<Spanned<BTreeSet<Algorithm>>>,
    #[serde(default)]
    clock_skew: Option<Spanned<Seconds>>,
    #[serde(default)]
    role_claim: Option<String>,
    #[serde(default)]
    company_claim: Option<String>,
    #[serde(default)]
    agent_claim: Option<String>,
    #[serde(default)]
    grant: Vec<Spanned<GrantEntry>>,
    #[serde(default)]
    sign_in: Option<SignInSection>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct GrantEntry {
    claim: String,
    value: String,
    role: Role,
    #[serde(default)]
    company: Option<String>,
    #[serde(default)]
    agent: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct TlsSection {
    certificate: String,
    key: String,
    #[serde(default)]
    client_ca: Option<String>,
    #[serde(default)]
    client: Option<Spanned<ClientName>>,
    #[serde(default)]
    identity: Vec<Spanned<IdentityEntry>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ClientName {
    Required,
    Optional,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct IdentityEntry {
    name: String,
    role: Role,
    #[serde(default)]
    company: Option<String>,
    #[serde(default)]
    agent: Option<String>,
}

impl OidcSection {
    /// The settings of the section. A relative path of a secret starts at `beside`.
    pub(super) fn settings(
        self,
        beside: &Path,
        has_journal: bool,
        problems: &mut Vec<FileProblem>,
    ) -> OidcSettings {
        let issuer = self.issuer.get_ref();
        let readable = match WebAddress::parse(issuer) {
            Ok(_) if issuer.len() > ISSUER_BYTES => Err("is too long".to_owned()),
            Ok(_) if issuer.contains(['?', '#']) => Err("has a query or a fragment".to_owned()),
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(wrong) = readable {
            let message = format!("`issuer` is {issuer:?}, which {wrong}");
            let problem = FileProblem::at(self.issuer.span(), message);
            problems.push(problem.help("write it exactly as its tokens have it in `iss`"));
        }
        let is_absent = self.audience.is_none();
        let audiences = match self.audience {
            None => Vec::new(),
            Some(OneOrMore::One(one)) => vec![one],
            Some(OneOrMore::More(all)) => all,
        };
        if is_absent && self.sign_in.is_none() {
            let message = "`audience` is missing; name the value that tokens have in `aud`";
            let problem = FileProblem::at(self.issuer.span(), message);
            problems.push(problem.help("only [oidc.sign-in] does without: the issuer's tokens are then not accepted, and people sign in to the console"));
        } else if !is_absent && audiences.iter().all(String::is_empty) {
            let message = "`audience` is empty; name the value that tokens have in `aud`";
            problems.push(FileProblem::at(self.issuer.span(), message));
        }
        let skew = self.clock_skew.as_ref();
        if let Some(skew) = skew.filter(|skew| *skew.get_ref() > MOST_SKEW) {
            let message = format!(
                "`clock-skew` is {}; it must be at most {MOST_SKEW}",
                skew.get_ref()
            );
            problems.push(FileProblem::at(skew.span(), message));
        }
        let algorithms = self.algorithms.as_ref();
        if let Some(none) = algorithms.filter(|all| all.get_ref().is_empty()) {
            problems.push(FileProblem::at(
                none.span(),
                "`algorithms` is empty; leave it out to accept all",
            ));
        }
        if self.role_claim.is_some() != self.company_claim.is_some() {
            let message = "`role-claim` and `company-claim` need each other: a role is for one company, or with \"*\" for the whole host";
            problems.push(FileProblem::at(self.issuer.span(), message));
        }
        if self.role_claim.is_none() && self.grant.is_empty() {
            let message = "no claim gives the holder of a token a role";
            let problem = FileProblem::at(self.issuer.span(), message);
            problems.push(problem.help("set role-claim and company-claim, or [[oidc.grant]]"));
        }
        let mut grants = Vec::new();
        for entry in self.grant {
            let span = entry.span();
            let entry = entry.into_inner();
            // The token may name the agent.
            let agent = entry.agent.clone().or_else(|| {
                (entry.role == Role::Agent && self.agent_claim.is_some()).then(String::new)
            });
            check(entry.role, &entry.company, &agent, span, problems);
            grants.push(Grant {
                claim: entry.claim,
                value: entry.value,
                role: entry.role,
                company: entry.company,
                agent: entry.agent,
            });
        }
        let sign_in = self.sign_in;
        let sign_in = sign_in.and_then(|it| it.settings(issuer, beside, has_journal, problems));
        OidcSettings {
            issuer: issuer.clone(),
            audiences,
            algorithms: match self.algorithms {
                Some(some) => some.into_inner(),
                None => Algorithm::ALL.into(),
            },
            clock_skew: self.clock_skew.map_or(Seconds(60), Spanned::into_inner),
            role_claim: self.role_claim,
            company_claim: self.company_claim,
            agent_claim: self.agent_claim,
            grants,
            sign_in,
        }
    }
}

impl TlsSection {
    pub(super) fn settings(self, beside: &Path, problems: &mut Vec<FileProblem>) -> TlsSettings {
        if let (Some(client), None) = (&self.client, &self.client_ca) {
            let message = "`client` needs `client-ca`";
            let problem = FileProblem::at(client.span(), message);
            problems.push(problem.help("set client-ca to the certificates of the authorities that sign clients' certificates"));
        }
        let mut identities = Vec::new();
        for entry in self.identity {
            let span = entry.span();
            if self.client_ca.is_none() {
                let message = "an identity needs `client-ca`";
                let problem = FileProblem::at(span.clone(), message);
                problems.push(problem.help("set client-ca to the certificates of the authorities that sign clients' certificates"));
            }
            let entry = entry.into_inner();
            if entry.name.is_empty() || entry.name.len() > NAME_BYTES {
                let message = format!("`name` must be 1 to {NAME_BYTES} bytes");
                problems.push(FileProblem::at(span.clone(), message));
            }
            check(entry.role, &entry.company, &entry.agent, span, problems);
            identities.push(Identity {
                name: entry.name,
                standing: TokenScope {
                    company: entry.company,
                    role: entry.role,
                    agent: entry.agent,
                },
            });
        }
        TlsSettings {
            certificate: beside.join(self.certificate),
            key: beside.join(self.key),
            client_ca: self.client_ca.map(|path| beside.join(path)),
            optional: self
                .client
                .is_some_and(|client| *client.get_ref() == ClientName::Optional),
            identities,
        }
    }
}

fn check(
    role: Role,
    company: &Option<String>,
    agent: &Option<String>,
    span: std::ops::Range<usize>,
    problems: &mut Vec<FileProblem>,
) {
    let standing = TokenScope {
        company: company.clone(),
        role,
        agent: agent.clone(),
    };
    if let Err(error) = standing.check() {
        let message = format!("`{}` {error}", error.field());
        problems.push(FileProblem::at(span, message));
    }
}

#[cfg(test)]
mod tests {
    use super::super::ServerSettings;
    use super::*;

    fn parse(text: &str) -> Result<ServerSettings, Vec<String>> {
        let parsed = ServerSettings::parse(text, Path::new("/etc/patchbay"));
        parsed.map_err(|problems| problems.into_iter().map(|one| one.message).collect())
    }

    const ISSUER: &str =
        "[oidc]\nissuer = \"https://login.example/care\"\naudience = \"patchbay\"\n";
    const CLAIMS: &str = "role-claim = \"role\"\ncompany-claim = \"company\"\n";
    const TLS: &str = "[tls]\ncertificate = \"care.pem\"\nkey = \"/srv/care.key\"\n";

    #[test]
    fn an_issuer_needs_only_claims_or_grants() {
        let oidc = parse(&format!("{ISSUER}{CLAIMS}")).expect("right").oidc;
        let oidc = oidc.expect("an issuer");
        assert_eq!(oidc.algorithms.len(), 3);
        assert_eq!(oidc.clock_skew, Seconds(60));
        let grant = "agent-claim = \"id\"\n[[oidc.grant]]\nclaim = \"groups\"\nvalue = \"desk\"\nrole = \"agent\"\ncompany = \"northwind\"\n";
        let oidc = parse(&format!("{ISSUER}{grant}")).expect("right").oidc;
        assert_eq!(oidc.expect("an issuer").grants[0].agent, None);
    }

    #[test]
    fn problems_of_the_issuer_are_reported() {
        let grant = |rest: &str| {
            format!("{ISSUER}[[oidc.grant]]\nclaim = \"groups\"\nvalue = \"desk\"\n{rest}")
        };
        for (text, words) in [
            (ISSUER.to_owned(), "no claim gives"),
            (
                format!("{ISSUER}role-claim = \"role\"\n"),
                "need each other",
            ),
            (
                format!("{ISSUER}{CLAIMS}algorithms = [\"HS256\"]\n"),
                "HS256",
            ),
            (format!("{ISSUER}{CLAIMS}algorithms = [\"none\"]\n"), "none"),
            (format!("{ISSUER}{CLAIMS}algorithms = []\n"), "is empty"),
            (format!("{ISSUER}{CLAIMS}clock-skew = \"1h\"\n"), "at most"),
            (format!("{ISSUER}{CLAIMS}colour = 1\n"), "colour"),
            (grant("role = \"owner\"\n"), "owner"),
            (grant("role = \"supervisor\"\n"), "`company` must be named"),
            (
                grant("role = \"agent\"\ncompany = \"northwind\"\n"),
                "`agent` must be named",
            ),
            (
                grant("role = \"operator\"\nagent = \"ana\"\n"),
                "`agent` is only for the role agent",
            ),
            (
                format!("{ISSUER}{CLAIMS}").replace("https://", "ftp://"),
                "begins with neither",
            ),
            (
                format!("{ISSUER}{CLAIMS}").replace("\"patchbay\"", "\"\""),
                "is empty",
            ),
            (
                format!("{ISSUER}{CLAIMS}").replace("/care", "/care?x=1"),
                "has a query",
            ),
        ] {
            let told = parse(&text).expect_err(words).join("; ");
            assert!(told.contains(words), "{text}: {told}");
        }
    }

    #[test]
    fn certificate_paths_are_relative_and_identities_need_a_client_ca() {
        let tls = parse(TLS).expect("right").tls.expect("TLS");
        assert_eq!(tls.certificate, Path::new("/etc/patchbay/care.pem"));
        assert_eq!(tls.key, Path::new("/srv/care.key"));
        let identity = "[[tls.identity]]\nname = \"crm.example\"\nrole = \"integrator\"\n";
        for (text, words) in [
            (format!("{TLS}client = \"optional\"\n"), "needs `client-ca`"),
            (
                format!("{TLS}client-ca = \"ca.pem\"\nclient = \"maybe\"\n"),
                "maybe",
            ),
            (
                format!("{TLS}{identity}company = \"northwind\"\n"),
                "needs `client-ca`",
            ),
            (
                format!("{TLS}client-ca = \"ca.pem\"\n{identity}"),
                "`company` must be named",
            ),
            (
                format!("{TLS}client-ca = \"ca.pem\"\n{identity}company = \"northwind\"\n")
                    .replace("crm.example", ""),
                "`name` must be",
            ),
            ("[tls]\nkey = \"care.key\"\n".to_owned(), "certificate"),
        ] {
            let told = parse(&text).expect_err(words).join("; ");
            assert!(told.contains(words), "{text}: {told}");
        }
        let both = format!("{TLS}client-ca = \"ca.pem\"\n{identity}company = \"northwind\"\n");
        let tls = parse(&both).expect("right").tls.expect("TLS");
        assert!(!tls.optional, "required by default");
        assert_eq!(tls.identities.len(), 1);
    }
}
