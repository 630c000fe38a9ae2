//! A connection to a mail server: commands, replies and their limits.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::reply::{Reply, ReplyReader};
use crate::egress::error::EgressProblem;
use crate::egress::mail_stream::{MailConnection, MailStream};

/// Longest line of a reply (RFC 5321 has 512).
const LINE_BYTES: usize = 2 << 10;
/// Most bytes of a reply.
const REPLY_BYTES: usize = 16 << 10;

/// One command at a time, each answered before the next.
pub(super) struct Session {
    stream: MailStream,
    /// Bytes that came and were not read as a reply yet.
    buffer: Vec<u8>,
}

impl Session {
    pub(super) fn new(stream: impl MailConnection + 'static) -> Session {
        Session {
            stream: Box::new(stream),
            buffer: Vec::new(),
        }
    }

    /// The connection, for TLS.
    ///
    /// # Errors
    /// The server sent more than its reply. Read after the handshake, that would count
    /// as sent within TLS (RFC 3207, STARTTLS injection).
    pub(super) fn into_stream(self) -> Result<MailStream, EgressProblem> {
        match self.buffer.is_empty() {
            true => Ok(self.stream),
            false => Err(EgressProblem::BeforeTls),
        }
    }

    /// Sends a line and reads its reply, each within `limit`.
    pub(super) async fn command(
        &mut self,
        step: &'static str,
        line: &[u8],
        limit: Duration,
    ) -> Result<Reply, EgressProblem> {
        self.send(step, line, limit).await?;
        self.reply(step, limit).await
    }

    /// Sends bytes within `limit`.
    ///
    /// # Errors
    /// Also if the server sent something that no command asked for: it would be read as
    /// the reply to this one.
    pub(super) async fn send(
        &mut self,
        step: &'static str,
        bytes: &[u8],
        limit: Duration,
    ) -> Result<(), EgressProblem> {
        if !self.buffer.is_empty() {
            let problem = "it sent a reply that no command asked for";
            return Err(EgressProblem::Interrupted(problem.to_owned()));
        }
        let writing = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        let written = timeout(limit, writing).await;
        let written = written.map_err(|_| EgressProblem::Timeout { step, limit })?;
        written.map_err(|error| EgressProblem::Interrupted(error.to_string()))
    }

    /// Reads a reply within `limit`.
    pub(super) async fn reply(
        &mut self,
        step: &'static str,
        limit: Duration,
    ) -> Result<Reply, EgressProblem> {
        let read = timeout(limit, self.read_reply()).await;
        read.unwrap_or(Err(EgressProblem::Timeout { step, limit }))
    }

    async fn read_reply(&mut self) -> Result<Reply, EgressProblem> {
        let mut reader = ReplyReader::default();
        let mut bytes = 0;
        loop {
            let mut line = self.read_line().await?;
            bytes += line.len();
            if bytes > REPLY_BYTES {
                return Err(EgressProblem::TooLarge(REPLY_BYTES));
            }
            line.pop();
            let line = line.strip_suffix(b"\r").unwrap_or(&line);
            if let Some(reply) = reader.add(line)? {
                return Ok(reply);
            }
        }
    }

    /// A line with its LF.
    async fn read_line(&mut self) -> Result<Vec<u8>, EgressProblem> {
        let mut searched = 0;
        loop {
            let end = self.buffer[searched..].iter().position(|it| *it == b'\n');
            if let Some(end) = end {
                let rest = self.buffer.split_off(searched + end + 1);
                return Ok(std::mem::replace(&mut self.buffer, rest));
            }
            searched = self.buffer.len();
            if searched > LINE_BYTES {
                return Err(EgressProblem::TooLarge(LINE_BYTES));
            }
            let mut chunk = [0; 1 << 10];
            let read = self.stream.read(&mut chunk).await;
            match read.map_err(|error| EgressProblem::Interrupted(error.to_string()))? {
                0 => {
                    let problem = "the connection ended";
                    return Err(EgressProblem::Interrupted(problem.to_owned()));
                }
                count => self.buffer.extend_from_slice(&chunk[..count]),
            }
        }
    }

    /// Says goodbye and closes; the submission is decided.
    pub(super) async fn quit(mut self, limit: Duration) {
        let closing = async {
            let _ = self.stream.write_all(b"QUIT\r\n").await;
            let _ = self.stream.shutdown().await;
        };
        // A server that does not take it loses nothing.
        let _ = timeout(limit, closing).await;
    }
}
