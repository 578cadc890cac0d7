//! States in an earlier form than the present one.
//!
//! The serialised form spells the fields of a state by their place alone. What a schema has brought is not in the bytes of an
//! earlier one, so the field itself says which schema that was: `#[serde(with = "Since::<21>")]`. While an earlier form is read
//! or hashed, such a field is not there, and has its default.

use std::cell::Cell;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

thread_local! {
    /// The schema of the form in which this thread reads and writes; the present one has everything.
    static SCHEMA: Cell<u32> = const { Cell::new(u32::MAX) };
}

/// Reads and writes a field that schema `N` has brought.
#[derive(Debug, Clone, Copy)]
pub struct Since<const N: u32>;

/// Has `work` read and write states in the form of `schema`.
pub fn in_form<T>(schema: u32, work: impl FnOnce() -> T) -> T {
    let _restored = Restored(SCHEMA.replace(schema));
    work()
}

/// The schema from before, which is the thread's again at the end, also after a panic.
struct Restored(u32);

// === impl Since ===

impl<const N: u32> Since<N> {
    /// Writes the field, or nothing in an earlier form.
    pub fn serialize<T: Serialize, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        if SCHEMA.get() < N { to.serialize_unit() } else { value.serialize(to) }
    }

    /// Reads the field, or takes its default in an earlier form.
    pub fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: Deserialize<'de> + Default,
        D: Deserializer<'de>,
    {
        if SCHEMA.get() < N { Ok(T::default()) } else { T::deserialize(from) }
    }
}

// === impl Restored ===

impl Drop for Restored {
    fn drop(&mut self) {
        SCHEMA.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use journal_log::codec;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Kept {
        first: u8,
        #[serde(with = "Since::<7>")]
        second: Option<String>,
        last: u8,
    }

    #[test]
    fn a_field_is_in_no_form_before_its_own() {
        let kept = Kept { first: 1, second: Some("two".to_owned()), last: 3 };
        let bytes = |schema| in_form(schema, || codec::encode(&kept)).unwrap();
        assert_eq!(bytes(6), [1, 3]);
        assert_eq!(bytes(7), codec::encode(&kept).unwrap());
        let earlier: Kept = in_form(6, || codec::decode(&[1, 3])).unwrap();
        assert_eq!(earlier, Kept { second: None, ..kept });
        let caught = std::panic::catch_unwind(|| in_form(6, || panic!("a reader's")));
        assert!(caught.is_err());
        assert_eq!(codec::decode::<Kept>(&bytes(7)).unwrap().second.as_deref(), Some("two"));
    }
}
