//! Taking turns. The machines are shared and their speed changes from minute
//! to minute, so everything is measured in one process in many short rounds,
//! and only ratios within a run are to be trusted.

use std::time::Duration;

use patchbay_engine::cpu::thread_time;

use crate::clock::us;

/// What one thing cost, each number the median over the rounds.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Half of the decisions took no longer, in microseconds.
    pub p50: f64,
    /// 99 of 100 took no longer.
    pub p99: f64,
    /// CPU time of the thread for each, with all that comes after the answer.
    pub cpu: f64,
}

/// Something measured: does its work once and says how long the answer took.
pub type Turn<'a> = Box<dyn FnMut() -> Duration + 'a>;

/// Let each take `calls` turns in each of `rounds`; each begins every round at
/// another place, and a tenth of the turns before it warm it up.
pub fn measure(turns: &mut [Turn<'_>], rounds: usize, calls: usize) -> Vec<Cost> {
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

fn round_of(turn: &mut Turn<'_>, calls: usize) -> Cost {
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

/// The middle of some numbers.
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
