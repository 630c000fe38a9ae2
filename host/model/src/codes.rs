//! Enums of string codes: one row per case gives the code in JSON, `as_str`,
//! `Display` and the way back from the code.

/// Declares a closed set of codes. Unknown codes fail to deserialize.
#[macro_export]
macro_rules! codes {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $( $(#[$case_meta:meta])* $case:ident = $code:literal, )+
    }) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            ::serde::Serialize, ::serde::Deserialize,
        )]
        $vis enum $name {
            $( $(#[$case_meta])* #[serde(rename = $code)] $case, )+
        }

        impl $name {
            /// Every case, in the order of declaration.
            pub const ALL: [$name; [$( $code ),+].len()] = [ $( $name::$case, )+ ];

            /// The code, as in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $( $name::$case => $code, )+ }
            }

            /// The case of a code; `None` for an unknown code.
            pub fn from_code(code: &str) -> Option<$name> {
                match code { $( $code => Some($name::$case), )+ _ => None }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// Declares a set of codes that grows: a code this version does not know
/// becomes `Other` and serializes as it was.
#[macro_export]
macro_rules! open_codes {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $( $(#[$case_meta:meta])* $case:ident = $code:literal, )+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        $vis enum $name {
            $( $(#[$case_meta])* $case, )+
            /// A code that this version does not know.
            Other(String),
        }

        impl $name {
            /// Every known code, in the order of declaration.
            pub const CODES: [&'static str; [$( $code ),+].len()] = [ $( $code, )+ ];

            /// The code, as in JSON.
            pub fn as_str(&self) -> &str {
                match self { $( $name::$case => $code, )+ $name::Other(code) => code }
            }
        }

        impl From<&str> for $name {
            fn from(code: &str) -> $name {
                match code { $( $code => $name::$case, )+ other => $name::Other(other.to_owned()) }
            }
        }

        impl From<String> for $name {
            fn from(code: String) -> $name {
                match code.as_str() { $( $code => $name::$case, )+ _ => $name::Other(code) }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let code = <::std::borrow::Cow<'de, str> as ::serde::Deserialize>::deserialize(deserializer)?;
                Ok($name::from(code.as_ref()))
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::actor::ActorRole;
    use crate::conversation::{RouteCause, TriggerCode};
    use crate::conversation_state::ConversationState;
    use crate::decision::escalation::ActionKind;
    use crate::decision::route::TargetKind;
    use crate::directory::Presence;

    #[test]
    fn closed_codes_round_trip_and_refuse_unknown_ones() {
        macro_rules! check {
            ($($name:ident),+) => { $(
                for case in $name::ALL {
                    let json = serde_json::to_string(&case).expect("serializes");
                    assert_eq!(json, format!("\"{case}\""));
                    assert_eq!(serde_json::from_str::<$name>(&json).ok(), Some(case));
                    assert_eq!($name::from_code(case.as_str()), Some(case));
                }
                assert_eq!($name::from_code("unheard-of"), None);
                assert!(serde_json::from_str::<$name>("\"unheard-of\"").is_err());
            )+ };
        }
        check!(ConversationState, Presence, ActorRole);
    }

    #[test]
    fn open_codes_round_trip_with_unknown_ones() {
        macro_rules! check {
            ($($name:ident),+) => { $(
                for code in $name::CODES.into_iter().chain(["unheard-of", ""]) {
                    let case = $name::from(code);
                    let known = $name::CODES.contains(&code);
                    assert_eq!(!matches!(case, $name::Other(_)), known, "{code}");
                    assert_eq!($name::from(code.to_owned()), case);
                    let json = serde_json::to_string(&case).expect("serializes");
                    assert_eq!(json, format!("\"{code}\""));
                    assert_eq!(serde_json::from_str::<$name>(&json).ok(), Some(case));
                }
            )+ };
        }
        check!(ActionKind, TargetKind, TriggerCode, RouteCause);
    }
}
