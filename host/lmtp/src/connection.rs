//! One connection: reads, keeps time, and sends the replies of its session.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use crate::counts::LmtpCounts;
use crate::mailboxes::Mailboxes;
use crate::session::{Session, Step};
use crate::settings::LmtpSettings;

/// Bytes that are read at once.
const READ_BYTES: usize = 16 << 10;
/// How long a client may leave replies unread.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long what a client still sends is read after the last reply: else the system
/// would reset the connection, and the client might not see the reply.
const LINGER: Duration = Duration::from_secs(1);

/// Serves a connection until it ends; `stopping` completes when the server stops.
pub(crate) async fn serve<B: Mailboxes>(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    mailboxes: &B,
    (settings, counts): (&LmtpSettings, &LmtpCounts),
    stopping: impl Future<Output = ()>,
) {
    let ended = converse(&mut stream, mailboxes, (settings, counts), stopping).await;
    if ended.is_ok() && stream.shutdown().await.is_ok() {
        let mut rest = [0; READ_BYTES];
        let drained = async { while stream.read(&mut rest).await.is_ok_and(|read| read > 0) {} };
        let _ = timeout(LINGER, drained).await;
    }
}

/// Returns when the connection is to be closed; an error if it is gone.
async fn converse<B: Mailboxes>(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    mailboxes: &B,
    (settings, counts): (&LmtpSettings, &LmtpCounts),
    stopping: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut session = Session::new(mailboxes.mail_bytes());
    let mut stopping = std::pin::pin!(stopping);
    let mut buffer = vec![0; READ_BYTES];
    // Memory of the mail that arrives.
    let mut share: Option<B::Share> = None;
    let mut deadline = Instant::now() + settings.command_timeout;
    let mut progress = (session.commands(), false);
    loop {
        let step = session.step();
        counts.count_recipients(&session.take_recipient_codes());
        match step {
            Step::Lookup(address) => {
                let found = mailboxes.find(&address).await;
                session.answer_lookup(found);
            }
            Step::Deliver(mail) => {
                let verdicts = mailboxes.deliver(mail).await;
                share = None;
                session.answer_delivery(&verdicts);
            }
            Step::Close => return send(stream, &mut session).await,
            Step::Read => {
                send(stream, &mut session).await?;
                let now = (session.commands(), session.is_receiving());
                if now != progress {
                    progress = now;
                    deadline = Instant::now()
                        + match session.is_receiving() {
                            true => settings.mail_timeout,
                            false => settings.command_timeout,
                        };
                }
                let read = tokio::select! {
                    biased;
                    () = stopping.as_mut() => {
                        session.stop();
                        continue;
                    }
                    read = timeout_at(deadline, stream.read(&mut buffer)) => read,
                };
                let read = match read {
                    Ok(Ok(0)) => return Err(io::ErrorKind::UnexpectedEof.into()),
                    Ok(read) => read?,
                    Err(_) => {
                        session.time_out();
                        continue;
                    }
                };
                if session.is_keeping_content()
                    && let Some(mailbox) = session.first_mailbox()
                {
                    let share = share.get_or_insert_with(|| mailboxes.share(mailbox));
                    if !mailboxes.grow(share, read) {
                        session.drop_content();
                    }
                }
                session.feed(&buffer[..read]);
                if !session.is_keeping_content() {
                    share = None;
                }
            }
        }
    }
}

async fn send<M>(
    stream: &mut (impl AsyncWrite + Unpin),
    session: &mut Session<M>,
) -> io::Result<()> {
    let output = session.take_output();
    if output.is_empty() {
        return Ok(());
    }
    let sent = async {
        stream.write_all(&output).await?;
        stream.flush().await
    };
    timeout(WRITE_TIMEOUT, sent).await?
}
