//! The reference policy pack of Patchbay: classification, routing, tone
//! checks and escalation for consumer brands.
//!
//! [`Policy::prepare`] reads the word lists once; a decision reads its text once and looks words up.
//! The package's `README.md` describes what it decides and how to adapt it; [`Settings`] what a
//! company can set.

mod classify;
mod escalate;
mod lexicon;
mod personal_data;
mod prepare;
mod route;
mod settings;
mod text;
mod tone;

use patchbay_sdk::prelude::*;

pub use settings::{Consequence, IntentSettings, ServiceLevel, Settings, Span, Verdicts, Weight};

/// The policy, prepared with a company's settings.
#[derive(Debug)]
pub struct SocialCare {
    lexicon: lexicon::Lexicon,
    catalogue: classify::catalogue::Catalogue,
    settings: Settings,
}

impl Policy for SocialCare {
    type Settings = Settings;

    fn prepare(settings: Settings) -> Result<Self, Problems> {
        prepare::prepare(settings)
    }
}

impl Classify for SocialCare {
    fn classify(&self, interaction: &Interaction) -> Answer<Classification> {
        Ok(Some(classify::classify(self, interaction)))
    }
}

impl Route for SocialCare {
    fn route(&self, conversation: &Conversation) -> Answer<RoutePlan> {
        Ok(route::plan(self, conversation))
    }
}

impl CheckTone for SocialCare {
    fn check(&self, draft: &Draft) -> Answer<Review> {
        Ok(Some(tone::review(self, draft)))
    }
}

impl Escalate for SocialCare {
    fn escalate(&self, trigger: &Trigger) -> Answer<Escalation> {
        Ok(escalate::respond(self, trigger))
    }
}

export!(SocialCare: classify, route, tone, escalate);
