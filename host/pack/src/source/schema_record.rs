//! The settings schema of a component that was built, remembered beside it: to ask the component
//! compiles a third of a policy's code.

use std::path::Path;

use patchbay_engine::component::Digest;
use serde::{Deserialize, Serialize};

use crate::regular_file::read_bytes;

/// Extension of the record; the rest of its path is that of the component.
const EXTENSION: &str = "settings-schema.json";
/// Most bytes of a record that is read.
const MOST_BYTES: u64 = 16 << 20;

/// Which schema a component embeds.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SchemaRecord {
    /// The component.
    pub(super) component: Digest,
    /// Its schema; `None` for a component of another SDK.
    pub(super) schema: Option<String>,
}

impl SchemaRecord {
    /// The record beside a component's file, if it is about these bytes.
    pub(super) fn read(file: &Path, component: Digest) -> Option<SchemaRecord> {
        let bytes = read_bytes(&file.with_extension(EXTENSION), MOST_BYTES).ok()?;
        let record: SchemaRecord = serde_json::from_slice(&bytes).ok()?;
        (record.component == component).then_some(record)
    }

    /// Writes the record beside a component's file. A failure costs time only.
    pub(super) fn write(&self, file: &Path) {
        let path = file.with_extension(EXTENSION);
        let temporary = file.with_extension(format!("{EXTENSION}.{}", std::process::id()));
        let text = serde_json::to_vec(self).unwrap_or_default();
        let written =
            std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, &path));
        if let Err(error) = written {
            tracing::debug!(%error, "cannot remember the settings schema of a component");
            let _ = std::fs::remove_file(&temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_for_its_component_alone() {
        let place = tempfile::tempdir().expect("a place");
        let file = place.path().join("care.wasm");
        let component = Digest::of(b"one");
        assert_eq!(SchemaRecord::read(&file, component), None);
        for schema in [Some("{}".to_owned()), None] {
            let record = SchemaRecord { component, schema };
            record.write(&file);
            assert_eq!(SchemaRecord::read(&file, Digest::of(b"other")), None);
            assert_eq!(SchemaRecord::read(&file, component), Some(record));
        }
        let record = file.with_extension(EXTENSION);
        std::fs::write(record, "{").expect("a file");
        assert_eq!(SchemaRecord::read(&file, component), None);
    }
}
