//! Until when each channel takes a free reply.

use jiff::Timestamp;
use patchbay_adapter::ReplyWindow;
use patchbay_channels::{ADAPTERS, adapter_kind};
use serde_json::{Value, json};

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn window(channel: &str, settings: &Value, last: Option<&str>) -> ReplyWindow {
    let serves = ADAPTERS.iter().find(|it| it.channels.contains(&channel));
    let settings = settings.as_object().expect("an object");
    let kind = serves.or(adapter_kind(channel)).expect("an adapter");
    kind.reply_window(settings, channel, last.map(time))
}

#[test]
fn a_window_runs_from_the_customers_last_message_by_the_providers_time() {
    let last = Some("2026-01-01T10:00:00Z");
    let (day, week) = ("2026-01-02T10:00:00Z", "2026-01-08T10:00:00Z");
    for (channel, settings, end) in [
        ("whatsapp", json!({}), day),
        ("messenger", json!({}), day),
        ("messenger", json!({"human-agent": true}), week),
        ("instagram-direct", json!({"human-agent": false}), day),
        ("instagram-direct", json!({"human-agent": true}), week),
        ("viber", json!({"commercial": true}), day),
    ] {
        let open = window(channel, &settings, last);
        assert_eq!(open, ReplyWindow::Until(time(end)), "{channel} {settings}");
        // A customer who never wrote.
        let closed = window(channel, &settings, None);
        assert_eq!(closed, ReplyWindow::Closed, "{channel} {settings}");
    }
    let open = window("whatsapp", &json!({}), last);
    assert!(open.is_open(time("2026-01-02T09:59:59Z")));
    // A reply that waited in the outbox: asked again before it is sent.
    assert!(!open.is_open(time(day)));
    assert!(!ReplyWindow::Closed.is_open(time(day)));
    let kind = adapter_kind("whatsapp").expect("an adapter");
    let last = kind.reply_window(&Default::default(), "whatsapp", Some(Timestamp::MAX));
    assert_eq!(last, ReplyWindow::Until(Timestamp::MAX));
}

#[test]
fn every_other_channel_takes_a_reply_at_any_time() {
    let limited = ["whatsapp", "messenger", "instagram-direct"];
    for kind in ADAPTERS {
        for channel in kind.channels.iter().filter(|it| !limited.contains(it)) {
            let window = window(channel, &json!({}), None);
            assert_eq!(window, ReplyWindow::Unlimited, "{channel}");
        }
    }
}
