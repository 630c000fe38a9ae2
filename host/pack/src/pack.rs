//! A pack in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use patchbay_company::Grants;
use patchbay_config::bound::BoundSettings;
use patchbay_engine::component::{ComponentBytes, Digest};
use patchbay_engine::data_layer::DataSet;
use patchbay_model::limits::LimitsFile;
use semver::Version;
use serde_json::Value;

use crate::bundle::{Bundle, BundleError};
use crate::data::{load_parts, parts_of};
use crate::manifest::Manifest;
use crate::provenance::{DescribedPack, Provenance};
use crate::settings::{SettingsProblem, SettingsSchema, without_schema};

/// A pack, read: everything but the company's settings.
#[derive(Clone, Debug)]
pub struct Pack {
    /// Name, from the manifest or the file.
    pub name: String,
    /// Version; 0.0.0 for a component without a manifest.
    pub version: Version,
    /// Grants it requests; none for a component without a manifest.
    pub needs: Grants,
    /// Limits it suggests.
    pub limits: LimitsFile,
    /// Version of the format of its stored state; 1 for a component without a manifest.
    pub state_version: u32,
    /// Earlier state versions it also reads.
    pub state_from: Vec<u32>,
    /// Schema of its settings; `None`: any object is valid.
    pub schema: Option<Arc<SettingsSchema>>,
    /// Bytes of the component.
    pub component: ComponentBytes,
    /// Its tables and bytes.
    pub data: DataSet,
    /// Text of the manifest; absent for a component without one.
    pub manifest: Option<String>,
    /// Text of each case by its path below `cases/`.
    pub cases: BTreeMap<String, String>,
    /// Files of its directory that are not used although their author may believe so: one sentence
    /// each.
    pub unused: Vec<String>,
    /// The image it came in and its signatures; `None` for one that was built from sources or is a
    /// bare component.
    pub provenance: Option<Provenance>,
    /// Of a stored pack, whose cases are left out: see [`Bundle`](crate::bundle::Bundle).
    pub tested: Option<Digest>,
    /// See [`stored_bundle`](Pack::stored_bundle).
    pub(crate) stored: OnceLock<Bundle>,
}

impl Pack {
    /// A component without a manifest: it requests no grants.
    pub fn bare(name: String, component: ComponentBytes) -> Pack {
        Pack {
            name,
            version: Version::new(0, 0, 0),
            needs: Grants::default(),
            limits: LimitsFile::default(),
            state_version: 1,
            state_from: Vec::new(),
            schema: None,
            component,
            data: DataSet::new(),
            manifest: None,
            cases: BTreeMap::new(),
            unused: Vec::new(),
            provenance: None,
            tested: None,
            stored: OnceLock::new(),
        }
    }

    /// A component with its manifest and without cases.
    pub(crate) fn described(
        manifest: Manifest,
        text: String,
        schema: Option<Arc<SettingsSchema>>,
        component: ComponentBytes,
    ) -> Pack {
        Pack {
            version: manifest.pack.version,
            needs: manifest.needs,
            limits: manifest.limits,
            state_version: manifest.pack.state_version,
            state_from: manifest.pack.state_from.into_inner(),
            schema,
            manifest: Some(text),
            ..Pack::bare(manifest.pack.name.into_inner(), component)
        }
    }

    /// Settings with the schema's defaults filled in.
    ///
    /// # Errors
    /// Every violation of the schema, with its path.
    pub fn complete_settings(&self, settings: Value) -> Result<Value, Vec<SettingsProblem>> {
        self.complete_settings_within(settings, &BoundSettings::default())
    }

    /// [`complete_settings`](Pack::complete_settings) within limits of the host.
    ///
    /// # Errors
    /// Every violation of the schema or of a limit, with its path.
    pub fn complete_settings_within(
        &self,
        settings: Value,
        bounds: &BoundSettings,
    ) -> Result<Value, Vec<SettingsProblem>> {
        match &self.schema {
            Some(schema) => schema.complete_within(settings, bounds),
            None => without_schema(settings),
        }
    }

    /// Digest of the component.
    pub fn digest(&self) -> Digest {
        self.component.digest()
    }

    /// The pack as one document, without its component's bytes.
    pub fn bundle(&self) -> Bundle {
        Bundle {
            name: self.name.clone(),
            manifest: self.manifest.clone(),
            schema: self.schema.as_ref().map(|schema| schema.text().to_owned()),
            component: self.digest(),
            cases: self.cases.clone(),
            tested: self.tested,
            is_stored: false,
            data: parts_of(&self.data),
            provenance: self.provenance.clone(),
        }
    }

    /// The bundle as it is stored, without cases; computed once for all
    /// companies that use the pack.
    pub fn stored_bundle(&self) -> &Bundle {
        self.stored.get_or_init(|| self.bundle().without_cases())
    }

    /// Restores a pack from its bundle and its component; `bytes` finds data that is not in
    /// memory.
    ///
    /// # Errors
    /// When a part is missing, is not valid or does not match the others.
    pub fn from_bundle(
        bundle: Bundle,
        component: ComponentBytes,
        bytes: impl FnMut(&Digest) -> Option<Vec<u8>>,
    ) -> Result<Pack, BundleError> {
        let data = load_parts(&bundle.data, bytes).map_err(BundleError::Data)?;
        let (named, found) = (bundle.component, component.digest());
        if found != named {
            return Err(BundleError::Component { named, found });
        }
        let schema = bundle.schema.map(|text| SettingsSchema::parse(&text));
        let mut publisher = None;
        let mut pack = match bundle.manifest {
            None if !data.is_empty() => {
                return Err(BundleError::Parts(
                    "a component without pack.toml has no data",
                ));
            }
            None => {
                let mut pack = Pack::bare(bundle.name, component);
                // The one that the component embeds.
                pack.schema = schema.transpose()?.map(Arc::new);
                pack
            }
            Some(text) => {
                let manifest = Manifest::parse(&text).map_err(|problem| {
                    let position = problem.line_column(&text);
                    let position = position.map(|(line, column)| format!("{line}:{column}: "));
                    BundleError::Manifest(position.unwrap_or_default() + &problem.message)
                })?;
                // Without a name in pack.toml it is the component's own schema.
                if manifest.settings.schema.is_some() && schema.is_none() {
                    return Err(BundleError::Parts(
                        "pack.toml names a settings schema, which is missing",
                    ));
                }
                check_data(&manifest, &data)?;
                publisher = manifest
                    .pack
                    .publisher
                    .as_ref()
                    .map(|one| one.get_ref().clone());
                Pack::described(manifest, text, schema.transpose()?.map(Arc::new), component)
            }
        };
        pack.data = data;
        pack.cases = bundle.cases;
        pack.tested = bundle.tested;
        if let Some(provenance) = bundle.provenance {
            let described = DescribedPack {
                name: &pack.name,
                version: &pack.version.to_string(),
                publisher: publisher.as_deref(),
                component: pack.digest(),
                manifest: pack.manifest.as_deref(),
                schema: pack.schema.as_ref().map(|schema| schema.text()),
                cases: &pack.cases,
                data: &pack.data,
                is_stored: bundle.is_stored,
            };
            provenance.check(&described).map_err(BundleError::Image)?;
            pack.provenance = Some(provenance);
        }
        Ok(pack)
    }
}

/// A pack has the data that its manifest declares, and no other.
fn check_data(manifest: &Manifest, data: &DataSet) -> Result<(), BundleError> {
    let declared = manifest.data.iter();
    let declared = declared.map(|(name, section)| (name, section.get_ref().kind));
    match declared.eq(data.iter().map(|(name, layer)| (name, layer.kind()))) {
        true => Ok(()),
        false => Err(BundleError::Data(format!(
            "its data is {:?}, but pack.toml declares {:?}",
            data.keys().collect::<Vec<_>>(),
            manifest.data.keys().collect::<Vec<_>>(),
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[pack]\nname = \"care\"\nversion = \"1.2.3\"\nstate-version = 3\nstate-from = [2]\n[settings]\nschema = \"s.json\"\n";

    fn bundle() -> Bundle {
        Bundle {
            name: "care".to_owned(),
            manifest: Some(MANIFEST.to_owned()),
            schema: Some("{\"type\":\"object\"}".to_owned()),
            component: Digest::of(b"code"),
            cases: BTreeMap::from([("a/b.json".to_owned(), "{}".to_owned())]),
            tested: None,
            is_stored: false,
            data: BTreeMap::new(),
            provenance: None,
        }
    }

    fn code() -> ComponentBytes {
        b"code".to_vec().into()
    }

    #[test]
    fn a_pack_survives_bundling() {
        let pack = Pack::from_bundle(bundle(), code(), |_| None).expect("a pack");
        assert_eq!(pack.version.to_string(), "1.2.3");
        assert_eq!((pack.state_version, &*pack.state_from), (3, &[2][..]));
        assert_eq!(pack.bundle(), bundle());
        let json = serde_json::to_string(&bundle()).expect("JSON");
        assert_eq!(serde_json::from_str::<Bundle>(&json).ok(), Some(bundle()));
    }

    #[test]
    fn a_stored_bundle_has_a_digest_instead_of_the_cases() {
        let stored = bundle().without_cases();
        let json = serde_json::to_string(&stored).expect("JSON");
        assert!(!json.contains("a/b.json"), "{json}");
        assert_eq!(stored.tested, Some(bundle().tested_digest()));
        assert_eq!(stored.clone().without_cases(), stored);
        let pack = Pack::from_bundle(stored.clone(), code(), |_| None).expect("a pack");
        assert_eq!(pack.bundle(), stored);
    }

    #[test]
    fn parts_that_do_not_match_are_rejected() {
        let error = |change: fn(&mut Bundle)| {
            let mut bundle = bundle();
            change(&mut bundle);
            Pack::from_bundle(bundle, code(), |_| None).expect_err("rejected")
        };
        let other = error(|bundle| bundle.component = Digest::of(b"other"));
        assert!(matches!(other, BundleError::Component { .. }), "{other:?}");
        let parts = error(|bundle| bundle.schema = None);
        assert!(matches!(parts, BundleError::Parts(_)), "{parts:?}");
        let schema = error(|bundle| bundle.schema = Some("{\"type\":7}".to_owned()));
        assert!(matches!(schema, BundleError::Schema(_)), "{schema:?}");
        let manifest = error(|bundle| bundle.manifest = Some(MANIFEST.replace("[2]", "[3]")));
        let BundleError::Manifest(text) = manifest else {
            panic!("{manifest:?}");
        };
        assert!(text.starts_with("5:"), "{text}");
    }
}
