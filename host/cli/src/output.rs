//! What goes to the terminal: results to stdout, everything else to stderr.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use miette::Report;
use serde::Serialize;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use crate::exit::{Exit, Failure};

/// What is written must not move a cursor or colour anything, whoever thought of
/// the names in it: control characters are shown as what they are.
fn plain(text: &str) -> Cow<'_, str> {
    let harmful = |one: char| one.is_control() && !matches!(one, '\n' | '\t');
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for one in text.chars() {
        match harmful(one) {
            // As JSON and most languages write it, so that a document stays one.
            true => shown += &format!("\\u{:04x}", u32::from(one)),
            false => shown.push(one),
        }
    }
    Cow::Owned(shown)
}

/// Write a line to stdout. A reader that went away is no error: whoever pipes
/// into `head` has seen enough.
pub(crate) fn line(text: impl AsRef<str>) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    let written = writeln!(stdout, "{}", plain(text.as_ref()));
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            std::process::exit(Exit::Success as i32)
        }
        other => other.map_err(|error| Failure::new(Exit::Machine, format!("stdout: {error}"))),
    }
}

/// Write a document for machines.
pub(crate) fn json(document: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(document).map_err(|error| {
        Failure::new(Exit::Machine, format!("cannot write the result: {error}"))
    })?;
    line(text)
}

/// Write rows under headings to stdout, or say that there are none.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>], none: &str) -> Result<(), Failure> {
    if rows.is_empty() {
        return line(none);
    }
    let headings: Vec<String> = headings
        .iter()
        .map(|heading| (*heading).to_owned())
        .collect();
    let all = || std::iter::once(&headings).chain(rows);
    let width = |column: usize| {
        let cells = all().filter_map(|row| row.get(column));
        cells
            .map(|cell| plain(cell).chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    for row in all() {
        let cells = row.iter().zip(&widths).map(|(cell, width)| {
            let cell = plain(cell);
            let room = width.saturating_sub(cell.chars().count());
            format!("{cell}{}", " ".repeat(room))
        });
        line(cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

/// Write a remark to stderr.
pub(crate) fn note(text: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr().lock(), "{}", plain(text.as_ref()));
}

/// Write an error to stderr.
pub(crate) fn error(report: &Report) {
    // It may be coloured by whoever draws it, and quotes files of one's own.
    let _ = writeln!(std::io::stderr().lock(), "{report:?}");
}

/// The host's own log, on stderr: from this level on, or what RUST_LOG says.
pub(crate) fn start_log(usual: LevelFilter, json: bool) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual.to_string()));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // A second log is none of this process's.
    let _ = if json {
        log.json().try_init()
    } else {
        log.try_init()
    };
}

/// A progress bar on stderr, where that is a terminal.
pub(crate) fn progress(total: Option<u64>, what: &str) -> ProgressBar {
    let bar = match total {
        Some(total) => ProgressBar::new(total),
        None => ProgressBar::new_spinner(),
    };
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let template = match total {
        Some(_) => "{prefix} [{bar:30}] {pos}/{len} {per_sec} {eta}",
        None => "{spinner} {prefix} {pos} {per_sec}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(what.to_owned());
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_written_moves_a_cursor() {
        assert_eq!(plain("a\tb\nc é"), "a\tb\nc é");
        let shown = plain("\u{1b}[2J\r\u{9b}31m\u{7}");
        assert_eq!(shown, "\\u001b[2J\\u000d\\u009b31m\\u0007");
        let document = serde_json::to_string(&"\u{9b}2J\u{1b}").expect("JSON");
        let read: String = serde_json::from_str(&plain(&document)).expect("JSON still");
        assert_eq!(read, "\u{9b}2J\u{1b}");
    }
}
