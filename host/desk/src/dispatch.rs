//! Dispatch: which work runs next, on which thread, under which load.

pub(crate) mod breaker_message;
pub(crate) mod load;
pub(crate) mod requests;
pub(crate) mod stop_signal;
pub(crate) mod time_watch;
pub(crate) mod timers;
pub(crate) mod word_collector;
pub(crate) mod work_list;
pub(crate) mod worker;
