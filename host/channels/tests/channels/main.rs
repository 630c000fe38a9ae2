//! Every adapter of the table from outside, that of mail too: deliveries, replies and
//! answers.

mod bluesky;
mod chat;
mod chatwoot;
mod decision;
mod discourse;
mod email;
mod exchange;
mod facebook;
mod golden;
mod instagram;
mod line;
mod mastodon;
mod media;
mod probes;
mod settings;
mod slack;
mod sms;
mod sms_vonage;
mod standard_webhooks;
mod telegram;
mod viber;
mod whatsapp;
mod x;
mod zammad;
mod zendesk;
