//! Documents that are made to exhaust a reader, and mutated ones.

use patchbay_fuzz::{Corpus, Reading, peak_of};

use super::documents::{all, deliveries};
use super::*;

/// Bytes of a document, the most that the host takes.
const BYTES: usize = 10 << 20;
/// Most bytes that reading one holds.
const MOST: usize = 120 << 20;

fn filled(start: &str, part: &str, end: &str) -> String {
    let room = BYTES - start.len() - end.len();
    format!("{start}{}{end}", part.repeat(room / part.len()))
}

#[test]
fn a_document_of_ten_megabytes_is_read_within_bounds() {
    let rss = "<rss><channel>";
    let item = "<rss><channel><item><guid>1</guid><title>a</title><description>";
    let end = "</description></item></channel></rss>";
    for (start, part, end) in [
        (rss, "<item><title>a</title></item>", "</channel></rss>"),
        (rss, "<item/>", "</channel></rss>"),
        (rss, "<a>", ""),
        (item, "<b>", end),
        (item, "&lt;b&gt;", end),
        (item, "&amp;", end),
        (item, "<br/>", end),
        ("<rss a='", "&", "'><channel/></rss>"),
        ("<rss", " a='1'", "><channel/></rss>"),
        ("<rss", " xmlns:a='1'", "><channel/></rss>"),
        (
            "<rss><channel><item><link",
            " href='1'",
            "/></item></channel></rss>",
        ),
        (
            "<rss><channel><item><title>a</title><author>",
            "(",
            "</author></item></channel></rss>",
        ),
        (
            "<rss><channel><item><title>a</title>",
            "<category>x</category>",
            "</item></channel></rss>",
        ),
        (
            "<rss><channel><item><title>a</title><pubDate>",
            "(",
            "</pubDate></item></channel></rss>",
        ),
        (
            "<!DOCTYPE rss [",
            "<!ENTITY a '&a;&a;'>",
            "]><rss><channel/></rss>",
        ),
        ("<rss><!--", "-", "--><channel/></rss>"),
        ("<rss>", "<![CDATA[]]>", "<channel/></rss>"),
        (
            "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[",
            "{\"title\":\"a\"},",
            "{}]}",
        ),
        (
            "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":",
            "[",
            "",
        ),
        ("", "<", ""),
        ("", "\0", ""),
    ] {
        let document = filled(start, part, end);
        let mut read = 0;
        let peak = peak_of(|| {
            if let Ok(deliveries) = deliveries(document.as_bytes()) {
                read = deliveries.len();
                for delivery in &deliveries {
                    decode(delivery);
                }
            }
        });
        assert!(read <= 1_000, "{start}{part}");
        assert!(peak < MOST, "{start}{part}: {peak}");
    }
}

/// Depth beyond the bound ends reading; the entries before it stay.
#[test]
fn what_is_too_deep_is_not_read() {
    let nested = |depth: usize| {
        let (open, close) = ("<b>".repeat(depth), "</b>".repeat(depth));
        format!(
            "<rss><channel><item><guid>1</guid><title>first</title></item>\
             <item><guid>2</guid><title>{open}second{close}</title></item></channel></rss>"
        )
    };
    let read = |depth| texts(&deliveries(nested(depth).as_bytes()).expect("a feed"));
    assert_eq!(read(252), ["second", "first"]);
    assert_eq!(read(253), ["first"]);
}

/// A long text is cut: what an agent reads has a bound, and a delivery too.
#[test]
fn a_long_entry_is_cut_between_characters() {
    let text = "é".repeat(1 << 20);
    let document = format!(
        "<rss><channel><item><guid>{text}</guid><link>{text}</link><title>{text}</title>\
         <description>{text}</description><author>{text}</author></item></channel></rss>"
    );
    let deliveries = deliveries(document.as_bytes()).expect("a feed");
    assert!(deliveries[0].body.len() < 512 << 10);
    let Item::Interaction(decoded) = decode(&deliveries[0]) else {
        panic!("an interaction");
    };
    assert_eq!(decoded.interaction.text.len(), 448 << 10);
    let name = decoded.interaction.author.name.expect("a name");
    assert_eq!(name.len(), 512);
}

#[test]
fn a_mutated_document_is_read_or_refused() {
    Corpus::of(all().into_iter().map(|(_, document)| document))
        .words(&[
            "<item>",
            "</item>",
            "<entry>",
            "<title type=\"xhtml\">",
            "<content:encoded><![CDATA[",
            "]]>",
            "&#x0;",
            "&nbsp;",
            "<!DOCTYPE",
            " xmlns=\"",
            "<pubDate>",
            "\u{feff}",
            "<guid>",
            "{\"items\":[",
        ])
        .run(|document| {
            let (Ok(one), Ok(other)) = (deliveries(document), deliveries(document)) else {
                return Reading::Rejected;
            };
            assert_eq!(one.len(), other.len());
            for (one, other) in one.iter().zip(&other) {
                assert_eq!((&one.url, &one.body), (&other.url, &other.body));
                // Intake takes it, or it is an event: never what cannot be decoded.
                assert!(!matches!(decode(one), Item::Undecodable(_)));
            }
            Reading::Accepted
        });
}
