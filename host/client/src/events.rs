//! Server-sent events.

use http_body_util::BodyExt;
use hyper::body::Incoming;

/// Event feed of a server, open until the server or the caller closes it.
#[derive(Debug)]
pub struct EventStream {
    body: Incoming,
    received: Vec<u8>,
}

impl EventStream {
    pub(crate) fn new(body: Incoming) -> EventStream {
        EventStream {
            body,
            received: Vec::new(),
        }
    }

    /// The next event's data; `None` once the feed is closed. Comments, ids and
    /// event names are skipped.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            while let Some(end) = self.received.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.received.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                if let Some(data) = line.trim_end().strip_prefix("data: ") {
                    return Some(data.to_owned());
                }
            }
            if let Ok(data) = self.body.frame().await?.ok()?.into_data() {
                self.received.extend_from_slice(&data);
            }
        }
    }
}
