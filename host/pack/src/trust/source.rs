//! Where a host's trust policy is.

use std::path::PathBuf;

use super::{TrustPolicy, Unsigned};
use crate::regular_file::read_text;

/// Most bytes of a policy file.
const MOST_BYTES: u64 = 1 << 20;

/// Where a host's trust policy is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustSource {
    /// A file, read at each check: a key that is revoked counts no more without a restart.
    File(PathBuf),
    /// There is none, so no signature counts.
    Without(Unsigned),
}

impl Default for TrustSource {
    fn default() -> TrustSource {
        TrustSource::Without(Unsigned::Allow)
    }
}

impl TrustSource {
    /// The policy.
    ///
    /// # Errors
    /// As a sentence, where the file cannot be read or is not valid: nothing is trusted then.
    pub fn policy(&self) -> Result<TrustPolicy, String> {
        match self {
            TrustSource::Without(unsigned) => Ok(TrustPolicy {
                unsigned: *unsigned,
                ..TrustPolicy::default()
            }),
            TrustSource::File(path) => {
                let name = path.display();
                let text = read_text(path, MOST_BYTES)
                    .map_err(|error| format!("cannot read the trust policy {name}: {error}"))?;
                TrustPolicy::parse(&text).map_err(|problems| {
                    let problems = problems.iter();
                    let all: Vec<String> = problems
                        .map(|problem| format!("{name}{}", problem.after_name(&text)))
                        .collect();
                    all.join("; ")
                })
            }
        }
    }
}
