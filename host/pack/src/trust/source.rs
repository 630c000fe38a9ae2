//! Where a host's trust policy is.

use std::path::PathBuf;

use patchbay_engine::component::Digest;

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

/// A policy as it is at one moment.
#[derive(Clone, Debug)]
pub struct PolicyReading {
    /// Digest of the text; `None` where there is no file, or it cannot be read.
    pub digest: Option<Digest>,
    /// The policy, or why it cannot be used: nothing is trusted then.
    pub policy: Result<TrustPolicy, String>,
}

impl TrustSource {
    /// The policy.
    ///
    /// # Errors
    /// As a sentence, where the file cannot be read or is not valid: nothing is trusted then.
    pub fn policy(&self) -> Result<TrustPolicy, String> {
        self.read_policy().policy
    }

    /// The policy, and the digest of its text.
    pub fn read_policy(&self) -> PolicyReading {
        let path = match self {
            TrustSource::Without(unsigned) => {
                let policy = TrustPolicy {
                    unsigned: *unsigned,
                    ..TrustPolicy::default()
                };
                return PolicyReading {
                    digest: None,
                    policy: Ok(policy),
                };
            }
            TrustSource::File(path) => path,
        };
        let name = path.display();
        let text = match read_text(path, MOST_BYTES) {
            Ok(text) => text,
            Err(error) => {
                return PolicyReading {
                    digest: None,
                    policy: Err(format!("cannot read the trust policy {name}: {error}")),
                };
            }
        };
        let policy = TrustPolicy::parse(&text).map_err(|problems| {
            let problems = problems.iter();
            let all: Vec<String> = problems
                .map(|problem| format!("{name}{}", problem.after_name(&text)))
                .collect();
            all.join("; ")
        });
        PolicyReading {
            digest: Some(Digest::of(text.as_bytes())),
            policy,
        }
    }
}
