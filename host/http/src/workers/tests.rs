//! The deciding threads and the queue in front of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::{Job, JobError, QueueLimits, Workers};

const STACK: usize = 2 << 20;
const US: &str = "northwind";

fn limits(total: usize) -> QueueLimits {
    QueueLimits {
        total,
        per_company: total,
        running_per_company: usize::MAX,
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
    busy_with(limits(length)).await
}

async fn busy_with(limits: QueueLimits) -> (Arc<Workers>, mpsc::Sender<()>) {
    let workers = Arc::new(Workers::start("test", 1, limits, STACK).expect("a thread"));
    let (hold, held) = mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let asking = Arc::clone(&workers);
    tokio::spawn(async move {
        let work = move |turn: Job<()>| {
            let _ = begun.send(());
            let _ = held.recv();
            turn.answer(());
        };
        asking.run(US, late(), work).await
    });
    has_begun.await.expect("begun");
    (workers, hold)
}

#[tokio::test]
async fn the_result_arrives_before_the_job_ends() {
    let workers = Workers::start("test", 1, limits(1), STACK).expect("a thread");
    let (release, released) = mpsc::channel::<()>();
    let work = move |turn: Job<u8>| {
        turn.answer(42);
        let _ = released.recv();
    };
    assert_eq!(workers.run(US, late(), work).await, Ok(42));
    drop(release);
    assert!(workers.stop(Duration::from_secs(60)).await);
}

#[tokio::test]
async fn a_started_job_is_awaited_beyond_the_deadline() {
    let workers = Workers::start("test", 1, limits(1), STACK).expect("a thread");
    let work = |turn: Job<u8>| {
        std::thread::sleep(Duration::from_millis(60));
        assert_eq!(turn.time_left(), Duration::ZERO);
        turn.answer(1);
    };
    assert_eq!(workers.run(US, soon(), work).await, Ok(1));
}

#[tokio::test]
async fn a_cancelled_job_never_runs() {
    let (workers, hold) = busy(8).await;
    let done = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&done);
    let work = move |turn: Job<()>| {
        counting.fetch_add(1, Ordering::Relaxed);
        turn.answer(());
    };
    assert_eq!(workers.run(US, soon(), work).await, Err(JobError::TooLate));
    assert_eq!(workers.waiting(), 0);
    drop(hold);
    assert_eq!(
        workers
            .run(US, late(), |turn: Job<()>| turn.answer(()))
            .await,
        Ok(())
    );
    assert_eq!(done.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn cancelled_jobs_free_capacity() {
    let (workers, _hold) = busy(1).await;
    for _ in 0..100 {
        let refused = workers
            .run(US, Instant::now(), |turn: Job<()>| turn.answer(()))
            .await;
        assert_eq!(refused, Err(JobError::TooLate));
    }
}

#[tokio::test]
async fn a_panic_is_reported_and_the_thread_continues() {
    let workers = Workers::start("test", 1, limits(1), STACK).expect("a thread");
    let crashed = workers
        .run(US, late(), |_: Job<()>| panic!("on purpose"))
        .await;
    assert_eq!(crashed, Err(JobError::Crashed));
    assert_eq!(
        workers
            .run(US, late(), |turn: Job<u8>| turn.answer(1))
            .await,
        Ok(1)
    );
}

#[tokio::test]
async fn a_panic_after_the_result_is_harmless() {
    let workers = Workers::start("test", 1, limits(1), STACK).expect("a thread");
    let work = |turn: Job<u8>| {
        turn.answer(1);
        panic!("on purpose");
    };
    assert_eq!(workers.run(US, late(), work).await, Ok(1));
    assert_eq!(
        workers
            .run(US, late(), |turn: Job<u8>| turn.answer(2))
            .await,
        Ok(2)
    );
}

#[tokio::test]
async fn stopped_workers_refuse_new_and_waiting_jobs() {
    let (workers, hold) = busy(8).await;
    let asking = Arc::clone(&workers);
    let waiting = tokio::spawn(async move {
        asking
            .run(US, late(), |turn: Job<()>| turn.answer(()))
            .await
    });
    while workers.waiting() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(!workers.stop(Duration::from_millis(10)).await);
    assert_eq!(waiting.await.expect("told"), Err(JobError::Stopping));
    let refused = workers
        .run(US, late(), |turn: Job<()>| turn.answer(()))
        .await;
    assert_eq!(refused, Err(JobError::Stopping));
    drop(hold);
    assert!(workers.stop(Duration::from_secs(60)).await);
}

#[tokio::test]
async fn companies_take_turns_within_their_queue_limits() {
    let room = QueueLimits {
        total: 8,
        per_company: 3,
        running_per_company: usize::MAX,
    };
    let (workers, hold) = busy_with(room).await;
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut waiting = tokio::task::JoinSet::new();
    for (company, number) in [("loud", 1), ("loud", 2), ("loud", 3), ("quiet", 4)] {
        let (asking, order) = (Arc::clone(&workers), Arc::clone(&order));
        waiting.spawn(async move {
            let work = move |turn: Job<()>| {
                order.lock().expect("no panic").push(number);
                turn.answer(());
            };
            asking.run(company, late(), work).await
        });
        while workers.waiting() < number {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let refused = workers.run("loud", late(), |turn: Job<()>| turn.answer(()));
    assert_eq!(refused.await, Err(JobError::Full), "its share is used up");
    assert_eq!(workers.waiting(), 4);
    drop(hold);
    while let Some(answered) = waiting.join_next().await {
        assert_eq!(answered.expect("told"), Ok(()));
    }
    assert_eq!(*order.lock().expect("no panic"), [1, 4, 2, 3]);
}

#[tokio::test]
async fn a_cancelled_job_frees_its_companys_capacity() {
    let room = QueueLimits {
        total: 8,
        per_company: 1,
        running_per_company: usize::MAX,
    };
    let (workers, _hold) = busy_with(room).await;
    for _ in 0..100 {
        let late = workers.run("loud", Instant::now(), |turn: Job<()>| turn.answer(()));
        assert_eq!(late.await, Err(JobError::TooLate));
    }
    assert_eq!(workers.waiting(), 0);
}

#[tokio::test]
async fn jobs_of_one_company_run_one_at_a_time_and_others_pass_them() {
    let limits = QueueLimits {
        total: 8,
        per_company: 8,
        running_per_company: 1,
    };
    let workers = Arc::new(Workers::start("test", 4, limits, STACK).expect("threads"));
    let (hold, held) = mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let first = Arc::clone(&workers);
    let first = tokio::spawn(async move {
        let work = move |turn: Job<()>| {
            let _ = begun.send(());
            let _ = held.recv();
            turn.answer(());
        };
        first.run("loud", late(), work).await
    });
    has_begun.await.expect("begun");
    let second = Arc::clone(&workers);
    let second = tokio::spawn(async move {
        second
            .run("loud", late(), |turn: Job<()>| turn.answer(()))
            .await
    });
    while workers.waiting() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for company in ["quiet", "third"] {
        let other = workers.run(company, late(), |turn: Job<()>| turn.answer(()));
        assert_eq!(other.await, Ok(()));
    }
    assert_eq!(workers.waiting(), 1, "the company's second job waits");
    drop(hold);
    assert_eq!(first.await.expect("told"), Ok(()));
    assert_eq!(second.await.expect("told"), Ok(()));
}
