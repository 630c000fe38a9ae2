use super::*;
use patchbay_engine::data_layer::{DataKind, DataLayer};

use crate::image::{CONFIG, TITLE, part_name};
use crate::manifest::Manifest;

const MANIFEST: &str = "[pack]\nname = \"care\"\nversion = \"1.2.0+build.7\"\npublisher = \"acme\"\nlicence = \"MIT\"\n[settings]\nschema = \"s.json\"\n";

fn parts(component: &[u8]) -> PackParts {
    let manifest = Manifest::parse(MANIFEST).expect("a manifest");
    let section = manifest.pack.clone();
    let schema = crate::settings::SettingsSchema::parse("{\"type\":\"object\"}").expect("a schema");
    let schema = Some(std::sync::Arc::new(schema));
    let text = MANIFEST.to_owned();
    let mut pack = Pack::described(manifest, text, schema, component.to_vec().into());
    pack.cases = BTreeMap::from([("a/b.json".to_owned(), "{}".to_owned())]);
    PackParts {
        pack,
        section,
        exports: vec!["patchbay:tone/tone@0.1.0".to_owned()],
        imports: Vec::new(),
        readme: Some("# Care\n".to_owned()),
        sbom: Some("{}\n".to_owned()),
    }
}

pub(super) fn file() -> PackFile {
    PackFile::from_parts(parts(b"code")).expect("a pack file")
}

/// The layout after a change, and what reading it says.
fn error_after(change: impl FnOnce(&mut Layout)) -> String {
    let mut layout = file().layout;
    change(&mut layout);
    let error = PackFile::read(&layout.write()).expect_err("refused");
    error.to_string()
}

/// A change of an image.
type Change = fn(&mut ImageManifest);

/// Replace the pack's image, and name it in the index.
fn with_image(layout: &mut Layout, change: impl FnOnce(&mut ImageManifest)) {
    with_image_of(&file(), layout, change);
}

/// Replace the image of a pack in a layout, and name it in the index.
fn with_image_of(file: &PackFile, layout: &mut Layout, change: impl FnOnce(&mut ImageManifest)) {
    let mut image = file.image().clone();
    change(&mut image);
    layout.blobs.remove(&file.digest());
    let bytes = image.to_bytes();
    let mut descriptor = Descriptor::of(MANIFEST_TYPE, &bytes);
    descriptor.artifact_type = image.artifact_type.clone();
    layout.index = ImageIndex::new(vec![descriptor]).to_bytes();
    let named = image.names();
    layout.blobs.retain(|digest, _| named.contains(digest));
    layout.blobs.insert(Digest::of(&bytes), bytes);
}

const MANIFEST_TYPE: &str = crate::image::MANIFEST;

#[test]
fn a_pack_file_holds_every_part_of_the_pack() {
    let file = PackFile::read(&file().write()).expect("a pack file");
    let pack = file.pack();
    assert_eq!(
        (&*pack.name, pack.version.to_string()),
        ("care", "1.2.0+build.7".to_owned())
    );
    assert_eq!(&*pack.component, b"code");
    assert_eq!(pack.manifest.as_deref(), Some(MANIFEST));
    assert_eq!(
        pack.schema.as_ref().map(|one| one.text()),
        Some("{\"type\":\"object\"}")
    );
    assert_eq!(pack.cases["a/b.json"], "{}");
    assert_eq!(file.part(Part::Readme), Some(&b"# Care\n"[..]));
    assert_eq!(file.part(Part::Sbom), Some(&b"{}\n"[..]));
    let provenance = pack.provenance.as_ref().expect("an image");
    assert_eq!(
        (provenance.digest(), &*provenance.signatures),
        (file.digest(), &[][..])
    );
    let image = file.image();
    assert_eq!(image.config.media_type, CONFIG);
    assert_eq!(image.layers[0].annotations[TITLE], "component.wasm");
    assert_eq!(
        image.annotations["org.opencontainers.image.licenses"],
        "MIT"
    );
}

#[test]
fn the_same_parts_give_the_same_bytes_and_other_parts_another_digest() {
    assert_eq!(file().write(), file().write());
    let other = PackFile::from_parts(parts(b"other")).expect("a pack file");
    assert_ne!(other.digest(), file().digest());
}

#[test]
fn signatures_do_not_change_the_digest_and_their_order_does_not_count() {
    let add = |file: PackFile, text: &str| file.with_signature(text).expect("signed");
    let one = add(add(file(), "first"), "second");
    let other = add(add(add(file(), "second"), "first"), "second");
    assert_eq!(one.write(), other.write());
    assert_eq!(one.digest(), file().digest());
    let read = PackFile::read(&one.write()).expect("a pack file");
    let signatures = &read
        .pack()
        .provenance
        .as_ref()
        .expect("an image")
        .signatures;
    assert_eq!(signatures.len(), 2);
}

#[test]
fn too_many_and_too_long_signatures_are_refused() {
    let long = "x".repeat(SIGNATURE_BYTES + 1);
    assert!(file().with_signature(&long).is_err());
    let mut signed = file();
    for number in 0..MOST_SIGNATURES {
        signed = signed.with_signature(&format!("{number}")).expect("signed");
    }
    let error = signed.with_signature("one more").expect_err("too many");
    assert!(
        error.to_string().contains("more than 16 signatures"),
        "{error}"
    );
}

#[test]
fn a_component_that_was_swapped_is_refused() {
    let (original, other) = (Digest::of(b"code"), Digest::of(b"evil"));
    // Under its own name, nothing names it, and the one that is named is missing.
    let error = error_after(|layout| {
        layout.blobs.remove(&original);
        layout.blobs.insert(other, b"evil".to_vec());
    });
    assert!(error.contains(&format!("{original} is missing")), "{error}");
    // Under the name of the original, its digest does not fit.
    let error = error_after(|layout| {
        layout.blobs.insert(original, b"evil".to_vec());
    });
    assert!(error.contains("the file was changed"), "{error}");
}

#[test]
fn what_no_image_names_is_refused() {
    let extra = Digest::of(b"extra");
    let error = error_after(|layout| {
        layout.blobs.insert(extra, b"extra".to_vec());
    });
    assert!(
        error.contains(&format!("{extra}, which no image names")),
        "{error}"
    );
}

#[test]
fn a_descriptor_with_another_size_is_refused() {
    let error = error_after(|layout| {
        with_image(layout, |image| image.layers[0].size += 1);
    });
    assert!(
        error.contains("has 4 bytes, but its image says 5"),
        "{error}"
    );
}

#[test]
fn images_that_are_not_of_one_pack_are_refused() {
    let cases: [(&str, Change); 7] = [
        ("two parts pack.toml", |image| {
            image.layers.push(image.layers[1].clone())
        }),
        ("has no component.wasm", |image| {
            image.layers.remove(0);
        }),
        (
            "the first layer of the pack is not the component",
            |image| image.layers.swap(0, 1),
        ),
        ("which this version of patchbay does not know", |image| {
            image.layers[4].media_type = "text/plain".to_owned();
        }),
        ("has 40 layers", |image| {
            let layer = image.layers[0].clone();
            image.layers.resize(40, layer);
        }),
        ("it holds an image of type \"application/x\"", |image| {
            image.artifact_type = Some("application/x".to_owned());
        }),
        (
            "it says org.opencontainers.image.version = \"9.0.0\"",
            |image| {
                let version = image.annotations.get_mut(crate::image::VERSION);
                *version.expect("a version") = "9.0.0".to_owned();
            },
        ),
    ];
    for (expected, change) in cases {
        let error = error_after(|layout| with_image(layout, change));
        let expected = expected.replace("it says", "its image says");
        assert!(error.contains(&expected), "{expected}: {error}");
    }
}

#[test]
fn two_packs_and_no_pack_are_refused() {
    let other = PackFile::from_parts(parts(b"other")).expect("a pack file");
    let error = error_after(|layout| {
        let both = [file().layout.index, other.layout.index.clone()];
        let both = both.map(|index| ImageIndex::read(&index).expect("an index").manifests);
        layout.index = ImageIndex::new(both.concat()).to_bytes();
        layout.blobs.extend(other.layout.blobs.clone());
    });
    assert!(error.contains("it holds two packs"), "{error}");
    let error = error_after(|layout| {
        layout.index = ImageIndex::new(Vec::new()).to_bytes();
        layout.blobs.clear();
    });
    assert!(error.contains("it holds no pack"), "{error}");
}

#[test]
fn a_signature_of_another_pack_is_refused() {
    let other = PackFile::from_parts(parts(b"other")).expect("a pack file");
    let signed = other.with_signature("theirs").expect("signed");
    let error = error_after(|layout| {
        let theirs = ImageIndex::read(&signed.layout.index).expect("an index");
        let mut manifests = ImageIndex::read(&layout.index).expect("an index").manifests;
        manifests.push(theirs.manifests[1].clone());
        layout.index = ImageIndex::new(manifests).to_bytes();
        layout.blobs.extend(signed.layout.blobs.clone());
        // Only the signature, not their pack.
        for part in [
            signed.digest(),
            signed.image().config.digest,
            Digest::of(b"other"),
        ] {
            layout.blobs.remove(&part);
        }
    });
    assert!(error.contains("a signature of another pack"), "{error}");
}

#[test]
fn a_bundle_whose_parts_differ_from_its_image_is_refused() {
    let bundle = file().pack().bundle();
    let code = || b"code".to_vec().into();
    assert!(Pack::from_bundle(bundle.clone(), code(), |_| None).is_ok());
    // What is stored has no cases, whether or not they were run before.
    for tested in [bundle.clone().without_cases().tested, None] {
        let stored = Bundle {
            is_stored: true,
            tested,
            ..bundle.clone().without_cases()
        };
        assert!(Pack::from_bundle(stored, code(), |_| None).is_ok());
    }
    let refused = |change: fn(&mut Bundle), part: &str| {
        let mut bundle = bundle.clone();
        change(&mut bundle);
        let error = Pack::from_bundle(bundle, code(), |_| None)
            .expect_err(part)
            .to_string();
        assert!(error.contains(part), "{error}");
    };
    refused(
        |bundle| {
            let text = bundle.manifest.as_mut().expect("a manifest");
            text.push_str("[needs]\nagents = true\n");
        },
        "its pack.toml has the digest",
    );
    refused(
        |bundle| bundle.schema = Some("{}".to_owned()),
        "its settings.schema.json has the digest",
    );
    refused(
        |bundle| {
            bundle.cases.insert("new.json".to_owned(), "{}".to_owned());
        },
        "its cases.json has the digest",
    );
    refused(
        |bundle| bundle.cases.clear(),
        "its image names cases.json, which is missing",
    );
    let mut other = bundle.clone();
    other.component = Digest::of(b"evil");
    let error = Pack::from_bundle(other, b"evil".to_vec().into(), |_| None).expect_err("swapped");
    assert!(
        error
            .to_string()
            .contains("its component.wasm has the digest"),
        "{error}"
    );
}

/// A pack with a table and bytes.
fn file_with_data() -> PackFile {
    let mut parts = parts(b"code");
    let declared = "[data.tiers]\nfile = \"t.csv\"\nkind = \"table\"\n[data.model]\nfile = \"m\"\nkind = \"bytes\"\n";
    parts.pack.manifest = Some(format!("{MANIFEST}{declared}"));
    let table = crate::data::table_of_csv(b"id,tier\n1,gold\n", None).expect("a table");
    let layer = |kind, bytes| DataLayer::of(kind, bytes).expect("a layer");
    parts.pack.data = BTreeMap::from([
        ("tiers".to_owned(), layer(DataKind::Table, table.build())),
        (
            "model".to_owned(),
            layer(DataKind::Bytes, b"model".to_vec()),
        ),
    ]);
    PackFile::from_parts(parts).expect("a pack file")
}

#[test]
fn data_is_a_layer_of_its_own() {
    let file = PackFile::read(&file_with_data().write()).expect("readable");
    let layers: Vec<&str> = file.image().layers.iter().map(part_name).collect();
    assert_eq!(layers[layers.len() - 2..], ["data/model", "data/tiers"]);
    let pack = file.into_pack();
    let table = pack.data["tiers"].table().expect("a table");
    assert_eq!(table.get("1"), Some(vec!["gold"]));
    assert_eq!(&**pack.data["model"].bytes(), b"model");
    let bundle = pack.bundle();
    let restored = Pack::from_bundle(bundle, pack.component.clone(), |_| None).expect("a pack");
    assert_eq!(restored.data.len(), 2);
}

#[test]
fn data_that_the_image_or_the_manifest_does_not_name_is_refused() {
    let file = file_with_data();
    let error = |change: &dyn Fn(&mut ImageManifest)| {
        let mut layout = file.layout.clone();
        with_image_of(&file, &mut layout, change);
        PackFile::read(&layout.write())
            .expect_err("refused")
            .to_string()
    };
    let last = file.image.layers.len() - 1;
    let renamed = error(&|image| {
        let title = TITLE.to_owned();
        image.layers[last]
            .annotations
            .insert(title, "data/other".to_owned());
    });
    assert!(renamed.contains("but pack.toml declares"), "{renamed}");
    let nameless = error(&|image| image.layers[last].annotations.clear());
    assert!(nameless.contains("has no name"), "{nameless}");
    let twice = error(&|image| {
        let again = image.layers[last].clone();
        image.layers.push(again);
    });
    assert!(twice.contains("two data `tiers`"), "{twice}");
    let kind = error(&|image| image.layers[last].media_type = crate::image::BYTES.to_owned());
    assert!(kind.contains("but pack.toml declares"), "{kind}");
    let no_table =
        error(&|image| image.layers[last - 1].media_type = crate::image::TABLE.to_owned());
    assert!(
        no_table.contains("does not begin with `pbtable1`"),
        "{no_table}"
    );
}

#[test]
fn a_file_that_is_taken_apart_and_put_together_has_the_same_bytes() {
    let keys = crate::signature::generate(None, "acme").expect("keys");
    let key = crate::signature::SecretKey::read(&keys.secret, None).expect("a key");
    let text = key.sign(file().image_bytes(), "care").expect("signed");
    let file = file().with_signature(&text).expect("a signature");
    let blobs = file.blobs().into_iter();
    let blobs = blobs.map(|(named, bytes)| (named.digest, bytes.to_vec()));
    let image = file.image_bytes().to_vec();
    let made = PackFile::from_image(image, blobs.collect(), file.signatures());
    assert_eq!(made.expect("a file").write(), file.write());
    let (image, text) = file.signature_images().remove(0);
    let image = ImageManifest::read(&image).expect("an image");
    assert_eq!(image.subject.expect("a subject").digest, file.digest());
    assert_eq!(image.layers[0].digest, Digest::of(text.as_bytes()));
}

#[test]
fn a_file_is_not_made_of_other_blobs_than_the_image_names() {
    let file = file();
    let all = || {
        let blobs = file.blobs().into_iter();
        let blobs = blobs.map(|(named, bytes)| (named.digest, bytes.to_vec()));
        blobs.collect::<BTreeMap<_, _>>()
    };
    let make = |blobs| {
        let made = PackFile::from_image(file.image_bytes().to_vec(), blobs, &[]);
        made.expect_err("refused").to_string()
    };
    let mut fewer = all();
    fewer.pop_first();
    assert!(make(fewer).contains("is missing"));
    let mut more = all();
    more.insert(Digest::of(b"more"), b"more".to_vec());
    assert!(make(more).contains("which no image names"));
}

#[test]
fn cases_that_another_tool_wrote_otherwise_are_refused_with_the_place() {
    let error = error_after(|layout| {
        let file = file();
        let parts = file.image().parts().expect("parts");
        let before = parts[&Part::Cases].clone();
        let spaced = b"{\"a/b.json\": \"{}\"}".to_vec();
        with_image(layout, |image| {
            for layer in &mut image.layers {
                if layer.digest == before.digest {
                    layer.digest = Digest::of(&spaced);
                    layer.size = spaced.len() as u64;
                }
            }
        });
        layout.blobs.insert(Digest::of(&spaced), spaced);
    });
    assert!(error.contains("cases.json differs at byte 12"), "{error}");
    assert!(error.contains("without white space"), "{error}");
}

#[test]
fn a_component_that_says_otherwise_than_its_manifest_is_refused() {
    let component = wat::parse_str("(component (@custom \"version\" \"1.3.0\"))");
    let component = component.expect("a component");
    let error = PackFile::from_parts(parts(&component)).expect_err("refused");
    let error = error.to_string();
    assert!(
        error.contains("its component says version = \"1.3.0\""),
        "{error}"
    );
    let same = wat::parse_str("(component (@custom \"version\" \"1.2.0+build.7\"))");
    PackFile::from_parts(parts(&same.expect("a component"))).expect("a pack file");
}
