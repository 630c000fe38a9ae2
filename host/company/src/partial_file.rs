//! Parses a company file as far as possible: removes each invalid entry and
//! continues, so that one attempt reports every problem.

use std::collections::BTreeSet;
use std::ops::Range;

use patchbay_config::document_kind::DocumentKind;
use patchbay_config::file_problem::FileProblem;
use patchbay_config::toml_document;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::CompanyFile;
use super::duplicate_keys::join_duplicates;

/// Most problems that are reported at once.
const MAX_PROBLEMS: usize = 50;
/// Most bytes of a company file: a parsed one takes up to a hundred times as much.
const MAX_BYTES: usize = 4 << 20;
/// Up to this many bytes, every syntax error of a file is reported; of a longer file, the first. The
/// parser collects errors without a limit.
const RECOVERED_BYTES: usize = 256 << 10;
/// Placeholder for a missing company name.
const NAMELESS: &str = "nameless";

/// The valid part of a company file, and its problems.
#[derive(Clone, Debug)]
pub struct PartialCompanyFile {
    /// The valid part; not for use while there are problems.
    pub file: CompanyFile,
    /// Problems that can be found without the packs.
    pub problems: Vec<FileProblem>,
    removed: RemovedEntries,
}

impl PartialCompanyFile {
    /// Whether the entry at `path` lost a part.
    pub fn is_partial(&self, path: &[&str]) -> bool {
        self.removed.contains(path)
    }
}

/// Paths of the removed entries.
#[derive(Clone, Debug, Default)]
pub(super) struct RemovedEntries(BTreeSet<Vec<String>>);

impl RemovedEntries {
    /// Whether the entry at `path` or one of its parents was removed.
    pub(super) fn covers(&self, path: &[&str]) -> bool {
        self.0.iter().any(|removed| {
            removed.len() <= path.len() && removed.iter().zip(path).all(|(a, b)| a == b)
        })
    }

    /// Whether the entry at `path` or one of its children was removed.
    pub(super) fn contains(&self, path: &[&str]) -> bool {
        self.0.iter().any(|removed| {
            removed.len() >= path.len() && removed.iter().zip(path).all(|(a, b)| a == b)
        })
    }
}

impl CompanyFile {
    /// Parse as much of a company file as possible.
    ///
    /// # Errors
    /// Every problem found, where nothing of it can be read.
    pub fn read(text: &str) -> Result<PartialCompanyFile, Vec<FileProblem>> {
        if text.len() > MAX_BYTES {
            let message = format!("the file has {} bytes; the limit is 4 MiB", text.len());
            let help = "import agents with `patchbay agents import`, and keep articles in files";
            return Err(vec![FileProblem::whole(message).help(help)]);
        }
        toml_document::check_bounds(text).map_err(|problem| vec![problem])?;
        if let Ok(file) = toml::from_str::<CompanyFile>(text) {
            let removed = RemovedEntries::default();
            return Ok(PartialCompanyFile {
                problems: first(file.problems(&removed)),
                file,
                removed,
            });
        }
        let (mut table, errors) = match text.len() > RECOVERED_BYTES {
            true => DeTable::parse(text)
                .map(|table| (table, Vec::new()))
                .map_err(|error| vec![FileProblem::from(error)])?,
            false => DeTable::parse_recoverable(text),
        };
        let problems = errors.into_iter().map(FileProblem::from);
        let mut problems = join_duplicates(text, problems, MAX_PROBLEMS);
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut removed = RemovedEntries::default();
        if !table
            .get_ref()
            .iter()
            .any(|(key, _)| key.get_ref() == "company")
        {
            if let Some(problem) = DocumentKind::Company.mistaken(text) {
                return Err(vec![problem]);
            }
            let problem = FileProblem::whole("the file names no company");
            problems.push(problem.help("begin the file with company = and its name"));
            insert_name(&mut table);
        }
        loop {
            let error = match CompanyFile::deserialize(Deserializer::from(table.clone())) {
                Ok(file) => {
                    problems.extend(file.problems(&removed));
                    return Ok(PartialCompanyFile {
                        file,
                        problems: first(problems),
                        removed,
                    });
                }
                Err(error) => error,
            };
            let problem = FileProblem::from(error);
            let place = problem.span.clone();
            problems.push(problem);
            let found = place.and_then(|span| smallest_entry(table.get_ref(), &span));
            let Some(path) = found.filter(|_| problems.len() < MAX_PROBLEMS) else {
                return Err(problems);
            };
            remove(table.get_mut(), &path);
            if path == ["company"] {
                insert_name(&mut table);
            }
            removed.0.insert(path);
        }
    }
}

/// The first problems, and how many there are besides.
fn first(mut problems: Vec<FileProblem>) -> Vec<FileProblem> {
    let more = problems.len().saturating_sub(MAX_PROBLEMS);
    if more > 0 {
        problems.truncate(MAX_PROBLEMS);
        problems.push(FileProblem::whole(format!("and {more} more problems")));
    }
    problems
}

/// Insert a name, so that parsing can continue.
fn insert_name(table: &mut Spanned<DeTable<'_>>) {
    let value = DeValue::String(NAMELESS.into());
    table.get_mut().insert(
        Spanned::new(0..0, "company".into()),
        Spanned::new(0..0, value),
    );
}

/// Path of the smallest entry around a byte range.
fn smallest_entry(table: &DeTable<'_>, span: &Range<usize>) -> Option<Vec<String>> {
    let mut found: Option<(usize, Vec<String>)> = None;
    search(table, span, &mut Vec::new(), &mut found);
    found.map(|(_, path)| path)
}

fn search(
    table: &DeTable<'_>,
    span: &Range<usize>,
    path: &mut Vec<String>,
    found: &mut Option<(usize, Vec<String>)>,
) {
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        for place in [key.span(), value.span()] {
            let covers = place.start <= span.start && span.end <= place.end;
            // Of two with the same range take the inner one: a table that only
            // its children name has the range of its first child.
            if covers && found.as_ref().is_none_or(|(size, _)| place.len() <= *size) {
                *found = Some((place.len(), path.clone()));
            }
        }
        if let DeValue::Table(inner) = value.get_ref() {
            search(inner, span, path, found);
        }
        path.pop();
    }
}

fn remove(table: &mut DeTable<'_>, path: &[String]) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        table.remove(first.as_str());
        return;
    }
    for (key, value) in table.iter_mut() {
        if key.get_ref() == first
            && let DeValue::Table(inner) = value.get_mut()
        {
            remove(inner, rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each was read in a time that grew with the square of the file's length.
    #[test]
    fn a_file_with_very_many_problems_reports_the_first_of_them() {
        let duplicates = "company = \"a\"\n".to_owned() + &"[queue.a]\nx = 1\n".repeat(12_000);
        let problems = CompanyFile::read(&duplicates).expect_err("duplicates");
        assert_eq!(problems.len(), MAX_PROBLEMS);
        let unknown = (0..20_000).map(|queue| format!("[queue.q{queue}]\nmoved-to = \"none\"\n"));
        let unknown = "company = \"a\"\n".to_owned() + &unknown.collect::<String>();
        let problems = CompanyFile::parse(&unknown).expect_err("unknown queues");
        assert_eq!(problems.len(), MAX_PROBLEMS + 1);
        let last = &problems[MAX_PROBLEMS].message;
        assert!(last.starts_with("and 19"), "{last}");
    }

    #[test]
    fn a_file_that_is_too_long_is_not_parsed() {
        let text = "#".repeat(MAX_BYTES + 1);
        let problems = CompanyFile::read(&text).expect_err("too long");
        assert!(
            problems[0]
                .message
                .contains("4194305 bytes; the limit is 4 MiB")
        );
    }
}
