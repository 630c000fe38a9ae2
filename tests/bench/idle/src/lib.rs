//! A policy that reads nothing and has no opinion, so that a call of it costs
//! what the host itself costs.

use patchbay_sdk::prelude::*;

/// The policy.
struct Idle;

impl Policy for Idle {
    type Settings = NoSettings;

    fn prepare(_: NoSettings) -> Result<Self, Problems> {
        Ok(Self)
    }
}

impl Classify for Idle {
    fn classify(&self, _: &Interaction) -> Answer<Classification> {
        Ok(None)
    }
}

impl Route for Idle {
    fn route(&self, _: &Conversation) -> Answer<RoutePlan> {
        Ok(None)
    }
}

export!(Idle: classify, route);
