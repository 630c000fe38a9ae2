//! Waiting for mails by IDLE.

use std::time::Duration;

use patchbay_imap::{Change, ImapError, ImapStep};

use crate::server::{Act, LIMITS, send, session};

const TIME: Duration = Duration::from_secs(540);

fn idle(after: Vec<Act>) -> Vec<Act> {
    let mut acts = vec![Act::Expect("IDLE"), send("+ idling\r\n")];
    acts.extend(after);
    acts
}

#[tokio::test(start_paused = true)]
async fn a_new_mail_ends_the_wait_and_other_news_do_not() {
    let acts = idle(vec![
        send("* OK still here\r\n* 2 EXPUNGE\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* 4 EXISTS\r\n"),
        Act::ExpectBare("DONE"),
        send("* 5 EXISTS\r\n"),
        Act::End("OK done"),
        Act::Expect("CAPABILITY"),
        Act::Silence,
    ]);
    let mut session = session("IDLE", acts).await;
    assert_eq!(session.wait(TIME).await, Ok(Change::Mails));
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_in_time_and_the_session_goes_on() {
    let acts = idle(vec![
        Act::ExpectBare("DONE"),
        Act::End("OK done"),
        Act::Expect("EXAMINE \"INBOX\""),
        send("* OK [UIDVALIDITY 1] x\r\n"),
        Act::End("OK done"),
    ]);
    let mut session = session("IDLE", acts).await;
    let begun = tokio::time::Instant::now();
    assert_eq!(session.wait(TIME).await, Ok(Change::Nothing));
    assert_eq!(begun.elapsed().as_secs(), TIME.as_secs());
    assert!(session.examine("INBOX").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_or_ignores_the_wait_is_told() {
    let step = ImapStep::Wait;
    let mut ended = session("IDLE", idle(vec![send("* BYE closing\r\n")])).await;
    assert_eq!(
        ended.wait(TIME).await,
        Err(ImapError::Bye { step, code: None })
    );
    let mut dead = session("IDLE", idle(vec![Act::Silence])).await;
    let limit = LIMITS.answer;
    assert_eq!(
        dead.wait(TIME).await,
        Err(ImapError::Timeout { step, limit })
    );
    let refusing = vec![Act::Expect("IDLE"), Act::End("BAD what")];
    let error = session("IDLE", refusing).await.wait(TIME).await;
    assert_eq!(error, Err(ImapError::Refused { step, code: None }));
}
