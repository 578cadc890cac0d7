//! Which commands pass at which level.

use journal_domain::{
    Command, ContainerCommand, CopyCommand, CopyId, FailCopy, ImageCommand, ImageSource,
    KillContainer, OpenTransfer, RenameContainer, Signal, TransferId,
};

use super::{Gate, Level};

fn transfer(source: ImageSource) -> Command {
    let id = TransferId::from_bytes([1; 16]);
    ImageCommand::from(OpenTransfer { id, source, name: String::new() }).into()
}

fn rename() -> Command {
    let (target, name) = ("a".to_owned(), "b".to_owned());
    ContainerCommand::from(RenameContainer { target, name }).into()
}

fn kill() -> Command {
    let signal = Signal::KILL;
    ContainerCommand::from(KillContainer { target: "a".to_owned(), signal }).into()
}

fn end_of_copy() -> Command {
    CopyCommand::from(FailCopy { id: CopyId::from_bytes([1; 16]), reason: String::new() }).into()
}

#[track_caller]
fn check(level: Level, passing: &[Command], refused: &[Command]) {
    let gate = Gate::open();
    gate.set(level, "the disk is full");
    for command in passing {
        assert!(gate.check(command).is_ok(), "{level:?}: {command:?}");
    }
    for command in refused {
        let error = gate.check(command).unwrap_err();
        assert_eq!(error.message(), "the disk is full", "{level:?}: {command:?}");
    }
    assert_eq!(gate.refused(), refused.len() as u64);
}

#[test]
fn each_level_takes_less_than_the_one_before() {
    let (load, push) = (transfer(ImageSource::Load), transfer(ImageSource::Push));
    let all = [load.clone(), push.clone(), rename(), kill(), end_of_copy()];
    check(Level::Open, &all, &[]);
    check(
        Level::NoGrowth,
        &[push.clone(), rename(), kill(), end_of_copy()],
        std::slice::from_ref(&load),
    );
    check(Level::FreesOnly, &[kill(), end_of_copy()], &[load, push, rename()]);
    check(Level::ReadOnly, &[], &all);
}

#[tokio::test]
async fn a_transfer_in_work_is_broken_off_when_only_what_frees_room_is_taken() {
    let gate = Gate::open();
    gate.set(Level::NoGrowth, "nearly full");
    assert!(gate.check_bytes(Ok(())).is_ok());
    let other = gate.clone();
    let waiting = tokio::spawn(async move { other.closed().await });
    gate.set(Level::FreesOnly, "full");
    assert_eq!(&*waiting.await.unwrap(), "full");
    assert_eq!(gate.check_bytes(Ok(())).unwrap_err().to_string(), "full");
    assert_eq!(gate.reason().as_deref(), Some("full"));
    gate.set(Level::Open, "");
    assert_eq!(gate.reason(), None);
}
