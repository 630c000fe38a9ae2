//! The deciding threads and the queue in front of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::workers::{Refused, Room, Turn, Workers};

const STACK: usize = 2 << 20;
const US: &str = "northwind";

fn room(in_all: usize) -> Room {
    Room {
        in_all,
        per_company: in_all,
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_millis(20)
}

fn late() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// One thread, kept busy until the sender is dropped.
async fn busy(length: usize) -> (Arc<Workers>, mpsc::Sender<()>) {
    busy_with(room(length)).await
}

async fn busy_with(room: Room) -> (Arc<Workers>, mpsc::Sender<()>) {
    let workers = Arc::new(Workers::start(1, room, STACK).expect("a thread"));
    let (hold, held) = mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let asking = Arc::clone(&workers);
    tokio::spawn(async move {
        let work = move |turn: Turn<()>| {
            let _ = begun.send(());
            let _ = held.recv();
            turn.answer(());
        };
        asking.ask(US, late(), work).await
    });
    has_begun.await.expect("begun");
    (workers, hold)
}

#[tokio::test]
async fn the_answer_is_there_before_the_work_is_over() {
    let workers = Workers::start(1, room(1), STACK).expect("a thread");
    let (release, released) = mpsc::channel::<()>();
    let work = move |turn: Turn<u8>| {
        turn.answer(42);
        let _ = released.recv();
    };
    assert_eq!(workers.ask(US, late(), work).await, Ok(42));
    drop(release);
    assert!(workers.stop(Duration::from_secs(60)).await);
}

#[tokio::test]
async fn begun_work_is_awaited_beyond_the_deadline() {
    let workers = Workers::start(1, room(1), STACK).expect("a thread");
    let work = |turn: Turn<u8>| {
        std::thread::sleep(Duration::from_millis(60));
        assert_eq!(turn.patience(), Duration::ZERO);
        turn.answer(1);
    };
    assert_eq!(workers.ask(US, soon(), work).await, Ok(1));
}

#[tokio::test]
async fn a_job_given_up_is_never_done() {
    let (workers, hold) = busy(8).await;
    let done = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&done);
    let work = move |turn: Turn<()>| {
        counting.fetch_add(1, Ordering::Relaxed);
        turn.answer(());
    };
    assert_eq!(workers.ask(US, soon(), work).await, Err(Refused::TooLate));
    assert_eq!(workers.waiting(), 0);
    drop(hold);
    assert_eq!(
        workers
            .ask(US, late(), |turn: Turn<()>| turn.answer(()))
            .await,
        Ok(())
    );
    assert_eq!(done.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn jobs_given_up_make_room() {
    let (workers, _hold) = busy(1).await;
    for _ in 0..100 {
        let refused = workers
            .ask(US, Instant::now(), |turn: Turn<()>| turn.answer(()))
            .await;
        assert_eq!(refused, Err(Refused::TooLate));
    }
}

#[tokio::test]
async fn a_panic_is_told_and_the_thread_goes_on() {
    let workers = Workers::start(1, room(1), STACK).expect("a thread");
    let crashed = workers
        .ask(US, late(), |_: Turn<()>| panic!("on purpose"))
        .await;
    assert_eq!(crashed, Err(Refused::Crashed));
    assert_eq!(
        workers
            .ask(US, late(), |turn: Turn<u8>| turn.answer(1))
            .await,
        Ok(1)
    );
}

#[tokio::test]
async fn a_panic_after_the_answer_harms_nobody() {
    let workers = Workers::start(1, room(1), STACK).expect("a thread");
    let work = |turn: Turn<u8>| {
        turn.answer(1);
        panic!("on purpose");
    };
    assert_eq!(workers.ask(US, late(), work).await, Ok(1));
    assert_eq!(
        workers
            .ask(US, late(), |turn: Turn<u8>| turn.answer(2))
            .await,
        Ok(2)
    );
}

#[tokio::test]
async fn stopped_workers_take_nothing_and_tell_who_waits() {
    let (workers, hold) = busy(8).await;
    let asking = Arc::clone(&workers);
    let waiting = tokio::spawn(async move {
        asking
            .ask(US, late(), |turn: Turn<()>| turn.answer(()))
            .await
    });
    while workers.waiting() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(!workers.stop(Duration::from_millis(10)).await);
    assert_eq!(waiting.await.expect("told"), Err(Refused::Stopping));
    let refused = workers
        .ask(US, late(), |turn: Turn<()>| turn.answer(()))
        .await;
    assert_eq!(refused, Err(Refused::Stopping));
    drop(hold);
    assert!(workers.stop(Duration::from_secs(60)).await);
}

#[tokio::test]
async fn companies_take_turns_and_one_has_only_its_share_of_the_queue() {
    let room = Room {
        in_all: 8,
        per_company: 3,
    };
    let (workers, hold) = busy_with(room).await;
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut waiting = tokio::task::JoinSet::new();
    for (company, number) in [("loud", 1), ("loud", 2), ("loud", 3), ("quiet", 4)] {
        let (asking, order) = (Arc::clone(&workers), Arc::clone(&order));
        waiting.spawn(async move {
            let work = move |turn: Turn<()>| {
                order.lock().expect("no panic").push(number);
                turn.answer(());
            };
            asking.ask(company, late(), work).await
        });
        while workers.waiting() < number {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let refused = workers.ask("loud", late(), |turn: Turn<()>| turn.answer(()));
    assert_eq!(refused.await, Err(Refused::Full), "its share is used up");
    assert_eq!(workers.waiting(), 4);
    drop(hold);
    while let Some(answered) = waiting.join_next().await {
        assert_eq!(answered.expect("told"), Ok(()));
    }
    assert_eq!(*order.lock().expect("no panic"), [1, 4, 2, 3]);
}

#[tokio::test]
async fn what_is_given_up_gives_back_its_companys_share() {
    let room = Room {
        in_all: 8,
        per_company: 1,
    };
    let (workers, _hold) = busy_with(room).await;
    for _ in 0..100 {
        let late = workers.ask("loud", Instant::now(), |turn: Turn<()>| turn.answer(()));
        assert_eq!(late.await, Err(Refused::TooLate));
    }
    assert_eq!(workers.waiting(), 0);
}
