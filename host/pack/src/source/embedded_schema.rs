//! The settings schema that a component embeds.

use std::path::Path;
use std::sync::Arc;

use patchbay_engine::component::Outline;
use serde_json::Value;

use super::schema_record::SchemaRecord;
use crate::pack::Pack;
use crate::settings::SettingsSchema;
use crate::source_error::SourceError;

impl Pack {
    /// The settings schema that a component embeds, as the text of a schema file; `None` for a
    /// component of another SDK.
    ///
    /// # Errors
    /// Why the component gives none although it has one.
    pub fn embedded_schema(component: &[u8]) -> Result<Option<String>, String> {
        let embedded = Outline::read(component).settings_schema(component)?;
        let Some(embedded) = embedded else {
            return Ok(None);
        };
        let schema: Value = serde_json::from_str(&embedded).map_err(|error| error.to_string())?;
        Ok(Some(format!("{schema:#}\n")))
    }

    /// Checks that the component exports a decision, and that the schema file is the schema of the
    /// settings type it was built with. A pack whose manifest names no schema gets that of the
    /// component. Takes up to a second of CPU time.
    ///
    /// # Errors
    /// [`SourceError::NoDecision`], [`SourceError::StaleSchema`] or [`SourceError::EmbeddedSchema`].
    pub fn check_parts(&mut self, directory: &Path) -> Result<(), SourceError> {
        self.check_parts_with(directory, Outline::settings_schema)
    }

    /// [`check_parts`](Pack::check_parts) of a pack whose component was built into `file`. The
    /// schema of the component is remembered beside the file: the next check takes no CPU time.
    ///
    /// # Errors
    /// As of [`check_parts`](Pack::check_parts).
    pub fn check_built_parts(&mut self, directory: &Path, file: &Path) -> Result<(), SourceError> {
        let component = self.component.digest();
        self.check_parts_with(directory, |outline, bytes| {
            if let Some(record) = SchemaRecord::read(file, component) {
                return Ok(record.schema);
            }
            let schema = outline.settings_schema(bytes)?;
            let record = SchemaRecord { component, schema };
            record.write(file);
            Ok(record.schema)
        })
    }

    /// Checks the parts with a function that returns the schema of the component.
    fn check_parts_with(
        &mut self,
        directory: &Path,
        schema_of: impl FnOnce(&Outline, &[u8]) -> Result<Option<String>, String>,
    ) -> Result<(), SourceError> {
        let outline = Outline::read(&self.component);
        if outline.stages().is_empty() {
            return Err(SourceError::NoDecision {
                pack: self.name.clone(),
                directory: directory.to_owned(),
            });
        }
        let Some(schema) = &self.schema else {
            let embedded = schema_of(&outline, &self.component);
            return self.use_schema(directory, embedded);
        };
        let embedded = schema_of(&outline, &self.component);
        match embedded
            .ok()
            .flatten()
            .and_then(|embedded| schema.difference(&embedded))
        {
            None => Ok(()),
            Some(difference) => Err(SourceError::StaleSchema {
                pack: directory.to_owned(),
                difference,
            }),
        }
    }

    /// Takes the schema of the component, if it embeds one, as that of the settings.
    ///
    /// # Errors
    /// [`SourceError::EmbeddedSchema`], with this path.
    pub fn use_embedded_schema(&mut self, path: &Path) -> Result<(), SourceError> {
        let embedded = Outline::read(&self.component).settings_schema(&self.component);
        self.use_schema(path, embedded)
    }

    fn use_schema(
        &mut self,
        path: &Path,
        embedded: Result<Option<String>, String>,
    ) -> Result<(), SourceError> {
        let parse = |text: String| SettingsSchema::parse(&text).map_err(|error| error.to_string());
        let schema = embedded.and_then(|text| text.map(parse).transpose());
        let schema = schema.map_err(|error| SourceError::EmbeddedSchema {
            pack: path.to_owned(),
            error,
        })?;
        self.schema = schema.map(Arc::new);
        Ok(())
    }
}
