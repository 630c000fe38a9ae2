//! The greeting, STARTTLS and the login.

use patchbay_imap::{ImapError, ImapStep, Login, Session, Violation};

use crate::server::{Act, LIMITS, greeting, play, refusal, send, session};

const STEP: ImapStep = ImapStep::Login;

fn password() -> Login {
    Login::with_password("jo", b"hush").expect("valid")
}

fn token() -> Login {
    Login::with_token("jo", b"hush").expect("valid")
}

/// The acts after a login.
fn offers_again() -> Vec<Act> {
    vec![
        Act::Expect("CAPABILITY"),
        send("* CAPABILITY IMAP4rev1 IDLE\r\n"),
        Act::End("OK done"),
    ]
}

fn refused(code: Option<&str>) -> ImapError {
    ImapError::Refused {
        step: STEP,
        code: code.map(str::to_owned),
    }
}

#[tokio::test]
async fn a_password_is_sent_by_the_best_way_that_the_server_offers() {
    // Base64 of NUL jo NUL hush.
    let at_once = vec![
        Act::Expect("AUTHENTICATE PLAIN AGpvAGh1c2g="),
        Act::End("OK in"),
    ];
    let after = vec![
        Act::Expect("AUTHENTICATE PLAIN"),
        send("+ \r\n"),
        Act::ExpectBare("AGpvAGh1c2g="),
        Act::End("OK in"),
    ];
    let login = vec![Act::Expect("LOGIN \"jo\" \"hush\""), Act::End("OK in")];
    for (offers, mut acts) in [
        ("AUTH=PLAIN SASL-IR LOGINDISABLED", at_once),
        ("AUTH=LOGIN auth=plain", after),
        ("AUTH=LOGIN", login),
    ] {
        acts.extend(offers_again());
        let mut session = session(offers, acts).await;
        assert!(!session.can_wait());
        assert_eq!(session.log_in(&password()).await, Ok(()), "{offers}");
        assert!(session.can_wait());
    }
}

#[tokio::test]
async fn a_token_is_sent_by_xoauth2_and_its_refusal_is_read_to_the_end() {
    // Base64 of user=jo ^A auth=Bearer hush ^A ^A.
    let line = "AUTHENTICATE XOAUTH2 dXNlcj1qbwFhdXRoPUJlYXJlciBodXNoAQE=";
    let mut acts = vec![Act::Expect(line), Act::End("OK in")];
    acts.extend(offers_again());
    let mut taken = session("SASL-IR AUTH=XOAUTH2", acts).await;
    assert_eq!(taken.log_in(&token()).await, Ok(()));
    let mut refusing = session(
        "SASL-IR AUTH=XOAUTH2",
        vec![
            Act::Expect(line),
            send("+ eyJzdGF0dXMiOiI0MDEifQ==\r\n"),
            Act::ExpectBare(""),
            Act::End("NO [AUTHENTICATIONFAILED] jo@example.org: no"),
        ],
    )
    .await;
    let error = refusing.log_in(&token()).await.expect_err("refused");
    assert_eq!(error, refused(Some("AUTHENTICATIONFAILED")));
    assert!(!error.to_string().contains("example.org"), "{error}");
}

#[tokio::test]
async fn a_server_without_a_way_for_the_login_gets_none() {
    for (offers, login, problem) in [
        (
            "LOGINDISABLED",
            password(),
            "takes no password on this connection; use imaps://",
        ),
        (
            "AUTH=PLAIN",
            token(),
            "offers no AUTH=XOAUTH2: it takes no token",
        ),
        (
            "",
            Login::with_password("jo", "hüsh".as_bytes()).expect("valid"),
            "offers no AUTH=PLAIN, and LOGIN takes only ASCII in user and password",
        ),
    ] {
        let mut session = session(offers, vec![Act::Silence]).await;
        assert_eq!(session.log_in(&login).await, Err(ImapError::Lacks(problem)));
    }
}

#[tokio::test]
async fn a_refused_password_has_the_code_of_the_server() {
    for (answer, code) in [
        (
            "NO [AUTHENTICATIONFAILED] Authentication failed.",
            Some("AUTHENTICATIONFAILED"),
        ),
        ("NO no", None),
        ("BAD [ALERT] what", Some("ALERT")),
    ] {
        let mut session = session(
            "",
            vec![Act::Expect("LOGIN \"jo\" \"hush\""), Act::End(answer)],
        )
        .await;
        assert_eq!(session.log_in(&password()).await, Err(refused(code)));
    }
}

#[tokio::test]
async fn a_connection_that_is_logged_in_needs_no_login() {
    let acts = vec![
        send("* PREAUTH in\r\n"),
        Act::Expect("CAPABILITY"),
        send("* CAPABILITY IMAP4rev1 STARTTLS\r\n"),
        Act::End("OK done"),
        Act::Silence,
    ];
    let mut session = Session::begin(play(acts).0, LIMITS).await.expect("begun");
    assert_eq!(session.log_in(&password()).await, Ok(()));
    // RFC 9051, 7.1.4: somebody in between may have sent it.
    let error = session.start_tls().await.err();
    assert_eq!(
        error,
        Some(ImapError::Lacks("logs in before TLS begins; use imaps://"))
    );
}

#[tokio::test]
async fn tls_begins_only_where_nothing_else_was_sent() {
    let started = session(
        "STARTTLS",
        vec![Act::Expect("STARTTLS"), Act::End("OK go"), Act::Silence],
    )
    .await;
    assert!(started.start_tls().await.is_ok());
    let injected = vec![
        Act::Expect("STARTTLS"),
        Act::End("OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN"),
        Act::Silence,
    ];
    let error = session("STARTTLS", injected).await.start_tls().await.err();
    let violation = Violation::BeforeTls;
    assert_eq!(
        error,
        Some(ImapError::Violation {
            step: ImapStep::Tls,
            violation
        })
    );
    let without = session("", vec![Act::Silence])
        .await
        .start_tls()
        .await
        .err();
    assert!(
        matches!(without, Some(ImapError::Lacks(problem)) if problem.starts_with("offers no STARTTLS"))
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_no_imap_server_is_told_at_the_greeting() {
    let step = ImapStep::Greeting;
    let bye = refusal(vec![send("* BYE [UNAVAILABLE] later\r\n")]).await;
    let code = Some("UNAVAILABLE".to_owned());
    assert_eq!(bye, ImapError::Bye { step, code });
    for text in [
        "220 mail.example ESMTP\r\n",
        "HTTP/1.1 400 Bad Request\r\n",
        "* 1 EXISTS\r\n",
        "+ x\r\n",
        "\r\n",
    ] {
        let error = refusal(vec![send(text), Act::Silence]).await;
        assert!(
            matches!(error, ImapError::Violation { .. }),
            "{text:?} {error}"
        );
    }
    let ended = refusal(Vec::new()).await;
    assert!(matches!(ended, ImapError::Ended { .. }), "{ended}");
    let silent = refusal(vec![Act::Silence]).await;
    let limit = LIMITS.answer;
    assert_eq!(silent, ImapError::Timeout { step, limit });
    let mut other = greeting("");
    other.truncate(3);
    other.push(send("q1 OK done\r\n"));
    other.push(Act::Silence);
    assert!(matches!(refusal(other).await, ImapError::Violation { .. }));
}
