use patchbay_adapter::{
    EncodeError, FileRequest, Outbound, OutboundFile, OutboundRequest, Reply, ReplyFile,
};

use super::{ACCOUNT, adapter};
use crate::exchange::reply;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0";

fn file<'a>(name: &'a str, media_type: &'a str) -> ReplyFile<'a> {
    ReplyFile {
        name,
        media_type,
        content: &[],
    }
}

fn with<'a>(text: &'a str, files: &'a [ReplyFile<'a>]) -> Reply<'a> {
    Reply {
        files,
        in_reply_to: Some("512345678:42"),
        ..reply("telegram", ACCOUNT, "512345678", text)
    }
}

/// The parts: `text`, or the caption of a file.
fn plan(reply: &Reply<'_>) -> Vec<String> {
    let parts = adapter().encode(reply).expect("encoded").into_iter();
    parts
        .map(|part| match part {
            Outbound::Http(_) => "text".to_owned(),
            Outbound::File(file) => format!(
                "file {} {:?}",
                file.position,
                file.caption.map(|it| it.encode_utf16().count())
            ),
            other => panic!("{other:?}"),
        })
        .collect()
}

/// Method of the URL and the body of each request for a file: of a photo there is a second
/// one, for a provider that refuses the first.
fn requests(media_type: &str, content: &[u8]) -> Vec<(String, String)> {
    let files = [file("a \"b\".bin", media_type)];
    let part = OutboundFile {
        key: "reply-01J/1".to_owned(),
        position: 0,
        caption: Some("caption\r\n--x".to_owned()),
        is_first: true,
    };
    let adapter = adapter();
    let encode = || adapter.encode_file(&with("", &files), &part, content);
    let of = |encoded| match encoded {
        Ok(FileRequest::Message(request)) => vec![request],
        Ok(FileRequest::Alternatives(photo, document)) => vec![photo, document],
        other => panic!("{other:?}"),
    };
    let (all, again) = (of(encode()), of(encode()));
    let same = all.iter().zip(&again);
    for (request, again) in same {
        assert_eq!(
            (&request.body, &request.content_type),
            (&again.body, &again.content_type)
        );
    }
    all.iter().map(method_and_body).collect()
}

fn method_and_body(request: &OutboundRequest) -> (String, String) {
    let shown = format!("{request:?}");
    assert!(
        !shown.contains("AAtoken") && !shown.contains("512345678"),
        "{shown}"
    );
    let method = request
        .url
        .strip_prefix("https://telegram.example/bot{credential}/")
        .expect("a method");
    (
        method.to_owned(),
        String::from_utf8_lossy(&request.body).into_owned(),
    )
}

#[test]
fn the_text_is_the_caption_of_the_first_file_where_it_fits() {
    let files = [file("a.pdf", "application/pdf"), file("b.png", "image/png")];
    let whole = "\u{1f600}".repeat(512);
    let longer = format!("{whole}x");
    for (text, expected) in [
        ("Ol\u{e1}", &["file 0 Some(3)", "file 1 None"][..]),
        (&whole, &["file 0 Some(1024)", "file 1 None"]),
        (&longer, &["text", "file 0 None", "file 1 None"]),
        ("", &["file 0 None", "file 1 None"]),
        (" \n", &["file 0 None", "file 1 None"]),
    ] {
        assert_eq!(plan(&with(text, &files)), expected, "{text:?}");
    }
    let none = with("", &[]);
    assert_eq!(adapter().encode(&none).err(), Some(EncodeError::Empty));
    let nobody = Reply {
        to: "@anasousa",
        ..with("", &files)
    };
    assert_eq!(adapter().encode(&nobody).err(), Some(EncodeError::Address));
}

#[test]
fn each_type_is_sent_by_its_method() {
    let side = |width: u32, height: u32| {
        [&PNG[..16], &width.to_be_bytes(), &height.to_be_bytes()].concat()
    };
    let heavy = [PNG, &vec![0; 10_000_000]].concat();
    let jpeg = b"\xff\xd8\xff\xc0\0\x11\x08\x01\xe0\x02\x80";
    for (media_type, content, method) in [
        ("image/png", PNG, "sendPhoto"),
        ("image/jpeg", jpeg, "sendPhoto"),
        // What is no photo for the provider is a document.
        ("image/png", &heavy, "sendDocument"),
        ("image/png", &side(9_000, 1_000), "sendPhoto"),
        ("image/png", &side(9_001, 1_000), "sendDocument"),
        ("image/png", &side(2_000, 100), "sendPhoto"),
        ("image/png", &side(2_001, 100), "sendDocument"),
        ("image/png", &side(0, 0), "sendDocument"),
        ("image/png", &side(u32::MAX, u32::MAX), "sendDocument"),
        ("image/jpeg", b"\xff\xd8", "sendDocument"),
        ("image/gif", b"GIF89a", "sendAnimation"),
        ("image/webp", b"RIFF", "sendDocument"),
        ("video/mp4", b"ftyp", "sendVideo"),
        ("video/webm", b"x", "sendDocument"),
        ("audio/mpeg", b"ID3", "sendAudio"),
        ("audio/mp4", b"ftyp", "sendAudio"),
        ("audio/ogg", b"OggS", "sendDocument"),
        ("application/pdf", b"%PDF", "sendDocument"),
        ("text/csv", b"a;b", "sendDocument"),
    ] {
        let all = requests(media_type, content);
        let methods: Vec<&str> = all.iter().map(|(method, _)| method.as_str()).collect();
        let expected = match method {
            "sendPhoto" => vec!["sendPhoto", "sendDocument"],
            _ => vec![method],
        };
        assert_eq!(methods, expected, "{media_type}");
        let body = &all[0].1;
        let field = method.trim_start_matches("send").to_lowercase();
        let part =
            format!("name=\"{field}\"; filename=\"a %22b%22.bin\"\r\nContent-Type: {media_type}");
        assert!(body.contains(&part), "{body}");
        assert!(
            body.contains("name=\"caption\"\r\n\r\ncaption\r\n--x\r\n--part-"),
            "{body}"
        );
        assert!(
            body.contains("name=\"reply_parameters\"\r\n\r\n{\"message_id\":42,\"allow_sending_without_reply\":true}"),
            "{body}"
        );
        let stays = body.contains("name=\"disable_content_type_detection\"\r\n\r\ntrue");
        assert_eq!(stays, method == "sendDocument", "{body}");
    }
}
