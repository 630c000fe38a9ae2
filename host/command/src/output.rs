//! Terminal output: results to stdout, everything else to stderr.

use std::io::{IsTerminal, Write};

use comfy_table::{Table, presets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use miette::Report;
use serde::Serialize;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use crate::control_characters::escape_control;
use crate::exit::{Exit, Failure, Outcome};

/// Write a line to stdout. Exits with success when the reader has closed the
/// pipe, as `head` does.
pub fn line(text: impl AsRef<str>) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    let written = writeln!(stdout, "{}", escape_control(text.as_ref()));
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            std::process::exit(Exit::Success as i32)
        }
        other => other.map_err(|error| Failure::machine(format!("stdout: {error}"))),
    }
}

/// Write a JSON document to stdout.
pub fn json(document: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(document);
    line(text.map_err(|error| Failure::machine(format!("cannot write the result: {error}")))?)
}

/// Write a result: the document with --json, otherwise what `text` writes.
pub fn result(
    as_json: bool,
    document: &impl Serialize,
    text: impl FnOnce() -> Result<(), Failure>,
) -> Outcome {
    match as_json {
        true => json(document)?,
        false => text()?,
    }
    Ok(Exit::Success)
}

/// Write rows under headings to stdout, or the line `none` where there are none.
pub fn table(headings: &[&str], rows: &[Vec<String>], none: &str) -> Result<(), Failure> {
    if rows.is_empty() {
        return line(none);
    }
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(headings.to_vec());
    for row in rows {
        table.add_row(row.iter().map(|cell| escape_control(cell)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    line(table.trim_fmt())
}

/// Write a note to stderr.
pub fn note(text: impl AsRef<str>) {
    let _ = writeln!(
        std::io::stderr().lock(),
        "{}",
        escape_control(text.as_ref())
    );
}

/// Write an error to stderr.
pub fn error(report: &Report) {
    // Not escaped: miette colours it.
    let _ = writeln!(std::io::stderr().lock(), "{report:?}");
}

/// Start the log on stderr, from a level on; RUST_LOG takes precedence.
pub fn start_log(level: LevelFilter, json: bool) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level.to_string()));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // Fails only where a log was started before.
    let _ = if json {
        log.json().try_init()
    } else {
        log.try_init()
    };
}

/// A progress bar of bytes on stderr, where that is a terminal.
pub fn byte_progress() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let template = "{prefix} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

/// A progress bar on stderr, where that is a terminal.
pub fn progress(total: Option<u64>, what: &str) -> ProgressBar {
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
