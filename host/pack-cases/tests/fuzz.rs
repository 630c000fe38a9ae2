//! The reader of cases, fed with mutated inputs.

use std::path::Path;

use patchbay_fuzz::{Corpus, Reading, text};
use patchbay_pack_cases::Case;

const TOML_WORDS: [&str; 16] = [
    "[",
    "]",
    "[[",
    "]]",
    "=",
    "\"",
    "'''",
    "{",
    "}",
    ".",
    "#",
    "\n",
    "[limits]\n",
    "nan",
    "1979-05-27T07:32:00Z",
    "state-from = [",
];

#[test]
fn a_case_that_is_too_long_is_not_parsed() {
    let long = "#".repeat((1 << 20) + 1);
    let error = Case::parse(Path::new("a.toml"), &long).expect_err("too long");
    assert!(error.to_string().contains("the limit is 1 MiB"), "{error}");
}

#[test]
fn a_case_file_is_read_or_refused() {
    let toml = "note = \"asks\"\nnow = 2026-03-02T10:15:00Z\n[[queues]]\nid = \"general\"\ndefault = true\n[[steps]]\nclassify = { id = \"1\", channel = \"x\", text = \"Hello\" }\nexpect = { outcome = \"ok\" }\n[[steps]]\nadvance = \"1h\"\n";
    let json = include_str!("../../../plugins/social-care/cases/routing/expired.json");
    let route = include_str!("../../../plugins/social-care/cases/routing/own-map.json");
    let tone = include_str!("../../../plugins/social-care/cases/tone/approved-answer.json");
    for (name, seed) in [
        ("seed.toml", toml),
        ("seed.json", json),
        ("seed.json", route),
        ("seed.json", tone),
    ] {
        Case::parse(Path::new(name), seed).expect("the seed is a case");
    }
    Corpus::of([toml, json, route, tone])
        .words(&TOML_WORDS)
        .words(&[
            "{",
            "\"steps\":[",
            "\"expect\":{",
            "null",
            "\\ud800",
            "1e999",
            "classify",
            ",",
        ])
        .least_accepted(5)
        // A parsed document takes about a hundred times the bytes of its text.
        .most_allocated(160 << 20)
        .run(text(|text| {
            let read =
                |name: &str| Case::parse(Path::new(name), text).map_err(|error| error.to_string());
            let (toml, json) = (read("case.toml"), read("case.json"));
            Reading::from(&toml.or(json))
        }));
}
