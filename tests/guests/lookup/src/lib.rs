//! Finds the tier of the customer whom the text names, in a table of the pack's data.

use patchbay_sdk::prelude::*;

struct Lookup;

impl Policy for Lookup {
    type Settings = NoSettings;

    fn prepare(_: NoSettings) -> Result<Self, Problems> {
        Ok(Self)
    }
}

impl Classify for Lookup {
    fn classify(&self, interaction: &Interaction) -> Answer<Classification> {
        let row = data::table("tiers")?.row(interaction.text());
        let tier = row.as_ref().and_then(|row| row.value("tier"));
        Ok(tier.map(Classification::because))
    }
}

export!(Lookup: classify);
