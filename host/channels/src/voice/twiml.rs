//! TwiML: what Twilio does in a call, as XML.

use super::settings::Speech;

/// Ends the call.
pub(super) const HANG_UP: &str = "<Hangup/>";
/// Turns a call away before it is answered.
pub(super) const REJECT: &str = "<Reject/>";

/// A document of these verbs.
pub(super) fn document(verbs: &str) -> String {
    format!("<Response>{verbs}</Response>")
}

/// Speaks a text.
pub(super) fn say(speech: &Speech, text: &str) -> String {
    let language = escape(&speech.language);
    let voice = speech.voice.as_deref();
    let voice = voice.map(|name| format!(" voice=\"{}\"", escape(name)));
    let voice = voice.unwrap_or_default();
    let text = escape(text);
    format!("<Say language=\"{language}\"{voice}>{text}</Say>")
}

/// Speaks a text, and listens meanwhile and afterwards. Twilio sends what it understood to
/// `action`, also when it understood nothing: without `actionOnEmptyResult` a silent caller
/// would end the call.
pub(super) fn gather(speech: &Speech, action: &str, text: &str) -> String {
    let language = escape(&speech.language);
    let action = escape(action);
    let say = say(speech, text);
    format!(
        "<Gather input=\"speech\" action=\"{action}\" method=\"POST\" actionOnEmptyResult=\"true\" speechTimeout=\"auto\" language=\"{language}\">{say}</Gather>"
    )
}

/// A text as content or as a value of an attribute, without the characters that XML does
/// not have.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push(c),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_neither_markup_nor_the_end_of_an_attribute() {
        for (text, expected) in [
            (
                "</Say><Dial>+1</Dial>",
                "&lt;/Say&gt;&lt;Dial&gt;+1&lt;/Dial&gt;",
            ),
            ("a\" b='c' & &amp;", "a&quot; b='c' &amp; &amp;amp;"),
            ("]]>", "]]&gt;"),
            ("\0a\u{1}b\u{1b}\u{fffe}\u{ffff}c", "abc"),
            ("a\tb\r\nc é 😀", "a\tb\r\nc é 😀"),
        ] {
            assert_eq!(escape(text), expected);
        }
    }
}
