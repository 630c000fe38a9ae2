//! The kinds of TOML documents that people write, told apart by their top-level keys: a file
//! of one kind where another is expected is named as what it is.

use std::fmt::{self, Display, Formatter};

use crate::file_problem::FileProblem;

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// The file of a company.
    Company,
    /// The settings of the server.
    Settings,
    /// The manifest of a pack.
    Pack,
    /// Which keys sign packs that the host trusts.
    TrustPolicy,
}

/// Keys that only documents of a kind have.
const KEYS: [(DocumentKind, &[&str]); 4] = [
    (DocumentKind::Company, &["company"]),
    (DocumentKind::Pack, &["pack"]),
    (
        DocumentKind::Settings,
        &[
            "companies",
            "server",
            "journal",
            "packs",
            "dev",
            "admission",
        ],
    ),
    (
        DocumentKind::TrustPolicy,
        &["key", "rule", "revoked", "unsigned"],
    ),
];

impl DocumentKind {
    /// The kind of a document, if a key of its top level says so.
    fn of(table: &toml::Table) -> Option<DocumentKind> {
        let mut kinds = KEYS.iter();
        let found = kinds.find(|(_, keys)| keys.iter().any(|key| table.contains_key(*key)));
        found.map(|(kind, _)| *kind)
    }

    /// The problem of a text that is a document of another kind; `None` where it is of this
    /// kind or of none that is known.
    pub fn mistaken(self, text: &str) -> Option<FileProblem> {
        let table = toml::from_str::<toml::Table>(text).ok()?;
        let found = DocumentKind::of(&table).filter(|found| *found != self)?;
        let message = format!("this is {found}; {self} is expected here");
        Some(FileProblem::whole(message).help(found.usage()))
    }

    /// Where a document of the kind belongs.
    fn usage(self) -> &'static str {
        match self {
            DocumentKind::Company => {
                "name it under `companies` in the settings, or give it to `patchbay apply`"
            }
            DocumentKind::Settings => "give it to a command with --config",
            DocumentKind::Pack => {
                "name its directory where a pack is expected: `patchbay build DIR`, or `pack` of a plugin in the company file"
            }
            DocumentKind::TrustPolicy => {
                "name it as `policy` under [trust] in the settings, or with --policy"
            }
        }
    }
}

impl Display for DocumentKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DocumentKind::Company => "a company file",
            DocumentKind::Settings => "a settings file of the server",
            DocumentKind::Pack => "the manifest of a pack (pack.toml)",
            DocumentKind::TrustPolicy => "a trust policy",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_of_another_kind_is_named() {
        let company = "company = \"nw\"\n[queue.general]\n";
        for (expected, text, found) in [
            (DocumentKind::Settings, company, Some("a company file")),
            (DocumentKind::Company, company, None),
            (
                DocumentKind::Company,
                "companies = []\n",
                Some("a settings file of the server"),
            ),
            (
                DocumentKind::Company,
                "[pack]\nname = \"a\"\n",
                Some("the manifest of a pack (pack.toml)"),
            ),
            (
                DocumentKind::Settings,
                "[key.acme]\npublic = \"x\"\n",
                Some("a trust policy"),
            ),
            (DocumentKind::Pack, "other = 1\n", None),
            (DocumentKind::Pack, "not = [toml", None),
            (DocumentKind::Pack, "", None),
        ] {
            let problem = expected.mistaken(text);
            let message = problem.map(|problem| problem.message);
            let wanted = found.map(|found| format!("this is {found}; {expected} is expected here"));
            assert_eq!(message, wanted, "{text}");
        }
    }
}
