//! Writes lines to the log.

use std::io::{self, Write};

/// Most bytes of a line in the log; a longer one is logged in pieces.
const LONGEST_LINE: usize = 8 << 10;

/// Logs each whole line that is written to it, without trailing spaces. The rest
/// of a line is logged when this is dropped.
#[derive(Debug)]
pub(super) struct LogLines {
    program: &'static str,
    line: Vec<u8>,
}

impl LogLines {
    /// The lines of a program, which each line in the log names.
    pub(super) fn of(program: &'static str) -> LogLines {
        let line = Vec::new();
        LogLines { program, line }
    }

    fn log(&mut self) {
        let text = String::from_utf8_lossy(&self.line);
        let text = text.trim_end();
        if !text.is_empty() {
            tracing::info!("{}: {text}", self.program);
        }
        self.line.clear();
    }

    /// Logs a line that has become too long, up to its last whole character.
    fn log_piece(&mut self) {
        let end = match std::str::from_utf8(&self.line) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => self.line.len(),
        };
        let rest = self.line.split_off(end);
        self.log();
        self.line = rest;
    }
}

impl Write for LogLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            match byte {
                b'\n' => self.log(),
                byte => self.line.push(*byte),
            }
            if self.line.len() >= LONGEST_LINE {
                self.log_piece();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LogLines {
    fn drop(&mut self) {
        self.log();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_logged_whole_and_once() {
        let mut lines = LogLines::of("cargo");
        lines.write_all(b"Compiling a\nComp").expect("written");
        assert_eq!(lines.line, b"Comp");
        lines.write_all(b"iling b\r\n").expect("written");
        assert!(lines.line.is_empty());
    }

    #[test]
    fn a_line_without_end_is_logged_in_pieces_of_whole_characters() {
        let mut lines = LogLines::of("cargo");
        let text = "€".repeat(LONGEST_LINE);
        lines.write_all(text.as_bytes()).expect("written");
        assert!(lines.line.len() < LONGEST_LINE, "{}", lines.line.len());
        assert!(std::str::from_utf8(&lines.line).is_ok());
    }
}
