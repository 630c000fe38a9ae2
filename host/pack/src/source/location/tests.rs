use super::*;

fn locate(wanted: &str, beside: &Path, roots: &[PathBuf]) -> Result<PathBuf, SourceError> {
    let places = PackPlaces {
        directories: roots.to_vec(),
        store: None,
    };
    super::locate(wanted, beside, &places).map(|found| found.path)
}

fn pack(place: &Path, directory: &str, version: &str) {
    let path = place.join(directory);
    std::fs::create_dir_all(&path).expect("a directory");
    let text = format!("[pack]\nname = \"care\"\nversion = \"{version}\"\n");
    std::fs::write(path.join(FILE_NAME), text).expect("a manifest");
}

#[test]
fn the_highest_version_is_found_once_also_through_two_directories() {
    let place = tempfile::tempdir().expect("a directory");
    pack(place.path(), "a", "1.0.0");
    pack(place.path(), "b", "1.2.0");
    pack(place.path(), "c", "1.1.0");
    let roots = [place.path().to_owned(), place.path().join("b")];
    let found = locate("care@1", place.path(), &roots).expect("found");
    assert!(found.ends_with("b"), "{}", found.display());
}

#[test]
fn a_pipe_among_the_components_is_passed_over() {
    let place = tempfile::tempdir().expect("a directory");
    let pipe = place.path().join("a.wasm");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    let component = place.path().join("b.wasm");
    std::fs::write(&component, "code").expect("a file");
    let digest = Digest::of(b"code").to_string();
    let found = locate(&digest, place.path(), &[place.path().to_owned()]);
    assert_eq!(found.expect("found"), component);
}

#[test]
fn a_version_that_is_there_twice_is_an_error_with_both_places() {
    let place = tempfile::tempdir().expect("a directory");
    pack(place.path(), "a", "1.0.0");
    pack(place.path(), "b", "1.0.0");
    let roots = [place.path().to_owned()];
    let error = locate("care", place.path(), &roots).expect_err("twice");
    let text = error.to_string();
    let names = ["a", "b"].map(|name| place.path().join(name).display().to_string());
    assert!(names.iter().all(|name| text.contains(name)), "{text}");
    // Only the highest version counts.
    pack(place.path(), "c", "1.1.0");
    assert!(
        locate("care", place.path(), &roots)
            .expect("found")
            .ends_with("c")
    );
    assert!(locate("care@=1.0.0", place.path(), &roots).is_err());
}

mod stored {
    use super::*;
    use crate::pack::Pack;
    use crate::pack_file::{PackFile, PackParts};

    fn file(version: &str, component: &[u8]) -> PackFile {
        let text = format!("[pack]\nname = \"care\"\nversion = \"{version}\"\n");
        let manifest = crate::manifest::Manifest::parse(&text).expect("a manifest");
        let section = manifest.pack.clone();
        PackFile::from_parts(PackParts {
            pack: Pack::described(manifest, text, None, component.to_vec().into()),
            section,
            exports: Vec::new(),
            imports: Vec::new(),
            readme: None,
            sbom: None,
        })
        .expect("a pack file")
    }

    fn places(place: &tempfile::TempDir) -> (PackStore, PackPlaces) {
        let store = PackStore::at(place.path().join("store"));
        let places = PackPlaces {
            directories: vec![place.path().join("packs")],
            store: Some(store.clone()),
        };
        std::fs::create_dir(place.path().join("packs")).expect("a directory");
        (store, places)
    }

    #[test]
    fn a_pack_of_the_store_is_found_by_name_digest_and_reference() {
        let place = tempfile::tempdir().expect("a directory");
        let (store, places) = places(&place);
        let stored = file("1.2.0", b"code");
        let path = store.insert(&stored).expect("inserted");
        let reference = "oci://registry.example/care:stable";
        store.record(reference, stored.digest()).expect("recorded");
        let digest = stored.digest().to_string();
        let pinned = format!("oci://registry.example/care@{digest}");
        for wanted in ["care", "care@^1", &digest, reference, &pinned] {
            let found = locate_in(wanted, &places).expect(wanted);
            assert_eq!(
                (found.path, found.digest),
                (path.clone(), Some(stored.digest()))
            );
        }
    }

    fn locate_in(wanted: &str, places: &PackPlaces) -> Result<LocatedPack, SourceError> {
        crate::source::locate(wanted, Path::new("."), places)
    }

    #[test]
    fn a_reference_that_was_not_pulled_says_how_to_get_it() {
        let place = tempfile::tempdir().expect("a directory");
        let (store, places) = places(&place);
        let error = |wanted: &str, places: &PackPlaces| {
            locate_in(wanted, places).expect_err(wanted).to_string()
        };
        let reference = "oci://registry.example/care:1";
        let text = error(reference, &places);
        assert!(
            text.contains("pack pull oci://registry.example/care:1"),
            "{text}"
        );
        // What was collected since.
        store
            .record(reference, Digest::of(b"gone"))
            .expect("recorded");
        assert!(error(reference, &places).contains("is not in the store"));
        assert!(error("oci://r.example/care@sha256:00", &places).contains("64"));
        let without = PackPlaces::default();
        assert!(error(reference, &without).contains("set `store`"));
        let text = error("registry.example/acme/care:1", &places);
        assert!(
            text.contains("write oci://registry.example/acme/care:1"),
            "{text}"
        );
    }

    #[test]
    fn the_same_pack_in_a_directory_and_in_the_store_is_no_error_and_another_one_is() {
        let place = tempfile::tempdir().expect("a directory");
        let (store, places) = places(&place);
        let stored = file("1.2.0", b"code");
        store.insert(&stored).expect("inserted");
        let path = place.path().join("packs/care.pack");
        std::fs::write(&path, stored.write()).expect("written");
        assert_eq!(locate_in("care@1", &places).expect("found").path, path);
        store.insert(&file("1.2.0", b"other")).expect("inserted");
        let text = locate_in("care@1", &places).expect_err("twice").to_string();
        assert!(text.contains("version 1.2.0 is in"), "{text}");
    }
}
