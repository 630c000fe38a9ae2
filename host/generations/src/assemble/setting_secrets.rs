//! Secrets that the settings of plugins refer to: which a company may name.

use std::collections::BTreeSet;

use patchbay_company::{CompanyFile, SettingsPlaces};
use patchbay_config::file_problem::FileProblem;
use patchbay_config::toml_place::Part;

use super::source::Source;

/// Most secrets in the settings of a plugin that are refused at once.
const MOST_FORBIDDEN: usize = 50;

/// Problems of secrets that the company may not name: it may name those in `allowed`, variables by
/// name and files by path, or all if that is `None`. Nothing is revealed of a variable or a file.
pub(crate) fn forbidden_secrets(
    file: &CompanyFile,
    source: &Source,
    allowed: Option<&BTreeSet<String>>,
) -> Vec<FileProblem> {
    let Some(allowed) = allowed else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    let places = SettingsPlaces::of(&source.document);
    for (plugin, entry) in &file.plugin {
        let pack = source.packs.get(entry.pack.get_ref());
        let Some(schema) = pack.and_then(|pack| pack.schema.as_ref()) else {
            continue;
        };
        let settings = serde_json::to_value(entry.settings.get_ref()).unwrap_or_default();
        let references = schema.secret_references(&settings).into_iter();
        let forbidden = references.filter(|one| !allowed.contains(one.source.name()));
        for one in forbidden.take(MOST_FORBIDDEN) {
            let message = format!(
                "{}: {} is a secret that the company may not use",
                one.path,
                one.source.name()
            );
            let place = (one.path.as_str(), Part::Value);
            problems.push(places.problem(plugin, place, message).help(
                "have the operator list it for the company under [secrets] in patchbay.toml",
            ));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use patchbay_engine::component::Digest;
    use patchbay_pack::Pack;
    use patchbay_pack::bundle::Bundle;

    use super::*;

    #[test]
    fn a_company_may_name_the_secrets_that_are_listed_for_it() {
        let text = "company = \"a\"\n[plugin.care]\npack = \"care\"\nsettings = { a = { env = \"A\" }, b = { file = \"/run/b\" } }\n[queue.x]\ndefault = true\n";
        let bundle = Bundle {
            name: "care".to_owned(),
            manifest: None,
            schema: Some(r#"{"additionalProperties": {"x-patchbay-secret": true}}"#.to_owned()),
            component: Digest::of(b"code"),
            cases: BTreeMap::new(),
            tested: None,
            is_stored: false,
            data: BTreeMap::new(),
            provenance: None,
        };
        let pack = Pack::from_bundle(bundle, b"code".to_vec().into(), |_| None).expect("a pack");
        let source = Source {
            document: text.to_owned(),
            packs: BTreeMap::from([("care".to_owned(), Arc::new(pack))]),
            ..Source::default()
        };
        let file = CompanyFile::parse(text).expect("a company file");
        let forbidden = |allowed: &[&str]| {
            let allowed = allowed.iter().map(|name| (*name).to_owned()).collect();
            forbidden_secrets(&file, &source, Some(&allowed))
        };
        assert_eq!(forbidden(&["A", "/run/b", "C"]), []);
        assert_eq!(forbidden_secrets(&file, &source, None), []);
        let problems = forbidden(&["A"]);
        assert_eq!(problems.len(), 1);
        assert!(
            problems[0].message.contains("/b: /run/b is a secret"),
            "{problems:?}"
        );
        let place = problems[0].span.clone().expect("a place");
        assert_eq!(&text[place], "{ file = \"/run/b\" }");
        assert_eq!(forbidden(&[]).len(), 2);
    }
}
