//! The question whether the feed can be read.

use patchbay_adapter::Exchange;
use patchbay_adapter::media::ProviderQuery;
use patchbay_adapter::probe::{self, Finding, Probe, ProbeRequest};

use super::Feed;
use super::document::Document;

pub(super) fn question(feed: &Feed) -> Probe {
    Probe {
        topic: "feed",
        account: String::new(),
        request: ProbeRequest::Get(ProviderQuery {
            url: feed.url.clone(),
            credential: None,
        }),
    }
}

pub(super) fn finding(exchange: &Exchange<'_>) -> Finding {
    let code = "feed";
    if let Exchange::Answered(response) = exchange
        && (300..=399).contains(&response.status)
    {
        let status = response.status;
        let text = format!("the feed has another address (http {status}): correct `url`");
        return Finding::wrong(code, text);
    }
    let response = match probe::answer(exchange) {
        Ok(response) => response,
        Err(finding) => return finding,
    };
    if response.status != 200 {
        let status = response.status;
        let text = format!("the server does not give the feed (http {status}): check `url`");
        return Finding::wrong(code, text);
    }
    let content_type = response.headers.only("content-type").ok().flatten();
    match Document::read(response.body, content_type) {
        Ok(document) if document.is_broken => Finding::advice(
            code,
            format!(
                "the feed is not well-formed: only the first {} entries can be read",
                document.entries.len()
            ),
        ),
        Ok(document) => Finding::right(
            code,
            format!("the feed can be read; entries: {}", document.entries.len()),
        ),
        Err(problem) => Finding::wrong(code, format!("what `url` names {problem}")),
    }
}
