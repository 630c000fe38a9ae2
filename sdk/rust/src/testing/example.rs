//! How a builder of a test value is declared: one row per method, with the kind of field it sets.

/// Declares a builder. It dereferences to the value it builds and converts into it, so it can be
/// passed wherever the value is wanted.
macro_rules! example {
    (
        $builder:ident of $thing:ident {
            $($(#[$doc:meta])* $kind:ident $name:ident $(: $type:ty)? $(=> $field:ident)?;)*
        }
    ) => {
        #[doc = concat!("Builder of a [`", stringify!($thing), "`] for a test.")]
        #[derive(Debug)]
        pub struct $builder(pub(super) $thing);

        impl std::ops::Deref for $builder {
            type Target = $thing;

            fn deref(&self) -> &$thing {
                &self.0
            }
        }

        impl From<$builder> for $thing {
            fn from(example: $builder) -> Self {
                example.0
            }
        }

        impl $builder {
            $(
                $crate::testing::example::setter! {
                    [$(#[$doc])*] $kind $name $(: $type)? $(=> $field)?
                }
            )*
        }
    };
}

/// One method of a builder.
macro_rules! setter {
    // A text that is always present.
    ([$($doc:tt)*] text $name:ident) => {
        $($doc)*
        pub fn $name(mut self, $name: impl Into<String>) -> Self {
            self.0.host.$name = $name.into();
            self
        }
    };
    // A text that may be absent.
    ([$($doc:tt)*] maybe_text $name:ident) => {
        $($doc)*
        pub fn $name(mut self, $name: impl Into<String>) -> Self {
            self.0.host.$name = Some($name.into());
            self
        }
    };
    // A value that is always present.
    ([$($doc:tt)*] value $name:ident: $type:ty) => {
        $($doc)*
        pub fn $name(mut self, $name: $type) -> Self {
            self.0.host.$name = $name;
            self
        }
    };
    // A value that may be absent.
    ([$($doc:tt)*] maybe $name:ident: $type:ty) => {
        $($doc)*
        pub fn $name(mut self, $name: $type) -> Self {
            self.0.host.$name = Some($name);
            self
        }
    };
    // Another builder's value that is always present.
    ([$($doc:tt)*] thing $name:ident: $type:ty) => {
        $($doc)*
        pub fn $name(mut self, $name: impl Into<$type>) -> Self {
            self.0.host.$name = $name.into().host;
            self
        }
    };
    // Another builder's value that may be absent.
    ([$($doc:tt)*] maybe_thing $name:ident: $type:ty) => {
        $($doc)*
        pub fn $name(mut self, $name: impl Into<$type>) -> Self {
            self.0.host.$name = Some($name.into().host);
            self
        }
    };
    // Adds to sorted texts.
    ([$($doc:tt)*] one_text $name:ident => $field:ident) => {
        $($doc)*
        pub fn $name(mut self, $name: impl Into<String>) -> Self {
            self.0.host.$field.push($name.into());
            self.0.host.$field.sort();
            self.0.host.$field.dedup();
            self
        }
    };
    // Adds a skill, sorted by name.
    ([$($doc:tt)*] one_skill $name:ident => $field:ident) => {
        $($doc)*
        pub fn $name(mut self, name: impl Into<String>, proficiency: u8) -> Self {
            self.0.host.$field.push($crate::Skill::new(name, proficiency));
            self.0.host.$field.sort_by(|a, b| a.name.cmp(&b.name));
            self
        }
    };
}

pub(super) use {example, setter};
