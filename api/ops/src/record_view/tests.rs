//! What a record is told as.

use journal_domain::{
    Command, ContainerCommand, ContainerId, ContainerRemoved, Event, KillContainer, Signal,
};
use journal_log::{
    Actor, Body, Chain, CommandBodyV1, Draft, Outcome, Record, RequestId, Tail, Timestamp, Wire,
};

use super::RecordView;

fn record(outcome: Outcome, events: &[Event]) -> Record {
    let kill = KillContainer { target: "web".into(), signal: Signal::KILL };
    let body = CommandBodyV1 {
        actor: Actor { principal: "uid:0".into(), ..Actor::default() },
        request: RequestId::from_bytes([1; 16]),
        now: Timestamp::from_unix_nanos(1_767_225_600_000_000_000),
        cause: None,
        command: Command::from(ContainerCommand::from(kill)).to_tagged().unwrap(),
        outcome,
        events: events.iter().map(|event| event.to_tagged().unwrap()).collect(),
    };
    let mut chain = Chain::new(Tail::GENESIS);
    let now = body.now;
    let request = body.request;
    let draft = Draft::new(request, &Body::Command(body)).unwrap();
    chain.group(now, vec![draft]).remove(0)
}

#[test]
fn a_line_tells_who_asked_what_and_what_came_of_it() {
    let removed = ContainerRemoved { id: ContainerId::from_bytes([2; 32]) };
    let view = RecordView::of(&record(Outcome::Accepted, &[removed.into()])).unwrap();
    assert_eq!(
        view.to_string(),
        "       1 2026-01-01T00:00:00.000000000Z command      uid:0 container.kill -> container.removed"
    );
}

#[test]
fn a_refusal_is_told_with_its_reason() {
    let refused = Outcome::Refused { code: 5, message: "it is not running".into() };
    let view = RecordView::of(&record(refused, &[])).unwrap();
    assert!(view.to_string().ends_with("container.kill refused: it is not running"), "{view}");
}

#[test]
fn json_has_the_whole_command_and_its_events() {
    let removed = ContainerRemoved { id: ContainerId::from_bytes([2; 32]) };
    let view = RecordView::of(&record(Outcome::Accepted, &[removed.into()])).unwrap();
    let json = serde_json::to_value(&view).unwrap();
    assert_eq!(json["asked"]["target"], "web");
    assert_eq!(json["actor"]["principal"], "uid:0");
    assert_eq!(json["events"][0]["event"], "container.removed");
    assert_eq!(json["events"][0]["id"], "02".repeat(32));
    assert_eq!(json["hash"].as_str().map(str::len), Some(64));
}
