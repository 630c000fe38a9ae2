//! Parses the section `[oidc.sign-in]` of the settings file.

use std::path::Path;

use patchbay_access::settings::{SecretPlace, SignInSettings};
use patchbay_config::file_problem::FileProblem;
use patchbay_config::web_address::WebAddress;
use serde::Deserialize;
use toml::Spanned;

/// Longest client id, in bytes.
const CLIENT_ID_BYTES: usize = 255;
/// Longest name of an issuer, in characters.
const NAME_CHARS: usize = 60;
/// Most scopes, and the longest, in bytes.
const SCOPES: usize = 20;
const SCOPE_BYTES: usize = 255;
/// Without this scope there is no ID token.
const OPENID: &str = "openid";

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct SignInSection {
    client_id: Spanned<String>,
    #[serde(default)]
    client_secret: Option<Spanned<SecretEntry>>,
    public_url: Spanned<String>,
    #[serde(default)]
    scopes: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    name: Option<Spanned<String>>,
}

/// Where a secret is. A text is the secret itself: read to be refused, since an error of
/// the parser would repeat it.
#[derive(Deserialize)]
#[serde(untagged)]
enum SecretEntry {
    Place(SecretTable),
    Text(#[allow(dead_code, reason = "is never shown")] String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretTable {
    #[serde(default)]
    env: Option<String>,
    #[serde(default)]
    file: Option<String>,
}

impl SignInSection {
    /// The settings of the section. A relative path of a secret starts at `beside`.
    pub(super) fn settings(
        self,
        issuer: &str,
        beside: &Path,
        has_journal: bool,
        problems: &mut Vec<FileProblem>,
    ) -> Option<SignInSettings> {
        let before = problems.len();
        if !has_journal {
            let message = "[oidc.sign-in] needs a [journal] to store sessions in";
            let problem = FileProblem::at(self.client_id.span(), message);
            problems.push(problem.help("set path under [journal]"));
        }
        let client_id = self.client_id.get_ref();
        let is_id = |byte: u8| (0x20..0x7f).contains(&byte);
        if client_id.is_empty()
            || client_id.len() > CLIENT_ID_BYTES
            || !client_id.bytes().all(is_id)
        {
            let message =
                format!("`client-id` must be 1 to {CLIENT_ID_BYTES} printable ASCII characters");
            problems.push(FileProblem::at(self.client_id.span(), message));
        }
        let public_url = public_url(&self.public_url, problems);
        let scopes = scopes(self.scopes, problems);
        let name = name(self.name, issuer, problems);
        let secret = self.client_secret;
        let client_secret = secret.and_then(|secret| secret_place(secret, beside, problems));
        let public_url = public_url.filter(|_| problems.len() == before)?;
        Some(SignInSettings {
            client_id: client_id.clone(),
            client_secret,
            public_url,
            scopes,
            name,
        })
    }
}

fn public_url(text: &Spanned<String>, problems: &mut Vec<FileProblem>) -> Option<WebAddress> {
    let shown = text.get_ref();
    let checked = match WebAddress::parse(shown) {
        Err(error) => Err(error.to_string()),
        Ok(url) if url.path_and_query() != "/" || shown.contains(['?', '#']) => {
            Err("has more than scheme, host and port; the console is at /console/".to_owned())
        }
        Ok(url) if !url.is_https() && !is_loopback(url.host()) => {
            Err("does not use https; without it, browsers refuse the session's cookie".to_owned())
        }
        Ok(url) => Ok(url),
    };
    checked
        .map_err(|wrong| {
            let message = format!("`public-url` is {shown:?}, which {wrong}");
            let problem = FileProblem::at(text.span(), message);
            problems.push(problem.help(
                "write the address at which browsers reach this server, such as \"https://care.example\"",
            ));
        })
        .ok()
}

fn is_loopback(host: &str) -> bool {
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn scopes(given: Option<Spanned<Vec<String>>>, problems: &mut Vec<FileProblem>) -> Vec<String> {
    let Some(given) = given else {
        return vec![OPENID.to_owned()];
    };
    let (span, scopes) = (given.span(), given.into_inner());
    // RFC 6749, 3.3.
    let is_scope = |scope: &String| {
        let is_allowed = |byte: u8| (0x21..0x7f).contains(&byte) && byte != b'"' && byte != b'\\';
        (1..=SCOPE_BYTES).contains(&scope.len()) && scope.bytes().all(is_allowed)
    };
    let wrong = if let Some(wrong) = scopes.iter().find(|scope| !is_scope(scope)) {
        Some(format!("`scopes` has {wrong:?}, which is not a scope"))
    } else if scopes.len() > SCOPES {
        Some(format!("`scopes` has more than {SCOPES} scopes"))
    } else if !scopes.iter().any(|scope| scope == OPENID) {
        Some("`scopes` lacks \"openid\", without which the issuer says not who signs in".to_owned())
    } else {
        None
    };
    problems.extend(wrong.map(|wrong| FileProblem::at(span, wrong)));
    scopes
}

fn name(given: Option<Spanned<String>>, issuer: &str, problems: &mut Vec<FileProblem>) -> String {
    let Some(given) = given else {
        let issuer = WebAddress::parse(issuer);
        return issuer.map_or_else(|_| String::new(), |issuer| issuer.host().to_owned());
    };
    let name = given.get_ref();
    let is_empty = name.trim().is_empty();
    if is_empty || name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
        let message = format!(
            "`name` must be 1 to {NAME_CHARS} characters, none of them a control character"
        );
        problems.push(FileProblem::at(given.span(), message));
    }
    given.into_inner()
}

fn secret_place(
    entry: Spanned<SecretEntry>,
    beside: &Path,
    problems: &mut Vec<FileProblem>,
) -> Option<SecretPlace> {
    let span = entry.span();
    let wrong = match entry.into_inner() {
        SecretEntry::Text(_) => {
            "`client-secret` is written here, where everyone who reads the file has it"
        }
        SecretEntry::Place(place) => match (place.env, place.file) {
            (Some(env), None) if !env.is_empty() => return Some(SecretPlace::Variable(env)),
            (None, Some(file)) if !file.is_empty() => {
                return Some(SecretPlace::File(beside.join(file)));
            }
            (Some(_), Some(_)) => "`client-secret` has both `env` and `file`",
            _ => "`client-secret` names neither an environment variable nor a file",
        },
    };
    let help = "write where it is, as { env = \"PATCHBAY_CLIENT_SECRET\" } or { file = \"/run/secrets/oidc\" }";
    problems.push(FileProblem::at(span, wrong).help(help));
    None
}

#[cfg(test)]
mod tests {
    use super::super::ServerSettings;
    use super::*;

    const ISSUER: &str = "[journal]\npath = \"desk.db\"\n[oidc]\nissuer = \"https://login.example/care\"\nrole-claim = \"role\"\ncompany-claim = \"company\"\n";
    const SIGN_IN: &str =
        "[oidc.sign-in]\nclient-id = \"console\"\npublic-url = \"https://care.example\"\n";

    fn parse(text: &str) -> Result<ServerSettings, Vec<FileProblem>> {
        ServerSettings::parse(text, Path::new("/etc/patchbay"))
    }

    fn sign_in(more: &str) -> SignInSettings {
        let settings = parse(&format!("{ISSUER}{SIGN_IN}{more}")).expect(more);
        let oidc = settings.oidc.expect("an issuer");
        assert!(oidc.audiences.is_empty(), "bearer tokens are not accepted");
        oidc.sign_in.expect("a sign-in")
    }

    #[test]
    fn an_id_and_the_public_address_are_enough() {
        let settings = sign_in("");
        assert_eq!(settings.scopes, ["openid"]);
        assert_eq!(settings.name, "login.example");
        assert_eq!(settings.client_secret, None);
        assert_eq!(settings.public_url.origin(), "https://care.example");
    }

    #[test]
    fn a_secret_is_in_a_variable_or_a_file_beside_the_settings() {
        let place =
            |entry: &str| sign_in(&format!("client-secret = {{ {entry} }}\n")).client_secret;
        let variable = SecretPlace::Variable("OIDC".to_owned());
        assert_eq!(place("env = \"OIDC\""), Some(variable));
        let file = |path: &str| Some(SecretPlace::File(path.into()));
        assert_eq!(place("file = \"oidc\""), file("/etc/patchbay/oidc"));
        assert_eq!(place("file = \"/run/oidc\""), file("/run/oidc"));
    }

    #[test]
    fn a_host_on_loopback_needs_no_https() {
        for url in [
            "http://127.0.0.1:7420",
            "http://localhost:7420/",
            "http://[::1]:7420",
        ] {
            let text = SIGN_IN.replace("https://care.example", url);
            assert!(parse(&format!("{ISSUER}{text}")).is_ok(), "{url}");
        }
    }

    #[test]
    fn every_problem_is_at_its_line_and_shows_no_secret() {
        let with = |from: &str, to: &str| format!("{ISSUER}{}", SIGN_IN.replace(from, to));
        let more = |line: &str| format!("{ISSUER}{SIGN_IN}{line}\n");
        let url = |url: &str| with("https://care.example", url);
        let long = "x".repeat(300);
        for (text, line, words) in [
            (with("client-id = \"console\"\n", ""), 7, "client-id"),
            (with("console", ""), 8, "`client-id` must be"),
            (with("console", &long), 8, "`client-id` must be"),
            (with("console", "é"), 8, "`client-id` must be"),
            (
                with("public-url = \"https://care.example\"\n", ""),
                7,
                "public-url",
            ),
            (url("care.example"), 9, "is not a URL"),
            (url("http://care.example"), 9, "does not use https"),
            (url("https://care.example/desk"), 9, "more than scheme"),
            (url("https://care.example?x"), 9, "more than scheme"),
            (url("https://care.example/#x"), 9, "more than scheme"),
            (more("scopes = [\"email\"]"), 10, "lacks \"openid\""),
            (more("scopes = [\"openid email\"]"), 10, "not a scope"),
            (more("scopes = [\"openid\", \"\"]"), 10, "not a scope"),
            (more("scopes = \"openid\""), 10, "expected a sequence"),
            (more("name = \" \""), 10, "`name` must be"),
            (more("name = \"a\\u0007\""), 10, "`name` must be"),
            (more(&format!("name = \"{long}\"")), 10, "`name` must be"),
            (more("client-secret = \"s3cret\""), 10, "is written here"),
            (more("client-secret = {}"), 10, "neither"),
            (more("client-secret = { env = \"\" }"), 10, "neither"),
            (
                more("client-secret = { env = \"A\", file = \"b\" }"),
                10,
                "both `env` and `file`",
            ),
            (more("client-secret = { text = \"s3cret\" }"), 10, ""),
            (more("colour = 1"), 10, "colour"),
            (
                format!("{ISSUER}{SIGN_IN}").replace("[journal]\npath = \"desk.db\"\n", ""),
                6,
                "needs a [journal]",
            ),
            (ISSUER.to_owned(), 4, "`audience` is missing"),
        ] {
            let problems = parse(&text).expect_err(&text);
            let messages: Vec<_> = problems.iter().map(|it| it.message.as_str()).collect();
            let found = problems.iter().find(|it| it.message.contains(words));
            let found = found.unwrap_or_else(|| panic!("{text}: {messages:?}"));
            let place = found.line_column(&text).map(|(line, _)| line);
            assert_eq!(place, Some(line), "{text}: {messages:?}");
            assert!(!messages.concat().contains("s3cret"), "{messages:?}");
        }
    }
}
