//! Answers: honest and other ones.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::Response;
use hyper::body::{Body, Bytes, Frame};
use tokio::time::Sleep;

/// Time before a connection is cut.
const DELAY: Duration = Duration::from_millis(30);

/// An answer that a test wrote.
#[derive(Clone, Debug)]
pub struct Canned {
    /// The status.
    pub status: u16,
    /// The header fields.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// How it ends.
    pub end: End,
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It ends.
    Complete,
    /// The connection breaks.
    Cut,
    /// It is repeated without end.
    Endless,
    /// Nothing follows, and the connection stays open.
    Silent,
}

impl Canned {
    /// An answer with a status and no body.
    pub fn status(status: u16) -> Canned {
        Canned {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            end: End::Complete,
        }
    }

    /// Adds a header field.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Canned {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Canned {
        self.body = body.into();
        self
    }

    /// Sets how the body ends.
    #[must_use]
    pub fn ending(mut self, end: End) -> Canned {
        self.end = end;
        self
    }

    pub(crate) fn respond(self) -> Response<Scripted> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        let body = Scripted {
            first: VecDeque::from([self.body.clone()]),
            again: self.body,
            end: self.end,
            delay: None,
        };
        response.body(body).expect("valid header fields")
    }
}

/// A body that ends as the test says.
pub(crate) struct Scripted {
    first: VecDeque<Bytes>,
    again: Bytes,
    end: End,
    delay: Option<Pin<Box<Sleep>>>,
}

impl Body for Scripted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.first.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.end {
            End::Complete => Poll::Ready(None),
            End::Cut => {
                // What was sent before arrives first.
                let delay = || Box::pin(tokio::time::sleep(DELAY));
                ready!(self.delay.get_or_insert_with(delay).as_mut().poll(context));
                Poll::Ready(Some(Err(io::Error::other("cut"))))
            }
            End::Endless => Poll::Ready(Some(Ok(Frame::data(self.again.clone())))),
            End::Silent => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.iter().all(Bytes::is_empty) && self.end == End::Complete
    }
}
