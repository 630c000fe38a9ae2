//! What a component says of itself in custom sections: name, version, licence and origin, as
//! `wasm-tools metadata show` and registries read them.

use serde::Serialize;
use wasm_encoder::{ComponentNameSection, ComponentSection, CustomSection};
use wasmparser::{BinaryReader, Encoding, Parser, Payload};

use crate::manifest::PackSection;

/// Most bytes of one value that is read.
const MOST_BYTES: usize = 4 << 10;
/// Section of the names, of which the first is that of the component.
const NAMES: &str = "component-name";

/// What a component says of itself. Sections that it lacks are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ComponentMetadata {
    /// Name of the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// One sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who publishes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authors: Option<String>,
    /// SPDX licence expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licenses: Option<String>,
    /// Address of its sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Revision of its sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

impl ComponentMetadata {
    /// What the component of a pack says: the manifest, and the revision of the sources, where the
    /// vendor gives it.
    pub fn of_manifest(section: &PackSection, revision: Option<&str>) -> ComponentMetadata {
        let text = |value: &Option<toml::Spanned<String>>| {
            value.as_ref().map(|value| value.get_ref().clone())
        };
        ComponentMetadata {
            name: Some(section.name.get_ref().clone()),
            version: Some(section.version.to_string()),
            description: text(&section.description),
            authors: text(&section.publisher),
            licenses: text(&section.licence),
            source: text(&section.source),
            revision: revision.map(str::to_owned),
        }
    }

    /// What a component says; empty for bytes that are no component. A value that is longer than
    /// 4 KiB or no UTF-8 is left out.
    pub fn read(component: &[u8]) -> ComponentMetadata {
        let mut metadata = ComponentMetadata::default();
        for section in root_sections(component).unwrap_or_default() {
            let Some((name, data)) = section.custom else {
                continue;
            };
            if name == NAMES {
                metadata.name = component_name(data).or(metadata.name);
            } else if let Some(value) = metadata.value(name) {
                *value = text(data);
            }
        }
        metadata
    }

    /// The component with these sections in the place of its own. The same values and the same
    /// component give the same bytes.
    ///
    /// # Errors
    /// As a sentence, for bytes that are no component.
    pub fn write_into(mut self, component: &[u8]) -> Result<Vec<u8>, String> {
        let mut written = component.get(..8).unwrap_or_default().to_vec();
        let mut other_names = Vec::new();
        for section in root_sections(component)? {
            match section.custom {
                Some((NAMES, data)) => other_names.extend(without_component_name(data)),
                Some((name, _)) if self.value(name).is_some() => {}
                _ => written.extend_from_slice(section.bytes),
            }
        }
        let mut names = ComponentNameSection::new();
        names.component(self.name.as_deref().unwrap_or_default());
        let mut data = names.as_custom().data.into_owned();
        data.extend(other_names);
        let mut add = |name: &str, data: Vec<u8>| {
            let (name, data) = (name.into(), data.into());
            CustomSection { name, data }.append_to_component(&mut written);
        };
        add(NAMES, data);
        for name in VALUES {
            let value = self.value(name).and_then(Option::take);
            if let Some(value) = value {
                add(name, value.into_bytes());
            }
        }
        Ok(written)
    }

    /// The first value that the component and its manifest both state, and that differs, as a
    /// sentence.
    pub fn difference(&self, section: &PackSection) -> Option<String> {
        let manifest = ComponentMetadata::of_manifest(section, None);
        let pairs = [
            ("name", &self.name, &manifest.name),
            ("version", &self.version, &manifest.version),
            ("description", &self.description, &manifest.description),
            ("publisher", &self.authors, &manifest.authors),
            ("licence", &self.licenses, &manifest.licenses),
            ("source", &self.source, &manifest.source),
        ];
        pairs.into_iter().find_map(|(key, own, manifest)| {
            let (own, manifest) = (own.as_ref()?, manifest.as_ref()?);
            (own != manifest).then(|| {
                format!("its component says {key} = {own:?}, but its pack.toml says {manifest:?}")
            })
        })
    }

    /// Whether the component says nothing of itself.
    pub fn is_empty(&self) -> bool {
        *self == ComponentMetadata::default()
    }

    /// The value of a section; `None` for a section of another kind.
    fn value(&mut self, section: &str) -> Option<&mut Option<String>> {
        Some(match section {
            "authors" => &mut self.authors,
            "description" => &mut self.description,
            "licenses" => &mut self.licenses,
            "source" => &mut self.source,
            "revision" => &mut self.revision,
            "version" => &mut self.version,
            _ => return None,
        })
    }
}

/// Sections with one text each, in the order in which they are written.
const VALUES: [&str; 6] = [
    "authors",
    "description",
    "licenses",
    "source",
    "revision",
    "version",
];

/// A section of the outermost component.
struct RootSection<'a> {
    /// All of it, with its header.
    bytes: &'a [u8],
    /// Name and content of a custom section.
    custom: Option<(&'a str, &'a [u8])>,
}

/// The sections of a component, without those of the components and modules in it.
fn root_sections(component: &[u8]) -> Result<Vec<RootSection<'_>>, String> {
    let mut sections = Vec::new();
    let mut parser = Parser::new(0);
    let (mut at, mut rest) = (0, component);
    loop {
        let chunk = parser
            .parse(rest, true)
            .map_err(|error| format!("it is not a valid component: {error}"))?;
        let wasmparser::Chunk::Parsed { consumed, payload } = chunk else {
            return Err("it ends within a section".to_owned());
        };
        let mut end = at + consumed;
        let mut custom = None;
        match &payload {
            Payload::Version { encoding, .. } if *encoding != Encoding::Component => {
                return Err("it is a module, not a component".to_owned());
            }
            Payload::Version { .. } => {
                (at, rest) = (end, &component[end..]);
                continue;
            }
            Payload::End(_) => return Ok(sections),
            Payload::CustomSection(reader) => custom = Some((reader.name(), reader.data())),
            Payload::ModuleSection {
                unchecked_range, ..
            }
            | Payload::ComponentSection {
                unchecked_range, ..
            } => {
                // Their content is not looked at.
                end = unchecked_range.end;
            }
            _ => {}
        }
        let bytes = component.get(at..end);
        let bytes = bytes.ok_or("a section ends outside of it")?;
        sections.push(RootSection { bytes, custom });
        (at, rest) = (end, &component[end..]);
    }
}

fn text(data: &[u8]) -> Option<String> {
    let data = Some(data).filter(|data| data.len() <= MOST_BYTES)?;
    Some(std::str::from_utf8(data).ok()?.to_owned())
}

/// The name in a section of names, where its first part is that.
fn component_name(data: &[u8]) -> Option<String> {
    let (part, content, _) = name_part(data)?;
    let mut reader = BinaryReader::new(content, 0);
    (part == 0).then_some(())?;
    text(reader.read_string().ok()?.as_bytes())
}

/// The parts of a section of names but that of the component.
fn without_component_name(data: &[u8]) -> Vec<u8> {
    match name_part(data) {
        Some((0, _, rest)) => rest.to_vec(),
        _ => data.to_vec(),
    }
}

/// Kind and content of the first part of a section of names, and the parts after it.
fn name_part(data: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let mut reader = BinaryReader::new(data, 0);
    let kind = reader.read_u8().ok()?;
    let length = reader.read_var_u32().ok()? as usize;
    let content = reader.read_bytes(length).ok()?;
    Some((kind, content, &data[reader.original_position()..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    const MANIFEST: &str = "[pack]\nname = \"care\"\nversion = \"1.2.3\"\npublisher = \"acme\"\nlicence = \"MIT OR Apache-2.0\"\ndescription = \"Sorts.\"\nsource = \"https://code.example/care\"\n";

    fn section(text: &str) -> PackSection {
        Manifest::parse(text).expect("a manifest").pack
    }

    fn component(text: &str) -> Vec<u8> {
        wat::parse_str(text).expect("a component")
    }

    fn plain() -> Vec<u8> {
        component("(component $before (core module $inner (func $f)) (component))")
    }

    #[test]
    fn a_component_says_what_its_manifest_says() {
        let metadata = ComponentMetadata::of_manifest(&section(MANIFEST), Some("4f1c"));
        let written = metadata.clone().write_into(&plain()).expect("written");
        assert_eq!(ComponentMetadata::read(&written), metadata);
        assert_eq!(metadata.difference(&section(MANIFEST)), None);
        wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
            .validate_all(&written)
            .expect("still a component");
        // What stands in it is untouched.
        let inner = |bytes: &[u8]| bytes.windows(5).filter(|one| one == b"inner").count();
        assert_eq!(inner(&written), inner(&plain()));
    }

    #[test]
    fn sections_that_stand_there_are_replaced() {
        let metadata = ComponentMetadata::of_manifest(&section(MANIFEST), None);
        let once = metadata.clone().write_into(&plain()).expect("written");
        let twice = metadata.write_into(&once).expect("written");
        assert_eq!(once, twice);
        let other = MANIFEST
            .replace("1.2.3", "2.0.0")
            .replace("description", "# d");
        let other = ComponentMetadata::of_manifest(&section(&other), None);
        let written = other.clone().write_into(&once).expect("written");
        assert_eq!(ComponentMetadata::read(&written), other);
    }

    #[test]
    fn a_difference_names_both_values() {
        let metadata = ComponentMetadata::of_manifest(&section(MANIFEST), None);
        for (from, to, key) in [
            ("1.2.3", "1.2.4", "version"),
            ("\"care\"", "\"bare\"", "name"),
            ("acme", "zenith", "publisher"),
            ("MIT", "ISC", "licence"),
            ("code.example/care", "other.example", "source"),
        ] {
            let text = metadata.difference(&section(&MANIFEST.replace(from, to)));
            let text = text.expect(key);
            assert!(text.contains(&format!("says {key} = ")), "{text}");
        }
        let silent = ComponentMetadata::default();
        assert_eq!(silent.difference(&section(MANIFEST)), None);
    }

    #[test]
    fn bytes_that_are_no_component_are_refused_and_read_as_silent() {
        let module = wat::parse_str("(module)").expect("a module");
        let mut cut = plain();
        cut.truncate(cut.len() - 3);
        for bytes in [&b"code"[..], b"", b"\0asm", &module, &cut] {
            assert!(ComponentMetadata::read(bytes).is_empty());
            let metadata = ComponentMetadata::of_manifest(&section(MANIFEST), None);
            metadata.write_into(bytes).expect_err("refused");
        }
    }

    #[test]
    fn a_value_that_is_too_long_or_no_text_is_left_out() {
        let long = "x".repeat(MOST_BYTES + 1);
        let text =
            format!("(component (@custom \"version\" \"{long}\") (@custom \"source\" \"\\ff\"))");
        assert!(ComponentMetadata::read(&component(&text)).is_empty());
    }
}
