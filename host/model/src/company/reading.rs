//! Reading a company file as far as it reads: what does not is told and taken
//! out, so that one try tells everything that is wrong.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::CompanyFile;
use crate::located::Located;

/// Most faults of a file's structure that are told at once.
const MOST: usize = 50;
/// Stands for the name of a company that is not said.
const NAMELESS: &str = "nameless";

/// As much of a company file as reads.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What reads; it is used for nothing while there are problems.
    pub file: CompanyFile,
    /// Everything that needs nothing but the file, each with its place.
    pub problems: Vec<Located>,
    taken: Taken,
}

impl Reading {
    /// Whether something was taken out of what is at a path.
    pub fn is_partial(&self, path: &[&str]) -> bool {
        self.taken.within(path)
    }
}

/// What was taken out of a file, by its path.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken(BTreeSet<Vec<String>>);

impl Taken {
    /// Whether this is taken out, or something it is in.
    pub(super) fn holds(&self, path: &[&str]) -> bool {
        self.0
            .iter()
            .any(|taken| taken.len() <= path.len() && taken.iter().zip(path).all(|(a, b)| a == b))
    }

    /// Whether this is taken out, or something in it.
    pub(super) fn within(&self, path: &[&str]) -> bool {
        self.0
            .iter()
            .any(|taken| taken.len() >= path.len() && taken.iter().zip(path).all(|(a, b)| a == b))
    }
}

impl CompanyFile {
    /// Read as much of a company file as reads.
    ///
    /// # Errors
    /// Every problem found, where nothing of it can be read.
    pub fn read(text: &str) -> Result<Reading, Vec<Located>> {
        if let Ok(file) = toml::from_str::<CompanyFile>(text) {
            let taken = Taken::default();
            return Ok(Reading {
                problems: file.problems(&taken),
                file,
                taken,
            });
        }
        let (mut table, errors) = DeTable::parse_recoverable(text);
        let mut problems: Vec<Located> = errors.into_iter().map(Located::from).collect();
        if !problems.is_empty() {
            problems.truncate(MOST);
            return Err(problems);
        }
        let mut taken = Taken::default();
        if !table
            .get_ref()
            .iter()
            .any(|(key, _)| key.get_ref() == "company")
        {
            let problem = Located::whole("the file names no company");
            problems.push(problem.help("begin it with company = and its name"));
            name(&mut table);
        }
        loop {
            let error = match CompanyFile::deserialize(Deserializer::from(table.clone())) {
                Ok(file) => {
                    problems.extend(file.problems(&taken));
                    return Ok(Reading {
                        file,
                        problems,
                        taken,
                    });
                }
                Err(error) => error,
            };
            let problem = Located::from(error);
            let place = problem.span.clone();
            problems.push(problem);
            let found = place.and_then(|span| smallest(table.get_ref(), &span));
            let Some(path) = found.filter(|_| problems.len() < MOST) else {
                return Err(problems);
            };
            take_out(table.get_mut(), &path);
            if path == ["company"] {
                name(&mut table);
            }
            taken.0.insert(path);
        }
    }
}

/// Give a file the name it does not say, to read on.
fn name(table: &mut Spanned<DeTable<'_>>) {
    let value = DeValue::String(NAMELESS.into());
    table.get_mut().insert(
        Spanned::new(0..0, "company".into()),
        Spanned::new(0..0, value),
    );
}

/// The path of the smallest entry that a place is in.
fn smallest(table: &DeTable<'_>, span: &Range<usize>) -> Option<Vec<String>> {
    let mut found: Option<(usize, Vec<String>)> = None;
    look(table, span, &mut Vec::new(), &mut found);
    found.map(|(_, path)| path)
}

fn look(
    table: &DeTable<'_>,
    span: &Range<usize>,
    path: &mut Vec<String>,
    found: &mut Option<(usize, Vec<String>)>,
) {
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        for place in [key.span(), value.span()] {
            let covers = place.start <= span.start && span.end <= place.end;
            // Of two of one size the inner one: a table that is only named by
            // those in it has the place of its first.
            if covers && found.as_ref().is_none_or(|(size, _)| place.len() <= *size) {
                *found = Some((place.len(), path.clone()));
            }
        }
        if let DeValue::Table(inner) = value.get_ref() {
            look(inner, span, path, found);
        }
        path.pop();
    }
}

fn take_out(table: &mut DeTable<'_>, path: &[String]) {
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
            take_out(inner, rest);
        }
    }
}
