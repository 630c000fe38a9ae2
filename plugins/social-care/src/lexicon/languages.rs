//! Languages of the Latin script, by number.

pub(crate) const EN: usize = 0;
pub(crate) const PT: usize = 1;
pub(crate) const ES: usize = 2;
pub(crate) const FR: usize = 3;
pub(crate) const DE: usize = 4;
pub(crate) const IT: usize = 5;
pub(crate) const SV: usize = 7;
pub(crate) const PL: usize = 8;
pub(crate) const TR: usize = 9;

/// Counts of letters by script, and of letters that are typical of a language.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Letters {
    /// Signature letters by number of the language.
    pub(crate) signature: [u16; 10],
    pub(crate) cyrillic: u32,
    pub(crate) greek: u32,
    pub(crate) arabic: u32,
    pub(crate) hebrew: u32,
    pub(crate) devanagari: u32,
    pub(crate) thai: u32,
    pub(crate) hangul: u32,
    pub(crate) kana: u32,
    pub(crate) han: u32,
    /// Letters of the Latin script.
    pub(crate) latin: u32,
}

/// Codes by number.
pub(crate) const CODES: [&str; 10] = ["en", "pt", "es", "fr", "de", "it", "nl", "sv", "pl", "tr"];

/// Number of languages with a list of moods; they come first.
pub(crate) const WITH_VALENCE: usize = 5;

/// Stop words and frequent trigrams, in the order of [`CODES`].
pub(crate) const LISTS: [&str; 10] = [
    include_str!("../../lexicon/languages/en.txt"),
    include_str!("../../lexicon/languages/pt.txt"),
    include_str!("../../lexicon/languages/es.txt"),
    include_str!("../../lexicon/languages/fr.txt"),
    include_str!("../../lexicon/languages/de.txt"),
    include_str!("../../lexicon/languages/it.txt"),
    include_str!("../../lexicon/languages/nl.txt"),
    include_str!("../../lexicon/languages/sv.txt"),
    include_str!("../../lexicon/languages/pl.txt"),
    include_str!("../../lexicon/languages/tr.txt"),
];

/// Number of a language tag; the region is ignored.
pub(crate) fn number(code: &str) -> Option<usize> {
    let primary = primary(code);
    CODES
        .iter()
        .position(|known| known.eq_ignore_ascii_case(primary))
}

/// The language of a tag without region or script: `pt` of `pt-BR`.
pub(crate) fn primary(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or(tag)
}

/// Counts a letter outside ASCII for the languages it is typical of, or for its script.
pub(crate) fn note(letters: &mut Letters, letter: char) {
    let of: &[usize] = match letter {
        'ã' | 'õ' | 'Ã' | 'Õ' => &[PT, PT],
        'ñ' | 'Ñ' => &[ES, ES],
        'ß' => &[DE, DE],
        'ä' | 'Ä' => &[DE, SV],
        'ö' | 'Ö' => &[DE, SV, TR],
        'ü' | 'Ü' => &[DE, TR],
        'å' | 'Å' => &[SV, SV],
        'ç' | 'Ç' => &[PT, FR, TR],
        'ê' | 'Ê' | 'â' | 'Â' => &[PT, FR],
        'ô' | 'Ô' => &[PT, FR],
        'è' | 'È' => &[FR, IT],
        'à' | 'À' => &[FR, IT, PT],
        'ù' | 'Ù' | 'ò' | 'Ò' | 'ì' | 'Ì' => &[IT],
        'î' | 'Î' | 'û' | 'Û' | 'œ' | 'Œ' | 'ë' | 'Ë' => &[FR],
        'é' | 'É' => &[FR, ES, PT],
        'á' | 'Á' | 'í' | 'Í' | 'ú' | 'Ú' => &[ES, PT],
        'ó' | 'Ó' => &[ES, PT, PL],
        'ł' | 'Ł' | 'ż' | 'Ż' | 'ź' | 'Ź' | 'ś' | 'Ś' | 'ć' | 'Ć' | 'ń' | 'Ń' | 'ą' | 'Ą' | 'ę'
        | 'Ę' => &[PL, PL],
        'ğ' | 'Ğ' | 'ş' | 'Ş' | 'ı' | 'İ' => &[TR, TR],
        _ => return script(letters, letter),
    };
    for language in of {
        letters.signature[*language] = letters.signature[*language].saturating_add(1);
    }
}

fn script(letters: &mut Letters, letter: char) {
    match letter {
        '\u{0400}'..='\u{052f}' => letters.cyrillic += 1,
        '\u{0370}'..='\u{03ff}' => letters.greek += 1,
        '\u{0600}'..='\u{06ff}' => letters.arabic += 1,
        '\u{0590}'..='\u{05ff}' => letters.hebrew += 1,
        '\u{0900}'..='\u{097f}' => letters.devanagari += 1,
        '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}' => letters.hangul += 1,
        _ => {}
    }
}
