use patchbay_sdk::prelude::*;

settings! {
    struct Refunds {
        /// Words that ask for money back, in lower case.
        words: Vec<String>,
    }
}

impl Policy for Refunds {
    type Settings = Self;
    fn prepare(settings: Self) -> Result<Self, Problems> {
        Ok(settings)
    }
}

impl Classify for Refunds {
    fn classify(&self, interaction: &Interaction) -> Answer<Classification> {
        let text = interaction.text().to_lowercase();
        let word = self.words.iter().find(|word| text.contains(*word));
        Ok(word.map(|word| Classification::because(word).intent("refund", 0.9)))
    }
}

export!(Refunds: classify);
