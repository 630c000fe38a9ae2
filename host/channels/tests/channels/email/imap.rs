//! Polls of a mailbox: which mails are read, once, and how far the cursor goes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use patchbay_adapter::poll::{MailboxLogin, PollAnswer, PollRequest, PollStep, PolledDelivery};
use patchbay_adapter::token::TokenRequest;
use patchbay_adapter::{Adapter, InboundWay, Item, Rejection, Secrets, VerifiedRequest};
use patchbay_email::MAIL_BYTES;
use patchbay_model::mailbox::{Folder, ListedMail, Listing, MailContent};
use serde_json::{Value, json};

use super::{SUBJECT, decode, delivery, time};

const MAIL: &str = "Message-ID: <1@example.org>\r\nFrom: Jo <jo@example.org>\r\nTo: help@northwind.example\r\nDate: Tue, 3 Mar 2026 10:15:00 +0100\r\nSubject: Order\r\n\r\nWhere is it?\r\n";
const NONE: [u32; 0] = [];
/// When the polls of these tests begin.
const NOW: &str = "2026-03-03T10:00:00Z";

fn settings(more: Value) -> Value {
    let mut settings = (SUBJECT.settings)();
    settings["inbound"] = json!("imap");
    settings["mailbox"] = json!("imaps://mail.northwind.example");
    settings["mailbox-user"] = json!("care");
    for (name, value) in more.as_object().expect("an object") {
        settings[name] = value.clone();
    }
    settings
}

fn open(settings: Value) -> Result<Box<dyn Adapter>, String> {
    let mut config = SUBJECT.config(settings);
    config.secrets = Default::default();
    config.settings.remove("submission-user");
    for role in ["mailbox-password", "mailbox-token", "mailbox-refresh-token"] {
        let secret = Secrets::one("hush").expect("a secret");
        config.secrets.insert(role, secret);
    }
    (SUBJECT.kind().open)(&config).map_err(|error| error.to_string())
}

fn adapter() -> Box<dyn Adapter> {
    open(settings(json!({}))).expect("opened")
}

/// A mail of a folder: its size as the server says it, when it came, and its content.
#[derive(Clone)]
struct Mail {
    size: Option<u64>,
    date: Option<Timestamp>,
    content: Vec<u8>,
}

/// The folder of a server that keeps to the protocol.
#[derive(Clone)]
struct Mailbox {
    validity: u32,
    uid_next: Option<u32>,
    mails: BTreeMap<u32, Mail>,
    /// Requests that were answered.
    asked: usize,
}

/// What a whole poll reads.
struct Polled {
    deliveries: Vec<PolledDelivery>,
    cursor: Vec<u8>,
}

impl Polled {
    fn uids(&self) -> Vec<u32> {
        self.deliveries.iter().map(uid).collect()
    }
}

fn uid(delivery: &PolledDelivery) -> u32 {
    let mut parts = delivery.url.split('&');
    let uid = parts.find_map(|part| part.strip_prefix("uid="));
    uid.and_then(|uid| uid.parse().ok()).expect("a number")
}

fn mail(date: &str) -> Mail {
    Mail {
        size: Some(MAIL.len() as u64),
        date: Some(time(date)),
        content: MAIL.as_bytes().to_vec(),
    }
}

impl Mailbox {
    fn of(mails: impl IntoIterator<Item = (u32, Mail)>) -> Mailbox {
        let mails: BTreeMap<u32, Mail> = mails.into_iter().collect();
        let next = mails.keys().last().map_or(1, |last| last.saturating_add(1));
        Mailbox {
            validity: 7,
            uid_next: Some(next),
            mails,
            asked: 0,
        }
    }

    fn add(&mut self, uid: u32, mail: Mail) {
        self.mails.insert(uid, mail);
        self.uid_next = self.uid_next.map(|next| next.max(uid.saturating_add(1)));
    }

    fn answer(&mut self, request: &PollRequest) -> PollAnswer {
        self.asked += 1;
        match request {
            PollRequest::OpenFolder(_) => PollAnswer::Folder(Folder {
                uid_validity: self.validity,
                uid_next: self.uid_next,
            }),
            PollRequest::ListMails { from, to } => {
                let range = *from..=to.unwrap_or(u32::MAX);
                let mut mails = self.mails.range(range).map(|(uid, mail)| ListedMail {
                    uid: *uid,
                    size: mail.size,
                    date: mail.date,
                });
                let first = mails.by_ref().take(1_000).collect();
                PollAnswer::Mails(Listing {
                    mails: first,
                    has_more: mails.next().is_some(),
                })
            }
            PollRequest::ReadMail {
                uid,
                content,
                bytes,
            } => {
                let found = self.mails.get(uid).map(|mail| {
                    let header = mail.content.windows(4).position(|it| it == b"\r\n\r\n");
                    let end = match content {
                        MailContent::Whole => mail.content.len(),
                        MailContent::Header => header.map_or(0, |end| end + 4),
                    };
                    mail.content[..end.min(*bytes)].to_vec()
                });
                PollAnswer::Mail(found)
            }
            PollRequest::Get(_) => panic!("asks for a document"),
        }
    }

    /// Polls to the end.
    fn poll(&mut self, adapter: &dyn Adapter, cursor: Option<&[u8]>, now: &str) -> Polled {
        let mut poll = adapter.poll(cursor, time(now)).expect("a poll");
        let mut deliveries = Vec::new();
        while let PollStep::Ask(request) = poll.step() {
            let answer = self.answer(&request);
            deliveries.extend(poll.answer(answer).expect("it fits"));
            assert!(self.asked < 10_000, "a poll without end");
        }
        Polled {
            deliveries,
            cursor: poll.cursor(),
        }
    }
}

fn item(delivery: &PolledDelivery) -> Item {
    let request = delivery.request();
    let items = adapter().decode(&VerifiedRequest::of_own_request(&request));
    <[Item; 1]>::try_from(items)
        .map(|[item]| item)
        .expect("one item")
}

#[test]
fn a_connection_by_imap_has_a_login_and_no_webhook() {
    let config = SUBJECT.config(settings(json!({})));
    assert_eq!(
        patchbay_email::KIND.inbound_way(&config.settings),
        InboundWay::Imap
    );
    let adapter = adapter();
    let delivery = delivery(MAIL.as_bytes());
    let request = delivery.request();
    let refused = adapter.verify(&request, delivery.now);
    assert_eq!(refused.err(), Some(Rejection::Missing));
    for (login, is_token) in [("password", false), ("xoauth2", true)] {
        let adapter = open(settings(json!({"mailbox-login": login}))).expect("opened");
        let poll = adapter.poll(None, time(NOW)).expect("a poll");
        let PollStep::Ask(PollRequest::OpenFolder(access)) = poll.step() else {
            panic!("{:?}", poll.step());
        };
        assert_eq!(
            access.server.to_string(),
            "imaps://mail.northwind.example:993"
        );
        assert_eq!(access.folder, "INBOX");
        assert_eq!(matches!(access.login, MailboxLogin::Token(_)), is_token);
        assert!(!format!("{access:?}").contains("hush"));
    }
}

#[test]
fn a_token_that_the_host_renews_needs_no_secret_of_the_application() {
    let adapter = open(settings(json!({
        "mailbox-login": "oauth2",
        "mailbox-token-url": "https://login.example/token",
        "mailbox-client-id": "app",
        "mailbox-scope": "imap",
    })));
    let poll = adapter
        .expect("opened")
        .poll(None, time(NOW))
        .expect("a poll");
    let PollStep::Ask(PollRequest::OpenFolder(access)) = poll.step() else {
        panic!("{:?}", poll.step());
    };
    let MailboxLogin::Source { user, source } = &access.login else {
        panic!("{access:?}");
    };
    let TokenRequest::Post { url, body, .. } = source.provider().request(None, time(NOW)) else {
        panic!("a request");
    };
    assert_eq!(
        (user.as_str(), url.as_str()),
        ("care", "https://login.example/token")
    );
    assert_eq!(
        *body,
        b"grant_type=refresh_token&refresh_token=hush&client_id=app&scope=imap"
    );
}

#[test]
fn settings_that_do_not_fit_are_named() {
    for (more, problem) in [
        (
            json!({"mailbox": null}),
            "`inbound = \"imap\"` needs `mailbox`",
        ),
        (
            json!({"mailbox": "smtps://mail.example"}),
            "begins with none of imaps://",
        ),
        (
            json!({"mailbox": "imap-plain://mail.example"}),
            "`mailbox` must begin with imaps:// or imap://",
        ),
        (
            json!({"mailbox": "imap-plain://10.0.0.1"}),
            "`mailbox` must begin with imaps:// or imap://",
        ),
        (json!({"mailbox-user": null}), "needs `mailbox-user`"),
        (
            json!({"mailbox-user": "a\r\nb"}),
            "`mailbox-user` must have",
        ),
        (json!({"mailbox-folder": ""}), "`mailbox-folder` must have"),
        (
            json!({"mailbox-login": "oauth"}),
            "expected one of `password`, `xoauth2`, `oauth2`",
        ),
        (
            json!({"mailbox-login": "oauth2"}),
            "needs `mailbox-token-url`",
        ),
        (
            json!({"mailbox-login": "oauth2", "mailbox-token-url": "x"}),
            "`mailbox-token-url` ",
        ),
        (
            json!({"mailbox-login": "oauth2", "mailbox-token-url": "https://login.example/token"}),
            "needs `mailbox-client-id`",
        ),
        (
            json!({"mailbox-scope": "x"}),
            "need `mailbox-login = \"oauth2\"`",
        ),
        (
            json!({"mailbox-history-days": 366}),
            "`mailbox-history-days` must be at most 365",
        ),
        (json!({"inbound": "lmtp"}), "need `inbound = \"imap\"`"),
    ] {
        let error = open(settings(more.clone())).expect_err("refused");
        assert!(error.contains(problem), "{more} {error}");
    }
    for server in [
        "imap-plain://127.0.0.1:31143",
        "imap-plain://localhost",
        "imap-plain://[::1]",
    ] {
        assert!(
            open(settings(json!({"mailbox": server}))).is_ok(),
            "{server}"
        );
    }
}

#[test]
fn one_mail_by_http_and_by_imap_is_one_message() {
    let polled = Mailbox::of([(3, mail(NOW))]).poll(&*adapter(), None, NOW);
    let Item::Interaction(decoded) = item(&polled.deliveries[0]) else {
        panic!("no interaction");
    };
    let posted = decode(MAIL).interaction;
    assert_eq!(decoded.interaction, posted);
    assert_eq!(posted.received_at, Some(time("2026-03-03T09:15:00Z")));
}

/// The date of a mail counts if it can be true beside the time at which it came, whenever
/// the host reads it: so it is the same mail each time.
#[test]
fn a_mail_has_the_same_time_however_late_it_is_read() {
    let read = |now| {
        Mailbox::of([(3, mail("2026-03-03T09:20:00Z"))]).poll(
            &*open(settings(json!({"mailbox-history-days": 365}))).expect("opened"),
            None,
            now,
        )
    };
    let texts: Vec<String> = ["2026-03-03T10:00:00Z", "2026-08-03T10:00:00Z"]
        .map(|now| format!("{:?}", item(&read(now).deliveries[0])))
        .into();
    assert_eq!(texts[0], texts[1]);
}

#[test]
fn each_mail_is_read_once_in_the_order_of_numbers() {
    let adapter = adapter();
    let mut mailbox = Mailbox::of([5, 2, 9].map(|uid| (uid, mail(NOW))));
    let first = mailbox.poll(&*adapter, None, NOW);
    assert_eq!(first.uids(), [2, 5, 9]);
    let again = mailbox.poll(&*adapter, Some(&first.cursor), NOW);
    assert_eq!((again.uids(), &again.cursor), (vec![], &first.cursor));
    mailbox.add(10, mail(NOW));
    // A person moved it here: it keeps its date.
    mailbox.add(11, mail("2020-01-01T00:00:00Z"));
    mailbox.mails.remove(&9);
    let more = mailbox.poll(&*adapter, Some(&first.cursor), NOW);
    assert_eq!(more.uids(), [10, 11]);
}

#[test]
fn the_first_poll_leaves_out_what_came_before() {
    let dates = [
        (1, "2020-01-01T00:00:00Z"),
        (2, "2026-03-02T09:59:59Z"),
        (3, "2026-03-02T10:00:00Z"),
        (4, "2026-03-03T09:00:00Z"),
    ];
    for (days, expected) in [(0, &[][..]), (1, &[3, 4]), (2, &[2, 3, 4])] {
        let settings = settings(json!({"mailbox-history-days": days}));
        let adapter = open(settings).expect("opened");
        let mut mailbox = Mailbox::of(dates.map(|(uid, date)| (uid, mail(date))));
        let polled = mailbox.poll(&*adapter, None, NOW);
        assert_eq!(polled.uids(), expected, "{days}");
        let again = mailbox.poll(&*adapter, Some(&polled.cursor), NOW);
        assert_eq!(again.uids(), NONE, "{days}");
        mailbox.add(5, mail(NOW));
        let more = mailbox.poll(&*adapter, Some(&polled.cursor), NOW);
        assert_eq!(more.uids(), [5], "{days}");
    }
    // Of a mail without a date nobody knows that it is old.
    let undated = Mail {
        date: None,
        ..mail(NOW)
    };
    assert_eq!(
        Mailbox::of([(1, undated)])
            .poll(&*adapter(), None, NOW)
            .uids(),
        [1]
    );
}

#[test]
fn numbers_with_gaps_and_folders_of_any_size_are_read_whole() {
    let adapter = adapter();
    let many = || (1..=2_500).map(|uid| (uid, mail(NOW)));
    let sparse = [1, 1_000_000, 3_000_000_000, u32::MAX - 1];
    for (uids, mut mailbox) in [
        ((1..=2_500).collect::<Vec<u32>>(), Mailbox::of(many())),
        (
            sparse.to_vec(),
            Mailbox::of(sparse.map(|uid| (uid, mail(NOW)))),
        ),
        (vec![u32::MAX], Mailbox::of([(u32::MAX, mail(NOW))])),
        (Vec::new(), Mailbox::of([])),
    ] {
        let known = mailbox.poll(&*adapter, None, NOW);
        assert_eq!(known.uids(), uids);
        assert!(mailbox.asked < uids.len() + 40, "{}", mailbox.asked);
        // A server that does not say which number comes next.
        mailbox.uid_next = None;
        mailbox.asked = 0;
        assert_eq!(mailbox.poll(&*adapter, None, NOW).uids(), uids);
    }
}

#[test]
fn after_new_numbers_recent_mails_are_read_again() {
    let adapter = adapter();
    let old = "2026-02-01T00:00:00Z";
    let mut mailbox = Mailbox::of([(1, mail(NOW))]);
    let first = mailbox.poll(&*adapter, None, NOW);
    let months_later = "2026-06-01T10:00:00Z";
    mailbox.add(2, mail("2026-05-28T00:00:00Z"));
    let second = mailbox.poll(&*adapter, Some(&first.cursor), months_later);
    assert_eq!(second.uids(), [2]);
    // The server numbers anew, after a poll two weeks before.
    let mut renumbered = Mailbox::of([
        (1, mail(old)),
        (2, mail("2026-05-24T00:00:00Z")),
        (3, mail("2026-05-28T00:00:00Z")),
        (4, mail("2026-06-10T00:00:00Z")),
    ]);
    renumbered.validity = 8;
    let third = renumbered.poll(&*adapter, Some(&second.cursor), "2026-06-15T00:00:00Z");
    assert_eq!(third.uids(), [3, 4]);
    // The same numbers as before: the ids of what they deliver decide.
    let Item::Interaction(before) = item(&second.deliveries[0]) else {
        panic!("no interaction");
    };
    let Item::Interaction(after) = item(&third.deliveries[0]) else {
        panic!("no interaction");
    };
    assert_eq!(before.interaction, after.interaction);
    // And on from there.
    renumbered.add(5, mail(old));
    let fourth = renumbered.poll(&*adapter, Some(&third.cursor), "2026-06-15T00:00:00Z");
    assert_eq!(fourth.uids(), [5]);
}

#[test]
fn a_mailbox_that_was_restored_from_a_backup_is_read_again() {
    let adapter = adapter();
    let mut mailbox = Mailbox::of((1..=9).map(|uid| (uid, mail(NOW))));
    let first = mailbox.poll(&*adapter, None, NOW);
    // The same UIDVALIDITY, fewer numbers, and other mails behind them.
    let mut restored = Mailbox::of((1..=4).map(|uid| (uid, mail(NOW))));
    let second = restored.poll(&*adapter, Some(&first.cursor), NOW);
    assert_eq!(second.uids(), [1, 2, 3, 4]);
    restored.add(5, mail(NOW));
    let third = restored.poll(&*adapter, Some(&second.cursor), NOW);
    assert_eq!(third.uids(), [5]);
}

#[test]
fn another_mailbox_of_the_settings_is_read_from_the_last_poll_on() {
    let mut mailbox = Mailbox::of([
        (1, mail("2026-03-02T08:00:00Z")),
        (2, mail("2026-03-02T11:00:00Z")),
        (3, mail("2026-03-04T00:00:00Z")),
    ]);
    let first = mailbox.poll(&*adapter(), None, NOW);
    assert_eq!(first.uids(), [2, 3]);
    for more in [
        json!({"mailbox": "imaps://other.example"}),
        json!({"mailbox-user": "other"}),
        json!({"mailbox-folder": "Care"}),
    ] {
        let other = open(settings(more)).expect("opened");
        let polled = mailbox.poll(&*other, Some(&first.cursor), "2026-03-05T00:00:00Z");
        assert_eq!(polled.uids(), [2, 3]);
    }
    // Another way to encrypt is no other mailbox.
    let same = open(settings(
        json!({"mailbox": "imap://mail.northwind.example:993"}),
    ));
    let polled = mailbox.poll(&*same.expect("opened"), Some(&first.cursor), NOW);
    assert_eq!(polled.uids(), NONE);
    // A cursor that is not understood is none.
    for cursor in [&b""[..], b"{}", b"\xff", b"null"] {
        let polled = mailbox.poll(&*adapter(), Some(cursor), NOW);
        assert_eq!(polled.uids(), [2, 3], "{cursor:?}");
    }
}

#[test]
fn a_mail_that_is_gone_is_passed() {
    let adapter = adapter();
    let mut mailbox = Mailbox::of([1, 2, 3].map(|uid| (uid, mail(NOW))));
    let mut poll = adapter.poll(None, time(NOW)).expect("a poll");
    let mut read = Vec::new();
    while let PollStep::Ask(request) = poll.step() {
        let answer = mailbox.answer(&request);
        if matches!(request, PollRequest::ListMails { .. }) {
            mailbox.mails.remove(&2);
        }
        read.extend(poll.answer(answer).expect("it fits").iter().map(uid));
    }
    assert_eq!(read, [1, 3]);
}

/// What the quarantine says of a delivery.
fn undecodable(delivery: &PolledDelivery) -> String {
    match item(delivery) {
        Item::Undecodable(problem) => format!("{}: {}", problem.place, problem.reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_mail_that_is_too_long_is_not_read_and_holds_up_no_other() {
    let long = MAIL_BYTES + 1;
    let content = [MAIL.as_bytes(), &vec![b'x'; long]].concat();
    let told = Mail {
        size: Some(content.len() as u64),
        content: content.clone(),
        ..mail(NOW)
    };
    // Some servers are wrong about the size, or do not say it.
    let wrong = |size| Mail {
        size,
        ..told.clone()
    };
    let whole = Mail {
        size: None,
        content: content[..MAIL_BYTES].to_vec(),
        ..mail(NOW)
    };
    let mut mailbox = Mailbox::of([
        (1, told.clone()),
        (2, wrong(Some(5))),
        (3, wrong(None)),
        (4, whole),
        (5, mail(NOW)),
    ]);
    let polled = mailbox.poll(&*adapter(), None, NOW);
    assert_eq!(polled.uids(), [1, 2, 3, 4, 5]);
    let header = MAIL.len() - "Where is it?\r\n".len();
    assert_eq!(polled.deliveries[0].body, MAIL.as_bytes()[..header]);
    for (delivery, size) in polled.deliveries[..3]
        .iter()
        .zip([content.len(), long, long])
    {
        assert!(delivery.body.len() <= 64 << 10);
        let uid = uid(delivery);
        assert_eq!(
            undecodable(delivery),
            format!(
                "mail: has {size} bytes or more, and a mail may have 36700160; read it in the mailbox: it is the mail with UID {uid}"
            )
        );
    }
    for delivery in &polled.deliveries[3..] {
        assert!(matches!(item(delivery), Item::Interaction(_)));
    }
}

#[test]
fn a_mail_that_the_server_does_not_deliver_is_passed_over_and_named() {
    let adapter = adapter();
    let mut mailbox = Mailbox::of([1, 2].map(|uid| (uid, mail(NOW))));
    let mut poll = adapter.poll(None, time(NOW)).expect("a poll");
    // Only a mail can be passed over.
    assert!(poll.pass_over().is_none());
    let mut deliveries = Vec::new();
    while let PollStep::Ask(request) = poll.step() {
        match request {
            PollRequest::ReadMail { uid: 1, .. } => deliveries.extend(poll.pass_over()),
            request => {
                let answer = mailbox.answer(&request);
                deliveries.extend(poll.answer(answer).expect("it fits"));
            }
        }
    }
    assert_eq!(deliveries.iter().map(uid).collect::<Vec<_>>(), [1, 2]);
    assert!(undecodable(&deliveries[0]).contains("the mail with UID 1"));
    let cursor = poll.cursor();
    assert_eq!(mailbox.poll(&*adapter, Some(&cursor), NOW).uids(), NONE);
}

#[test]
fn the_cursor_is_behind_what_was_not_taken_at_each_step() {
    let adapter = adapter();
    let mut mailbox = Mailbox::of((1..=40).map(|uid| (uid * 100, mail(NOW))));
    let all: Vec<u32> = mailbox.mails.keys().copied().collect();
    let mut poll = adapter.poll(None, time(NOW)).expect("a poll");
    let mut taken = Vec::new();
    while let PollStep::Ask(request) = poll.step() {
        let answer = mailbox.answer(&request);
        taken.extend(poll.answer(answer).expect("it fits").iter().map(uid));
        let cursor = poll.cursor();
        assert!(cursor.len() < 4 << 10);
        let rest = mailbox.clone().poll(&*adapter, Some(&cursor), NOW).uids();
        assert_eq!([&taken[..], &rest[..]].concat(), all);
    }
}

#[test]
fn an_answer_to_another_request_is_a_failure() {
    let adapter = adapter();
    let mut poll = adapter.poll(None, time(NOW)).expect("a poll");
    let wrong = || {
        [
            PollAnswer::Mails(Listing::default()),
            PollAnswer::Mail(None),
        ]
    };
    for answer in wrong() {
        assert!(poll.answer(answer).is_err());
    }
    assert!(matches!(
        poll.step(),
        PollStep::Ask(PollRequest::OpenFolder(_))
    ));
}
