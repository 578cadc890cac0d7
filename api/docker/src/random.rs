//! Random bits for identities. They are made before the append and live in the record.

/// Gives random bytes.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the kernel gives random bytes once it has started");
    bytes
}
