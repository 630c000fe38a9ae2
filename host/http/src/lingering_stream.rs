//! A stream that lets its client read the whole answer before it closes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a closed stream is read on.
const LINGER: Duration = Duration::from_secs(5);
/// The same while the server stops.
const BRIEF_LINGER: Duration = Duration::from_millis(100);
/// How many bytes of a closed stream are read on.
const LINGER_BYTES: usize = 16 << 20;

/// Closes in three steps: for writing; then what the client still sends is read
/// and dropped, within bounds; then for reading. A system that closes a stream
/// with unread data resets the connection, and the client loses the answer.
#[derive(Debug)]
pub(crate) struct LingeringStream<S> {
    inner: S,
    state: State,
    is_stopping: Arc<AtomicBool>,
}

#[derive(Debug)]
enum State {
    Open,
    Draining { left: usize, until: Pin<Box<Sleep>> },
    Closed,
}

impl<S> LingeringStream<S> {
    /// `is_stopping` is set while the server stops: then no client is waited for.
    pub(crate) fn new(inner: S, is_stopping: Arc<AtomicBool>) -> LingeringStream<S> {
        LingeringStream {
            inner,
            is_stopping,
            state: State::Open,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for LingeringStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        loop {
            match &mut stream.state {
                State::Open => {
                    ready!(Pin::new(&mut stream.inner).poll_shutdown(cx))?;
                    let linger = match stream.is_stopping.load(Ordering::Relaxed) {
                        true => BRIEF_LINGER,
                        false => LINGER,
                    };
                    stream.state = State::Draining {
                        left: LINGER_BYTES,
                        until: Box::pin(sleep(linger)),
                    };
                }
                State::Draining { left, until } => {
                    let mut bytes = [0; 16 << 10];
                    let mut buffer = ReadBuf::new(&mut bytes);
                    let is_over = until.as_mut().poll(cx).is_ready();
                    let read = match is_over {
                        true => Poll::Ready(Ok(())),
                        false => Pin::new(&mut stream.inner).poll_read(cx, &mut buffer),
                    };
                    let count = buffer.filled().len();
                    match ready!(read) {
                        Ok(()) if count > 0 && count < *left => *left -= count,
                        // The end, an error of the client, or a bound.
                        _ => stream.state = State::Closed,
                    }
                }
                State::Closed => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for LingeringStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// Both ends of a connection.
    async fn connected() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (client, server) = tokio::join!(TcpStream::connect(address), listener.accept());
        (client.expect("connected"), server.expect("accepted").0)
    }

    #[tokio::test]
    async fn a_client_that_has_sent_much_reads_the_whole_answer() {
        let (mut client, server) = connected().await;
        let sent = vec![7; 4 << 20];
        let answering = tokio::spawn(async move {
            let mut stream = LingeringStream::new(server, Arc::default());
            stream.write_all(b"answer").await.expect("written");
            stream.shutdown().await.expect("closed");
        });
        client.write_all(&sent).await.expect("the server reads on");
        client.shutdown().await.expect("closed");
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.expect("no reset");
        assert_eq!(answer, b"answer");
        answering.await.expect("ended");
    }
}
