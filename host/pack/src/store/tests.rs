use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::*;
use crate::manifest::Manifest;
use crate::pack::Pack;
use crate::pack_file::PackParts;
use crate::signature::{SecretKey, generate};

fn pack_file(version: &str) -> PackFile {
    let text = format!("[pack]\nname = \"care\"\nversion = \"{version}\"\npublisher = \"acme\"\n");
    let manifest = Manifest::parse(&text).expect("a manifest");
    let section = manifest.pack.clone();
    let component = format!("code {version}").into_bytes();
    PackFile::from_parts(PackParts {
        pack: Pack::described(manifest, text, None, component.into()),
        section,
        exports: Vec::new(),
        imports: Vec::new(),
        readme: None,
        sbom: None,
    })
    .expect("a pack file")
}

fn signed(file: PackFile) -> PackFile {
    let keys = generate(None, "acme").expect("keys");
    let key = SecretKey::read(&keys.secret, None).expect("a key");
    let text = key.sign(file.image_bytes(), "care").expect("a signature");
    file.with_signature(&text).expect("signed")
}

fn store() -> (tempfile::TempDir, PackStore) {
    let place = tempfile::tempdir().expect("a directory");
    let store = PackStore::at(place.path().join("packs"));
    (place, store)
}

/// As if it was used so many seconds ago.
fn age(path: &Path, seconds: u64) {
    let used = SystemTime::now() - Duration::from_secs(seconds);
    let file = File::open(path).expect("there");
    file.set_modified(used).expect("set");
}

#[test]
fn a_pack_is_found_by_its_digest() {
    let (_place, store) = store();
    let file = pack_file("1.0.0");
    assert!(store.find(file.digest()).is_none());
    store.insert(&file).expect("inserted");
    store.insert(&pack_file("2.0.0")).expect("inserted");
    let found = store.open(file.digest()).expect("readable").expect("there");
    assert_eq!(found.write(), file.write());
    assert_eq!(store.files().len(), 2);
}

#[test]
fn a_pack_that_is_inserted_again_has_the_signatures_of_both() {
    let (_place, store) = store();
    let file = pack_file("1.0.0");
    let (one, other) = (signed(file.clone()), signed(file));
    store.insert(&one).expect("inserted");
    store.insert(&other).expect("inserted");
    let found = store.open(one.digest()).expect("readable").expect("there");
    assert_eq!(found.signatures().len(), 2);
    assert_eq!(store.files().len(), 1);
}

#[test]
fn a_file_with_another_pack_than_its_name_says_is_refused_and_replaced() {
    let (_place, store) = store();
    let (wanted, other) = (pack_file("1.0.0"), pack_file("0.9.0"));
    let path = store.insert(&wanted).expect("inserted");
    fs::write(&path, other.write()).expect("written");
    let error = store.open(wanted.digest()).expect_err("another pack");
    assert!(error.to_string().contains("holds the pack"), "{error}");
    store.insert(&wanted).expect("inserted");
    assert!(store.open(wanted.digest()).expect("readable").is_some());
}

#[test]
fn a_reference_has_the_digest_of_its_last_pull() {
    let (_place, store) = store();
    let reference = "oci://registry.example/care:1";
    assert_eq!(store.resolve(reference).expect("readable"), None);
    let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
    store.record(reference, one).expect("recorded");
    store.record(reference, other).expect("recorded");
    assert_eq!(store.resolve(reference).expect("readable"), Some(other));
    fs::write(store.directory().join("references.json"), "{").expect("written");
    let error = store.resolve(reference).expect_err("damaged").to_string();
    assert!(error.contains("remove it"), "{error}");
}

#[test]
fn only_old_packs_that_no_generation_needs_are_collected() {
    let (_place, store) = store();
    let [old, by_digest, by_component, recent] =
        ["1.0.0", "2.0.0", "3.0.0", "4.0.0"].map(pack_file);
    for file in [&old, &by_digest, &by_component] {
        age(&store.insert(file).expect("inserted"), 3_600);
    }
    store.insert(&recent).expect("inserted");
    for (tag, file) in [
        ("oci://r.example/care:1", &old),
        ("oci://r.example/care:4", &recent),
    ] {
        store.record(tag, file.digest()).expect("recorded");
    }
    let needed = BTreeSet::from([by_digest.digest(), by_component.pack().digest()]);
    let minute = Duration::from_secs(60);
    let dry = store.collect(&needed, minute, true).expect("collected");
    assert_eq!((dry.deleted.len(), store.files().len()), (1, 4));
    let done = store.collect(&needed, minute, false).expect("collected");
    assert_eq!(done.deleted[0].digest, Some(old.digest()));
    assert_eq!(done.bytes, old.write().len() as u64);
    assert_eq!((done.kept.len(), store.files().len()), (3, 3));
    assert_eq!(store.resolve("oci://r.example/care:1").expect("read"), None);
    assert!(
        store
            .resolve("oci://r.example/care:4")
            .expect("read")
            .is_some()
    );
}

#[test]
fn a_pack_that_is_used_is_young_again() {
    let (_place, store) = store();
    let file = pack_file("1.0.0");
    age(&store.insert(&file).expect("inserted"), 3_600);
    drop(store.find(file.digest()).expect("there"));
    let done = store.collect(&BTreeSet::new(), Duration::from_secs(60), false);
    assert_eq!(done.expect("collected").kept.len(), 1);
}

#[test]
fn a_collection_waits_while_a_pack_is_open() {
    let (_place, store) = store();
    let file = pack_file("1.0.0");
    store.insert(&file).expect("inserted");
    let (path, lease) = store.find(file.digest()).expect("there");
    let is_done = Arc::new(AtomicBool::new(false));
    let (other, done) = (store.clone(), Arc::clone(&is_done));
    let collector = std::thread::spawn(move || {
        let collected = other.collect(&BTreeSet::new(), Duration::ZERO, false);
        done.store(true, Ordering::SeqCst);
        collected
    });
    std::thread::sleep(Duration::from_millis(100));
    assert!(!is_done.load(Ordering::SeqCst) && path.exists());
    drop(lease);
    let collected = collector.join().expect("no panic").expect("collected");
    assert_eq!(collected.deleted.len(), 1);
    assert!(!path.exists());
}

#[test]
fn a_download_that_goes_on_is_not_collected() {
    let (_place, store) = store();
    let directory = store.partial_downloads().expect("a directory");
    let [open, left, young] = ["open", "left", "young"].map(|name| directory.join(name));
    for path in [&open, &left, &young] {
        fs::write(path, "part").expect("written");
    }
    age(&open, 100_000);
    age(&left, 100_000);
    let lock = File::open(&open).expect("there");
    lock.lock().expect("locked");
    let done = store.collect(&BTreeSet::new(), Duration::ZERO, false);
    assert_eq!(done.expect("collected").partial, 1);
    assert!(open.exists() && young.exists() && !left.exists());
}

#[test]
fn processes_that_insert_and_collect_at_once_leave_whole_files() {
    let (_place, store) = store();
    let files: Vec<PackFile> = (0..4)
        .map(|minor| pack_file(&format!("1.{minor}.0")))
        .collect();
    std::thread::scope(|scope| {
        for file in &files {
            scope.spawn(|| {
                for _ in 0..20 {
                    store.insert(file).expect("inserted");
                    if let Some(found) = store.open(file.digest()).expect("whole") {
                        assert_eq!(found.digest(), file.digest());
                    }
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..20 {
                let done = store.collect(&BTreeSet::new(), Duration::ZERO, false);
                done.expect("collected");
            }
        });
    });
}
