//! A file in a mail as it came.

use patchbay_adapter::media::MediaReference;

use super::mime::Mail;

/// The content of the part that a reference names, decoded, or the whole mail.
pub(super) fn find(file: &MediaReference, mail: &[u8]) -> Option<Vec<u8>> {
    match &file.id[..] {
        [_] => Some(mail.to_vec()),
        [_, number] => {
            let mail = Mail::read(mail);
            let mut parts = Vec::new();
            mail.root.parts(&mut parts);
            let part = parts.into_iter().find(|part| part.number == *number)?;
            Some(part.content().into_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] = b"From: jo@example.org\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nSee the picture.\r\n\
        --b\r\nContent-Type: image/gif; name=a.gif\r\nContent-Transfer-Encoding: base64\r\n\r\nR0lGODlh\r\n\
        --b--\r\n";

    fn file(url: &str) -> Option<Vec<u8>> {
        find(&MediaReference::parse(url).expect("a reference"), MAIL)
    }

    #[test]
    fn a_file_is_the_decoded_content_of_its_part() {
        let url = "media:email/help%40northwind.example/id/1.2";
        assert_eq!(file(url).as_deref(), Some(&b"GIF89a"[..]));
        assert_eq!(file("media:email/a/id").as_deref(), Some(MAIL));
        for url in [
            "media:email/a/id/1.3",
            "media:email/a/id/2",
            "media:email/a/id/x/y",
        ] {
            assert_eq!(file(url), None, "{url}");
        }
    }
}
