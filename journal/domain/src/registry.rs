//! The frozen registry of payload kinds.
//!
//! A kind is a number in a record, never reused; its version grows when its type gets a new shape, and the
//! old type stays with an upcaster. `0x01xx` are commands and `0x02xx` events; the third digit is the object.

/// Declares an enum of payloads, each with its kind and version, and how it is read and written.
macro_rules! payloads {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $kind:literal v $version:literal => $variant:ident($payload:ty),)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
        pub enum $name {
            $($(#[$variant_meta])* $variant($payload),)+
        }

        impl $name {
            /// The kind and version of each payload, in the order of their declaration.
            pub const KINDS: &'static [(u16, u16)] = &[$(($kind, $version),)+];

            /// Puts the payload into the shape in which it is journaled.
            pub(crate) fn tagged(&self) -> Result<journal_log::Tagged, journal_log::EncodeError> {
                match self {
                    $(Self::$variant(payload) => $crate::registry::tag($kind, $version, payload),)+
                }
            }

            /// Reads a payload of this object; `None` where the kind is another object's.
            pub(crate) fn untagged(
                payload: journal_log::Payload<'_>,
            ) -> Option<Result<Self, journal_log::DecodeError>> {
                match (payload.kind, payload.version) {
                    $(($kind, $version) => {
                        Some(journal_log::codec::decode(payload.bytes).map(Self::$variant))
                    })+
                    _ => None,
                }
            }
        }

        $(impl From<$payload> for $name {
            fn from(payload: $payload) -> Self {
                Self::$variant(payload)
            }
        })+
    };
}

pub(crate) use payloads;

/// Encodes one payload.
pub(crate) fn tag<T: serde::Serialize>(
    kind: u16,
    version: u16,
    payload: &T,
) -> Result<journal_log::Tagged, journal_log::EncodeError> {
    let bytes = journal_log::codec::encode(payload)?;
    Ok(journal_log::Tagged { kind, version, bytes })
}
