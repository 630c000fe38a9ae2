//! What a person wrote, as it is analysed: of a mail only what was written now, with plain characters,
//! and with disguised abuse spelled out.

use std::borrow::Cow;
use std::ops::Range;

use patchbay_sdk::prelude::*;
use patchbay_sdk::text::{Rewritten, fold_characters, mail};

use super::disguise;
use crate::lexicon::Lexicon;

/// A text prepared for [`Text::read`](super::Text::read), and the place of each part in the original.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    original: &'a str,
    /// Each made from the one before; empty where nothing changed.
    layers: Vec<Rewritten<'static>>,
}

impl<'a> Reading<'a> {
    /// Reads a customer's text.
    pub(crate) fn incoming(text: &'a str, channel: &Channel, lexicon: &Lexicon) -> Self {
        let mut reading = Self::unchanged(text);
        if *channel == Channel::Email {
            reading.apply(mail::written_now);
        }
        reading.fold(lexicon);
        reading
    }

    /// Reads a reply.
    pub(crate) fn reply(text: &'a str, lexicon: &Lexicon) -> Self {
        let mut reading = Self::unchanged(text);
        reading.fold(lexicon);
        reading
    }

    fn unchanged(original: &'a str) -> Self {
        Self {
            original,
            layers: Vec::new(),
        }
    }

    fn fold(&mut self, lexicon: &Lexicon) {
        self.apply(fold_characters);
        self.apply(|text| disguise::spell_out(text, lexicon));
    }

    fn apply(&mut self, rewrite: impl Fn(&str) -> Rewritten<'_>) {
        let new = rewrite(self.text());
        if !new.is_unchanged() {
            let new = new.into_owned();
            self.layers.push(new);
        }
    }

    pub(crate) fn text(&self) -> &str {
        self.layers.last().map_or(self.original, Rewritten::text)
    }

    pub(crate) fn is_changed(&self) -> bool {
        !self.layers.is_empty()
    }

    /// Bytes of the original that a range of [`text`](Self::text) stands for.
    pub(crate) fn source_range(&self, range: Range<usize>) -> Range<usize> {
        let layers = self.layers.iter().rev();
        layers.fold(range, |range, layer| layer.source_range(range))
    }
}

/// A language tag as the contract takes it (BCP 47): `_` becomes `-`; `None` for one that is malformed.
pub(crate) fn language_tag(tag: &str) -> Option<Cow<'_, str>> {
    let tag = tag.trim();
    let is_part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|it| it.is_ascii_alphanumeric())
    };
    let mut parts = tag.split(['-', '_']);
    let primary = parts.next()?;
    let is_primary =
        (2..=8).contains(&primary.len()) && primary.bytes().all(|it| it.is_ascii_alphabetic());
    let fits = tag.len() <= MAX_TAG_BYTES && is_primary && parts.all(is_part);
    fits.then(|| match tag.contains('_') {
        true => Cow::Owned(tag.replace('_', "-")),
        false => Cow::Borrowed(tag),
    })
}

/// Longest language tag of the contract.
const MAX_TAG_BYTES: usize = 35;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::tests::POLICY;

    #[test]
    fn a_language_tag_is_normalised_or_dropped() {
        for (tag, right) in [
            ("en", Some("en")),
            ("en_US", Some("en-US")),
            ("pt_BR", Some("pt-BR")),
            ("pt-BR", Some("pt-BR")),
            (" de ", Some("de")),
            ("zh_Hant_TW", Some("zh-Hant-TW")),
            ("", None),
            ("e", None),
            ("english (US)", None),
            ("en_", None),
            ("en-US;q=0.8", None),
            ("en US", None),
            ("português", None),
            ("12", None),
            ("_en", None),
            ("undefinedlanguage", None),
            ("en-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa", None),
        ] {
            assert_eq!(language_tag(tag).as_deref(), right, "{tag}");
        }
    }

    #[test]
    fn only_mail_is_reduced_to_what_was_written_now() {
        let text = "Thanks!\n\n> my card was stolen";
        let lexicon = &POLICY.lexicon;
        let read = |channel| Reading::incoming(text, &channel, lexicon).text().to_owned();
        assert_eq!(read(Channel::Email).trim(), "Thanks!");
        assert_eq!(read(Channel::X), text);
    }

    #[test]
    fn disguised_words_keep_their_places() {
        let text = "you f\u{200b}.u.c.k.i.n.g idiots";
        let reading = Reading::reply(text, &POLICY.lexicon);
        assert_eq!(reading.text(), "you fucking idiots");
        assert_eq!(&text[reading.source_range(4..11)], "f\u{200b}.u.c.k.i.n.g");
    }
}
