//! Keys and tables that stand twice in a company file: each is said once.

use std::ops::Range;

use patchbay_config::file_problem::FileProblem;

/// Message of the TOML parser.
const DUPLICATE: &str = "duplicate key";

/// The first problems of a text's syntax, where a table that stands twice is one problem: the parser
/// also reports each of its keys.
pub(super) fn join_duplicates(
    text: &str,
    problems: impl Iterator<Item = FileProblem>,
    most: usize,
) -> Vec<FileProblem> {
    let mut joined: Vec<FileProblem> = Vec::new();
    let mut reported: Vec<Range<usize>> = Vec::new();
    for problem in problems {
        if joined.len() == most {
            break;
        }
        let span = problem
            .span
            .clone()
            .filter(|span| problem.message == DUPLICATE && span.start <= text.len());
        let Some(span) = span else {
            joined.push(problem);
            continue;
        };
        if reported.iter().any(|table| table.contains(&span.start)) {
            continue;
        }
        let line = line_at(text, span.start);
        let content = text[line.clone()].trim();
        let Some(header) = content.split_once(']').map(|(header, _)| header) else {
            joined.push(named(text, span));
            continue;
        };
        if !header.starts_with('[') {
            joined.push(named(text, span));
            continue;
        }
        let header = format!("{header}]");
        reported.push(span.start..table_end(text, line.end));
        let first = text[..line.start]
            .lines()
            .position(|line| line.trim().starts_with(&header));
        let place = first.map(|line| format!(" in line {}", line + 1));
        let help = format!(
            "move its keys to the first{}, and remove this line",
            place.unwrap_or_default()
        );
        let message = format!("the table {header} stands twice");
        joined.push(FileProblem::at(span, message).help(help));
    }
    joined
}

fn named(text: &str, span: Range<usize>) -> FileProblem {
    let key = text.get(span.clone()).unwrap_or_default().trim();
    FileProblem::at(span, format!("the key `{key}` stands twice in its table"))
        .help("remove one of the two")
}

/// The line around a byte, without its end.
fn line_at(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    start..end
}

/// Where the table that begins before a byte ends: at the next header.
fn table_end(text: &str, from: usize) -> usize {
    let next = text[from..].find("\n[");
    next.map_or(text.len(), |next| from + next)
}

#[cfg(test)]
mod tests {
    use crate::CompanyFile;

    fn problems(text: &str) -> Vec<(Option<(usize, usize)>, String)> {
        let Err(found) = CompanyFile::read(text) else {
            panic!("duplicates");
        };
        let shown = |problem: &patchbay_config::file_problem::FileProblem| {
            (problem.line_column(text), problem.message.clone())
        };
        found.iter().map(shown).collect()
    }

    #[test]
    fn a_table_that_stands_twice_is_one_problem() {
        let text = "company = \"a\"\n[plugin.x]\npack = \"a\"\nreuse = 1\n[plugin.x]\npack = \"b\"\nreuse = 2\n[queue.a]\ndefault = true\ndefault = false\n";
        let found = problems(text);
        let messages: Vec<&str> = found.iter().map(|(_, message)| message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "the table [plugin.x] stands twice",
                "the key `default` stands twice in its table"
            ]
        );
        assert_eq!(found[0].0.expect("a position").0, 5);
        assert_eq!(found[1].0.expect("a position").0, 10);
    }
}
