//! The secret by which the issuer knows this host, read when the server starts.

use std::path::PathBuf;

use patchbay_access::oidc::ClientSecret;
use patchbay_access::settings::SecretPlace;
use patchbay_generations::{Environment, SecretVariables, VariableProblem};
use patchbay_pack::regular_file::read_text;
use thiserror::Error;

/// Longest secret in a file, in bytes.
const LONGEST: u64 = 4_096;

/// Why the secret of `[oidc.sign-in]` cannot be read. Does not contain the secret.
#[derive(Debug, Error)]
pub enum ClientSecretProblem {
    /// The environment variable has no secret.
    #[error("client-secret in [oidc.sign-in]: {0}")]
    Variable(VariableProblem),
    /// The file cannot be read.
    #[error("client-secret in [oidc.sign-in]: {} {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error, or what the file is instead.
        problem: std::io::Error,
    },
    /// The file holds no text.
    #[error("client-secret in [oidc.sign-in]: {} is empty; write the secret into it", .0.display())]
    Empty(PathBuf),
}

/// Read a secret. Blocks on the file system.
///
/// # Errors
/// [`ClientSecretProblem`].
pub fn read_client_secret(
    place: &SecretPlace,
    environment: &Environment,
) -> Result<ClientSecret, ClientSecretProblem> {
    let text = match place {
        SecretPlace::Variable(name) => {
            let variables = SecretVariables {
                current: name.clone(),
                previous: None,
            };
            let mut read = variables.read(environment);
            let not_set = || Err(VariableProblem::NotSet(name.clone()));
            let secret = read.next().unwrap_or_else(not_set);
            secret
                .map(|(_, secret)| secret)
                .map_err(ClientSecretProblem::Variable)?
        }
        SecretPlace::File(path) => {
            let path = path.clone();
            match read_text(&path, LONGEST) {
                Ok(text) => match text.trim_end_matches(['\r', '\n']) {
                    "" => return Err(ClientSecretProblem::Empty(path)),
                    secret => secret.to_owned(),
                },
                Err(problem) => return Err(ClientSecretProblem::File { path, problem }),
            }
        }
    };
    Ok(ClientSecret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_cannot_be_read_says_why() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = |name: &str, text: &str| {
            let path = directory.path().join(name);
            std::fs::write(&path, text).expect("a file");
            SecretPlace::File(path)
        };
        let environment = Environment::of([("SET", "s3cret"), ("EMPTY", "")]);
        let variable = |name: &str| SecretPlace::Variable(name.to_owned());
        let missing = SecretPlace::File(directory.path().join("missing"));
        for (place, words) in [
            (variable("UNSET"), "UNSET is not set"),
            (variable("EMPTY"), "EMPTY is empty"),
            (missing, "missing"),
            (file("empty", "\n"), "is empty"),
            (file("long", &"x".repeat(5_000)), "the limit is 4096"),
            (
                SecretPlace::File(directory.path().to_owned()),
                "is not a file",
            ),
        ] {
            let problem = read_client_secret(&place, &environment).expect_err(words);
            let problem = problem.to_string();
            assert!(problem.starts_with("client-secret in"), "{problem}");
            assert!(problem.contains(words), "{problem}");
        }
        for place in [variable("SET"), file("set", "s3cret\r\n")] {
            let secret = read_client_secret(&place, &environment).expect("a secret");
            assert_eq!(format!("{secret:?}"), "ClientSecret");
        }
    }
}
