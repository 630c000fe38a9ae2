//! A decision that has begun, for tests of host calls.

use std::sync::Arc;

use patchbay_company::Grants;
use patchbay_model::decision::stage::Stage;
use patchbay_model::limits::Limits;
use patchbay_model::situation::Situation;

use super::recall::Recall;
use super::{CallScope, HostState, PluginContext};
use crate::Recording;
use crate::data_layer::DataSet;
use crate::limits::limiter::Limiter;

/// A decision of a plugin with this data and without grants, which records its
/// transcript.
pub(super) fn state(
    situation: Option<&Arc<Situation>>,
    recall: Option<Recall>,
    data: DataSet,
) -> HostState {
    let limits = Limits::default();
    let mut state = HostState::idle(Limiter::new(&limits));
    let plugin = PluginContext {
        name: "care".into(),
        grants: Arc::new(Grants::default()),
        settings: "{}".into(),
        data: Arc::new(data),
    };
    let scope = CallScope {
        plugin: &plugin,
        limits: &limits,
        situation,
        recording: Recording::ALL,
        recall,
    };
    state.begin(Some(Stage::Escalate), scope);
    state
}
