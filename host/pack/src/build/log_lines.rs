//! Writes lines to the log.

use std::io::{self, Write};

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
}

impl Write for LogLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            match byte {
                b'\n' => self.log(),
                byte => self.line.push(*byte),
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
}
