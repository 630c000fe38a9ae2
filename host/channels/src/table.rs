//! The table of adapters.

use patchbay_adapter::AdapterKind;

use crate::{
    facebook, instagram, line, slack, sms, standard_webhooks, telegram, viber, voice, whatsapp,
};

/// One row per adapter.
pub const ADAPTERS: &[AdapterKind] = &[
    whatsapp::KIND,
    facebook::KIND,
    instagram::KIND,
    patchbay_email::KIND,
    patchbay_web_chat::KIND,
    sms::KIND,
    voice::KIND,
    telegram::KIND,
    slack::KIND,
    line::KIND,
    viber::KIND,
    patchbay_social::x::KIND,
    patchbay_social::discourse::KIND,
    patchbay_social::mastodon::KIND,
    patchbay_social::bluesky::KIND,
    patchbay_help_desk::chatwoot::KIND,
    patchbay_help_desk::zammad::KIND,
    patchbay_help_desk::zendesk::KIND,
    patchbay_feeds::feed::KIND,
    patchbay_feeds::play_store::KIND,
    patchbay_feeds::app_store::KIND,
    standard_webhooks::KIND,
];

/// The adapter of this name.
pub fn adapter_kind(name: &str) -> Option<&'static AdapterKind> {
    ADAPTERS.iter().find(|kind| kind.name == name)
}

/// The adapter that delivers interactions of a channel and sends its replies.
pub fn adapter_of_channel(code: &str) -> Option<&'static AdapterKind> {
    ADAPTERS.iter().find(|kind| kind.channels.contains(&code))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use patchbay_adapter::InboundWay;

    use super::*;

    #[test]
    fn a_name_and_a_channel_belong_to_one_adapter() {
        let names: BTreeSet<_> = ADAPTERS.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), ADAPTERS.len());
        let channels = ADAPTERS.iter().flat_map(|kind| kind.channels);
        let distinct: BTreeSet<_> = channels.clone().collect();
        assert_eq!(distinct.len(), channels.count());
        for kind in ADAPTERS {
            match kind.channels.first() {
                Some(first) => assert_eq!(first, &kind.name),
                None => assert!(adapter_of_channel(kind.name).is_none()),
            }
            let has_webhook = kind.inbound.contains(&InboundWay::Webhook);
            let names_url = kind.setup.iter().any(|step| step.contains("{url}"));
            assert_eq!(names_url, has_webhook, "{}", kind.name);
        }
    }
}
