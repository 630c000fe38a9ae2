//! What `apply` finds in a company file and its packs.

use std::path::Path;

use crate::command::{joined, patchbay};
use crate::decisions::{Place, decide, document};
use crate::project::Project;
use crate::test_server::TestServer;

#[test]
fn an_exported_case_with_personal_data_is_a_warning_and_is_not_stored() {
    const CARD: &str = "4539 1488 0343 6467";
    let project = Project::of_stages("classify");
    let packs = project.path("..");
    let place = Place::new(&[]);
    let text = "company = \"northwind\"\n[pipeline]\nclassify = [\"care\"]\n[plugin.care]\npack = \"care\"\nsettings = { words = { card = \"lost-card\" } }\ngrants = { interactions = true }\n[queue.general]\ndefault = true\n[record]\ntranscripts = \"all\"\n";
    let file = place.path("northwind.toml");
    std::fs::write(&file, text).expect("written");
    std::fs::create_dir(place.path("data")).expect("made");
    let settings = format!(
        "companies = [\"northwind.toml\"]\npacks = [{packs:?}]\n[dev]\nsources = true\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"data/desk.db\"\nkey = \"desk.key\"\n"
    );
    std::fs::write(&place.config, settings).expect("written");
    let northwind = |verb: &str, rest: &[&str]| {
        let own = [verb, "--config", &place.config, "--company", "northwind"];
        patchbay(&[&own[..], rest].concat())
    };
    let server = TestServer::start(Path::new(&place.config));
    decide(
        &server,
        "northwind",
        "1",
        &format!("Lost my card {CARD}, help!"),
    );
    let listed = document(&northwind("decisions", &["list", "--json"]), 0);
    let decision = listed["decisions"][0]["id"].to_string();
    let case = project.path("cases/classify/exported.json");
    let case = case.to_str().expect("UTF-8");
    let export = ["export-case", &decision, "--output", case];
    joined(&northwind("decisions", &export), 0);
    assert!(
        std::fs::read_to_string(case)
            .expect("written")
            .contains(CARD)
    );

    // Another queue makes it another generation.
    std::fs::write(&file, text.replace("[record]", "[queue.vaults]\n[record]")).expect("written");
    let apply = [
        "apply",
        file.to_str().expect("UTF-8"),
        "--config",
        &place.config,
        "--offline",
    ];
    let applied = joined(&patchbay(&apply), 0);
    assert!(
        applied.contains("case classify/exported.json of pack care holds what looks like personal data (payment-card)"),
        "{applied}"
    );
    assert!(applied.contains("generation 2"), "{applied}");
    let (_, open) = server.send("GET", "conversations", "");
    let contact = open["conversations"][0]["contact"]
        .as_str()
        .expect("a contact");
    joined(&northwind("contacts", &["erase", contact, "--yes"]), 0);
    // Killed: the text is in no file that a start would complete either.
    drop(server);
    let mut has_generation = false;
    for entry in std::fs::read_dir(place.path("data")).expect("there") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("a file");
        let holds = |text: &str| {
            bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        };
        assert!(!holds(CARD), "{}", path.display());
        assert!(!holds("Lost my card"), "{}", path.display());
        has_generation |= holds("[queue.vaults]");
    }
    assert!(has_generation, "stored generations are readable text");
}
