//! Cancels long work whose caller does not wait for it any more.

use std::fmt;
use std::sync::Arc;

/// Tells long work, such as a compilation, whether to give up. Cheap to clone.
/// The default is never cancelled.
#[derive(Clone, Default)]
pub struct CancelSignal(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

impl CancelSignal {
    /// A signal that is cancelled once `is_cancelled` returns true. It is called
    /// often and must be cheap.
    pub fn when(is_cancelled: impl Fn() -> bool + Send + Sync + 'static) -> CancelSignal {
        CancelSignal(Some(Arc::new(is_cancelled)))
    }

    /// Whether the work should give up.
    pub fn is_cancelled(&self) -> bool {
        self.0.as_ref().is_some_and(|is_cancelled| is_cancelled())
    }
}

impl fmt::Debug for CancelSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CancelSignal")
            .field(&self.is_cancelled())
            .finish()
    }
}
