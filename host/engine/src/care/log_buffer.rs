use serde::{Deserialize, Serialize};

/// A line a policy wrote to the decision's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// `debug`, `info`, `warn`, `error`, `stdout` or `stderr`.
    pub level: String,
    /// The text, control characters escaped.
    pub message: String,
}

/// Lines up to a limit in bytes; further ones are counted and dropped.
#[derive(Debug, Default)]
pub(crate) struct LogBuffer {
    lines: Vec<LogLine>,
    bytes: usize,
    limit: usize,
    dropped: u32,
}

impl LogBuffer {
    pub(crate) fn begin(&mut self, limit: usize) {
        *self = LogBuffer {
            limit,
            ..LogBuffer::default()
        };
    }

    pub(crate) fn write(&mut self, level: &str, message: &str) {
        // An empty line counts too, or their number would be unbounded.
        let bytes = message.len().max(1);
        if self.bytes + bytes > self.limit {
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        self.bytes += bytes;
        self.lines.push(LogLine {
            level: level.to_owned(),
            message: escape_controls(message),
        });
    }

    /// The lines, and how many were dropped.
    pub(crate) fn take(&mut self) -> (Vec<LogLine>, u32) {
        (
            std::mem::take(&mut self.lines),
            std::mem::take(&mut self.dropped),
        )
    }
}

/// Escape control characters: a line must not control the reader's terminal.
pub(crate) fn escape_controls(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return text.to_owned();
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() {
            true => escaped.extend(c.escape_default()),
            false => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_limit_are_counted() {
        let mut log = LogBuffer::default();
        log.begin(5);
        log.write("info", "1234");
        log.write("info", "56");
        log.write("info", "5");
        let (lines, dropped) = log.take();
        assert_eq!(lines.len(), 2);
        assert_eq!(dropped, 1);
    }

    #[test]
    fn empty_lines_count_towards_the_limit() {
        let mut log = LogBuffer::default();
        log.begin(2);
        for _ in 0..5 {
            log.write("info", "");
        }
        assert_eq!((log.lines.len(), log.dropped), (2, 3));
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(escape_controls("a\u{1b}[2J\nb"), "a\\u{1b}[2J\\nb");
    }
}
