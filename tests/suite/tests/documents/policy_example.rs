//! The small policy that docs/policies.md shows in each language is the one of new projects, which
//! are built and tested in each language.

use std::fs;

use crate::document::{Document, root};

/// Lines of code, without indentation and comments.
fn statements(text: &str, comment: &str) -> Vec<String> {
    text.lines()
        .map(|line| line.split(comment).next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_policy_in_three_languages_is_that_of_new_projects() {
    let page = Document::read("docs/policies.md");
    for (language, template, comment, begin) in [
        ("rust,ignore", "rust/src/lib.rs", "//", "fn classify("),
        ("ts", "typescript/src/policy.ts", "//", "classify("),
        ("python", "python/policy.py", "#", "def classify("),
    ] {
        let template = root().join("host/scaffold/template").join(template);
        let template = fs::read_to_string(template).expect("a template");
        let template = statements(&template, comment);
        let blocks = page.code_blocks.iter();
        let shown: Vec<Vec<String>> = blocks
            .filter(|(of, text)| of == language && text.contains(begin))
            .map(|(_, text)| statements(text, comment))
            .collect();
        let [shown] = &shown[..] else {
            panic!("{} policies in {language}", shown.len());
        };
        let decision = shown.iter().skip_while(|line| !line.starts_with(begin));
        let decision: Vec<&String> = decision.collect();
        assert!(decision.len() >= 5, "{language}: {decision:?}");
        for line in decision {
            assert!(
                template.contains(line),
                "new projects in {language} have no `{line}`"
            );
        }
    }
}
