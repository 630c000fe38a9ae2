//! Finds the tier of the customer whom the text names, in a table that is compiled into the
//! component.

use patchbay_sdk::prelude::*;

struct Lookup;

/// Keys and tiers, sorted by key.
static TIERS: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/tiers.rs"));

impl Policy for Lookup {
    type Settings = NoSettings;

    fn prepare(_: NoSettings) -> Result<Self, Problems> {
        Ok(Self)
    }
}

impl Classify for Lookup {
    fn classify(&self, interaction: &Interaction) -> Answer<Classification> {
        let found = TIERS.binary_search_by_key(&interaction.text(), |(key, _)| key);
        Ok(found.ok().map(|at| Classification::because(TIERS[at].1)))
    }
}

export!(Lookup: classify);
