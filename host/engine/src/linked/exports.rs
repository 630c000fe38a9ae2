//! A component's exports: looked up once, loaded for each instance.

use patchbay_model::decision::stage::Stage;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};
use wasmtime::error::Context as _;

use crate::care::HostState;
use crate::component::Description;
use crate::contract::{classification, escalation, lifecycle, package_version, routing, tone};

/// Declares every interface a component may export, and when it does.
macro_rules! exports {
    (|$it:ident| $( $name:ident if $exported:expr; )+) => {
        /// Where each exported interface is in a component.
        pub(crate) struct ExportIndices {
            $( $name: Option<$name::GuestIndices>, )+
        }

        /// The exported interfaces of one instance.
        pub(crate) struct Exports {
            $( pub(crate) $name: Option<$name::Guest>, )+
        }

        impl ExportIndices {
            pub(super) fn find(
                pre: &InstancePre<HostState>,
                $it: &Description,
            ) -> wasmtime::Result<ExportIndices> {
                Ok(ExportIndices {
                    $( $name: match $exported {
                        true => Some($name::GuestIndices::new(pre)?),
                        false => None,
                    }, )+
                })
            }

            /// Find the exports in an instance.
            ///
            /// # Errors
            /// When one has another type, which shows only in an instance.
            pub(crate) fn load(
                &self,
                store: &mut Store<HostState>,
                instance: &Instance,
            ) -> wasmtime::Result<Exports> {
                Ok(Exports {
                    $( $name: match &self.$name {
                        Some(indices) => Some(indices.load(&mut *store, instance).with_context(|| {
                            let name = stringify!($name);
                            let version = package_version(name);
                            format!("its export patchbay:{name}/{name}@{version} has another type")
                        })?),
                        None => None,
                    }, )+
                })
            }
        }
    };
}

exports! { |it|
    classification if it.stages.contains(&Stage::Classify);
    routing if it.stages.contains(&Stage::Route);
    tone if it.stages.contains(&Stage::Tone);
    escalation if it.stages.contains(&Stage::Escalate);
    lifecycle if it.lifecycle;
}
