//! Properties of the frame: what was changed after it was written is refused.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{FrameError, Record};
use crate::{
    BodyCodec, Epoch, Flags, HEADER_BYTES, Header, Hlc, RecordHash, RecordKind, RequestId, Seq,
};

prop_compose! {
    fn any_record()(
        numbers in any::<[u64; 4]>(),
        kind in prop::sample::select(RecordKind::ALL),
        version in any::<u16>(),
        flags in 0_u16..4,
        request in any::<[u8; 16]>(),
        previous in any::<[u8; 32]>(),
        body in vec(any::<u8>(), 0..300),
    ) -> Record {
        let mut flags_set = Flags::default();
        for (bit, flag) in [(1, Flags::GROUP_FIRST), (2, Flags::GROUP_LAST)] {
            if flags & bit != 0 {
                flags_set = flags_set.with(flag);
            }
        }
        Record {
            header: Header {
                codec: if flags & 1 == 0 { BodyCodec::Raw } else { BodyCodec::Bincode2 },
                flags: flags_set,
                seq: Seq::new(numbers[0]),
                epoch: Epoch::new(numbers[1]),
                hlc: Hlc::new(numbers[2]),
                kind,
                version,
                body_bytes: u32::try_from(body.len()).unwrap(),
                group: Seq::new(numbers[3]),
                request: RequestId::from_bytes(request),
                previous: RecordHash::from_bytes(previous),
                body_crc32c: crc32c::crc32c(&body),
            },
            body: body.into(),
        }
    }
}

proptest! {
    #[test]
    fn a_record_is_read_as_it_was_written(record in any_record()) {
        let bytes = record.encode();
        prop_assert_eq!(bytes.len(), record.encoded_bytes());
        prop_assert_eq!(Record::decode(&bytes), Ok(record.clone()));
        prop_assert_eq!(Record::decode_shared(&bytes.clone().into()), Ok(record.clone()));
        prop_assert_eq!(Record::hash_encoded(&bytes), record.hash());
    }

    #[test]
    fn a_flipped_bit_is_refused_as_damage(record in any_record(), at in any::<Index>()) {
        let mut bytes = record.encode();
        let bit = at.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let error = Record::decode(&bytes).unwrap_err();
        prop_assert!(!error.is_newer(), "bit {} gave {}", bit, error);
    }

    #[test]
    fn a_record_cut_short_or_drawn_out_is_refused(
        record in any_record(),
        at in any::<Index>(),
        more in vec(any::<u8>(), 1..20),
    ) {
        let mut bytes = record.encode();
        prop_assert!(Record::decode(&bytes[..at.index(bytes.len())]).is_err());
        bytes.extend(more);
        let is_length = matches!(Record::decode(&bytes), Err(FrameError::Length { .. }));
        prop_assert!(is_length);
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in vec(any::<u8>(), 0..200)) {
        prop_assert!(Record::decode(&bytes).is_err());
    }
}

/// Writes a header field behind the encoder's back, with a right checksum.
fn forged(at: usize, field: &[u8]) -> FrameError {
    let mut bytes = Header {
        codec: BodyCodec::Raw,
        flags: Flags::GROUP_FIRST,
        seq: Seq::FIRST,
        epoch: Epoch::ZERO,
        hlc: Hlc::ZERO,
        kind: RecordKind::Command,
        version: 1,
        body_bytes: 0,
        group: Seq::FIRST,
        request: RequestId::NONE,
        previous: RecordHash::ZERO,
        body_crc32c: 0,
    }
    .encode();
    bytes[at..at + field.len()].copy_from_slice(field);
    let checksum = crc32c::crc32c(&bytes[..HEADER_BYTES - 4]);
    bytes[HEADER_BYTES - 4..].copy_from_slice(&checksum.to_le_bytes());
    Record::decode(&bytes).unwrap_err()
}

#[test]
fn what_a_newer_release_wrote_is_told_from_damage() {
    assert_eq!(forged(4, &[2]), FrameError::HeaderVersion { found: 2 });
    assert_eq!(forged(5, &[2]), FrameError::BodyCodec { found: 2 });
    assert_eq!(forged(6, &[0x0a, 0]), FrameError::Flags { found: 0x0a });
    assert_eq!(forged(32, &[0x10, 0]), FrameError::Kind { found: 16 });
    assert!(forged(4, &[2]).is_newer() && forged(32, &[0, 0]).is_newer());
    assert!(!forged(36, &[1]).is_newer());
}

#[test]
fn a_length_over_the_limit_is_refused_before_it_is_believed() {
    let error = forged(36, &u32::MAX.to_le_bytes());
    assert_eq!(error, FrameError::TooLong { size_bytes: u32::MAX as usize });
}
