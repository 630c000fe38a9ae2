//! Alternating rounds. The speed of a shared machine changes from minute to
//! minute, so one process measures everything in many short rounds, and only
//! ratios within a run are valid.

use std::time::Duration;

use patchbay_engine::thread_time;

use crate::clock::us;

/// Cost of one contender: medians over the rounds.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Median latency in microseconds.
    pub p50: f64,
    /// 99th percentile of the latency in microseconds.
    pub p99: f64,
    /// CPU time of the thread for each call, including work after the answer.
    pub cpu: f64,
}

/// Does its work once and returns the latency of the answer.
pub type Workload<'a> = Box<dyn FnMut() -> Duration + 'a>;

/// Calls each contender `calls` times in each of `rounds`, in rotating order,
/// after a tenth of the calls as warm-up.
pub fn measure(turns: &mut [Workload<'_>], rounds: usize, calls: usize) -> Vec<Cost> {
    let count = turns.len();
    let mut taken: Vec<Vec<Cost>> = vec![Vec::new(); count];
    for round in 0..rounds {
        for offset in 0..count {
            let index = (round + offset) % count;
            let cost = round_of(&mut turns[index], calls);
            taken[index].push(cost);
        }
    }
    taken.iter().map(|costs| middle(costs)).collect()
}

fn round_of(turn: &mut Workload<'_>, calls: usize) -> Cost {
    for _ in 0..calls / 10 {
        turn();
    }
    let mut times = Vec::with_capacity(calls);
    let before = thread_time();
    for _ in 0..calls {
        times.push(turn());
    }
    let cpu = thread_time() - before;
    times.sort_unstable();
    Cost {
        p50: us(times[calls / 2]),
        p99: us(times[calls * 99 / 100]),
        cpu: us(cpu) / calls as f64,
    }
}

fn middle(costs: &[Cost]) -> Cost {
    let of = |pick: fn(&Cost) -> f64| median(costs.iter().map(pick).collect());
    Cost {
        p50: of(|cost| cost.p50),
        p99: of(|cost| cost.p99),
        cpu: of(|cost| cost.cpu),
    }
}

/// Median.
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
