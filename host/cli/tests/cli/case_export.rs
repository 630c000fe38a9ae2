//! The file that `decisions export-case` writes.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::command::{joined, patchbay};
use crate::decisions::{Place, decide, document};
use crate::test_server::TestServer;

#[test]
fn an_existing_file_is_overwritten_only_with_force() {
    let place = Place::new(&[("northwind", "[record]\ntranscripts = \"all\"", "")]);
    let server = TestServer::start(Path::new(&place.config));
    decide(&server, "northwind", "1", "Where is my order?");
    let decisions = |rest: &[&str]| {
        let own = ["decisions", "--config", &place.config];
        patchbay(&[&own[..], &["--company", "northwind"], rest].concat())
    };
    let listed = document(&decisions(&["list", "--json"]), 0);
    let decision = listed["decisions"][0]["id"].to_string();
    let unsealed = || {
        let audit = ["audit", "list", "--config", &place.config];
        let listed = joined(&patchbay(&audit), 0);
        listed.matches("decision.unsealed").count() + listed.matches("decisions.unsealed").count()
    };

    let file = place.path("case.json");
    std::fs::write(&file, "mine").expect("written");
    let export = ["export-case", &decision, "--output"];
    let export = [&export[..], &[file.to_str().expect("UTF-8")]].concat();
    let refused = joined(&decisions(&export), 1);
    for part in ["case.json exists", "nothing was written", "--force"] {
        assert!(refused.contains(part), "{part} is not in {refused}");
    }
    let content = || std::fs::read_to_string(&file).expect("a file");
    assert_eq!(content(), "mine");
    assert_eq!(unsealed(), 0, "a refused export reads no personal data");

    joined(&decisions(&[&export[..], &["--force"]].concat()), 0);
    assert!(content().contains("Where is my order?"), "{}", content());
    let mode = std::fs::metadata(&file).expect("a file").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600, "it holds personal data");
    assert_eq!(unsealed(), 1);
    // Nothing is overwritten on a terminal or pipe.
    let export = ["export-case", &decision, "--output", "/dev/null"];
    joined(&decisions(&export), 0);
}
