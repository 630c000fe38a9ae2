//! Documents as servers send them: `documents/NAME/document.xml` or `.json`, and what the
//! poll after the first one delivers of it, decoded: `items.json`. `PATCHBAY_UPDATE=1` writes
//! that; read what changed before you commit it.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

pub(super) fn all() -> Vec<(PathBuf, Vec<u8>)> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/channels/feed/documents");
    let entries = fs::read_dir(place).expect("the documents");
    let mut places: Vec<_> = entries
        .map(|entry| entry.expect("a directory").path())
        .collect();
    places.sort();
    let documents = places.into_iter().map(|place| {
        let files = ["document.xml", "document.json"].map(|name| fs::read(place.join(name)).ok());
        let document = files.into_iter().flatten().next().expect("a document");
        (place, document)
    });
    documents.collect()
}

/// What the second poll delivers, the feed having been empty before.
pub(super) fn deliveries(body: &[u8]) -> Result<Vec<PolledDelivery>, PollFailure> {
    let adapter = open(json!({"history-days": 30})).expect("opened");
    let now = after(15);
    let mut poll = adapter.poll(Some(&begun(&*adapter)), now).expect("a poll");
    poll.answer(answer(200, &[], body, now))
}

#[test]
fn documents_have_their_items() {
    let mut different = Vec::new();
    for (place, document) in all() {
        let deliveries = deliveries(&document).expect("a feed");
        let items: Vec<Item> = deliveries.iter().map(decode).collect();
        let mut shown = serde_json::to_string_pretty(&items).expect("serialises");
        shown.push('\n');
        let file = place.join("items.json");
        if std::env::var_os("PATCHBAY_UPDATE").is_some() {
            fs::write(&file, &shown).expect("written");
        }
        if fs::read_to_string(&file).unwrap_or_default() != shown {
            different.push(format!("{}:\n{shown}", place.display()));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// A delivery has no personal data in its URL, and is the same each time.
#[test]
fn a_delivery_is_the_entry_alone() {
    for (place, document) in all() {
        let (one, other) = (deliveries(&document), deliveries(&document));
        let (one, other) = (one.expect("a feed"), other.expect("a feed"));
        assert_eq!(one.len(), other.len());
        for (one, other) in one.iter().zip(&other) {
            assert_eq!((&one.url, &one.body), (&other.url, &other.body));
            let id = one.url.strip_prefix("feed:?account=blog-comments&entry=");
            let id = id.unwrap_or_else(|| panic!("{}: {}", place.display(), one.url));
            assert!(
                id.len() == 32 && id.bytes().all(|it| it.is_ascii_hexdigit()),
                "{id}"
            );
            if let Item::Interaction(decoded) = decode(one) {
                assert_eq!(decoded.interaction.id, id);
            }
        }
    }
}
