//! The settings file, fed with mutated inputs.

use std::path::Path;

use patchbay_fuzz::{Corpus, Reading, text};
use patchbay_settings::ServerSettings;

#[test]
fn a_settings_file_is_read_or_every_problem_has_a_place_in_it() {
    let example = include_str!("../patchbay.example.toml");
    Corpus::of([example])
        .words(&[
            "[",
            "]",
            "=",
            "\"",
            "'''",
            "{",
            "}",
            ".",
            "#",
            "\n",
            "nan",
            "0x",
            "\"99999999999999GiB\"",
            "[tls]\n",
            "[oidc]\n",
            "[oidc.sign-in]\n",
            "1979-05-27T07:32:00Z",
        ])
        // A parsed table takes about a hundred times the bytes of its text.
        .most_allocated(160 << 20)
        .cases(400)
        .run(text(|text| {
            let read = ServerSettings::parse(text, Path::new("/nowhere"));
            if let Err(problems) = &read {
                assert!(!problems.is_empty(), "refused without a reason");
                for problem in problems {
                    let _ = problem.line_column(text);
                }
            }
            Reading::from(&read)
        }));
}
