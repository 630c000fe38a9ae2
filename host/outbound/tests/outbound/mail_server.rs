//! A scripted mail server that speaks SMTP by hand and records what it hears.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use patchbay_model::mail_server::{MailProtocol, MailServer as Address};
use patchbay_outbound::egress::{
    Egress, EgressSettings, ExchangeFailure, MailLogin, MailReply, MailSubmission,
};
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::certificates::{AUTHORITY, FixedResolver, acceptor};
use crate::sink::settings;

/// What the server does next.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Say(Vec<u8>),
    /// The same, one byte at a time.
    SaySlowly(Vec<u8>),
    /// These bytes again and again.
    SayForEver(&'static [u8]),
    /// Reads a line; more than one is a fault.
    Hear,
    /// Reads lines up to the one with a dot alone.
    HearMail,
    /// TLS from here.
    StartTls,
    /// No answer; the connection stays open.
    Silence,
    Reset,
}

pub(crate) fn say(text: &str) -> Act {
    Act::Say(format!("{text}\r\n").into_bytes())
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Lines, without their ends.
    pub(crate) lines: Vec<String>,
    /// The mail as it was transferred.
    pub(crate) mail: Option<Vec<u8>>,
    /// What came after the script.
    pub(crate) rest: Vec<u8>,
    /// Whether two commands came together.
    pub(crate) pipelined: bool,
}

pub(crate) struct MailServer {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
    ended: tokio::sync::watch::Receiver<bool>,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl MailServer {
    /// Serves one connection by a script, then closes it.
    pub(crate) async fn start(script: impl IntoIterator<Item = Act>) -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let script: Vec<_> = script.into_iter().collect();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let (end, ended) = tokio::sync::watch::channel(false);
        let server = MailServer {
            address: listener.local_addr().expect("an address"),
            heard: Arc::clone(&heard),
            ended,
        };
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            // The client may have gone.
            let _ = serve(stream, script, &heard).await;
            end.send_replace(true);
        });
        server
    }

    /// What was heard, once the connection ended.
    pub(crate) async fn heard(&self) -> Heard {
        let mut ended = self.ended.clone();
        ended.wait_for(|ended| *ended).await.expect("it ends");
        self.heard_so_far()
    }

    pub(crate) fn heard_so_far(&self) -> Heard {
        self.heard.lock().expect("no panic").clone()
    }

    /// Submits the sample mail to this server.
    pub(crate) async fn submit(
        &self,
        scheme: &str,
        login: Option<(&str, &str)>,
    ) -> Result<MailReply, ExchangeFailure> {
        let mail = mail(scheme, "hooks.example", login, MAIL);
        self.egress(settings()).submit_mail(&mail).await
    }

    pub(crate) fn egress(&self, settings: EgressSettings) -> Egress {
        Egress::new(settings)
            .with_resolver(FixedResolver(self.address))
            .with_authorities([CertificateDer::from(AUTHORITY)])
    }
}

async fn serve(stream: TcpStream, script: Vec<Act>, heard: &Mutex<Heard>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let note = |change: &dyn Fn(&mut Heard)| change(&mut heard.lock().expect("no panic"));
    // A reset needs the TCP stream, which TLS hides.
    if matches!(script.as_slice(), [.., Act::Reset]) {
        stream.set_zero_linger()?;
    }
    let mut stream: Box<dyn Stream> = Box::new(stream);
    let mut buffer = Vec::new();
    for act in script {
        match act {
            Act::Say(bytes) => {
                stream.write_all(&bytes).await?;
                stream.flush().await?;
            }
            Act::SaySlowly(bytes) => {
                for byte in bytes {
                    stream.write_all(&[byte]).await?;
                    stream.flush().await?;
                    sleep(Duration::from_millis(1)).await;
                }
            }
            Act::SayForEver(bytes) => loop {
                stream.write_all(bytes).await?;
            },
            Act::Hear => {
                let line = read_to(&mut stream, &mut buffer, b"\r\n").await?;
                let line = String::from_utf8(line).expect("a command is ASCII");
                note(&|heard| heard.lines.push(line.trim_end().to_owned()));
                let more = !buffer.is_empty();
                note(&|heard| heard.pipelined |= more);
            }
            Act::HearMail => {
                let mut mail = Vec::new();
                loop {
                    let line = read_to(&mut stream, &mut buffer, b"\n").await?;
                    mail.extend_from_slice(&line);
                    if line == b".\r\n" {
                        break;
                    }
                }
                note(&|heard| heard.mail = Some(mail.clone()));
                let more = !buffer.is_empty();
                note(&|heard| heard.pipelined |= more);
            }
            Act::StartTls => stream = Box::new(acceptor().accept(stream).await?),
            Act::Silence => std::future::pending().await,
            Act::Reset => {
                // A reset drops what the other side did not read yet.
                sleep(Duration::from_millis(20)).await;
                return Ok(());
            }
        }
    }
    // Not a reset: what the client sent is read.
    let _ = stream.shutdown().await;
    loop {
        let mut chunk = [0; 512];
        match stream.read(&mut chunk).await? {
            0 => return Ok(()),
            count => note(&|heard| heard.rest.extend_from_slice(&chunk[..count])),
        }
    }
}

async fn read_to(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
    end: &[u8],
) -> io::Result<Vec<u8>> {
    loop {
        let found = buffer.windows(end.len()).position(|part| part == end);
        if let Some(place) = found {
            let rest = buffer.split_off(place + end.len());
            return Ok(std::mem::replace(buffer, rest));
        }
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

pub(crate) const MAIL: &[u8] =
    b"From: help@northwind.example\r\nSubject: Re: 4711\r\n\r\nIt is on its way.\r\n";

pub(crate) fn mail(
    scheme: &str,
    host: &str,
    login: Option<(&str, &str)>,
    message: &[u8],
) -> MailSubmission {
    let login = login.map(|(user, password)| MailLogin::new(user, password.as_bytes()));
    let login = login.transpose().expect("a login");
    let server =
        Address::parse(MailProtocol::Smtp, &format!("{scheme}://{host}")).expect("an address");
    let addresses = ("bounce+7@northwind.example", "jo@example.org");
    MailSubmission::new(server, login, addresses, message.to_vec()).expect("a mail")
}

/// From the greeting to the answer to the first EHLO.
pub(crate) fn hello(offers: &[&str]) -> Vec<Act> {
    let mut reply = "250-hooks.example at your service".to_owned();
    for offer in offers {
        reply += &format!("\r\n250-{offer}");
    }
    vec![
        say("220 hooks.example ESMTP"),
        Act::Hear,
        say(&format!("{reply}\r\n250 HELP")),
    ]
}

/// From MAIL to the end of the mail.
pub(crate) fn transaction(end: &[Act]) -> Vec<Act> {
    let mut acts = vec![
        Act::Hear,
        say("250 2.1.0 Ok"),
        Act::Hear,
        say("250 2.1.5 Ok"),
        Act::Hear,
        say("354 End data with <CR><LF>.<CR><LF>"),
        Act::HearMail,
    ];
    acts.extend(end.iter().cloned());
    acts
}
