//! The disk against an oracle that keeps the whole history and knows no images.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;

use proptest::prelude::*;

use super::*;
use crate::image::ROOT;

/// A folder and a name in it: two folders with three names each.
type Place = (usize, &'static str);

const NAMES: [&str; 3] = ["a", "b", "c"];

/// What a script does next, where its places allow it.
#[derive(Debug, Clone)]
enum Step {
    Make(Place),
    Unlink(Place),
    Link(Place, Place),
    Rename(Place, Place),
    Swap(Place, Place),
    Write(Place, u64, Vec<u8>),
    Resize(Place, u64),
    SyncFile(Place),
    SyncFolder(usize),
}

/// What has happened, with files numbered as they were made.
#[derive(Debug)]
enum Event {
    Names(Vec<(Place, Option<usize>)>),
    Write(usize, usize, Vec<u8>),
    Resize(usize, usize),
    SyncFile(usize),
    SyncFolder(usize),
}

/// The names and the bytes under them.
type Seen = BTreeMap<Place, Vec<u8>>;

/// The history, and what it says must be there.
#[derive(Debug, Default)]
struct Oracle {
    events: Vec<Event>,
    made: usize,
}

impl Oracle {
    /// Which events are safe: those that a later sync covers, and of names what happened to them before.
    fn safe(&self) -> BTreeSet<usize> {
        let mut safe = BTreeSet::new();
        for (at, sync) in self.events.iter().enumerate() {
            for (number, event) in self.events.iter().enumerate().take(at) {
                let covered = match (sync, event) {
                    (Event::SyncFile(file), Event::Write(of, ..) | Event::Resize(of, _)) => {
                        file == of
                    }
                    (Event::SyncFolder(folder), Event::Names(names)) => {
                        names.iter().any(|((in_folder, _), _)| in_folder == folder)
                    }
                    _ => false,
                };
                if covered {
                    self.add_with_causes(number, &mut safe);
                }
            }
        }
        safe
    }

    fn add_with_causes(&self, number: usize, safe: &mut BTreeSet<usize>) {
        safe.insert(number);
        let Event::Names(names) = &self.events[number] else { return };
        for (before, event) in self.events.iter().enumerate().take(number) {
            let shares = matches!(event, Event::Names(others)
                if others.iter().any(|(place, _)| names.iter().any(|(other, _)| other == place)));
            if shares && !safe.contains(&before) {
                self.add_with_causes(before, safe);
            }
        }
    }

    /// The fold of the events that `is_in` lets in.
    fn seen(&self, is_in: impl Fn(usize) -> bool) -> Seen {
        let mut names: BTreeMap<Place, usize> = BTreeMap::new();
        let mut files: Vec<Vec<u8>> = vec![Vec::new(); self.made];
        for (_, event) in self.events.iter().enumerate().filter(|(number, _)| is_in(*number)) {
            match event {
                Event::Names(changes) => {
                    for (place, file) in changes {
                        match file {
                            Some(file) => names.insert(*place, *file),
                            None => names.remove(place),
                        };
                    }
                }
                Event::Write(file, offset, bytes) => {
                    let held = &mut files[*file];
                    let end = offset + bytes.len();
                    held.resize(held.len().max(end), 0);
                    held[*offset..end].copy_from_slice(bytes);
                }
                Event::Resize(file, size) => files[*file].resize(*size, 0),
                Event::SyncFile(_) | Event::SyncFolder(_) => {}
            }
        }
        names.into_iter().map(|(place, file)| (place, files[file].clone())).collect()
    }

    fn file_at(&self, place: Place) -> Option<usize> {
        let names = self.events.iter().rev().filter_map(|event| match event {
            Event::Names(names) => names.iter().rev().find(|(at, _)| *at == place),
            Event::Write(..) | Event::Resize(..) | Event::SyncFile(_) | Event::SyncFolder(_) => {
                None
            }
        });
        names.map(|(_, file)| *file).next().flatten()
    }
}

/// A disk with two folders that are safe.
fn disk() -> (Disk, [Ino; 2]) {
    let mut disk = Disk::new(Image::empty());
    let folder = Node::new(Body::Folder(BTreeMap::new()), 0o40755);
    let inner = disk.make(ROOT, OsStr::new("inner"), folder).unwrap();
    disk.sync(ROOT).unwrap();
    (disk, [ROOT, inner])
}

/// Takes one step on the disk, and on the oracle where it was possible.
fn step(disk: &mut Disk, folders: [Ino; 2], oracle: &mut Oracle, step: Step) {
    let ino =
        |disk: &Disk, (folder, name): Place| disk.find(folders[folder], OsStr::new(name)).ok();
    let os = |(folder, name): Place| (folders[folder], OsStr::new(name));
    match step {
        Step::Make(place) => {
            let (folder, name) = os(place);
            let node = Node::new(Body::File(Vec::new()), 0o100_644);
            if disk.make(folder, name, node).is_ok() {
                oracle.events.push(Event::Names(vec![(place, Some(oracle.made))]));
                oracle.made += 1;
            }
        }
        Step::Unlink(place) => {
            let (folder, name) = os(place);
            if oracle.file_at(place).is_some() {
                disk.unlink(folder, name).unwrap();
                oracle.events.push(Event::Names(vec![(place, None)]));
            }
        }
        Step::Link(from, to) => {
            if let (Some(file), None) = (oracle.file_at(from), oracle.file_at(to)) {
                let (folder, name) = os(to);
                disk.link(ino(disk, from).unwrap(), folder, name).unwrap();
                oracle.events.push(Event::Names(vec![(to, Some(file))]));
            }
        }
        Step::Rename(from, to) => {
            let (file, other) = (oracle.file_at(from), oracle.file_at(to));
            if file.is_some() && file != other {
                disk.rename(os(from), os(to), Exchange::Replace).unwrap();
                oracle.events.push(Event::Names(vec![(from, None), (to, file)]));
            }
        }
        Step::Swap(from, to) => {
            if let (Some(file), Some(other)) = (oracle.file_at(from), oracle.file_at(to)) {
                disk.rename(os(from), os(to), Exchange::Swap).unwrap();
                oracle.events.push(Event::Names(vec![(from, Some(other)), (to, Some(file))]));
            }
        }
        Step::Write(place, offset, bytes) => {
            if let (Some(ino), Some(file)) = (ino(disk, place), oracle.file_at(place)) {
                disk.write(ino, offset, &bytes).unwrap();
                oracle.events.push(Event::Write(file, offset as usize, bytes));
            }
        }
        Step::Resize(place, size) => {
            if let (Some(ino), Some(file)) = (ino(disk, place), oracle.file_at(place)) {
                disk.resize(ino, size).unwrap();
                oracle.events.push(Event::Resize(file, size as usize));
            }
        }
        Step::SyncFile(place) => {
            if let (Some(ino), Some(file)) = (ino(disk, place), oracle.file_at(place)) {
                disk.sync(ino).unwrap();
                oracle.events.push(Event::SyncFile(file));
            }
        }
        Step::SyncFolder(folder) => {
            disk.sync(folders[folder]).unwrap();
            oracle.events.push(Event::SyncFolder(folder));
        }
    }
}

/// What the two folders hold in an image.
fn seen(image: &Image, folders: [Ino; 2]) -> Seen {
    let mut seen = Seen::new();
    for (number, folder) in folders.into_iter().enumerate() {
        let Body::Folder(names) = &image.node(folder).unwrap().body else { panic!("no folder") };
        for (name, ino) in names.iter().filter(|(name, _)| *name != "inner") {
            let name = NAMES.into_iter().find(|known| name == known).unwrap();
            seen.insert((number, name), image.node(*ino).unwrap().bytes().to_vec());
        }
    }
    seen
}

fn place() -> impl Strategy<Value = Place> {
    (0..2_usize, 0..NAMES.len()).prop_map(|(folder, name)| (folder, NAMES[name]))
}

fn any_step() -> impl Strategy<Value = Step> {
    let bytes = proptest::collection::vec(any::<u8>(), 1..1500);
    prop_oneof![
        3 => place().prop_map(Step::Make),
        1 => place().prop_map(Step::Unlink),
        1 => (place(), place()).prop_map(|(from, to)| Step::Link(from, to)),
        2 => (place(), place()).prop_map(|(from, to)| Step::Rename(from, to)),
        1 => (place(), place()).prop_map(|(from, to)| Step::Swap(from, to)),
        4 => (place(), 0..2000_u64, bytes).prop_map(|(at, offset, bytes)| Step::Write(at, offset, bytes)),
        1 => (place(), 0..3000_u64).prop_map(|(at, size)| Step::Resize(at, size)),
        2 => place().prop_map(Step::SyncFile),
        2 => (0..2_usize).prop_map(Step::SyncFolder),
    ]
}

proptest! {
    #[test]
    fn a_disk_shows_everything_and_keeps_exactly_what_was_synced(
        steps in proptest::collection::vec(any_step(), 0..60),
    ) {
        let ((mut disk, folders), mut oracle) = (disk(), Oracle::default());
        for next in steps {
            step(&mut disk, folders, &mut oracle, next);
        }
        prop_assert_eq!(seen(disk.live(), folders), oracle.seen(|_| true));
        let mut random = fastrand::Rng::with_seed(1);
        let (nothing, everything) = (Cut::Nothing, Cut::Everything);
        let safe = oracle.safe();
        let kept = disk.after(nothing, &mut random);
        prop_assert_eq!(seen(&kept, folders), oracle.seen(|number| safe.contains(&number)));
        prop_assert_eq!(seen(&disk.after(everything, &mut random), folders), oracle.seen(|_| true));
    }

    #[test]
    fn nothing_is_lost_by_any_cut_once_all_is_synced(
        steps in proptest::collection::vec(any_step(), 0..40),
        seed: u64,
    ) {
        let ((mut disk, folders), mut oracle) = (disk(), Oracle::default());
        for next in steps {
            step(&mut disk, folders, &mut oracle, next);
        }
        for at in (0..2).flat_map(|folder| NAMES.map(|name| (folder, name))) {
            step(&mut disk, folders, &mut oracle, Step::SyncFile(at));
        }
        folders.iter().for_each(|folder| disk.sync(*folder).unwrap());
        let mut random = fastrand::Rng::with_seed(seed);
        for cut in [Cut::Nothing, Cut::Beginning, Cut::Any] {
            let kept = disk.after(cut, &mut random);
            prop_assert_eq!(seen(&kept, folders), oracle.seen(|_| true));
        }
    }
}

#[test]
fn a_folder_that_is_not_empty_keeps_its_name() {
    let (mut disk, [_, inner]) = disk();
    let file = Node::new(Body::File(Vec::new()), 0o100_644);
    disk.make(inner, OsStr::new("a"), file).unwrap();
    assert_eq!(disk.unlink(ROOT, OsStr::new("inner")), Err(Errno::NOTEMPTY));
    disk.unlink(inner, OsStr::new("a")).unwrap();
    assert_eq!(disk.unlink(ROOT, OsStr::new("inner")), Ok(()));
}
