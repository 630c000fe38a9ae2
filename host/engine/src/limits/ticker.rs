//! One thread per serving engine that advances its epoch for as long as the
//! engine lives, so no deadline can be armed while nothing ticks.

use std::time::Duration;

use wasmtime::Engine;

/// Interval at which running guests check their deadline.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// Start the thread. It ends within a tick after the engine is dropped.
pub(crate) fn start(engine: &Engine) -> std::io::Result<()> {
    let weak = engine.weak();
    std::thread::Builder::new()
        .name("patchbay-ticker".to_owned())
        .stack_size(128 << 10)
        .spawn(move || {
            while let Some(engine) = weak.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(TICK);
            }
        })?;
    Ok(())
}
