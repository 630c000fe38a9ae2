//! Whole and interrupted transfers.

use std::fs::File;
use std::sync::Mutex;
use std::time::Duration;

use patchbay_engine::component::Digest;
use patchbay_registry::{RegistryError, RegistryLimits, SignatureIndex, Step};
use patchbay_test_registry::{Canned, End};

use crate::example::{CHUNK, COMPONENT, Place, limits, pack_file, signed};

#[tokio::test]
async fn a_pack_that_is_pushed_and_pulled_has_the_same_bytes() {
    let place = Place::new();
    let file = signed(signed(pack_file("1.0.0")));
    let pushed = place.push(&file, "acme/care").await.expect("pushed");
    assert_eq!(pushed.digest, file.digest());
    assert_eq!(pushed.reference.tag(), Some("1.0.0"));
    assert_eq!(
        (pushed.signatures, pushed.index),
        (2, Some(SignatureIndex::Referrers))
    );
    assert!(pushed.sent > COMPONENT as u64);
    let digest = file.digest();
    for path in ["acme/care:1.0.0", &format!("acme/care@{digest}")] {
        let pulled = place.pull(path).await.expect("pulled");
        assert_eq!(pulled.file.write(), file.write(), "{path}");
    }
    assert_eq!(place.partial_bytes(), 0);
}

#[tokio::test]
async fn what_the_other_side_has_is_not_sent_again() {
    let file = signed(pack_file("1.0.0"));
    let place = Place::with(&file).await;
    let again = place.push(&file, "acme/care").await.expect("pushed");
    assert_eq!(again.sent, 0);
    let lines = place.registry.take_lines();
    assert!(
        !lines.iter().any(|line| line.contains("uploads")),
        "{lines:?}"
    );
    let first = place.pull("acme/care:1.0.0").await.expect("pulled");
    assert!(first.downloaded > COMPONENT as u64);
    place.store.insert(&first.file).expect("stored");
    place.registry.take_lines();
    // A signature that was added since comes with the next pull.
    let more = signed(file);
    place.push(&more, "acme/care").await.expect("pushed");
    let second = place.pull("acme/care:1.0.0").await.expect("pulled");
    assert_eq!(second.downloaded, 0);
    assert_eq!(second.file.write(), more.write());
}

#[tokio::test]
async fn an_upload_continues_after_a_cut() {
    let place = Place::new();
    let file = pack_file("1.0.0");
    place.registry.state().cut_uploads = [300, CHUNK, 0, 999].into();
    place.push(&file, "acme/care").await.expect("pushed");
    let patches = place.registry.seen("PATCH").len();
    // Eleven chunks, and at most as many again as were cut.
    assert!((11..=15).contains(&patches), "{patches}");
    let sessions = place.registry.seen("POST").len();
    assert_eq!(sessions, 4, "one for each blob");
    let pulled = place.pull("acme/care:1.0.0").await.expect("pulled");
    assert_eq!(pulled.file.digest(), file.digest());
}

#[tokio::test]
async fn an_upload_that_the_registry_forgot_begins_again() {
    let place = Place::new();
    {
        let mut state = place.registry.state();
        state.cut_uploads = [1_000, 1_000, 500].into();
        state.forgets_uploads = true;
    }
    let error = place.push(&pack_file("1.0.0"), "acme/care").await;
    // Three sessions are lost.
    assert!(
        matches!(error, Err(RegistryError::Connection(_))),
        "{error:?}"
    );
    place
        .push(&pack_file("1.0.0"), "acme/care")
        .await
        .expect("pushed");
}

#[tokio::test]
async fn an_upload_whose_session_is_gone_after_some_chunks_begins_again() {
    let place = Place::new();
    let forgotten = Mutex::new(false);
    let watch = |step: Step<'_>| {
        let mut forgotten = forgotten.lock().expect("no panic");
        if step == Step::At(2 * CHUNK as u64) && !*forgotten {
            place.registry.state().uploads.clear();
            *forgotten = true;
        }
    };
    let file = pack_file("1.0.0");
    let mut client = place.client("acme/care");
    client.push(&file, false, &watch).await.expect("pushed");
    assert!(*forgotten.lock().expect("no panic"));
    let sessions = place.registry.seen("POST").len();
    assert_eq!(sessions, 5, "one for each blob, and one again");
    let pulled = place.pull("acme/care:1.0.0").await.expect("pulled");
    assert_eq!(pulled.file.digest(), file.digest());
}

#[tokio::test]
async fn a_registry_without_chunks_gets_the_blob_at_once() {
    let place = Place::new();
    place.registry.state().refuses_chunks = true;
    let file = pack_file("1.0.0");
    place.push(&file, "acme/care").await.expect("pushed");
    assert_eq!(place.registry.seen("PATCH").len(), 1);
    assert!(place.pull("acme/care:1.0.0").await.is_ok());
}

#[tokio::test]
async fn a_wait_for_another_download_that_is_too_long_names_the_limit() {
    let file = pack_file("1.0.0");
    let place = Place::with(&file).await;
    let directory = place.store.partial_downloads().expect("a directory");
    let image = String::from_utf8_lossy(file.image_bytes());
    // As another process that downloads all parts holds them.
    let locks: Vec<File> = image
        .split("sha256:")
        .skip(1)
        .filter_map(|rest| {
            let lock = File::create(directory.join(rest.get(..64)?)).expect("a file");
            lock.try_lock().ok()?;
            Some(lock)
        })
        .collect();
    let limits = RegistryLimits {
        answer: Duration::from_secs(1),
        least_rate: u64::MAX,
        ..limits()
    };
    let mut client = place.client("acme/care:1.0.0").with_limits(limits);
    let pulled = client.pull(&place.store, &|_| {}).await;
    let error = pulled.expect_err("too slow").to_string();
    assert!(
        error.contains("the download of another process did not arrive within 1 s"),
        "{error}"
    );
    drop(locks);
}

#[tokio::test]
async fn a_download_continues_after_cuts_where_it_was() {
    let file = pack_file("1.0.0");
    let place = Place::with(&file).await;
    // Only parts that are longer are cut.
    place.registry.state().cut_downloads = [4_000, 4_000, 4_000, 4_000, 4_000].into();
    let steps = Mutex::new(Vec::new());
    let mut client = place.client("acme/care:1.0.0");
    let watch = |step: Step<'_>| {
        if let Step::At(bytes) = step {
            steps.lock().expect("no panic").push(bytes);
        }
    };
    let pulled = client.pull(&place.store, &watch).await.expect("pulled");
    assert_eq!(pulled.file.write(), file.write());
    let ranges: Vec<_> = place
        .registry
        .seen("blobs/")
        .into_iter()
        .filter_map(|one| one.range)
        .collect();
    assert_eq!(
        ranges.first().map(String::as_str),
        Some("bytes=4000-"),
        "{ranges:?}"
    );
    assert!(
        steps
            .lock()
            .expect("no panic")
            .contains(&(COMPONENT as u64))
    );
}

#[tokio::test]
async fn a_later_pull_continues_what_an_earlier_one_left() {
    let file = pack_file("1.0.0");
    let place = Place::with(&file).await;
    let component = format!("GET /v2/acme/care/blobs/{}", file.pack().digest());
    place.registry.state().cut_downloads = [usize::MAX, 6_000].into();
    let busy = Canned::status(403);
    // After the cut the registry refuses.
    let mut client = place.client("acme/care:1.0.0");
    let watch = |step: Step<'_>| {
        if step == Step::At(6_000) {
            place.registry.answer(&component, busy.clone());
        }
    };
    let error = client
        .pull(&place.store, &watch)
        .await
        .expect_err("refused");
    assert!(matches!(error, RegistryError::Denied { .. }), "{error}");
    assert_eq!(place.partial_bytes(), 6_000);
    place.registry.state().canned.clear();
    place.registry.take_lines();
    place.pull("acme/care:1.0.0").await.expect("pulled");
    let ranges: Vec<_> = place
        .registry
        .seen(&component)
        .into_iter()
        .map(|one| one.range)
        .collect();
    assert_eq!(ranges, [Some("bytes=6000-".to_owned())]);
    assert_eq!(place.partial_bytes(), 0);
}

#[tokio::test]
async fn a_download_begins_again_where_the_registry_does_not_continue_it() {
    let file = pack_file("1.0.0");
    let place = Place::with(&file).await;
    {
        let mut state = place.registry.state();
        state.ignores_ranges = true;
        state.cut_downloads = [usize::MAX, 6_000].into();
    }
    let pulled = place.pull("acme/care:1.0.0").await.expect("pulled");
    assert_eq!(pulled.file.write(), file.write());
}

#[tokio::test]
async fn what_was_left_damaged_is_fetched_again() {
    let file = pack_file("1.0.0");
    let place = Place::with(&file).await;
    let directory = place.store.partial_downloads().expect("a directory");
    let left = directory.join(file.pack().digest().hex());
    for bytes in [vec![9; 5_000], vec![9; COMPONENT], vec![9; COMPONENT + 1]] {
        std::fs::write(&left, bytes).expect("written");
        let pulled = place.pull("acme/care:1.0.0").await.expect("pulled");
        assert_eq!(pulled.file.write(), file.write());
    }
}

#[tokio::test]
async fn two_pulls_of_one_pack_at_once_both_succeed() {
    let file = pack_file("1.0.0");
    let place = Place::with(&file).await;
    place.registry.state().cut_downloads = [100, 200, 300, 4_000, 5_000].into();
    let (one, other) = tokio::join!(place.pull("acme/care:1.0.0"), place.pull("acme/care:1.0.0"));
    assert_eq!(one.expect("pulled").file.write(), file.write());
    assert_eq!(other.expect("pulled").file.write(), file.write());
}

#[tokio::test]
async fn a_busy_registry_is_asked_again() {
    let file = pack_file("1.0.0");
    let place = Place::with(&file).await;
    place
        .registry
        .answer("GET /v2/acme/care/manifests/1.0.0", Canned::status(503));
    let error = place.pull_error("acme/care:1.0.0").await;
    assert!(error.contains("answers 503"), "{error}");
    assert_eq!(
        place.registry.take_lines().len(),
        4,
        "the first and three repetitions"
    );
    place.registry.state().canned.clear();
    assert!(place.pull("acme/care:1.0.0").await.is_ok());
}

#[tokio::test]
async fn a_released_version_does_not_move_to_another_pack() {
    let place = Place::with(&pack_file("1.0.0")).await;
    let other = pack_file("1.0.0").write();
    let changed = signed(pack_file("1.0.0"));
    assert_ne!(changed.write(), other);
    // A signature is no change of the pack.
    place.push(&changed, "acme/care").await.expect("pushed");
    let media_type = patchbay_pack::image::MANIFEST;
    place
        .registry
        .state()
        .put_manifest("acme/care", "1.0.0", media_type, b"{}");
    let error = place
        .push(&changed, "acme/care")
        .await
        .expect_err("refused")
        .to_string();
    assert!(error.contains("--replace"), "{error}");
    let mut client = place.client("acme/care");
    client.push(&changed, true, &|_| {}).await.expect("moved");
    // Other tags move.
    for version in ["1.0.0", "2.0.0"] {
        place
            .push(&pack_file(version), "acme/care:stable")
            .await
            .expect("pushed");
    }
    let pulled = place.pull("acme/care:stable").await.expect("pulled");
    assert_eq!(pulled.file.pack().version.to_string(), "2.0.0");
}

#[tokio::test]
async fn a_reference_without_a_tag_lists_the_tags() {
    let place = Place::with(&pack_file("1.0.0")).await;
    place.registry.state().has_referrers = false;
    for version in ["1.10.0", "1.9.0"] {
        place
            .push(&signed(pack_file(version)), "acme/care")
            .await
            .expect("pushed");
    }
    let error = place.pull_error("acme/care").await;
    assert!(error.contains("1.0.0, 1.9.0, 1.10.0, such as"), "{error}");
    let error = place.pull_error("acme/other").await;
    assert!(
        error.contains("has none there") || error.contains("has no"),
        "{error}"
    );
    let error = place.pull_error("acme/care:9.9.9").await;
    assert!(
        error.contains("has no oci://") && error.contains("check path and tag"),
        "{error}"
    );
}

#[tokio::test]
async fn a_silent_registry_is_given_up() {
    let place = Place::with(&pack_file("1.0.0")).await;
    let started = std::time::Instant::now();
    let silent = Canned::status(200).with_body("{").ending(End::Silent);
    place.registry.answer("GET /v2/acme/care/manifests", silent);
    let error = place.pull_error("acme/care:1.0.0").await;
    assert!(
        error.contains("did not continue its answer within 400ms"),
        "{error}"
    );
    assert!(started.elapsed().as_secs() < 20);
    let _ = Digest::of(b"");
}
