//! Fetching the files of interactions: the requests, and the meaning of their answers.
//! Expectations are those of the providers' pages for each call.

use jiff::Timestamp;
use patchbay_adapter::media::{MediaFailure, MediaReference, MediaRequest, ProviderQuery};
use patchbay_adapter::{Credential, Response};
use std::time::Duration;

use crate::golden::{SUBJECTS, Subject};
use crate::{
    bluesky, chatwoot, facebook, instagram, line, mastodon, slack, sms, telegram, whatsapp, x,
};

const MEDIA_SID: &str = "ME0123456789abcdef0123456789abcdef";
const MESSAGE_SID: &str = "MM0123456789abcdef0123456789abcdef";

/// What stands in for the credential of a request.
fn shown(query: ProviderQuery) -> (String, &'static str) {
    let credential = match query.credential {
        None => "none",
        Some(Credential::Bearer(_)) => "bearer",
        Some(Credential::Token(_)) => "token",
        Some(Credential::Basic { .. }) => "basic",
        Some(Credential::Header { .. }) => "header",
        Some(Credential::Path(_)) => "path",
    };
    (query.url, credential)
}

fn file(url: &str) -> MediaReference {
    MediaReference::parse(url).expect("a reference")
}

/// The first request for a file: `lookup` or `content`, URL and credential.
fn request(subject: &Subject, url: &str) -> Option<(&'static str, String, &'static str)> {
    let (step, query) = match subject.open().media(&file(url))? {
        MediaRequest::Lookup(query) => ("lookup", query),
        MediaRequest::Content(query) => ("content", query),
    };
    let (url, credential) = shown(query);
    Some((step, url, credential))
}

/// Where the answer with this status, headers and body says that a file is.
fn location(
    subject: &Subject,
    url: &str,
    (status, headers, body): (u16, &[(&str, &str)], &str),
) -> Result<(String, &'static str), MediaFailure> {
    let headers = headers.iter();
    let answer = Response {
        status,
        headers: headers
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect(),
        body: body.as_bytes(),
        at: Timestamp::UNIX_EPOCH,
    };
    subject
        .open()
        .media_location(&file(url), &answer)
        .map(shown)
}

fn not_ready(seconds: u64) -> Result<(String, &'static str), MediaFailure> {
    Err(MediaFailure::NotReady {
        after: Some(Duration::from_secs(seconds)),
    })
}

fn found(url: &str, credential: &'static str) -> Result<(String, &'static str), MediaFailure> {
    Ok((url.to_owned(), credential))
}

#[test]
fn whatsapp_says_where_a_file_is() {
    let url = "media:whatsapp/1122334455667/4490709327384033";
    let subject = &whatsapp::SUBJECT;
    let expected =
        "https://graph.example/v24.0/4490709327384033?phone_number_id=1122334455667".to_owned();
    assert_eq!(request(subject, url), Some(("lookup", expected, "bearer")));
    let at = |answer| location(subject, url, answer);
    let body = r#"{"url":"https:\/\/lookaside.fbsbx.com\/whatsapp_business\/attachments\/?mid=4490709327384033&ext=1&hash=A","mime_type":"image/jpeg","sha256":"x","file_size":303833,"id":"4490709327384033"}"#;
    assert_eq!(
        at((200, &[], body)),
        found(
            "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=4490709327384033&ext=1&hash=A",
            "bearer"
        )
    );
    let foreign = r#"{"url":"https://evil.example/?x"}"#;
    assert_eq!(at((200, &[], foreign)), Err(MediaFailure::Unexpected));
    assert_eq!(at((200, &[], "{}")), Err(MediaFailure::Gone));
    let unknown =
        r#"{"error":{"code":100,"error_subcode":33,"message":"Unsupported get request"}}"#;
    assert_eq!(at((400, &[], unknown)), Err(MediaFailure::Gone));
    let revoked = r#"{"error":{"code":190,"message":"x"}}"#;
    assert_eq!(at((401, &[], revoked)), Err(MediaFailure::Refused));
    let busy = r#"{"error":{"code":4}}"#;
    assert_eq!(at((400, &[("retry-after", "9")], busy)), not_ready(9));
    assert_eq!(at((503, &[("retry-after", "2")], "<html>")), not_ready(2));
}

#[test]
fn files_of_direct_messages_of_meta_are_found_by_their_position() {
    for (subject, channel, account) in [
        (&facebook::SUBJECT, "messenger", "102938475610293"),
        (&instagram::SUBJECT, "instagram-direct", "17841400000000001"),
    ] {
        let url = format!("media:{channel}/{account}/m_a-B_c%3D%3D/1");
        let expected = "https://graph.example/v24.0/m_a-B_c%3D%3D?fields=attachments".to_owned();
        assert_eq!(request(subject, &url), Some(("lookup", expected, "bearer")));
        let body = r#"{"attachments":{"data":[
            {"id":"1","mime_type":"image/png","image_data":{"url":"https://scontent.xx.fbcdn.net/1"}},
            {"id":"2","mime_type":"application/pdf","file_url":"https://cdn.fbsbx.com/2?sig=1"}]},"id":"m"}"#;
        assert_eq!(
            location(subject, &url, (200, &[], body)),
            found("https://cdn.fbsbx.com/2?sig=1", "none")
        );
        let beyond = r#"{"attachments":{"data":[]}}"#;
        let at = |answer| location(subject, &url, answer);
        assert_eq!(at((200, &[], beyond)), Err(MediaFailure::Gone));
        assert_eq!(
            at((400, &[], r#"{"error":{"code":190}}"#)),
            Err(MediaFailure::Refused)
        );
        let video =
            r#"{"attachments":{"data":[{},{"video_data":{"url":"https://evil.example/1"}}]}}"#;
        assert_eq!(at((200, &[], video)), Err(MediaFailure::Unexpected));
        let other = format!("media:{channel}/{account}/m_a/1?attachment");
        assert_eq!(request(subject, &other), None);
    }
}

const COMMENT: &str = "media:facebook/102938475610293/12209_1000/0?attachment";

#[test]
fn a_file_of_a_comment_on_facebook_is_asked_of_the_comment() {
    let subject = &facebook::SUBJECT;
    let expected = "https://graph.example/v24.0/12209_1000?fields=attachment".to_owned();
    assert_eq!(
        request(subject, COMMENT),
        Some(("lookup", expected, "bearer"))
    );
    let at = |attachment: &str| {
        let body = format!(r#"{{"attachment":{attachment},"id":"12209_1000"}}"#);
        location(subject, COMMENT, (200, &[], &body))
    };
    let picture = "https://scontent.xx.fbcdn.net/v/t39/1_n.jpg?oh=1&oe=2";
    let image = format!(r#""media":{{"image":{{"height":9,"src":"{picture}","width":9}}}}"#);
    for kind in ["photo", "sticker", "animated_image_share"] {
        let attachment = format!(r#"{{"type":"{kind}",{image}}}"#);
        assert_eq!(at(&attachment), found(picture, "none"), "{kind}");
    }
    let video = "https://video.xx.fbcdn.net/v/1.mp4?oe=1";
    let attachment = format!(
        r#"{{"type":"video_inline","media":{{"image":{{"src":"{picture}"}},"source":"{video}"}}}}"#
    );
    assert_eq!(at(&attachment), found(video, "none"));
    // The picture that stands for a video is not the video.
    let attachment = format!(r#"{{"type":"video_inline",{image}}}"#);
    assert_eq!(at(&attachment), Err(MediaFailure::Unsupported));
    // An animation of another service, which Meta shows by a picture of its own.
    let attachment = format!(
        r#"{{"type":"animated_image_share","media":{{"image":{{"src":"{picture}"}},"source":"https://media.giphy.com/1.mp4"}}}}"#
    );
    assert_eq!(at(&attachment), found(picture, "none"));
    let foreign = r#"{"type":"photo","media":{"image":{"src":"https://evil.example/1.jpg"}}}"#;
    assert_eq!(at(foreign), Err(MediaFailure::Unexpected));
    let at = |answer| location(subject, COMMENT, answer);
    assert_eq!(
        at((200, &[], r#"{"id":"12209_1000"}"#)),
        Err(MediaFailure::Gone)
    );
    let removed = r#"{"error":{"code":100,"error_subcode":33}}"#;
    assert_eq!(at((400, &[], removed)), Err(MediaFailure::Gone));
    let permission = r#"{"error":{"code":10}}"#;
    assert_eq!(at((403, &[], permission)), Err(MediaFailure::Refused));
    for other in [
        // Of an earlier version, which did not name the field.
        "media:facebook/102938475610293/12209_1000/0",
        "media:facebook/102938475610293/12209_1000/0?access_token",
        "media:facebook/102938475610293/12209_1000?attachment",
        "media:messenger/102938475610293/12209_1000/0?attachment",
    ] {
        assert_eq!(request(subject, other), None, "{other}");
    }
}

#[test]
fn the_files_of_a_post_on_facebook_are_found_by_their_position() {
    let subject = &facebook::SUBJECT;
    let url = |index: usize| {
        format!("media:facebook/102938475610293/102938475610293_81/{index}?attachments")
    };
    let expected = "https://graph.example/v24.0/102938475610293_81?fields=attachments".to_owned();
    assert_eq!(
        request(subject, &url(0)),
        Some(("lookup", expected, "bearer"))
    );
    let photo = |number: usize| {
        format!(
            r#"{{"type":"photo","media":{{"image":{{"src":"https://scontent.xx.fbcdn.net/{number}.jpg"}}}}}}"#
        )
    };
    let one = format!(r#"{{"attachments":{{"data":[{}]}}}}"#, photo(1));
    let album = format!(
        r#"{{"attachments":{{"data":[{{"type":"album","media":{{"image":{{"src":"https://scontent.xx.fbcdn.net/cover.jpg"}}}},"subattachments":{{"data":[{},{}]}}}}]}}}}"#,
        photo(1),
        photo(2)
    );
    let at = |index: usize, body: &str| location(subject, &url(index), (200, &[], body));
    let first = found("https://scontent.xx.fbcdn.net/1.jpg", "none");
    assert_eq!(at(0, &one), first);
    assert_eq!(at(0, &album), first);
    assert_eq!(
        at(1, &album),
        found("https://scontent.xx.fbcdn.net/2.jpg", "none")
    );
    assert_eq!(at(1, &one), Err(MediaFailure::Gone));
    assert_eq!(at(2, &album), Err(MediaFailure::Gone));
    assert_eq!(at(0, "{}"), Err(MediaFailure::Gone));
}

#[test]
fn an_mms_is_fetched_with_the_token_and_redirected_without() {
    let subject = &sms::SUBJECT;
    let url = format!("media:sms/%2B351210000000/{MESSAGE_SID}/{MEDIA_SID}");
    let (step, first, credential) = request(subject, &url).expect("a request");
    assert_eq!((step, credential), ("content", "basic"));
    let path = format!("/Messages/{MESSAGE_SID}/Media/{MEDIA_SID}");
    assert!(first.ends_with(&path), "{first}");
    let at = |status, place| location(subject, &url, (status, &[("location", place)], ""));
    let stored = "https://mms.twiliocdn.com/AC1/ME1?Expires=1&Signature=x";
    assert_eq!(at(307, stored), found(stored, "none"));
    for place in [
        "http://mms.twiliocdn.com/x",
        "https://evil.example/x",
        "/relative",
        "",
    ] {
        assert_eq!(at(307, place), Err(MediaFailure::Unexpected), "{place}");
    }
    assert_eq!(at(404, stored), Err(MediaFailure::Gone));
    for id in [
        format!("{MESSAGE_SID}/x"),
        format!("x/{MEDIA_SID}"),
        format!("..%2F/{MEDIA_SID}"),
    ] {
        let url = format!("media:sms/%2B351210000000/{id}");
        assert_eq!(request(subject, &url), None, "{id}");
    }
}

#[test]
fn telegram_gives_a_path_below_the_token() {
    let subject = &telegram::SUBJECT;
    let url = "media:telegram/7000000001/AQADuniq?AgACAgQ%2FAAx";
    let expected =
        "https://telegram.example/bot{credential}/getFile?file_id=AgACAgQ%2FAAx".to_owned();
    assert_eq!(request(subject, url), Some(("lookup", expected, "path")));
    let at = |status, body| location(subject, url, (status, &[], body));
    let body = r#"{"ok":true,"result":{"file_id":"a","file_unique_id":"b","file_size":1,"file_path":"photos/file_1.jpg"}}"#;
    assert_eq!(
        at(200, body),
        found(
            "https://telegram.example/file/bot{credential}/photos/file_1.jpg",
            "path"
        )
    );
    let above = r#"{"ok":true,"result":{"file_path":"../bot1/getMe"}}"#;
    assert_eq!(at(200, above), Err(MediaFailure::Unexpected));
    let big = r#"{"ok":false,"error_code":400,"description":"Bad Request: file is too big"}"#;
    assert_eq!(at(400, big), Err(MediaFailure::TooLarge));
    let unknown = r#"{"ok":false,"error_code":400,"description":"Bad Request: wrong file_id"}"#;
    assert_eq!(at(400, unknown), Err(MediaFailure::Gone));
    let revoked = r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#;
    assert_eq!(at(401, revoked), Err(MediaFailure::Refused));
}

#[test]
fn slack_says_where_a_file_is_and_errors_inside_of_200() {
    let subject = &slack::SUBJECT;
    let url = "media:slack/T0123456789/F024BERPE";
    let (step, first, credential) = request(subject, url).expect("a request");
    assert_eq!((step, credential), ("lookup", "bearer"));
    assert!(first.ends_with("/files.info?file=F024BERPE"), "{first}");
    let at = |body| location(subject, url, (200, &[], body));
    let body = r#"{"ok":true,"file":{"id":"F1","mode":"hosted","url_private":"https://files.slack.com/a","url_private_download":"https://files.slack.com/files-pri/T-F/download/a.png"}}"#;
    assert_eq!(
        at(body),
        found(
            "https://files.slack.com/files-pri/T-F/download/a.png",
            "bearer"
        )
    );
    let external =
        r#"{"ok":true,"file":{"mode":"external","url_private":"https://drive.example/1"}}"#;
    assert_eq!(at(external), Err(MediaFailure::Unsupported));
    let removed = r#"{"ok":true,"file":{"id":"F1","mode":"tombstone"}}"#;
    assert_eq!(at(removed), Err(MediaFailure::Gone));
    for (error, failure) in [
        ("file_not_found", MediaFailure::Gone),
        ("file_deleted", MediaFailure::Gone),
        ("missing_scope", MediaFailure::Refused),
        ("token_revoked", MediaFailure::Refused),
        ("ratelimited", MediaFailure::NotReady { after: None }),
        ("new_error", MediaFailure::Unexpected),
    ] {
        let body = format!(r#"{{"ok":false,"error":"{error}"}}"#);
        let found = location(subject, url, (200, &[], &body));
        assert_eq!(found, Err(failure), "{error}");
    }
    let above = "media:slack/T0123456789/F1%26token=x";
    assert_eq!(request(subject, above), None);
}

#[test]
fn line_gives_a_file_by_the_id_of_its_message() {
    let subject = &line::SUBJECT;
    let account = "U0123456789abcdef0123456789abcdef";
    let expected = "https://line.example/v2/bot/message/325708/content".to_owned();
    assert_eq!(
        request(subject, &format!("media:line/{account}/325708")),
        Some(("content", expected, "bearer"))
    );
    let above = format!("media:line/{account}/1%2F..%2Fx");
    assert_eq!(request(subject, &above), None);
    // A video that is not ready.
    let url = format!("media:line/{account}/325708");
    let answer = (202, &[("retry-after", "5")][..], "");
    assert_eq!(location(subject, &url, answer), not_ready(5));
}

/// A file may be on any host, which gets no token.
#[test]
fn mastodon_says_in_the_status_where_a_file_is() {
    let subject = &mastodon::SUBJECT;
    let url = "media:mastodon/care%40mastodon.example/116165190311790011/22345792";
    let expected = "https://mastodon.example/api/v1/statuses/116165190311790011".to_owned();
    assert_eq!(request(subject, url), Some(("lookup", expected, "bearer")));
    let at = |answer| location(subject, url, answer);
    let status = |file: &str| {
        format!(
            r#"{{"id":"116165190311790011","media_attachments":[{{"id":"1","url":"https://a.example/1"}},{{"id":"22345792",{file}}}]}}"#
        )
    };
    let here = status(r#""url":"https://files.example/2.png","remote_url":"https://b.example/2""#);
    assert_eq!(
        at((200, &[], &here)),
        found("https://files.example/2.png", "none")
    );
    let there = status(r#""url":null,"remote_url":"https://b.example/2.png""#);
    assert_eq!(
        at((200, &[], &there)),
        found("https://b.example/2.png", "none")
    );
    for nowhere in [
        r#""url":"http://files.example/2.png""#,
        r#""url":"file:///etc/passwd","remote_url":"mailto:jo@a.example""#,
        r#""url":7"#,
    ] {
        let answer = location(subject, url, (200, &[], &status(nowhere)));
        assert_eq!(answer, Err(MediaFailure::Unsupported), "{nowhere}");
    }
    let other = r#"{"id":"116165190311790011","media_attachments":[]}"#;
    assert_eq!(at((200, &[], other)), Err(MediaFailure::Gone));
    let unlike = here.replace("116165190311790011", "2");
    assert_eq!(at((200, &[], &unlike)), Err(MediaFailure::Unexpected));
    assert_eq!(at((404, &[], "{}")), Err(MediaFailure::Gone));
    assert_eq!(at((401, &[], "{}")), Err(MediaFailure::Refused));
    assert_eq!(at((429, &[("retry-after", "9")], "")), not_ready(9));
    for other in [
        "media:mastodon/care%40mastodon.example/1",
        "media:mastodon/care%40mastodon.example/1/2/3",
        "media:mastodon/care%40mastodon.example/..%2F1/2",
    ] {
        assert_eq!(request(subject, other), None, "{other}");
    }
}

#[test]
fn a_picture_on_bluesky_is_public() {
    let account = "media:bluesky/did%3Aplc%3Acare";
    let of = |id: &str| request(&bluesky::SUBJECT, &format!("{account}/{id}"));
    let expected = "https://cdn.bsky.app/img/feed_fullsize/plain/did:plc:jo/bafkrei@jpeg";
    assert_eq!(
        of("image/did%3Aplc%3Ajo/bafkrei"),
        Some(("content", expected.to_owned(), "none"))
    );
    for other in [
        "video/did%3Aplc%3Ajo/bafkrei",
        "image/did%3Aplc%3Ajo/..%2Fx",
        "image/jo.example/bafkrei",
        "image/bafkrei",
    ] {
        assert_eq!(of(other), None, "{other}");
    }
}

/// The installation stores its files where it wants, on a host that gets no token.
#[test]
fn chatwoot_says_in_the_message_where_a_file_is() {
    let subject = &chatwoot::SUBJECT;
    let url = "media:chatwoot/1/207/654/32";
    let expected = "https://chatwoot.example/api/v1/accounts/1/conversations/207/messages?after=654&before=655";
    assert_eq!(
        request(subject, url),
        Some(("lookup", expected.to_owned(), "header"))
    );
    let at = |answer| location(subject, url, answer);
    let blob = "https://chatwoot.example/rails/active_storage/blobs/redirect/e--1/a.pdf";
    let message = |id: u64, address: &str| {
        format!(
            r#"{{"meta":{{}},"payload":[{{"id":1,"attachments":[{{"id":32,"data_url":"https://chatwoot.example/1"}}]}},
            {{"id":{id},"attachments":[{{"id":31,"data_url":"https://chatwoot.example/31"}},{{"id":32,"data_url":"{address}"}}]}}]}}"#
        )
    };
    let (whole, another) = (message(654, blob), message(653, blob));
    assert_eq!(at((200, &[], &whole)), found(blob, "none"));
    assert_eq!(at((200, &[], &another)), Err(MediaFailure::Gone));
    assert_eq!(at((200, &[], r#"{"payload":[]}"#)), Err(MediaFailure::Gone));
    for address in [
        "http://chat.example/a.pdf",
        "/rails/a.pdf",
        "file:///etc/passwd",
    ] {
        let answer = location(subject, url, (200, &[], &message(654, address)));
        assert_eq!(answer, Err(MediaFailure::Unexpected), "{address}");
    }
    let stored = "https://files.s3.example/e?X-Amz-Signature=1";
    let to = |place| location(subject, url, (302, &[("location", place)], ""));
    assert_eq!(to(stored), found(stored, "none"));
    for place in ["http://files.example/", "/rails/active_storage/disk/e", ""] {
        assert_eq!(to(place), Err(MediaFailure::Unexpected), "{place}");
    }
    assert_eq!(at((302, &[], "")), Err(MediaFailure::Unexpected));
    assert_eq!(at((401, &[], "{}")), Err(MediaFailure::Refused));
    assert_eq!(at((404, &[], "{}")), Err(MediaFailure::Gone));
    assert_eq!(at((429, &[("retry-after", "9")], "")), not_ready(9));
    for other in [
        "media:chatwoot/2/207/654/32",
        "media:chatwoot/1/207/654",
        "media:chatwoot/1/207/654/32/1",
        "media:chatwoot/1/207/..%2F654/32",
    ] {
        assert_eq!(request(subject, other), None, "{other}");
    }
}

const X_POST: &str = "media:x/1716000000000000001/3_2080765800000000001?2080766000000000007";
const X_DIRECT: &str = "media:x-direct/1716000000000000001/2080765900000000001";

#[test]
fn a_post_on_x_says_where_its_files_are() {
    let subject = &x::SUBJECT;
    let expected = "https://x.example/api/2/tweets/2080766000000000007?expansions=attachments.media_keys&media.fields=url,variants";
    assert_eq!(
        request(subject, X_POST),
        Some(("lookup", expected.to_owned(), "bearer"))
    );
    let body = r#"{"data":{"id":"2080766000000000007","text":"x"},"includes":{"media":[
        {"media_key":"16_7","type":"animated_gif","variants":[{"bit_rate":0,"content_type":"video/mp4","url":"https://video.twimg.com/tweet_video/7.mp4"}]},
        {"media_key":"7_8","type":"video","variants":[
            {"content_type":"application/x-mpegURL","url":"https://video.twimg.com/8.m3u8"},
            {"bit_rate":632000,"content_type":"video/mp4","url":"https://video.twimg.com/8/360.mp4?tag=1"},
            {"bit_rate":2176000,"content_type":"video/mp4","url":"https://video.twimg.com/8/720.mp4?tag=1"}]},
        {"media_key":"13_9","type":"video"},
        {"media_key":"3_10","type":"photo","url":"https://evil.example/10.jpg"},
        {"media_key":"3_2080765800000000001","type":"photo","url":"https://pbs.twimg.com/media/A.jpg"}]}}"#;
    let of = |key: &str| {
        let url = format!("media:x/1716000000000000001/{key}?2080766000000000007");
        location(subject, &url, (200, &[], body))
    };
    let photo = found("https://pbs.twimg.com/media/A.jpg", "none");
    assert_eq!(of("3_2080765800000000001"), photo);
    // As the Account Activity API names it.
    assert_eq!(of("2080765800000000001"), photo);
    assert_eq!(
        of("16_7"),
        found("https://video.twimg.com/tweet_video/7.mp4", "none")
    );
    assert_eq!(
        of("7_8"),
        found("https://video.twimg.com/8/720.mp4?tag=1", "none")
    );
    assert_eq!(of("13_9"), Err(MediaFailure::Unsupported));
    assert_eq!(of("3_10"), Err(MediaFailure::Unexpected));
    assert_eq!(of("3_11"), Err(MediaFailure::Gone));
    for other in [
        // Of an earlier version, which did not name the post.
        "media:x/1716000000000000001/3_2080765800000000001",
        "media:x/1716000000000000001/3_1?..%2F..",
        "media:x/1716000000000000001/3_x?2080766000000000007",
        "media:x/1716000000000000001/3_1?2080766000000000007%2Fa.jpg",
        "media:x/1716000000000000001/3_1/2?2080766000000000007",
    ] {
        assert_eq!(request(subject, other), None, "{other}");
    }
}

#[test]
fn x_says_why_it_gives_no_file() {
    let at = |answer| location(&x::SUBJECT, X_POST, answer);
    let problem = |name: &str| {
        format!(r#"{{"errors":[{{"title":"x","type":"https://api.x.com/2/problems/{name}"}}]}}"#)
    };
    for (status, name, failure) in [
        (200, "resource-not-found", MediaFailure::Gone),
        (200, "not-authorized-for-resource", MediaFailure::Refused),
        (403, "client-forbidden", MediaFailure::Refused),
        (429, "usage-capped", MediaFailure::Refused),
        (
            503,
            "resource-not-found",
            MediaFailure::NotReady { after: None },
        ),
    ] {
        let body = problem(name);
        let found = location(&x::SUBJECT, X_POST, (status, &[], &body));
        assert_eq!(found, Err(failure), "{status} {name}");
    }
    assert_eq!(
        at((200, &[], r#"{"data":{"id":"1"}}"#)),
        Err(MediaFailure::Gone)
    );
    assert_eq!(at((401, &[], "{}")), Err(MediaFailure::Refused));
    assert_eq!(at((402, &[], "{}")), Err(MediaFailure::Refused));
    assert_eq!(at((404, &[], "{}")), Err(MediaFailure::Gone));
    let spent = [
        ("x-rate-limit-remaining", "0"),
        ("x-rate-limit-reset", "30"),
    ];
    assert_eq!(at((429, &spent, "")), not_ready(30));
    let moved = [("location", "https://pbs.twimg.com/media/A.jpg")];
    assert_eq!(at((302, &moved, "")), Err(MediaFailure::Unexpected));
}

#[test]
fn a_picture_of_a_direct_message_on_x_is_fetched_with_the_token() {
    let subject = &x::SUBJECT;
    let picture = "https://x.example/api/2/dm_conversations/media/2080765901528535097/2080765900000000001/oP5p.jpg";
    let named = format!("{X_DIRECT}?2080765901528535097%2FoP5p.jpg");
    assert_eq!(
        request(subject, &named),
        Some(("content", picture.to_owned(), "bearer"))
    );
    let url = format!("{X_DIRECT}?2080765901528535097");
    let expected = "https://x.example/api/2/dm_events/2080765901528535097?dm_event.fields=attachments&expansions=attachments.media_keys&media.fields=url,variants";
    assert_eq!(
        request(subject, &url),
        Some(("lookup", expected.to_owned(), "bearer"))
    );
    let at = |file: &str| {
        let body = format!(
            r#"{{"data":{{"id":"2080765901528535097"}},"includes":{{"media":[{{"media_key":"3_2080765900000000001",{file}}}]}}}}"#
        );
        location(subject, &url, (200, &[], &body))
    };
    assert_eq!(
        at(
            r#""type":"photo","url":"https://ton.twitter.com/1.1/ton/data/dm/2080765901528535097/2080765900000000001/oP5p.jpg""#
        ),
        found(picture, "bearer")
    );
    assert_eq!(
        at(
            r#""type":"video","variants":[{"bit_rate":1,"content_type":"video/mp4","url":"https://video.twimg.com/dm_video/1/a.mp4?tag=1"}]"#
        ),
        found("https://video.twimg.com/dm_video/1/a.mp4?tag=1", "none")
    );
    for url in [
        "https://ton.twitter.com/1.1/ton/data/dm/1/2/..",
        "https://ton.twitter.com/1.1/ton/data/dm/1/2/a.jpg?x=1",
        "oP5p.jpg",
    ] {
        let file = format!(r#""type":"photo","url":"{url}""#);
        assert_eq!(at(&file), Err(MediaFailure::Unexpected), "{url}");
    }
    for asked in [
        "",
        "?2080765901528535097%2F..",
        "?2080765901528535097%2Fa%2Fb",
        "?x",
    ] {
        let url = format!("{X_DIRECT}{asked}");
        assert_eq!(request(subject, &url), None, "{asked}");
    }
}

/// Whatever a reference and an answer contain, no adapter panics, and a credential goes
/// to the host of the API alone where the answer names another.
#[test]
fn junk_gives_no_credential_away() {
    let references = [
        "media:x/1/2",
        "media:whatsapp/1/a%00b",
        "media:sms/1/2/3/4",
        "media:telegram/1/%F0%9F%98%80?%2F..%2F",
        "media:slack/T1/F1/F2",
        "media:messenger/1/m_1/18446744073709551616",
        "media:facebook/1/1_2/0?attachment",
        "media:x/1/3_1?1",
        "media:x-direct/1/3_1?1",
    ];
    let bodies = [
        "",
        "null",
        "[]",
        r#"{"url":"https://evil.example/"}"#,
        r#"{"ok":true,"result":{"file_path":"//evil.example/"}}"#,
        r#"{"ok":true,"file":{"url_private":"https://files.slack.com@evil.example/"}}"#,
        r#"{"attachments":{"data":[{"file_url":"https://evil.example/"}]}}"#,
        r#"{"attachment":{"media":{"source":"https://fbcdn.net@evil.example/"}}}"#,
        r#"{"includes":{"media":[{"media_key":"3_1","url":"https://evil.example/a.jpg"}]}}"#,
    ];
    for subject in SUBJECTS {
        let adapter = subject.open();
        for url in references {
            let file = file(url);
            if let Some(MediaRequest::Lookup(query) | MediaRequest::Content(query)) =
                adapter.media(&file)
            {
                assert!(!query.url.contains("/../"), "{}", query.url);
            }
            for (status, body) in [200, 302, 500]
                .into_iter()
                .zip(bodies)
                .chain(bodies.into_iter().map(|body| (200, body)))
            {
                let found = location(
                    subject,
                    url,
                    (status, &[("location", "https://evil.example")], body),
                );
                if let Ok((url, credential)) = found {
                    let is_open = subject.name == "chatwoot" && credential == "none";
                    assert!(is_open || !url.contains("evil"), "{}: {url}", subject.name);
                }
            }
        }
    }
}
