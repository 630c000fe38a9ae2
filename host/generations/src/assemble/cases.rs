//! Test cases of packs: all must pass before a generation is activated.

use std::cell::Cell;
use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use patchbay_company::CompanyFile;
use patchbay_config::bound::{Bound, BoundSettings, Scope};
use patchbay_config::file_problem::FileProblem;
use patchbay_config::toml_document;
use patchbay_engine::cache::AotCache;
use patchbay_engine::component::Digest;
use patchbay_pack::Pack;
use patchbay_pack::directory_files::has_extension;
use patchbay_pack_cases::CaseRunner;
use patchbay_personal_data::Kind;
use serde_json::Value;

use super::reserved_phones;
use super::source::Source;

/// Failing cases reported for each pack; the rest is a number.
const REPORTED: usize = 5;

/// The caller stopped the run before the last case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CasesInterrupted;

/// Digests of the packs whose cases passed.
#[derive(Default)]
pub(super) struct PassedPacks(Mutex<HashSet<Digest>>);

impl PassedPacks {
    /// Packs that passed before, on this version of the host.
    pub(super) fn add(&self, tested: impl IntoIterator<Item = Digest>) {
        self.0.lock().extend(tested);
    }

    /// See [`Assembler::run_cases`](super::Assembler::run_cases).
    pub(super) fn run_cases(
        &self,
        source: &Source,
        cache: Option<&AotCache>,
        bounds: &BoundSettings,
        should_continue: &dyn Fn() -> bool,
    ) -> Result<Vec<FileProblem>, CasesInterrupted> {
        // The build reports what is wrong with an invalid file.
        let Ok(file) = CompanyFile::parse(&source.document) else {
            return Ok(Vec::new());
        };
        let allowed = Duration::from_millis(bounds.get(Bound::CaseTime, Scope::Item));
        let until = Instant::now() + allowed;
        let is_late = Cell::new(false);
        let goes_on = || {
            should_continue() && {
                is_late.set(Instant::now() >= until);
                !is_late.get()
            }
        };
        let mut problems = Vec::new();
        let mut seen = BTreeSet::new();
        for entry in file.plugin.values() {
            let name = entry.pack.get_ref();
            let Some(pack) = source.packs.get(name).filter(|_| seen.insert(name)) else {
                continue;
            };
            let digest = pack.bundle().tested_digest();
            if self.0.lock().contains(&digest) {
                continue;
            }
            let at = |message| FileProblem::at(entry.pack.span(), message);
            let failures = match failures(pack, cache, &goes_on) {
                Ok(failures) => failures,
                Err(CasesInterrupted) if is_late.get() => {
                    problems.push(out_of_time(at, pack, allowed));
                    return Ok(problems);
                }
                Err(interrupted) => return Err(interrupted),
            };
            if failures.is_empty() {
                self.0.lock().insert(digest);
            }
            let more = failures.len().saturating_sub(REPORTED);
            problems.extend(failures.into_iter().take(REPORTED).map(at));
            if more > 0 {
                problems.push(at(format!("pack {}: {more} more cases fail", pack.name)));
            }
        }
        Ok(problems)
    }
}

/// The problem of cases that take too long.
fn out_of_time(
    at: impl FnOnce(String) -> FileProblem,
    pack: &Pack,
    allowed: Duration,
) -> FileProblem {
    let name = &pack.name;
    let problem = at(format!(
        "pack {name}: its cases, with those of the packs before it, did not end within {allowed:?}"
    ))
    .help("split the cases or make them shorter; the operator can raise case-time in [bounds]");
    match Bound::CaseTime.limit(Scope::Item) {
        Some(limit) => problem.exceeds(limit, allowed.as_millis() as u64),
        None => problem,
    }
}

fn failures(
    pack: &Pack,
    cache: Option<&AotCache>,
    should_continue: &dyn Fn() -> bool,
) -> Result<Vec<String>, CasesInterrupted> {
    if pack.cases.is_empty() {
        return Ok(Vec::new());
    }
    let mut runner = match CaseRunner::new(pack, cache.cloned()) {
        Ok(runner) => runner,
        Err(error) => return Ok(vec![format!("pack {}: {error}", pack.name)]),
    };
    let mut failures = Vec::new();
    for (path, text) in &pack.cases {
        let report = runner.run_text(Path::new(path), text, should_continue);
        let report = report.ok_or(CasesInterrupted)?;
        if !report.passed() {
            let (path, summary) = (report.path.display(), report.summary());
            failures.push(format!("pack {}: case {path} {summary}", pack.name));
        }
    }
    tracing::info!(
        pack = pack.name,
        cases = pack.cases.len(),
        failed = failures.len(),
        prepared = runner.prepared(),
        "ran the test cases of a pack"
    );
    Ok(failures)
}

/// A warning for each pack whose cases hold what looks like personal data. The
/// host does not store cases; erasing a contact does not reach the files.
pub fn personal_data_warnings(source: &Source) -> Vec<String> {
    let mut warnings = Vec::new();
    for pack in source.packs.values() {
        let mut found = pack.cases.iter().filter_map(|(path, text)| {
            let kind = personal_data(&read_case(Path::new(path), text)?)?;
            Some((path, kind))
        });
        let Some((path, kind)) = found.next() else {
            continue;
        };
        let count = found.count() + 1;
        let what = match count {
            1 => format!("case {path} of pack {} holds", pack.name),
            _ => format!("{count} cases of pack {}, first {path}, hold", pack.name),
        };
        warnings.push(format!(
            "{what} what looks like personal data ({kind}); the host does not store cases, but `patchbay contacts erase` does not reach these files: replace the data by invented data"
        ));
    }
    warnings
}

/// A case as JSON, by the extension of its file. `None` if it cannot be read: running it says why.
fn read_case(path: &Path, text: &str) -> Option<Value> {
    match has_extension(path, &["toml"]) {
        true => serde_json::to_value(toml_document::read::<toml::Table>(text).ok()?).ok(),
        false => serde_json::from_str(text).ok(),
    }
}

/// Kind of personal data in what a case says customers and agents wrote.
fn personal_data(case: &Value) -> Option<&'static str> {
    match case {
        Value::Object(fields) => fields.iter().find_map(|(name, value)| match name.as_str() {
            "text" | "address" | "name" => value.as_str().and_then(kind_in),
            "settings" | "expect" | "knowledge" | "queues" | "agents" => None,
            "data" => personal_data_in_texts(value),
            _ => personal_data(value),
        }),
        Value::Array(items) => items.iter().find_map(personal_data),
        _ => None,
    }
}

/// Kind of personal data in any text below a value: a table may be that of a company's customers.
fn personal_data_in_texts(value: &Value) -> Option<&'static str> {
    match value {
        Value::String(text) => kind_in(text),
        Value::Array(items) => items.iter().find_map(personal_data_in_texts),
        Value::Object(fields) => fields.values().find_map(personal_data_in_texts),
        _ => None,
    }
}

/// Kind of the first personal data in a text that is no published example.
fn kind_in(text: &str) -> Option<&'static str> {
    let mut spans = patchbay_personal_data::find(text).into_iter();
    let is_real =
        |span: &patchbay_personal_data::Span| !is_example(span.kind, &text[span.bytes.clone()]);
    spans.find(is_real).map(|span| span.kind.code())
}

/// Whether personal data is published for tests and examples: a number of the card networks, an
/// account of the standard, an address in a reserved domain, or a telephone number of those
/// that regulators keep for drama.
fn is_example(kind: Kind, found: &str) -> bool {
    let plain = plain_number(found);
    match kind {
        Kind::Email => {
            let domain = found.rsplit('@').next().unwrap_or_default();
            let domain = domain.to_ascii_lowercase();
            let mut labels = domain.split('.');
            labels.any(|label| matches!(label, "example" | "test" | "invalid" | "localhost"))
        }
        Kind::Phone => reserved_phones::is_reserved(found),
        _ => EXAMPLE_NUMBERS.contains(&plain.as_str()),
    }
}

/// Letters and digits of a number, those of full width as ASCII.
fn plain_number(found: &str) -> String {
    let narrow = found.chars().map(|character| match character {
        '\u{ff10}'..='\u{ff19}' => char::from(b'0' + (u32::from(character) - 0xff10) as u8),
        _ => character,
    });
    narrow.filter(char::is_ascii_alphanumeric).collect()
}

/// Numbers that are published for tests and examples.
const EXAMPLE_NUMBERS: [&str; 12] = [
    "4111111111111111",
    "4012888888881881",
    "4242424242424242",
    "5555555555554444",
    "5105105105105100",
    "5500005555555559",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "GB82WEST12345698765432",
    "DE89370400440532013000",
    "GB29NWBK60161331926819",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_in_cases_is_found_and_published_examples_are_not() {
        let case = |text: &str| serde_json::json!({"steps": [{"classify": {"id": "1", "channel": "x", "text": text}}]});
        for (text, kind) in [
            ("my card is 4539 1488 0343 6467", Some("payment-card")),
            ("write to jo.miller@mail.org", Some("email")),
            ("my card is 4111 1111 1111 1111", None),
            ("write to jo@shop.example, please", None),
            ("@northwind where is my order?", None),
            ("call me on 07700 900123", None),
            ("call me on +44 7700 900 123", None),
            ("call me on 07700 800123", Some("phone")),
            ("call me on +44 (0) 7700 900123", None),
            ("call me on 0044 7700 900123", None),
            ("call me on +351 912 345 678", Some("phone")),
            ("call me on +44 800 555 0100", Some("phone")),
        ] {
            assert_eq!(personal_data(&case(text)), kind, "{text}");
        }
    }

    /// The cases of the shipped packs hold invented data: a warning about them is a mistake.
    #[test]
    fn no_case_of_a_shipped_pack_is_taken_for_personal_data() {
        let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
        let mut directories = vec![plugins];
        let (mut read, mut found) = (0, Vec::new());
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(&directory).expect("a directory") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    directories.push(path);
                } else if path.to_string_lossy().contains("/cases/")
                    && has_extension(&path, &["json", "toml"])
                {
                    let text = std::fs::read_to_string(&path).expect("a text");
                    let case = read_case(&path, &text).expect("a case");
                    read += 1;
                    found.extend(personal_data(&case).map(|kind| (path, kind)));
                }
            }
        }
        assert!(read > 100, "{read} cases");
        assert_eq!(found, []);
    }
}
