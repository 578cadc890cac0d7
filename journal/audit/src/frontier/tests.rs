//! Tests of the edge, against the roots that the reference implementation of RFC 6962 publishes.

use journal_log::{RecordHash, TreeHash};
use sha2::{Digest, Sha256};

use super::Frontier;

/// The leaves of the reference's test, in hex, and the root after each.
const REFERENCE: [(&str, &str); 8] = [
    ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    (
        "606162636465666768696a6b6c6d6e6f",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ),
];

fn leaf(hex: &str) -> TreeHash {
    let bytes: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect();
    let mut hasher = Sha256::new_with_prefix([0]);
    hasher.update(bytes);
    TreeHash::from_bytes(hasher.finalize().into())
}

#[test]
fn roots_are_those_of_the_reference() {
    let mut frontier = Frontier::default();
    let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(frontier.root().to_string(), nothing);
    for (data, root) in REFERENCE {
        frontier.push(leaf(data));
        assert_eq!(frontier.root().to_string(), root, "after {} leaves", frontier.size());
    }
}

#[test]
fn an_edge_goes_on_from_its_parts() {
    let mut whole = Frontier::default();
    for (index, (data, _)) in REFERENCE.iter().enumerate() {
        let mut part = Frontier::of(index as u64, whole.peaks().to_vec()).unwrap();
        whole.push(leaf(data));
        part.push(leaf(data));
        assert_eq!(part, whole);
    }
    assert_eq!(Frontier::of(3, whole.peaks().to_vec()), None);
}

#[test]
fn a_record_s_hash_is_a_leaf() {
    let bytes = b"any bytes";
    let hash = journal_log::Record::hash_encoded(bytes);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, RecordHash::from_bytes(*leaf(&hex).as_bytes()));
}
