//! Opening a folder, listing and reading mails.

use patchbay_imap::{ImapError, ImapStep, Violation};
use patchbay_model::mailbox::{Folder, ListedMail, MailContent};

use crate::server::{Act, LIMITS, send, session};

const LIST: &str = "UID FETCH 5:9 (UID INTERNALDATE RFC822.SIZE)";
const FETCH: &str = "UID FETCH 7 (UID BODY.PEEK[]<0.100>)";
const STEP: ImapStep = ImapStep::Mail;

#[tokio::test]
async fn a_folder_is_opened_to_read_only() {
    let mut session = session(
        "",
        vec![
            Act::Expect("EXAMINE \"Entw&APw-rfe\""),
            send("* FLAGS (\\Answered)\r\n* 172 EXISTS\r\n* OK [UIDVALIDITY 3857529045] UIDs valid\r\n* OK [UIDNEXT 4392] next\r\n"),
            Act::End("OK [READ-ONLY] done"),
            Act::Expect("EXAMINE \"none\""),
            Act::End("NO [NONEXISTENT] no such folder"),
            Act::Expect("EXAMINE \"old\""),
            send("* OK [UIDNEXT 4] next\r\n"),
            Act::End("OK done"),
        ],
    )
    .await;
    let folder = Folder {
        uid_validity: 3_857_529_045,
        uid_next: Some(4392),
    };
    assert_eq!(session.examine("Entwürfe").await, Ok(folder));
    let code = Some("NONEXISTENT".to_owned());
    let step = ImapStep::Folder;
    assert_eq!(
        session.examine("none").await,
        Err(ImapError::Refused { step, code })
    );
    assert!(matches!(
        session.examine("old").await,
        Err(ImapError::Lacks(_))
    ));
}

#[tokio::test]
async fn a_listing_has_the_mails_of_the_range_and_no_others() {
    let mut session = session(
        "",
        vec![
            Act::Expect(LIST),
            // The last mail of `n:*`, a change of flags, an order of its own, one twice.
            send("* 1 FETCH (UID 4 RFC822.SIZE 1)\r\n* 9 FETCH (FLAGS (\\Seen))\r\n* 4 FETCH (UID 8)\r\n* 3 FETCH (UID 6 INTERNALDATE \" 1-Jan-2026 00:00:00 +0000\" RFC822.SIZE 10)\r\n* 4 FETCH (UID 8 RFC822.SIZE 12)\r\n* 5 FETCH (UID 10)\r\n* 2 EXPUNGE\r\n"),
            Act::End("OK done"),
            Act::Expect("UID FETCH 5:* (UID INTERNALDATE RFC822.SIZE)"),
            Act::End("OK done"),
        ],
    )
    .await;
    let listing = session.list(5, Some(9)).await.expect("listed");
    let mail = |uid, size, date: Option<&str>| ListedMail {
        uid,
        size,
        date: date.map(|it| it.parse().expect("a time")),
    };
    let expected = [
        mail(6, Some(10), Some("2026-01-01T00:00:00Z")),
        mail(8, Some(12), None),
    ];
    assert_eq!(
        (&listing.mails[..], listing.has_more),
        (&expected[..], false)
    );
    assert_eq!(session.list(5, None).await, Ok(Default::default()));
}

#[tokio::test]
async fn of_a_long_listing_the_lowest_numbers_are_kept() {
    let mut lines = String::new();
    for uid in (1..=1_500).rev() {
        lines += &format!("* {uid} FETCH (UID {uid})\r\n");
    }
    let acts = vec![
        Act::Expect("UID FETCH 1:* (UID INTERNALDATE RFC822.SIZE)"),
        send(&lines),
        Act::End("OK done"),
    ];
    let listing = session("", acts).await.list(1, None).await.expect("listed");
    let uids: Vec<u32> = listing.mails.iter().map(|mail| mail.uid).collect();
    assert_eq!((uids, listing.has_more), ((1..=1_000).collect(), true));
}

#[tokio::test]
async fn a_mail_is_read_as_it_is_whatever_comes_beside_it() {
    let mut session = session(
        "",
        vec![
            Act::Expect(FETCH),
            Act::Send(b"* 2 FETCH (UID 6 BODY[]<0> {1}\r\nx)\r\n* 3 FETCH (UID 7 BODY[]<0> {8}\r\na\0\r\n)\r\n\xff FLAGS (\\Recent))\r\n".to_vec()),
            Act::End("OK done"),
            Act::Expect("UID FETCH 7 (UID BODY.PEEK[HEADER]<0.3>)"),
            send("* 3 FETCH (BODY[HEADER]<0> \"abcdef\" UID 7)\r\n"),
            Act::End("OK done"),
            // Expunged since it was listed.
            Act::Expect(FETCH),
            Act::End("OK done"),
            Act::Expect(FETCH),
            send("* 3 FETCH (UID 7 BODY[]<0> NIL)\r\n"),
            Act::End("OK done"),
            Act::Expect(FETCH),
            Act::End("NO [EXPUNGEISSUED] some are gone"),
        ],
    )
    .await;
    let whole = session.fetch(7, MailContent::Whole, 100, |_| true).await;
    assert_eq!(whole, Ok(Some(b"a\0\r\n)\r\n\xff".to_vec())));
    let header = session.fetch(7, MailContent::Header, 3, |_| true).await;
    assert_eq!(header, Ok(Some(b"abc".to_vec())));
    assert_eq!(
        session.fetch(7, MailContent::Whole, 100, |_| true).await,
        Ok(None)
    );
    assert_eq!(
        session.fetch(7, MailContent::Whole, 100, |_| true).await,
        Ok(None)
    );
    let code = Some("EXPUNGEISSUED".to_owned());
    let refused = session.fetch(7, MailContent::Whole, 100, |_| true).await;
    assert_eq!(refused, Err(ImapError::Refused { step: STEP, code }));
}

#[tokio::test]
async fn a_literal_of_four_gibibytes_ends_the_session_before_it_is_read() {
    let acts = vec![
        Act::Expect(FETCH),
        send("* 3 FETCH (UID 7 BODY[]<0> {4294967296}\r\n"),
        Act::Send(vec![b'x'; 1 << 19]),
        Act::Silence,
    ];
    let mut grown = 0;
    let grow = |bytes| {
        grown += bytes;
        true
    };
    let error = session("", acts)
        .await
        .fetch(7, MailContent::Whole, 100, grow)
        .await;
    let violation = Violation::LiteralTooLong(4_294_967_296);
    assert_eq!(
        error,
        Err(ImapError::Violation {
            step: STEP,
            violation
        })
    );
    assert!(grown <= 16 << 10, "{grown}");
}

#[tokio::test]
async fn a_mail_ends_the_session_where_the_host_has_no_room() {
    let acts = vec![
        Act::Expect("UID FETCH 7 (UID BODY.PEEK[]<0.1000000>)"),
        send("* 3 FETCH (UID 7 BODY[]<0> {900000}\r\n"),
        Act::Send(vec![b'x'; 900_000]),
        Act::Silence,
    ];
    let mut room = 100_000_usize;
    let grow = |bytes| {
        let left = room.checked_sub(bytes);
        room = left.unwrap_or(room);
        left.is_some()
    };
    let read = session("", acts)
        .await
        .fetch(7, MailContent::Whole, 1_000_000, grow)
        .await;
    assert_eq!(read, Err(ImapError::NoRoom));
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_does_not_come_whole_ends_the_session() {
    let begin = || {
        vec![
            Act::Expect(FETCH),
            send("* 3 FETCH (UID 7 BODY[]<0> {50}\r\nhalf"),
        ]
    };
    let read = async |acts| {
        session("", acts)
            .await
            .fetch(7, MailContent::Whole, 100, |_| true)
            .await
    };
    let reset = read(begin()).await;
    assert!(
        matches!(reset, Err(ImapError::Ended { step: STEP, .. })),
        "{reset:?}"
    );
    let mut silent = begin();
    silent.push(Act::Silence);
    let limit = LIMITS.answer;
    assert_eq!(
        read(silent).await,
        Err(ImapError::Timeout { step: STEP, limit })
    );
    let bye = vec![Act::Expect(FETCH), send("* BYE [UNAVAILABLE] x\r\n")];
    let code = Some("UNAVAILABLE".to_owned());
    assert_eq!(read(bye).await, Err(ImapError::Bye { step: STEP, code }));
}
