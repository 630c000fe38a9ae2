//! Rows of NDJSON.

use std::io::{BufRead, Read};
use std::marker::PhantomData;

use patchbay_model::interaction::parse_json;

use crate::row::{ImportRow, LINE_BYTES, Row, RowProblem, RowProblemCode};

/// Reads one JSON object a line. Empty lines are no rows. Holds one line.
#[derive(Debug)]
pub struct NdjsonRows<R, T> {
    file: R,
    line: u64,
    bytes: Vec<u8>,
    ended: bool,
    row: PhantomData<fn() -> T>,
}

impl<R: BufRead, T: ImportRow> NdjsonRows<R, T> {
    /// The rows of a file.
    pub fn new(file: R) -> NdjsonRows<R, T> {
        NdjsonRows {
            file,
            line: 0,
            bytes: Vec::new(),
            ended: false,
            row: PhantomData,
        }
    }

    /// The next line that is not empty; `None` at the end.
    fn next_line(&mut self) -> Option<Result<(), RowProblem>> {
        loop {
            self.bytes.clear();
            // One more than allowed, and the line break.
            let most = LINE_BYTES as u64 + 2;
            let read = self
                .file
                .by_ref()
                .take(most)
                .read_until(b'\n', &mut self.bytes);
            self.line += 1;
            match read {
                Err(error) => {
                    self.ended = true;
                    let message = format!("the file cannot be read: {error}");
                    return Some(Err(RowProblem::new(RowProblemCode::Unreadable, message)));
                }
                Ok(0) => return None,
                Ok(_) => {}
            }
            let is_whole = self.bytes.ends_with(b"\n");
            if self.bytes.trim_ascii().len() > LINE_BYTES || (!is_whole && self.is_cut()) {
                if !is_whole {
                    self.skip_line();
                }
                return Some(Err(RowProblem::too_long()));
            }
            if !self.bytes.trim_ascii().is_empty() {
                return Some(Ok(()));
            }
        }
    }

    /// Whether the line goes on after what was read of it.
    fn is_cut(&mut self) -> bool {
        self.bytes.len() >= LINE_BYTES + 2
            && self.file.fill_buf().is_ok_and(|rest| !rest.is_empty())
    }

    /// Read up to the next line without keeping it.
    fn skip_line(&mut self) {
        loop {
            let (used, is_end) = match self.file.fill_buf() {
                Ok([]) | Err(_) => return,
                Ok(rest) => match rest.iter().position(|byte| *byte == b'\n') {
                    Some(at) => (at + 1, true),
                    None => (rest.len(), false),
                },
            };
            self.file.consume(used);
            if is_end {
                return;
            }
        }
    }

    fn read(&self) -> Result<T, RowProblem> {
        let line = self.bytes.trim_ascii();
        // Of a file that Windows wrote.
        let line = match self.line {
            1 => line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line),
            _ => line,
        };
        let text = std::str::from_utf8(line)
            .map_err(|_| RowProblem::new(RowProblemCode::NotUtf8, "it is not UTF-8"))?;
        Ok(T::from_json(parse_json(text)?)?)
    }
}

impl<R: BufRead, T: ImportRow> Iterator for NdjsonRows<R, T> {
    type Item = Row<T>;

    fn next(&mut self) -> Option<Row<T>> {
        if self.ended {
            return None;
        }
        let read = self.next_line()?;
        Some(Row {
            line: self.line,
            item: read.and_then(|()| self.read()),
        })
    }
}
