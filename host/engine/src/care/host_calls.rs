//! One row per host call: its name in Rust and in transcripts, its arguments,
//! its result, and where the result comes from. `HostState::call` records it and
//! answers it from a record; both need no further code.

/// Implements the methods of a resource, and its destructor. A row with one
/// binding (`|it|`) reads the object behind the handle; a row with two
/// (`|state, this|`) evaluates to a `Result<_, Stop>`. Every call is recorded
/// under `prefix.name` with the handle and the arguments.
macro_rules! resource {
    ($resource:ty, $prefix:literal, $find:ident:
        $( $method:ident $(( $($arg:ident: $type:ty),+ ))? -> $result:ty, $name:literal, |$($bind:ident),+| $value:expr; )+
    ) => {
        $(
            fn $method(
                &mut self,
                this: wasmtime::component::Resource<$resource>,
                $( $($arg: $type),+ )?
            ) -> wasmtime::Result<$result> {
                let handle = $crate::care::handles::index_of(&this);
                let args = $crate::care::host_calls::args!(handle $( $(, &$arg)+ )?);
                self.call(concat!($prefix, ".", $name), args, |state| {
                    $crate::care::host_calls::value!(state, this, $find, $result, |$($bind),+| $value)
                })
            }
        )+

        fn drop(&mut self, this: wasmtime::component::Resource<$resource>) -> wasmtime::Result<()> {
            self.handles.remove(this.rep());
            Ok(())
        }
    };
}

/// Implements an interface's functions; each row is a `Result<_, Stop>`.
macro_rules! functions {
    ($prefix:literal:
        $( $function:ident ( $($arg:ident: $type:ty),* ) -> $result:ty, $name:literal, |$state:ident| $value:expr; )+
    ) => { $(
        fn $function(&mut self, $($arg: $type),*) -> wasmtime::Result<$result> {
            let args = $crate::care::host_calls::args!($(&$arg),*);
            self.call(concat!($prefix, ".", $name), args, |$state| $value)
        }
    )+ };
}

/// Arguments as a transcript stores them: one alone, several as a list.
macro_rules! args {
    () => { () };
    ($one:expr) => { $one };
    ($($arg:expr),+) => { ($($arg),+) };
}

macro_rules! value {
    ($state:ident, $this:ident, $find:ident, $result:ty, |$it:ident| $value:expr) => {{
        let $it = $state.$find(&$this)?;
        let value: $result = $value;
        Ok(value)
    }};
    ($state:ident, $this:ident, $find:ident, $result:ty, |$outer:ident, $handle:ident| $value:expr) => {{
        let ($outer, $handle) = ($state, &$this);
        $value
    }};
}

pub(super) use {args, functions, resource, value};
