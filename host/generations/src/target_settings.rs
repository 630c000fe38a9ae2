//! A target of deliveries, and the keys that sign them.

use std::env::VarError;

use patchbay_config::web_address::WebAddress;
use patchbay_outbound::webhook::{SigningKey, SigningKeyError};
use thiserror::Error;

/// A webhook target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetSettings {
    /// Where deliveries are posted.
    pub url: WebAddress,
    /// Environment variable with the signing key; `None`: bodies are not
    /// signed.
    pub secret_env: Option<String>,
    /// Environment variable with the key being replaced: while it is set,
    /// bodies are signed with both.
    pub previous_secret_env: Option<String>,
}

/// Why a signing key cannot be used. Does not contain the key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SigningKeyProblem {
    /// The variable is not set.
    #[error(
        "the environment variable {0} with the target's signing key is not set; set it and restart the server"
    )]
    NotSet(String),
    /// The variable is not text.
    #[error("the signing key in {0} is not valid UTF-8; copy it again")]
    NotText(String),
    /// The variable is set to something that is no key.
    #[error("the signing key in {0} {1}")]
    Malformed(String, SigningKeyError),
}

impl TargetSettings {
    /// Environment variables of its keys.
    pub fn secret_variables(&self) -> impl Iterator<Item = &String> {
        self.secret_env.iter().chain(&self.previous_secret_env)
    }

    /// Its signing keys as the environment has them; at most two.
    ///
    /// # Errors
    /// The first key that cannot be used.
    pub fn signing_keys(&self) -> Result<Vec<SigningKey>, SigningKeyProblem> {
        self.signing_keys_in(|variable| std::env::var(variable))
    }

    /// Every signing key that cannot be used.
    pub fn key_problems(&self) -> Vec<SigningKeyProblem> {
        let keys = self.keys_in(|variable| std::env::var(variable));
        keys.filter_map(Result::err).collect()
    }

    fn signing_keys_in(
        &self,
        read: impl Fn(&str) -> Result<String, VarError>,
    ) -> Result<Vec<SigningKey>, SigningKeyProblem> {
        self.keys_in(read).collect()
    }

    /// Each key whose variable is set or must be.
    fn keys_in(
        &self,
        read: impl Fn(&str) -> Result<String, VarError>,
    ) -> impl Iterator<Item = Result<SigningKey, SigningKeyProblem>> {
        let variables = [(&self.secret_env, false), (&self.previous_secret_env, true)];
        variables
            .into_iter()
            .filter_map(move |(variable, is_previous)| {
                let variable = variable.as_ref()?;
                let problem = match read(variable) {
                    Ok(text) => match SigningKey::parse(&text) {
                        Ok(key) => return Some(Ok(key)),
                        Err(error) => SigningKeyProblem::Malformed(variable.clone(), error),
                    },
                    // The rotation is over, or has not begun.
                    Err(VarError::NotPresent) if is_previous => return None,
                    Err(VarError::NotPresent) => SigningKeyProblem::NotSet(variable.clone()),
                    Err(VarError::NotUnicode(_)) => SigningKeyProblem::NotText(variable.clone()),
                };
                Some(Err(problem))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const OLD: &str = "v1,whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

    fn keys(new: Option<&str>, old: Option<&str>) -> Result<Vec<SigningKey>, SigningKeyProblem> {
        let target = TargetSettings {
            url: WebAddress::parse("https://hooks.example/in").expect("a URL"),
            secret_env: Some("NEW".to_owned()),
            previous_secret_env: Some("OLD".to_owned()),
        };
        target.signing_keys_in(|variable| {
            let value = if variable == "NEW" { new } else { old };
            value.map(str::to_owned).ok_or(VarError::NotPresent)
        })
    }

    #[test]
    fn a_key_that_is_not_set_hides_no_other_problem() {
        let target = TargetSettings {
            url: WebAddress::parse("https://hooks.example/in").expect("a URL"),
            secret_env: Some("NEW".to_owned()),
            previous_secret_env: Some("OLD".to_owned()),
        };
        let keys = target.keys_in(|variable| match variable {
            "OLD" => Ok("whsec_%".to_owned()),
            _ => Err(VarError::NotPresent),
        });
        assert_eq!(keys.filter(Result::is_err).count(), 2);
    }

    #[test]
    fn both_keys_sign_while_both_are_set() {
        let parse = |text| SigningKey::parse(text).expect("a secret");
        assert_eq!(keys(Some(NEW), Some(OLD)), Ok(vec![parse(NEW), parse(OLD)]));
        assert_eq!(keys(Some(NEW), None), Ok(vec![parse(NEW)]));
    }

    #[test]
    fn a_key_that_cannot_be_used_is_told_without_the_key() {
        let not_set = SigningKeyProblem::NotSet("NEW".to_owned());
        assert_eq!(keys(None, Some(OLD)), Err(not_set));
        for bad in ["", "whsec_%", "whpk_AAAA", "\"whsec_AAAA\"", "v1,AAAA"] {
            for (new, old, variable) in [(bad, OLD, "NEW"), (NEW, bad, "OLD")] {
                let problem = keys(Some(new), Some(old)).expect_err("refused");
                assert!(
                    matches!(problem, SigningKeyProblem::Malformed(..)),
                    "{bad:?}"
                );
                let told = problem.to_string();
                assert!(
                    told.starts_with(&format!("the signing key in {variable} ")),
                    "{told}"
                );
                assert!(bad.len() < 5 || !told.contains(bad), "{told}");
            }
        }
    }
}
