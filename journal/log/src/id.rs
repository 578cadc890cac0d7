//! The `id!` macro: newtypes over bytes that are shown as hexadecimal digits.

use std::{cmp::Ordering, fmt};

#[doc(hidden)]
pub use serde;
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{SerializeTuple, Serializer};

/// Digits of an id's short form, as Docker shows ids in lists.
pub const SHORT_DIGITS: usize = 12;

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseIdError {
    /// The text has another length.
    #[error("an id has {expected} digits, not {found}")]
    Length {
        /// Digits of such an id.
        expected: usize,
        /// Bytes of the text.
        found: usize,
    },
    /// The text holds something else than lower-case hexadecimal digits.
    #[error("an id is written in lower-case hexadecimal digits")]
    Digit,
}

/// Declares an identity: a newtype over `[u8; N]`, shown and read as `2 * N` lower-case hexadecimal digits.
///
/// Serde sees the digits where the format is for people, and the raw bytes without a length elsewhere.
///
/// ```
/// journal_log::id!(
///     /// A thing.
///     pub struct ThingId, 16
/// );
/// let id = ThingId::from_bytes([0xab; 16]);
/// assert_eq!(id.short(), "abababababab");
/// assert_eq!(id.to_string().parse(), Ok(id));
/// ```
#[macro_export]
macro_rules! id {
    ($(#[$meta:meta])* $vis:vis struct $name:ident, $bytes:literal $(;)?) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        $vis struct $name([u8; $bytes]);

        impl ::std::cmp::Ord for $name {
            #[inline]
            fn cmp(&self, other: &Self) -> ::std::cmp::Ordering {
                $crate::id::compare(&self.0, &other.0)
            }
        }

        impl ::std::cmp::PartialOrd for $name {
            #[inline]
            fn partial_cmp(&self, other: &Self) -> ::std::option::Option<::std::cmp::Ordering> {
                ::std::option::Option::Some(self.cmp(other))
            }
        }

        impl $name {
            /// Takes the raw bytes.
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// Returns the raw bytes.
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }

            /// Returns the first twelve digits, the form in which lists show ids.
            pub fn short(&self) -> String {
                let mut digits = self.to_string();
                digits.truncate($crate::id::SHORT_DIGITS);
                digits
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                $crate::id::show(&self.0, f)
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::write!(f, "{}({self})", ::std::stringify!($name))
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::ParseIdError;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                $crate::id::parse(text).map(Self)
            }
        }

        impl $crate::id::serde::Serialize for $name {
            fn serialize<S: $crate::id::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                $crate::id::serialize(&self.0, serializer)
            }
        }

        impl<'de> $crate::id::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::id::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::id::deserialize(deserializer).map(Self)
            }
        }
    };
}

/// Compares the bytes of two ids as arrays compare.
///
/// Ids are hashes and random numbers: the first eight bytes decide, and are compared in a register. The search trees of
/// a state compare some hundred ids for each record that is folded.
#[inline]
pub fn compare<const N: usize>(left: &[u8; N], right: &[u8; N]) -> Ordering {
    match (left.split_first_chunk::<8>(), right.split_first_chunk::<8>()) {
        (Some((left, others)), Some((right, rights))) => u64::from_be_bytes(*left)
            .cmp(&u64::from_be_bytes(*right))
            .then_with(|| others.cmp(rights)),
        _ => left.cmp(right),
    }
}

/// The digits by their values.
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Writes `bytes` as lower-case hexadecimal digits.
pub fn show(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    /// Bytes written at once: an id is never longer.
    const CHUNK: usize = 32;
    for chunk in bytes.chunks(CHUNK) {
        let mut text = [0; 2 * CHUNK];
        for (pair, byte) in text.chunks_exact_mut(2).zip(chunk) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        f.write_str(str::from_utf8(&text[..2 * chunk.len()]).map_err(|_| fmt::Error)?)?;
    }
    Ok(())
}

/// Reads `2 * N` lower-case hexadecimal digits.
pub fn parse<const N: usize>(text: &str) -> Result<[u8; N], ParseIdError> {
    if text.len() != 2 * N {
        return Err(ParseIdError::Length { expected: 2 * N, found: text.len() });
    }
    let (mut bytes, mut all) = ([0; N], 0);
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let (high, low) = (VALUES[usize::from(pair[0])], VALUES[usize::from(pair[1])]);
        *byte = (high << 4) | low;
        all |= high | low;
    }
    // One look at the end: hardly any text of the right length is none.
    if all & NO_DIGIT == 0 { Ok(bytes) } else { Err(ParseIdError::Digit) }
}

/// A bit that no digit's value has.
const NO_DIGIT: u8 = 0x80;

/// The value of each byte as a digit.
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < DIGITS.len() {
        values[DIGITS[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// Serialises an id's bytes.
pub fn serialize<const N: usize, S: Serializer>(
    bytes: &[u8; N],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        return serializer.collect_str(&Shown(bytes));
    }
    let mut tuple = serializer.serialize_tuple(N)?;
    for byte in bytes {
        tuple.serialize_element(byte)?;
    }
    tuple.end()
}

/// Deserialises an id's bytes.
pub fn deserialize<'de, const N: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<[u8; N], D::Error> {
    if deserializer.is_human_readable() {
        return parse(&String::deserialize(deserializer)?).map_err(de::Error::custom);
    }
    deserializer.deserialize_tuple(N, RawVisitor)
}

struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.0, f)
    }
}

struct RawVisitor<const N: usize>;

impl<'de, const N: usize> Visitor<'de> for RawVisitor<N> {
    type Value = [u8; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{N} bytes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut bytes = [0; N];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = seq.next_element()?.ok_or_else(|| de::Error::invalid_length(index, &self))?;
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests;
