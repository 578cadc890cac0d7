//! Images that no store has.

use std::collections::BTreeMap;

use journal_domain::{Digest, Image, ImageConfig, Layer};

/// Makes an image of one layer whose identity is `number`.
pub fn image(number: u8) -> Image {
    let digest = Digest::from_bytes([number; 32]);
    Image {
        id: digest,
        layers: vec![Layer { diff_id: digest, blob: digest, size_bytes: 1_000_000 }],
        created: "2023-12-01T00:00:00Z".into(),
        architecture: "amd64".into(),
        os: "linux".into(),
        variant: String::new(),
        author: String::new(),
        comment: String::new(),
        config: ImageConfig {
            env: vec!["PATH=/bin".into()],
            cmd: Some(vec!["sh".into()]),
            labels: BTreeMap::from([("made".into(), "here".into())]),
            ..ImageConfig::default()
        },
        size_bytes: 1_000_000,
    }
}
