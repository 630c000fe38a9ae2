//! Personal data in what the command line shows, however the customer wrote it.

use std::path::Path;

use crate::command::{joined, patchbay};
use crate::decisions::{Place, document, heard};
use crate::test_server::TestServer;

const DIGITS: &str = "4111111111111111";

/// The letters and digits of a text, those of full width as ASCII.
fn plain(text: &str) -> String {
    let full_width = |c: char| match c {
        '０'..='９' => char::from(b'0' + (c as u32 - '０' as u32) as u8),
        c => c,
    };
    let text = text.replace("\\u{200b}", "").replace("\\u200b", "");
    let letters = text.chars().map(full_width);
    letters.filter(char::is_ascii_alphanumeric).collect()
}

#[test]
fn a_card_number_in_disguise_is_masked() {
    let place = Place::new(&[("northwind", "[record]\ntranscripts = \"all\"", "")]);
    let server = TestServer::start(Path::new(&place.config));
    let about = |rest: &[&str]| {
        let flags = ["--config", &place.config, "--company", "northwind"];
        patchbay(&[rest, &flags].concat())
    };
    for (id, card) in [
        ("1", "4111–1111–1111–1111"),
        ("2", "4111\u{200b}1111\u{200b}1111\u{200b}1111"),
        ("3", "４１１１ １１１１ １１１１ １１１１"),
    ] {
        assert_eq!(plain(card), DIGITS);
        let text = format!("Lost my card {card}, help!");
        let (status, answer) = server.send("POST", "interactions", &heard(id, &text));
        assert_eq!(status, 202, "{answer}");
        let decision = loop {
            let list = ["decisions", "list", "--interaction", id, "--json"];
            let listed = document(&about(&list), 0);
            if let Some(decision) = listed["decisions"].as_array().and_then(|all| all.last()) {
                break decision["id"].to_string();
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        };
        let (_, open) = server.send("GET", "conversations", "");
        let conversation = open["conversations"][0]["id"].as_str().expect("an id");
        for verb in [
            &["decisions", "show", &decision][..],
            &["decisions", "explain", &decision],
            &["conversations", "show", conversation],
            &["conversations", "show", conversation, "--json"],
            &["conversations", "list"],
            &["conversations", "list", "--json"],
        ] {
            let shown = joined(&about(verb), 0);
            assert!(!plain(&shown).contains(DIGITS), "{verb:?}: {shown}");
            if verb[1] == "show" && verb[0] == "decisions" {
                assert!(shown.contains("[payment-card]"), "{card}: {shown}");
            }
        }
        let unsealed = joined(&about(&["decisions", "show", &decision, "--unseal"]), 0);
        assert!(plain(&unsealed).contains(DIGITS), "{unsealed}");
    }
}
