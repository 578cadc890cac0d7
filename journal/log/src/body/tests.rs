//! Tests of bodies; their bytes are pinned by the golden files.

use super::Body;
use crate::conformance::{command_draft, epoch_draft};
use crate::{
    BodyCodec, Chain, DecodeError, Outcome, Payload, Record, RecordKind, Tagged, Tail, Timestamp,
};

fn record() -> Record {
    let mut group = Chain::new(Tail::GENESIS).group(Timestamp::ZERO, vec![command_draft(1, 4)]);
    group.remove(0)
}

#[test]
fn a_body_is_read_by_the_kind_in_its_header() {
    let mut record = record();
    let Body::Command(body) = Body::of(&record).unwrap() else { panic!("not a command") };
    record.header.kind = RecordKind::Timer;
    assert_eq!(Body::of(&record).unwrap(), Body::Timer(body));
    record.header.kind = RecordKind::Epoch;
    assert!(matches!(Body::of(&record), Err(DecodeError::Codec(_) | DecodeError::Trailing { .. })));
}

#[test]
fn a_view_is_the_command_in_place() {
    let mut record = record();
    let Body::Command(mut body) = Body::of(&record).unwrap() else { panic!("not a command") };
    for outcome in
        [Outcome::Accepted, Outcome::Refused { code: 404, message: "no such container".to_owned() }]
    {
        body.outcome = outcome;
        record.body = Body::Command(body.clone()).encode().unwrap().into();
        let Body::Command(view) = Body::view(&record).unwrap() else { panic!("not a command") };
        assert_eq!(view.now, body.now);
        let events: Vec<Payload<'_>> = body.events.iter().map(Tagged::payload).collect();
        assert_eq!(view.events, events);
    }
}

#[test]
fn a_newer_body_is_refused_by_its_number() {
    let mut record = record();
    record.header.version = 2;
    let error = Body::of(&record).unwrap_err();
    assert!(matches!(error, DecodeError::UnknownKind { kind: 1, version: 2 }));
    record.header.version = 1;
    record.header.codec = BodyCodec::Raw;
    assert!(matches!(Body::of(&record), Err(DecodeError::UnknownKind { .. })));
}

#[test]
fn every_kind_that_can_be_written_can_be_read() {
    for draft in [epoch_draft(), command_draft(1, 0)] {
        assert!(Body::SHAPES.contains(&(draft.kind, draft.version)));
    }
    for kind in RecordKind::ALL {
        assert_eq!(RecordKind::from_number(kind.number()), Some(*kind));
    }
    assert_eq!(RecordKind::from_number(0), None);
}
