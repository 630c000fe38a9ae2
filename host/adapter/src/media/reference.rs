//! Parsing a reference to a file.

use percent_encoding::percent_decode_str;

/// What begins a reference.
const SCHEME: &str = "media:";
/// Most parts of a file's id.
const PARTS: usize = 4;

/// A file as its reference names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaReference {
    /// Code of the channel.
    pub channel: String,
    /// The company's account on it.
    pub account: String,
    /// The parts of the provider's id of the file: at least one, none empty.
    pub id: Vec<String>,
    /// What downloads the file, where that is not its id.
    pub download: Option<String>,
}

impl MediaReference {
    /// Parses the URL of an attachment; `None` if it is not a reference.
    pub fn parse(url: &str) -> Option<MediaReference> {
        let (path, download) = match url.strip_prefix(SCHEME)?.split_once('?') {
            Some((path, download)) => (path, Some(decode(download)?)),
            None => (url.strip_prefix(SCHEME)?, None),
        };
        let mut parts = path.split('/').map(decode);
        let (channel, account) = (parts.next()??, parts.next()??);
        let id: Vec<String> = parts.collect::<Option<_>>()?;
        let is_whole = (1..=PARTS).contains(&id.len());
        is_whole.then_some(MediaReference {
            channel,
            account,
            id,
            download,
        })
    }
}

/// A part as it was before encoding; `None` if it is empty or not UTF-8.
fn decode(part: &str) -> Option<String> {
    let text = percent_decode_str(part).decode_utf8().ok()?;
    (!text.is_empty()).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media;

    #[test]
    fn a_reference_is_read_as_it_was_written() {
        for (account, id) in [
            ("+351", &["MM1", "a/b?c#d é"][..]),
            ("1122334455667", &["m_A=-_.%2F"]),
        ] {
            let text = media::reference("sms", account, id).expect("short");
            let expected = MediaReference {
                channel: "sms".to_owned(),
                account: account.to_owned(),
                id: id.iter().map(|part| (*part).to_owned()).collect(),
                download: None,
            };
            assert_eq!(MediaReference::parse(&text), Some(expected.clone()));
            let download = media::encode("AgAC?/x").expect("short");
            let found = MediaReference::parse(&format!("{text}?{download}")).expect("a reference");
            assert_eq!(found.download.as_deref(), Some("AgAC?/x"));
            assert_eq!(found.id, expected.id);
        }
    }

    #[test]
    fn anything_else_is_no_reference() {
        for text in [
            "",
            "media:",
            "media:sms",
            "media:sms/+351",
            "media:sms//ME1",
            "media:sms/+351/",
            "media:sms/+351/ME1?",
            "media:sms/+351/%ff",
            "media:sms/a/1/2/3/4/5",
            "https://files.example/media:sms/a/1",
            "MEDIA:sms/a/1",
        ] {
            assert_eq!(MediaReference::parse(text), None, "{text}");
        }
    }
}
