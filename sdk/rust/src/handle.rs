//! How a type that reads from the host is declared: one row per method.

/// Declares a type over a host resource. `get` reads a value that is always present, `maybe` one
/// that may be absent, `list` a list. With `text: String`, the type has a cell of that name, which keeps
/// a value after the first read.
macro_rules! handle {
    (
        $(#[$doc:meta])*
        $name:ident of $host:ty $(, $kept:ident: $kept_type:ty)? {
            $($(#[$method_doc:meta])* $kind:ident $method:ident: $type:ty;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name {
            pub(crate) host: $host,
            $($kept: std::cell::OnceCell<$kept_type>,)?
        }

        impl From<$host> for $name {
            fn from(host: $host) -> Self {
                Self { host, $($kept: std::cell::OnceCell::new(),)? }
            }
        }

        impl $name {
            $($crate::handle::method! { [$(#[$method_doc])*] $kind $method: $type })*
        }
    };
}

macro_rules! method {
    ([$($doc:tt)*] get $method:ident: $type:ty) => {
        $($doc)*
        pub fn $method(&self) -> $type {
            self.host.$method().into()
        }
    };
    ([$($doc:tt)*] maybe $method:ident: $type:ty) => {
        $($doc)*
        pub fn $method(&self) -> Option<$type> {
            self.host.$method().map(Into::into)
        }
    };
    ([$($doc:tt)*] list $method:ident: $type:ty) => {
        $($doc)*
        pub fn $method(&self) -> Vec<$type> {
            self.host.$method().into_iter().map(Into::into).collect()
        }
    };
}

pub(crate) use {handle, method};
