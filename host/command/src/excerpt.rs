//! The lines of a file that an error shows, around the place that is wrong.

mod secrets;

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// Characters shown of a line before the place, and of a line without it.
const BEFORE: usize = 60;
/// Characters shown of a line from the place on.
const AFTER: usize = 100;

/// The line with the place, and the lines before and after it. Long lines are cut:
/// a file may be one line.
#[derive(Debug)]
pub(crate) struct Excerpt {
    file: String,
    lines: String,
    /// The place within `lines`.
    place: Range<usize>,
    /// Lines of the file before these.
    skipped_lines: usize,
    /// Column of the place in the file, from 0.
    column: usize,
}

impl Excerpt {
    /// The lines around a byte range of a text; of a range of several lines, its
    /// first line. `None` where the range is not in the text.
    pub(crate) fn around(file: &str, text: &str, place: &Range<usize>) -> Option<Excerpt> {
        let (before, rest) = (text.get(..place.start)?, text.get(place.clone())?);
        let marked = rest.lines().next().unwrap_or_default().len();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let above = before[..start].strip_suffix('\n');
        let above = above.map_or(start, |above| above.rfind('\n').map_or(0, |at| at + 1));
        let ends = text[place.start + marked..].match_indices('\n');
        let end = ends.map(|(at, _)| place.start + marked + at).nth(1);
        // A terminal's text goes into logs and tickets.
        let shown = secrets::hide(&text[above..end.unwrap_or(text.len())]);
        let (line, column) = (
            before.matches('\n').count(),
            before[start..].chars().count(),
        );
        let (above, left) = shown.get(..place.start - above)?.split_at(start - above);
        let rest = shown.get(above.len() + left.len()..)?;
        let (marked, after) = rest.split_at(marked);
        let after: Vec<&str> = after.split('\n').collect();
        let mut lines = String::new();
        let above = above.strip_suffix('\n');
        if let Some(above) = above {
            lines += &(cut_end(above, BEFORE + AFTER) + "\n");
        }
        lines += &cut_start(left, BEFORE);
        let from = lines.len();
        let shown = cut_end(marked, AFTER);
        lines += &shown;
        let place = from..lines.len();
        if shown.len() == visible(marked).len() {
            let rest = AFTER.saturating_sub(marked.chars().count());
            lines += &cut_end(after.first().copied().unwrap_or_default(), rest);
        }
        if let Some(below) = after.get(1) {
            lines.push('\n');
            lines += &cut_end(below, BEFORE + AFTER);
        }
        Some(Excerpt {
            file: file.to_owned(),
            lines,
            place,
            skipped_lines: line - usize::from(above.is_some()),
            column,
        })
    }

    /// The place within the excerpt.
    pub(crate) fn place(&self) -> SourceSpan {
        self.place.clone().into()
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let read = self.lines.read_span(span, before, after)?;
        let column = match read.column() {
            0 => 0,
            _ => self.column,
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.file.clone(),
            read.data(),
            *read.span(),
            self.skipped_lines + read.line(),
            column,
            read.line_count(),
        )))
    }
}

/// Control characters of a file must not act on the terminal.
fn visible(text: &str) -> String {
    let visible = |c: char| match c.is_control() && c != '\t' {
        true => char::REPLACEMENT_CHARACTER,
        false => c,
    };
    let line = text.strip_suffix('\r').unwrap_or(text);
    line.chars().map(visible).collect()
}

fn cut_end(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => visible(&text[..end]) + "…",
        None => visible(text),
    }
}

fn cut_start(text: &str, most: usize) -> String {
    match text.char_indices().rev().nth(most) {
        Some((at, c)) => format!("…{}", visible(&text[at + c.len_utf8()..])),
        None => visible(text),
    }
}

#[cfg(test)]
mod tests {
    use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, Report};

    use super::*;

    fn drawn(text: &str, place: Range<usize>) -> String {
        let excerpt = Excerpt::around("a.toml", text, &place).expect("in the text");
        let label = LabeledSpan::new_with_span(Some("here".to_owned()), excerpt.place());
        let problem = MietteDiagnostic::new("wrong").with_label(label);
        let report = Report::new(problem).with_source_code(excerpt);
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
        let mut drawn = String::new();
        let result = handler.render_report(&mut drawn, &*report);
        result.expect("drawn");
        drawn
    }

    #[test]
    fn short_lines_are_shown_whole_with_their_numbers() {
        let text = "a = 1\nb = 2\nc = { dd = 3 }\r\ne = 4\nf = 5\n";
        let at = text.find("dd").expect("there");
        let drawn = drawn(text, at..at + 2);
        for part in [
            "a.toml:3:7",
            "2 │ b = 2\n",
            "3 │ c = { dd = 3 }\n",
            "4 │ e = 4\n",
        ] {
            assert!(drawn.contains(part), "{part} is not in {drawn}");
        }
        assert!(
            !drawn.contains("a = 1") && !drawn.contains("f = 5"),
            "{drawn}"
        );
    }

    #[test]
    fn only_the_part_of_a_long_line_around_the_place_is_shown() {
        let long = "é".repeat(30_000);
        for text in [
            format!("x = \"{long}\", dd = \"{long}\""),
            format!("{long}\nx = \"{long}\", dd = \"{long}\"\n{long}\n"),
        ] {
            let at = text.find("dd").expect("there");
            let column = text[..at].chars().rev().take_while(|c| *c != '\n').count() + 1;
            for place in [at..at + 2, at..text.len(), at..at] {
                let drawn = drawn(&text, place);
                assert!(
                    drawn.contains(&format!(
                        "a.toml:{}:{column}",
                        text.matches('\n').count() / 2 + 1
                    )),
                    "{drawn}"
                );
                assert!(drawn.contains("dd = "), "{drawn}");
                assert!(drawn.chars().count() < 1_200, "{drawn}");
            }
        }
    }

    #[test]
    fn a_secret_beside_the_place_is_not_shown() {
        for secret in [
            "secret = \"whsec_MfKQ9r8G\"",
            "secret = { env = \"MfKQ9r8G\" }",
            "secret = MfKQ9r8G",
            "\"secret\" = 'MfKQ9r8G', x = 1",
        ] {
            let text =
                format!("a = {{ {secret} }}\nb = {{ {secret}, dd = 1 }}\nc = {{ {secret} }}\n");
            for word in ["dd", "b =", "secret"] {
                let at = text.find(word).expect("there");
                let drawn = drawn(&text, at..at + word.len());
                assert!(!drawn.contains("MfKQ"), "{drawn}");
                assert!(drawn.contains(word), "{drawn}");
            }
        }
    }

    #[test]
    fn every_place_of_a_text_can_be_shown() {
        for text in ["", "\n", "a", "a\n", "a\r\n\r\nb", "\u{1b}[2J\té\n\n"] {
            let ends = (0..=text.len()).filter(|at| text.is_char_boundary(*at));
            let ends: Vec<usize> = ends.collect();
            for start in &ends {
                for end in ends.iter().filter(|end| *end >= start) {
                    let drawn = drawn(text, *start..*end);
                    assert!(!drawn.contains('\u{1b}'), "{drawn}");
                }
            }
        }
        assert!(Excerpt::around("a", "é", &(1..2)).is_none());
        assert!(Excerpt::around("a", "a", &(1..2)).is_none());
    }
}
