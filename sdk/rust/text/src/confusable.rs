//! Characters that look like a plain letter or digit.
//!
//! Compatibility forms (full-width, mathematical, circled …) follow the compatibility mappings of
//! Unicode; letters of other scripts follow its list of confusables (UTS #39), of which the ones that
//! occur in practice are here.

/// The plain text of a compatibility form; `None` for every other character.
pub(crate) fn compatible(character: char) -> Option<Plain> {
    let code = character as u32;
    let letter = |index: u32| {
        // 52 letters: capitals, then small ones.
        let base = if index < 26 { b'A' } else { b'a' - 26 };
        Plain::Letter(char::from(base + index as u8))
    };
    let small = |first: u32| Plain::Letter(char::from(b'a' + (code - first) as u8));
    let capital = |first: u32| Plain::Letter(char::from(b'A' + (code - first) as u8));
    Some(match code {
        0xff01..=0xff5e => Plain::Letter(char::from((code - 0xfee0) as u8)),
        0x3000 => Plain::Letter(' '),
        0x1d400..=0x1d6a3 => letter((code - 0x1d400) % 52),
        0x24b6..=0x24cf => capital(0x24b6),
        0x24d0..=0x24e9 => small(0x24d0),
        0x249c..=0x24b5 => small(0x249c),
        0x1f110..=0x1f129 => capital(0x1f110),
        0x1f130..=0x1f149 => capital(0x1f130),
        0x1f150..=0x1f169 => capital(0x1f150),
        0x1f170..=0x1f189 => capital(0x1f170),
        0xfb00 => Plain::Letters("ff"),
        0xfb01 => Plain::Letters("fi"),
        0xfb02 => Plain::Letters("fl"),
        0xfb03 => Plain::Letters("ffi"),
        0xfb04 => Plain::Letters("ffl"),
        0xfb05 | 0xfb06 => Plain::Letters("st"),
        _ => return single(character).map(Plain::Letter),
    })
}

/// Plain text a character stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    Letter(char),
    Letters(&'static str),
}

fn single(character: char) -> Option<char> {
    Some(match character {
        'ᴀ' | 'ᵃ' | 'ₐ' => 'a',
        'ʙ' | 'ᵇ' => 'b',
        'ᴄ' | 'ᶜ' | 'ⅽ' => 'c',
        'ᴅ' | 'ᵈ' | 'ⅾ' => 'd',
        'ᴇ' | 'ᵉ' | 'ₑ' | 'ℯ' => 'e',
        'ꜰ' | 'ᶠ' => 'f',
        'ɢ' | 'ᵍ' | 'ℊ' => 'g',
        'ʜ' | 'ʰ' | 'ₕ' | 'ℎ' => 'h',
        'ⁱ' | 'ᵢ' | 'ⅰ' | 'ℹ' => 'i',
        'ᴊ' | 'ʲ' | 'ⱼ' => 'j',
        'ᴋ' | 'ᵏ' | 'ₖ' => 'k',
        'ʟ' | 'ˡ' | 'ₗ' | 'ⅼ' | 'ℓ' => 'l',
        'ᴍ' | 'ᵐ' | 'ₘ' | 'ⅿ' => 'm',
        'ɴ' | 'ⁿ' | 'ₙ' => 'n',
        'ᴏ' | 'ᵒ' | 'ₒ' | 'ℴ' => 'o',
        'ᴘ' | 'ᵖ' | 'ₚ' => 'p',
        'ʀ' | 'ʳ' | 'ᵣ' => 'r',
        'ꜱ' | 'ˢ' | 'ₛ' | 'ſ' => 's',
        'ᴛ' | 'ᵗ' | 'ₜ' => 't',
        'ᴜ' | 'ᵘ' | 'ᵤ' => 'u',
        'ᴠ' | 'ᵛ' | 'ᵥ' | 'ⅴ' => 'v',
        'ᴡ' | 'ʷ' => 'w',
        'ˣ' | 'ₓ' | 'ⅹ' => 'x',
        'ʏ' | 'ʸ' => 'y',
        'ᴢ' | 'ᶻ' => 'z',
        'ℂ' | 'ℭ' | 'Ⅽ' => 'C',
        'ℋ' | 'ℌ' | 'ℍ' => 'H',
        'ℐ' | 'ℑ' | 'Ⅰ' => 'I',
        'ℒ' | 'Ⅼ' => 'L',
        'ℕ' => 'N',
        'ℙ' => 'P',
        'ℚ' => 'Q',
        'ℛ' | 'ℜ' | 'ℝ' => 'R',
        'ℤ' | 'ℨ' => 'Z',
        'ℬ' => 'B',
        'ℰ' => 'E',
        'ℱ' => 'F',
        'ℳ' | 'Ⅿ' => 'M',
        'Ⅾ' => 'D',
        'Ⅴ' => 'V',
        'Ⅹ' => 'X',
        '\u{212a}' => 'K',
        '﹫' => '@',
        _ => return None,
    })
}

/// The Latin letter that a letter of another script looks like.
pub(crate) fn latin_lookalike(character: char) -> Option<char> {
    Some(match character {
        // Cyrillic.
        'а' | 'ӑ' | 'ӓ' => 'a',
        'в' | 'ь' => 'b',
        'с' => 'c',
        'ԁ' => 'd',
        'е' | 'ё' | 'ѐ' | 'є' => 'e',
        'һ' | 'н' => 'h',
        'і' | 'ї' => 'i',
        'ј' => 'j',
        'к' => 'k',
        'ӏ' => 'l',
        'м' => 'm',
        'п' => 'n',
        'о' => 'o',
        'р' => 'p',
        'ԛ' => 'q',
        'г' => 'r',
        'ѕ' => 's',
        'т' => 't',
        'и' | 'ц' => 'u',
        'ѵ' => 'v',
        'ԝ' | 'ш' | 'щ' => 'w',
        'х' => 'x',
        'у' | 'ү' | 'ў' => 'y',
        'А' => 'A',
        'В' => 'B',
        'С' => 'C',
        'Е' | 'Ё' => 'E',
        'Н' => 'H',
        'І' | 'Ї' | 'Ӏ' => 'I',
        'Ј' => 'J',
        'К' => 'K',
        'М' => 'M',
        'О' => 'O',
        'Р' => 'P',
        'Ѕ' => 'S',
        'Т' => 'T',
        'У' | 'Ү' => 'Y',
        'Х' => 'X',
        'Ԝ' => 'W',
        // Greek.
        'α' | 'ά' => 'a',
        'β' => 'b',
        'ϲ' => 'c',
        'ε' | 'έ' => 'e',
        'η' => 'n',
        'ι' | 'ί' => 'i',
        'κ' => 'k',
        'ν' => 'v',
        'ο' | 'ό' | 'σ' => 'o',
        'ρ' => 'p',
        'τ' => 't',
        'υ' | 'ύ' | 'μ' => 'u',
        'χ' => 'x',
        'γ' => 'y',
        'ω' => 'w',
        'Α' => 'A',
        'Β' => 'B',
        'Ε' => 'E',
        'Ζ' => 'Z',
        'Η' => 'H',
        'Ι' => 'I',
        'Κ' => 'K',
        'Μ' => 'M',
        'Ν' => 'N',
        'Ο' => 'O',
        'Ρ' => 'P',
        'Τ' => 'T',
        'Υ' => 'Y',
        'Χ' => 'X',
        // Armenian and Cherokee.
        'օ' => 'o',
        'ս' => 'u',
        'հ' => 'h',
        'ո' => 'n',
        'Ꭺ' => 'A',
        'Ᏼ' => 'B',
        'Ꮯ' => 'C',
        'Ꭰ' => 'D',
        'Ꭼ' => 'E',
        'Ꮐ' => 'G',
        'Ꮋ' => 'H',
        'Ꭻ' => 'J',
        'Ꮶ' => 'K',
        'Ꮮ' => 'L',
        'Ꮇ' => 'M',
        'Ꮲ' => 'P',
        'Ꮢ' => 'R',
        'Ꮪ' => 'S',
        'Ꭲ' => 'T',
        'Ꮩ' => 'V',
        'Ꮃ' => 'W',
        'Ꮓ' => 'Z',
        // Latin letters of phonetic alphabets.
        'ɑ' => 'a',
        'ɓ' => 'b',
        'ɗ' => 'd',
        'ƒ' => 'f',
        'ɡ' => 'g',
        'ɩ' | 'ɪ' => 'i',
        'ƙ' => 'k',
        'ŧ' => 't',
        'ʋ' => 'v',
        'ɯ' => 'w',
        _ => return None,
    })
}

/// First digit (zero) of the scripts with their own digits.
pub(crate) const ZEROS: [u32; 40] = [
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66,
    0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0x2080, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
    0xff10, 0x104a0, 0x1fbf0, 0x10d30,
];
