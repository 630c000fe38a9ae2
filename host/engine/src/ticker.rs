//! One thread per serving engine that moves its epoch on. It exists as long as
//! the engine does, so no deadline can be armed while nothing ticks.

use std::time::Duration;

use wasmtime::Engine;

/// How often running guests are interrupted to look at their deadline.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// Start the ticker of an engine; it ends by itself once the engine is gone.
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
