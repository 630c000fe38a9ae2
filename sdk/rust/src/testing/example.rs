//! How a builder of an example is written down: its thing, and a line for each
//! method with the kind of field it sets.

/// Defines a builder. It derefs to its thing, so that it can be handed to a
/// policy as it is.
macro_rules! example {
    (
        $builder:ident of $thing:ident {
            $($(#[$doc:meta])* $kind:ident $name:ident $(: $type:ty)? $(=> $field:ident)?;)*
        }
    ) => {
        #[doc = concat!("A [`", stringify!($thing), "`] in the making.")]
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
    // Text that is always there.
    ([$($doc:tt)*] text $name:ident) => {
        $($doc)*
        pub fn $name(mut self, $name: impl Into<String>) -> Self {
            self.0.host.$name = $name.into();
            self
        }
    };
    // Text that may be absent.
    ([$($doc:tt)*] maybe_text $name:ident) => {
        $($doc)*
        pub fn $name(mut self, $name: impl Into<String>) -> Self {
            self.0.host.$name = Some($name.into());
            self
        }
    };
    // Anything that is always there.
    ([$($doc:tt)*] value $name:ident: $type:ty) => {
        $($doc)*
        pub fn $name(mut self, $name: $type) -> Self {
            self.0.host.$name = $name;
            self
        }
    };
    // Anything that may be absent.
    ([$($doc:tt)*] maybe $name:ident: $type:ty) => {
        $($doc)*
        pub fn $name(mut self, $name: $type) -> Self {
            self.0.host.$name = Some($name);
            self
        }
    };
    // Another thing, or its example, that is always there.
    ([$($doc:tt)*] thing $name:ident: $type:ty) => {
        $($doc)*
        pub fn $name(mut self, $name: impl Into<$type>) -> Self {
            self.0.host.$name = $name.into().host;
            self
        }
    };
    // Another thing, or its example, that may be absent.
    ([$($doc:tt)*] maybe_thing $name:ident: $type:ty) => {
        $($doc)*
        pub fn $name(mut self, $name: impl Into<$type>) -> Self {
            self.0.host.$name = Some($name.into().host);
            self
        }
    };
    // One more of sorted texts.
    ([$($doc:tt)*] one_text $name:ident => $field:ident) => {
        $($doc)*
        pub fn $name(mut self, $name: impl Into<String>) -> Self {
            self.0.host.$field.push($name.into());
            self.0.host.$field.sort();
            self.0.host.$field.dedup();
            self
        }
    };
    // One more skill, sorted by name.
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
