//! What `patchbay new` and `patchbay update` wrote into a project, so that the next update knows which
//! files were changed by hand.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Path of the record in a project.
pub(crate) const RECORD: &str = "vendor/patchbay.json";

/// The files of an SDK in a project, as they were written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SdkRecord {
    /// Version of the SDK.
    pub(crate) sdk: String,
    /// Version of the contract.
    pub(crate) contract: String,
    /// Digest of each file, by its path in the project.
    pub(crate) files: BTreeMap<String, String>,
}

impl SdkRecord {
    /// The record of these files.
    pub(crate) fn of(sdk: &str, contract: &str, files: &BTreeMap<String, Vec<u8>>) -> SdkRecord {
        let files = files.iter();
        SdkRecord {
            sdk: sdk.to_owned(),
            contract: contract.to_owned(),
            files: files
                .map(|(path, bytes)| (path.clone(), digest(bytes)))
                .collect(),
        }
    }

    /// Its text as a file.
    pub(crate) fn text(&self) -> String {
        // Texts and maps of texts always serialize.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// SHA-256 of a file. Of a text, that with LF at the ends of lines: a checkout may have changed them.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let text = text_of(bytes).map(|text| text.replace("\r\n", "\n"));
    let digest = match &text {
        Some(text) => Sha256::digest(text.as_bytes()),
        None => Sha256::digest(bytes),
    };
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text of a file; `None` for an archive.
pub(crate) fn text_of(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_lines_do_not_count_in_a_text() {
        assert_eq!(digest(b"a\r\nb\r\n"), digest(b"a\nb\n"));
        assert_ne!(digest(b"a\r\nb\0"), digest(b"a\nb\0"));
        assert_ne!(digest(b"a\nb"), digest(b"a\nb\n"));
    }
}
