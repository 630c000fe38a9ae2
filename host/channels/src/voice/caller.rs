//! The address of a caller.

/// What Twilio writes for a caller who withholds the number, as the keys of a telephone
/// spell it: RESTRICTED, BLOCKED, UNKNOWN, ANONYMOUS, UNAVAILABLE.
const WITHHELD: &[&str] = &[
    "+7378742833",
    "+2562533",
    "+8656696",
    "+266696687",
    "+86282452253",
];
/// The same from a telephone by SIP.
const ANONYMOUS_SIP: &str = "sip:anonymous@";

/// The address: a number, or a client such as `sip:…`; `None` where the caller withholds it.
/// Newer parts of Twilio write a word for that.
pub(super) fn address(from: &str) -> Option<String> {
    let is_number = from.bytes().any(|byte| byte.is_ascii_digit()) && !from.contains(':');
    let is_client = from.contains(':') && !from.to_ascii_lowercase().starts_with(ANONYMOUS_SIP);
    let is_said = (is_number || is_client) && !WITHHELD.contains(&from);
    is_said.then(|| from.to_owned())
}

/// Whether a text is a number in international form, which can be called.
pub(super) fn is_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_withheld_number_is_no_address() {
        for (from, is_address) in [
            ("+351912345678", true),
            ("+41790000000", true),
            ("68453", true),
            ("sip:jo@pbx.example", true),
            ("client:jo", true),
            ("anonymous", false),
            ("RESTRICTED", false),
            ("Unavailable", false),
            ("sip:Anonymous@anonymous.invalid", false),
            ("+266696687", false),
            ("+7378742833", false),
            ("+2562533", false),
            ("+8656696", false),
            ("+86282452253", false),
            ("", false),
            ("+", false),
        ] {
            assert_eq!(address(from).is_some(), is_address, "{from}");
        }
    }

    /// No number of Lesotho, Russia, Uganda or China is as long as these.
    #[test]
    fn withheld_numbers_spell_words() {
        let keys = |word: &str| -> String {
            let key = |c: char| match c {
                'A'..='C' => '2',
                'D'..='F' => '3',
                'G'..='I' => '4',
                'J'..='L' => '5',
                'M'..='O' => '6',
                'P'..='S' => '7',
                'T'..='V' => '8',
                _ => '9',
            };
            format!("+{}", word.chars().map(key).collect::<String>())
        };
        let words = [
            "RESTRICTED",
            "BLOCKED",
            "UNKNOWN",
            "ANONYMOUS",
            "UNAVAILABLE",
        ];
        assert_eq!(words.map(keys), WITHHELD);
    }

    #[test]
    fn a_number_that_can_be_called_is_international() {
        for (text, is) in [
            ("+351912345678", true),
            ("351912345678", false),
            ("68453", false),
            ("+68453", false),
            ("+351 912 345 678", false),
            ("+1234567890123456", false),
            ("sip:+351912345678@pbx.example", false),
            ("", false),
        ] {
            assert_eq!(is_number(text), is, "{text}");
        }
    }
}
