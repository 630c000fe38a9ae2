//! The protocol of a connection as a state machine over bytes.

use std::fmt;
use std::mem;

use crate::command::{Command, MailCommand};
use crate::content::ContentReader;
use crate::mailboxes::{Deferral, Lookup, Mail, Verdict};
use crate::reply::Reply;

/// Most bytes of a command with its CRLF: 512 (RFC 5321, 4.5.3.1.4), and room for the
/// parameters of extensions.
const LINE_BYTES: usize = 1_024;
/// Most recipients of a mail. RFC 5321, 4.5.3.1.8, asks for 100; for the others, the
/// mail server sends the mail again.
const RECIPIENTS: usize = 100;
/// Most invalid commands on a connection between two mails.
const ERRORS: u32 = 10;
/// Name of the server in its greeting.
const NAME: &str = "patchbay";

/// What a session needs next.
#[derive(Debug)]
pub enum Step<M> {
    /// Bytes of the client: call [`Session::feed`].
    Read,
    /// The mailbox of this address: call [`Session::answer_lookup`].
    Lookup(String),
    /// This mail is complete: call [`Session::answer_delivery`].
    Deliver(Mail<M>),
    /// Send the output, and close the connection.
    Close,
}

/// One connection of a mail server, without I/O. `M` is a mailbox. Call
/// [`Session::step`], do what it says, and send [`Session::take_output`] before you
/// wait for the client.
pub struct Session<M> {
    /// Most bytes of a mail.
    mail_bytes: usize,
    input: Vec<u8>,
    /// How much of the input was read.
    at: usize,
    output: Vec<u8>,
    phase: Phase,
    /// Whether the rest of a line that is too long is read and dropped.
    is_line_dropped: bool,
    /// Whether a command was valid.
    has_command: bool,
    /// Whether LHLO came.
    has_lhlo: bool,
    errors: u32,
    commands: u64,
    mail: Option<OpenMail<M>>,
    /// Codes of replies about recipients.
    recipient_codes: Vec<u16>,
}

enum Phase {
    Command,
    /// Waits for the mailbox of this address.
    Lookup(String),
    /// Reads a mail. The reply is for one whose content was dropped.
    Content(ContentReader, Reply),
    /// Waits for the verdicts about so many recipients.
    Delivery(usize),
    Closed,
}

struct OpenMail<M> {
    return_path: Option<String>,
    is_utf8: bool,
    recipients: Vec<(String, M)>,
}

impl<M> Session<M> {
    /// A new connection, whose greeting is the first output. A mail has at most so many
    /// bytes.
    pub fn new(mail_bytes: usize) -> Session<M> {
        Session {
            mail_bytes,
            input: Vec::new(),
            at: 0,
            output: format!("220 {NAME} LMTP ready\r\n").into_bytes(),
            phase: Phase::Command,
            is_line_dropped: false,
            has_command: false,
            has_lhlo: false,
            errors: 0,
            commands: 0,
            mail: None,
            recipient_codes: Vec::new(),
        }
    }

    /// Adds bytes of the client.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.input.drain(..mem::take(&mut self.at));
        self.input.extend_from_slice(bytes);
    }

    /// Replies that the client has not got yet.
    pub fn take_output(&mut self) -> Vec<u8> {
        mem::take(&mut self.output)
    }

    /// Codes of the replies about recipients since the last call.
    pub fn take_recipient_codes(&mut self) -> Vec<u16> {
        mem::take(&mut self.recipient_codes)
    }

    /// Number of commands and mails so far: it shows progress.
    pub fn commands(&self) -> u64 {
        self.commands
    }

    /// Whether the client sends a mail.
    pub fn is_receiving(&self) -> bool {
        matches!(self.phase, Phase::Content(..))
    }

    /// Whether what the client sends is kept in memory as a part of a mail.
    pub fn is_keeping_content(&self) -> bool {
        matches!(&self.phase, Phase::Content(reader, _) if !reader.is_dropped())
    }

    /// The mailbox of the first recipient of the mail.
    pub fn first_mailbox(&self) -> Option<&M> {
        let first = self.mail.as_ref()?.recipients.first();
        first.map(|(_, mailbox)| mailbox)
    }

    /// Drops the mail that arrives, for lack of memory. The rest of it is read, then
    /// each recipient is answered that the mail server delivers it again.
    pub fn drop_content(&mut self) {
        if let Phase::Content(reader, refusal) = &mut self.phase
            && !reader.is_dropped()
        {
            reader.drop_content();
            *refusal = Reply::NO_MEMORY;
        }
    }

    /// Ends the session because the server stops. A mail that has not arrived wholly is
    /// dropped.
    pub fn stop(&mut self) {
        self.close(&Reply::STOPPING);
    }

    /// Ends the session because the client takes too long.
    pub fn time_out(&mut self) {
        match self.is_receiving() {
            true => self.close(&Reply::MAIL_TIMEOUT),
            false => self.close(&Reply::COMMAND_TIMEOUT),
        }
    }

    /// Goes on until something is needed from outside.
    pub fn step(&mut self) -> Step<M> {
        loop {
            match mem::replace(&mut self.phase, Phase::Command) {
                Phase::Closed => {
                    self.phase = Phase::Closed;
                    return Step::Close;
                }
                Phase::Lookup(address) => {
                    self.phase = Phase::Lookup(address.clone());
                    return Step::Lookup(address);
                }
                // The caller has the mail.
                Phase::Delivery(recipients) => {
                    self.answer_recipients(vec![deferral(Deferral::Failed); recipients])
                }
                Phase::Content(reader, refusal) => match self.read_content(reader, refusal) {
                    Some(step) => return step,
                    None => continue,
                },
                Phase::Command => match self.next_line() {
                    None => return Step::Read,
                    Some(line) => self.execute(line),
                },
            }
        }
    }

    /// Answers [`Step::Lookup`].
    pub fn answer_lookup(&mut self, found: Lookup<M>) {
        let Phase::Lookup(address) = mem::replace(&mut self.phase, Phase::Command) else {
            return;
        };
        let reply = match found {
            Lookup::Found(mailbox) => {
                if let Some(mail) = &mut self.mail {
                    mail.recipients.push((address, mailbox));
                }
                Reply::RECIPIENT_OK
            }
            Lookup::Unknown => Reply::UNKNOWN_RECIPIENT,
            Lookup::Deferred(why) => deferral(why),
        };
        if reply != Reply::RECIPIENT_OK {
            self.recipient_codes.push(reply.code);
        }
        self.reply(&reply);
    }

    /// Answers [`Step::Deliver`], with a verdict for each recipient in their order. A
    /// recipient without one is answered that the mail server delivers again.
    pub fn answer_delivery(&mut self, verdicts: &[Verdict]) {
        let Phase::Delivery(recipients) = mem::replace(&mut self.phase, Phase::Command) else {
            return;
        };
        let replies = (0..recipients).map(|index| match verdicts.get(index) {
            Some(Verdict::Stored) => Reply::STORED,
            Some(Verdict::Deferred(why)) => deferral(*why),
            None => Reply::FAILED,
        });
        self.errors = 0;
        self.answer_recipients(replies.collect());
    }

    fn answer_recipients(&mut self, replies: Vec<Reply>) {
        for reply in replies {
            self.recipient_codes.push(reply.code);
            self.reply(&reply);
        }
    }

    fn read_content(&mut self, mut reader: ContentReader, refusal: Reply) -> Option<Step<M>> {
        let Some(used) = reader.read(&self.input[self.at..]) else {
            self.at = self.input.len();
            self.phase = Phase::Content(reader, refusal);
            return Some(Step::Read);
        };
        self.at += used;
        self.commands += 1;
        let mail = self.mail.take()?;
        let recipients = mail.recipients.len();
        let Some(content) = reader.into_content() else {
            self.answer_recipients(vec![refusal; recipients]);
            return None;
        };
        self.phase = Phase::Delivery(recipients);
        Some(Step::Deliver(Mail {
            return_path: mail.return_path,
            recipients: mail.recipients,
            content,
        }))
    }

    /// The next line without its CRLF, or the reply to one that is none; `None` if it
    /// is not complete.
    fn next_line(&mut self) -> Option<Result<Vec<u8>, Reply>> {
        let rest = &self.input[self.at..];
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            if rest.len() >= LINE_BYTES {
                self.is_line_dropped = true;
            }
            if self.is_line_dropped {
                self.at = self.input.len();
                if !self.has_command {
                    return Some(Err(Reply::LINE_TOO_LONG));
                }
            }
            return None;
        };
        let line = &rest[..end];
        let line = match line.strip_suffix(b"\r") {
            _ if mem::take(&mut self.is_line_dropped) || end >= LINE_BYTES => {
                Err(Reply::LINE_TOO_LONG)
            }
            Some(line) => Ok(line.to_vec()),
            None => Err(Reply::BARE_LINE_END),
        };
        self.at += end + 1;
        Some(line)
    }

    fn execute(&mut self, line: Result<Vec<u8>, Reply>) {
        self.commands += 1;
        let command = match &line {
            Ok(line) => Command::parse(line),
            Err(refusal) => Err(refusal.clone()),
        };
        let command = match command {
            // A browser, or a client of TLS: what follows is no command either.
            Err(refusal) if !self.has_command && refusal != Reply::NOT_SMTP => {
                return self.close(&Reply::NOT_LMTP);
            }
            Err(refusal) => return self.reply(&refusal),
            Ok(command) => command,
        };
        self.has_command = true;
        match command {
            Command::Lhlo => {
                self.has_lhlo = true;
                self.mail = None;
                self.greet();
            }
            Command::Mail(command) => self.begin_mail(&command),
            Command::Rcpt(address) => self.add_recipient(address),
            Command::Data => self.begin_content(),
            Command::Rset => {
                self.mail = None;
                self.reply(&Reply::OK);
            }
            Command::Noop => self.reply(&Reply::OK),
            Command::Vrfy => self.reply(&Reply::NOT_VERIFIED),
            Command::Quit => self.close(&Reply::BYE),
        }
    }

    fn greet(&mut self) {
        let size = self.mail_bytes;
        let text = format!(
            "250-{NAME}\r\n250-PIPELINING\r\n250-SIZE {size}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"
        );
        self.output.extend_from_slice(text.as_bytes());
    }

    fn begin_mail(&mut self, command: &MailCommand<'_>) {
        if !self.has_lhlo {
            return self.reply(&Reply::NEEDS_LHLO);
        }
        if self.mail.is_some() {
            return self.reply(&Reply::MAIL_IS_OPEN);
        }
        if command
            .size
            .is_some_and(|size| size > self.mail_bytes as u64)
        {
            return self.reply(&Reply::TOO_LARGE);
        }
        let path = command.return_path;
        self.mail = Some(OpenMail {
            return_path: (!path.is_empty()).then(|| path.to_owned()),
            is_utf8: command.is_utf8,
            recipients: Vec::new(),
        });
        self.reply(&Reply::SENDER_OK);
    }

    fn add_recipient(&mut self, address: &str) {
        let refusal = match &self.mail {
            None => Some(Reply::NEEDS_MAIL),
            Some(mail) if !address.is_ascii() && !mail.is_utf8 => Some(Reply::NEEDS_SMTPUTF8),
            Some(mail) if mail.recipients.len() >= RECIPIENTS => {
                self.recipient_codes.push(Reply::TOO_MANY_RECIPIENTS.code);
                Some(Reply::TOO_MANY_RECIPIENTS)
            }
            Some(_) => None,
        };
        match refusal {
            Some(refusal) => self.reply(&refusal),
            None => self.phase = Phase::Lookup(address.to_owned()),
        }
    }

    fn begin_content(&mut self) {
        match &self.mail {
            None => self.reply(&Reply::NEEDS_MAIL),
            // RFC 2033, 4.2: not 354, after which a reply for no recipient would follow.
            Some(mail) if mail.recipients.is_empty() => self.reply(&Reply::NEEDS_RECIPIENT),
            // The client did not wait for the answer. Where that were a refusal, the
            // content would be read as commands.
            Some(_) if self.at < self.input.len() => self.close(&Reply::EARLY_CONTENT),
            Some(_) => {
                self.output
                    .extend_from_slice(b"354 send the mail, and end it with a dot on a line\r\n");
                self.phase = Phase::Content(ContentReader::new(self.mail_bytes), Reply::TOO_LARGE);
            }
        }
    }

    fn reply(&mut self, reply: &Reply) {
        reply.write(&mut self.output);
        if reply.is_of_client() {
            self.errors += 1;
            if self.errors >= ERRORS {
                self.close(&Reply::TOO_MANY_ERRORS);
            }
        }
    }

    fn close(&mut self, reply: &Reply) {
        reply.write(&mut self.output);
        self.mail = None;
        self.phase = Phase::Closed;
    }
}

fn deferral(why: Deferral) -> Reply {
    match why {
        Deferral::Draining => Reply::DRAINING,
        Deferral::Busy => Reply::BUSY,
        Deferral::NoSpace => Reply::NO_SPACE,
        Deferral::NotReady => Reply::NOT_READY,
        Deferral::NotOpen => Reply::NOT_OPEN,
        Deferral::Failed => Reply::FAILED,
    }
}

impl<M> fmt::Debug for Session<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("commands", &self.commands)
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}
