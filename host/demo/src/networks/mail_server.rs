//! Stand-in for the companies' mail servers: takes the replies by SMTP (RFC 5321), and
//! now and then has no room for one.

use std::sync::Arc;

use fastrand::Rng;
use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::Networks;
use super::email::CHANNEL;
use super::network::Answered;
use crate::day::seeded_rng;
use crate::problem_log::ProblemLog;

/// Percentage of mails that are turned away.
const TURNED_AWAY: u8 = 4;

/// The stand-in. Clones share what was received.
#[derive(Clone, Debug)]
pub(crate) struct MailServer {
    networks: Vec<Arc<Networks>>,
    rng: Arc<Mutex<Rng>>,
    problems: ProblemLog,
}

/// Sender and recipient of a mail.
#[derive(Debug, Default)]
struct Envelope {
    from: String,
    to: String,
}

impl MailServer {
    pub(crate) fn new(networks: Vec<Arc<Networks>>, problems: ProblemLog) -> MailServer {
        MailServer {
            networks,
            rng: Arc::new(Mutex::new(seeded_rng("mail server"))),
            problems,
        }
    }

    /// Accepts mails for as long as the demo runs.
    pub(crate) async fn serve(self, listener: TcpListener) {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                continue;
            };
            let server = self.clone();
            tokio::spawn(async move {
                // A client that goes away sends the mail again.
                let _ = server.serve_connection(stream).await;
            });
        }
    }

    async fn serve_connection(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let mut envelope = Envelope::default();
        stream.write_all(b"220 mail.example ESMTP\r\n").await?;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            let answer: &[u8] = match line.split([' ', ':']).next().unwrap_or_default() {
                "MAIL" => {
                    envelope.from = path(line);
                    b"250 2.1.0 ok\r\n"
                }
                "RCPT" => {
                    envelope.to = path(line);
                    b"250 2.1.5 ok\r\n"
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let mut mail = Vec::new();
                    while !mail.ends_with(b"\r\n.\r\n") {
                        if stream.read_until(b'\n', &mut mail).await? == 0 {
                            return Ok(());
                        }
                    }
                    self.receive(&envelope, &String::from_utf8_lossy(&mail))
                }
                "QUIT" => return stream.write_all(b"221 2.0.0 bye\r\n").await,
                _ => b"250 ok\r\n",
            };
            stream.write_all(answer).await?;
        }
    }

    /// The answer to a mail.
    fn receive(&self, envelope: &Envelope, mail: &str) -> &'static [u8] {
        let networks = self.networks.iter().find(|networks| {
            let connection = networks.connections.get(CHANNEL);
            connection.is_some_and(|connection| connection.account() == envelope.from)
        });
        let Some(networks) = networks else {
            let problem = format!("a mail from {:?}, which is no company's", envelope.from);
            self.problems.report(problem);
            return b"550 5.7.1 not an account\r\n";
        };
        if self.rng.lock().u8(..100) < TURNED_AWAY {
            networks.turn_away();
            return b"452 4.3.1 insufficient storage\r\n";
        }
        let answered = header(mail, "In-Reply-To").unwrap_or_default();
        let answered = answered.trim_start_matches('<').trim_end_matches('>');
        let answered = match networks.row_of(answered) {
            Some(_) => Answered::Message(answered),
            None => Answered::Customer(&envelope.to),
        };
        if let Some(id) = header(mail, "Message-ID") {
            let mut book = networks.book.lock();
            if let Some(row) = book.answered(CHANNEL, answered) {
                book.record_reply_mail(row, id);
            }
        }
        networks.accept(CHANNEL, answered);
        b"250 2.0.0 queued\r\n"
    }
}

/// The address of a command: what is between `<` and `>`.
fn path(command: &str) -> String {
    let rest = command.split_once('<').map_or("", |(_, rest)| rest);
    let path = rest.split_once('>').map_or("", |(path, _)| path);
    path.to_owned()
}

/// The value of a header field, on one line.
fn header(mail: &str, name: &str) -> Option<String> {
    let (header, _) = mail.split_once("\r\n\r\n")?;
    let unfolded = header.replace("\r\n ", " ").replace("\r\n\t", " ");
    let mut fields = unfolded.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(field, _)| field.eq_ignore_ascii_case(name))?;
    Some(value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folded_field_is_read_whole_and_only_from_the_header() {
        let mail = "In-reply-to:\r\n <7@x.example>\r\nTo: a\r\n\r\nMessage-ID: <8>\r\n";
        assert_eq!(
            header(mail, "In-Reply-To").as_deref(),
            Some("<7@x.example>")
        );
        assert_eq!(header(mail, "Message-ID"), None);
        assert_eq!(path("MAIL FROM:<a@b.example> SIZE=9"), "a@b.example");
    }
}
