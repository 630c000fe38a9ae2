//! A mail server whose mailbox is read by IMAP, and that fails when told to.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What the server does wrong when a mail is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It closes in the middle of the mail.
    ClosedInMail,
    /// It says BYE instead.
    Bye,
    /// It announces a mail of 4 GiB.
    FourGibibytes,
    /// It refuses.
    No,
    /// The mail is deleted at that moment.
    Expunged,
    /// It sends the mail twice.
    Doubled,
}

#[derive(Debug, Default)]
struct State {
    validity: u32,
    next: u32,
    /// Content, and the size that a listing says.
    mails: BTreeMap<u32, (String, u64)>,
    /// Faults by number, and how often each happens.
    faults: HashMap<u32, (Fault, u32)>,
    password: String,
    folder: String,
    offers: &'static str,
    /// Commands, without their tags.
    commands: Vec<String>,
}

/// A server on this machine.
#[derive(Clone)]
pub(super) struct MailboxServer {
    pub(super) port: u16,
    state: Arc<Mutex<State>>,
    /// Wakes sessions that wait.
    news: Arc<Notify>,
}

impl MailboxServer {
    /// A server with an empty folder INBOX, whose user has the password `hush`.
    pub(super) async fn start() -> MailboxServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = MailboxServer {
            port: listener.local_addr().expect("an address").port(),
            state: Arc::new(Mutex::new(State {
                validity: 7,
                next: 1,
                password: "hush".to_owned(),
                folder: "INBOX".to_owned(),
                offers: "AUTH=PLAIN SASL-IR IDLE",
                ..State::default()
            })),
            news: Arc::default(),
        };
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = accepting.clone();
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        server
    }

    /// Adds a mail that came now. Returns its number.
    pub(super) fn add(&self, content: &str) -> u32 {
        self.add_of_size(content, content.len() as u64)
    }

    pub(super) fn add_of_size(&self, content: &str, size: u64) -> u32 {
        let mut state = self.state.lock();
        let uid = state.next;
        state.next += 1;
        state.mails.insert(uid, (content.to_owned(), size));
        drop(state);
        self.news.notify_waiters();
        uid
    }

    /// From now on, a mail fails to be read so often.
    pub(super) fn fail(&self, uid: u32, fault: Fault, times: u32) {
        self.state.lock().faults.insert(uid, (fault, times));
    }

    /// Numbers the mails anew, from another number on.
    pub(super) fn renumber(&self) {
        let mut state = self.state.lock();
        state.validity += 1;
        let mails = std::mem::take(&mut state.mails).into_values();
        state.mails = (100..).zip(mails).collect();
        state.next = 100 + u32::try_from(state.mails.len()).expect("few");
    }

    pub(super) fn set_password(&self, password: &str) {
        self.state.lock().password = password.to_owned();
    }

    pub(super) fn set_folder(&self, folder: &str) {
        self.state.lock().folder = folder.to_owned();
    }

    pub(super) fn set_offers(&self, offers: &'static str) {
        self.state.lock().offers = offers;
    }

    pub(super) fn commands(&self) -> Vec<String> {
        self.state.lock().commands.clone()
    }

    /// Speaks with a client until it leaves.
    async fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        say(&mut stream, "* OK ready").await?;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let (tag, command) = line.trim_end().split_once(' ')?;
            self.state.lock().commands.push(command.to_owned());
            let mut words = command.split(' ');
            let end = match (words.next()?, words.next(), words.next()) {
                ("CAPABILITY", ..) => {
                    let offers = self.state.lock().offers;
                    say(&mut stream, &format!("* CAPABILITY IMAP4rev1 {offers}")).await?;
                    "OK done"
                }
                ("AUTHENTICATE", Some(mechanism), Some(answer)) => {
                    match self.knows(mechanism, answer) {
                        true => "OK in",
                        false => "NO [AUTHENTICATIONFAILED] care@northwind.example is not known",
                    }
                }
                ("EXAMINE", Some(folder), _) => match self.open(folder) {
                    Some(lines) => {
                        say(&mut stream, &lines).await?;
                        "OK [READ-ONLY] done"
                    }
                    None => "NO [NONEXISTENT] no such folder",
                },
                ("UID", Some("FETCH"), Some(range)) => {
                    let range = parse(range)?;
                    match command.contains("BODY.PEEK") {
                        true => self.send(&mut stream, range.0).await?,
                        false => {
                            let lines = self.list(range);
                            stream.get_mut().write_all(lines.as_bytes()).await.ok()?;
                            "OK done"
                        }
                    }
                }
                ("IDLE", ..) => {
                    self.idle(&mut stream).await?;
                    "OK done"
                }
                ("LOGOUT", ..) => return None,
                _ => "BAD what",
            };
            say(&mut stream, &format!("{tag} {end}")).await?;
        }
    }

    /// Whether the answer of AUTHENTICATE is that of the user.
    fn knows(&self, mechanism: &str, answer: &str) -> bool {
        use base64::Engine as _;
        let password = self.state.lock().password.clone();
        let known = match mechanism {
            "XOAUTH2" => format!("user=care\x01auth=Bearer {password}\x01\x01"),
            _ => format!("\0care\0{password}"),
        };
        base64::prelude::BASE64_STANDARD.encode(known) == answer
    }

    fn open(&self, folder: &str) -> Option<String> {
        let state = self.state.lock();
        (folder.trim_matches('"') == state.folder).then(|| {
            format!(
                "* {} EXISTS\r\n* OK [UIDVALIDITY {}] x\r\n* OK [UIDNEXT {}] x",
                state.mails.len(),
                state.validity,
                state.next
            )
        })
    }

    fn list(&self, (from, to): (u32, u32)) -> String {
        let state = self.state.lock();
        let now = jiff::Timestamp::now().strftime("%d-%b-%Y %H:%M:%S +0000");
        let now = now.to_string();
        let mails = state.mails.range(from..=to.max(from));
        let mails = mails.map(|(uid, (_, size))| {
            format!("* 1 FETCH (UID {uid} INTERNALDATE \"{now}\" RFC822.SIZE {size})\r\n")
        });
        mails.collect()
    }

    /// Sends a mail, or does what is wrong with it. Returns the end of the command.
    async fn send(&self, stream: &mut BufReader<TcpStream>, uid: u32) -> Option<&'static str> {
        let (fault, mail) = {
            let mut state = self.state.lock();
            let fault = state.faults.get_mut(&uid).filter(|it| it.1 > 0);
            let fault = fault.map(|it| {
                it.1 -= 1;
                it.0
            });
            if fault == Some(Fault::Expunged) {
                state.mails.remove(&uid);
            }
            (fault, state.mails.get(&uid).map(|it| it.0.clone()))
        };
        let Some(mail) = mail else {
            return Some("OK done");
        };
        let length = mail.len();
        let whole = format!("* 1 FETCH (UID {uid} BODY[]<0> {{{length}}}\r\n{mail})");
        match fault {
            Some(Fault::ClosedInMail) => {
                let half = &whole.as_bytes()[..whole.len() - length / 2];
                stream.get_mut().write_all(half).await.ok()?;
                return None;
            }
            Some(Fault::Bye) => {
                say(stream, "* BYE [UNAVAILABLE] later").await?;
                return None;
            }
            Some(Fault::FourGibibytes) => {
                say(
                    stream,
                    &format!("* 1 FETCH (UID {uid} BODY[]<0> {{4294967296}}"),
                )
                .await?;
                let _ = stream.read_u8().await;
                return None;
            }
            Some(Fault::No) => return Some("NO [SERVERBUG] cannot read it"),
            Some(Fault::Doubled) => say(stream, &whole).await?,
            Some(Fault::Expunged) | None => {}
        }
        say(stream, &whole).await?;
        Some("OK done")
    }

    async fn idle(&self, stream: &mut BufReader<TcpStream>) -> Option<()> {
        let known = self.state.lock().mails.len();
        say(stream, "+ idling").await?;
        let mut line = String::new();
        loop {
            let news = self.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            let now = self.state.lock().mails.len();
            if now != known {
                say(stream, &format!("* {now} EXISTS")).await?;
            }
            tokio::select! {
                read = stream.read_line(&mut line) => {
                    return (read.ok()? > 0 && line.trim_end() == "DONE").then_some(());
                }
                () = news => {}
            }
        }
    }
}

fn parse(range: &str) -> Option<(u32, u32)> {
    let (from, to) = range.split_once(':').unwrap_or((range, range));
    let from = from.parse().ok()?;
    Some((from, to.parse().unwrap_or(u32::MAX)))
}

async fn say(stream: &mut BufReader<TcpStream>, line: &str) -> Option<()> {
    let line = format!("{line}\r\n");
    stream.get_mut().write_all(line.as_bytes()).await.ok()
}
