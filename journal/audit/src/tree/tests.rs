//! Tests of the tree: any size, any proof, any damage to the tiles.

use journal_log::{Seq, TreeHash};

use super::{Tree, TreeError, leaf_of};
use crate::kit::Log;
use crate::{Checkpoint, Frontier, MemoryTiles, check_consistency, check_inclusion};

fn checkpoint(log: &Log, size: u64) -> Checkpoint {
    let mut frontier = Frontier::default();
    log.leaves().take(size as usize).for_each(|leaf| frontier.push(leaf));
    Checkpoint { origin: "log".into(), size, root: frontier.root() }
}

fn tree(log: &Log, size: u64) -> Tree<MemoryTiles> {
    let mut tree = Tree::open(MemoryTiles::default(), &*log.reader()).unwrap();
    tree.follow(&*log.reader(), Seq::new(size)).unwrap();
    tree.publish().unwrap();
    tree
}

#[test]
fn every_record_of_every_size_is_proven() {
    let log = Log::with(300);
    for size in [1, 2, 3, 7, 8, 255, 256, 257] {
        let tree = tree(&log, size);
        let checkpoint = checkpoint(&log, size);
        assert_eq!(tree.root(), checkpoint.root, "{size}");
        for (seq, leaf) in (1..=size).zip(log.leaves()).step_by(1 + size as usize / 16) {
            let proof = tree.prove(Seq::new(seq), size).unwrap();
            check_inclusion(&proof, Seq::new(seq), leaf, &checkpoint).unwrap();
            let other = TreeHash::from_bytes([1; 32]);
            check_inclusion(&proof, Seq::new(seq), other, &checkpoint).unwrap_err();
            if size > 1 {
                let wrong = Seq::new(seq % size + 1);
                check_inclusion(&proof, wrong, leaf, &checkpoint).unwrap_err();
            }
        }
    }
}

#[test]
fn growth_is_proven_between_any_two_sizes() {
    let log = Log::with(520);
    let newer = tree(&log, 520);
    let head = checkpoint(&log, 520);
    for size in [1, 2, 128, 255, 256, 257, 512, 519, 520] {
        let older = checkpoint(&log, size);
        let proof = newer.prove_growth(size, 520).unwrap();
        check_consistency(&proof, &older, &head).unwrap();
        let forked = Checkpoint { root: TreeHash::from_bytes([1; 32]), ..older.clone() };
        check_consistency(&proof, &forked, &head).unwrap_err();
        assert_eq!(newer.frontier(size).unwrap().root(), older.root);
    }
    assert!(matches!(newer.prove_growth(521, 520), Err(TreeError::NotInTree { .. })));
    assert!(matches!(newer.prove(Seq::new(521), 520), Err(TreeError::NotInTree { .. })));
}

#[test]
fn a_tree_goes_on_where_its_tiles_end() {
    let log = Log::with(700);
    let mut store = MemoryTiles::default();
    for size in [1, 200, 256, 257, 512, 600, 700] {
        let mut tree = Tree::open(store, &*log.reader()).unwrap();
        assert!(!tree.was_rebuilt() || tree.size() == 0);
        tree.follow(&*log.reader(), Seq::new(size)).unwrap();
        tree.publish().unwrap();
        assert_eq!(tree.root(), checkpoint(&log, size).root);
        store = tree.store;
    }
    let names: Vec<&str> = store.pieces.keys().map(String::as_str).collect();
    assert!(names.contains(&"tile/0/001") && names.contains(&"tile/1/000.p/2"), "{names:?}");
}

#[test]
fn tiles_that_are_damaged_or_another_log_s_are_made_anew() {
    let log = Log::with(700);
    let whole = tree(&log, 700).store;
    for name in whole.pieces.keys() {
        for damage in [Vec::new(), vec![0; 32]] {
            let mut store = whole.clone();
            store.pieces.insert(name.clone(), damage);
            let mut tree = Tree::open(store, &*log.reader()).unwrap();
            tree.follow(&*log.reader(), Seq::new(700)).unwrap();
            tree.publish().unwrap();
            // What the edge does not need is found when a proof does.
            match tree.prove(Seq::FIRST, 700) {
                Ok(proof) => {
                    let first = log.leaves().next().unwrap();
                    check_inclusion(&proof, Seq::FIRST, first, &checkpoint(&log, 700)).unwrap();
                }
                Err(error) => assert!(matches!(error, TreeError::Damaged(_)), "{name}: {error}"),
            }
        }
    }
    let other = Log::with_seed(701, 9);
    let mut tree = Tree::open(whole, &*other.reader()).unwrap();
    assert!(tree.was_rebuilt());
    tree.follow(&*other.reader(), other.reader().head()).unwrap();
    assert_eq!(tree.root(), checkpoint(&other, 701).root);
}

#[test]
fn tiles_outlive_records_that_were_given_up_and_are_not_made_without_them() {
    let log = Log::with(300);
    let (head, leaf) = (checkpoint(&log, 300), log.leaves().next().unwrap());
    let (whole, behind) = (tree(&log, 256).store, tree(&log, 200).store);
    log.trim(256);
    let mut tree = Tree::open(whole, &*log.reader()).unwrap();
    tree.follow(&*log.reader(), Seq::LAST).unwrap();
    tree.publish().unwrap();
    let proof = tree.prove(Seq::FIRST, 300).unwrap();
    check_inclusion(&proof, Seq::FIRST, leaf, &head).unwrap();
    for store in [behind, MemoryTiles::default()] {
        let mut tree = Tree::open(store, &*log.reader()).unwrap();
        let error = tree.follow(&*log.reader(), Seq::LAST).unwrap_err();
        assert!(matches!(error, TreeError::Trimmed { first } if first == Seq::new(257)), "{error}");
    }
}

#[test]
fn a_seal_alone_is_nothing_new() {
    let mut log = Log::with(30);
    assert_eq!(tree(&log, 30).unsealed(), Some(Seq::FIRST));
    log.seal();
    let sealed = tree(&log, 31);
    assert_eq!(sealed.unsealed(), None);
    log.grow(1);
    let mut again = Tree::open(sealed.store, &*log.reader()).unwrap();
    again.follow(&*log.reader(), Seq::LAST).unwrap();
    assert_eq!((again.size(), again.unsealed()), (32, Some(Seq::new(31))));
}

#[test]
fn a_leaf_is_the_record_s_hash() {
    let log = Log::with(3);
    let hashes: Vec<TreeHash> = log.records().iter().map(|record| leaf_of(record.hash())).collect();
    assert_eq!(hashes, log.leaves().collect::<Vec<_>>());
}

#[test]
fn the_tree_of_the_first_records_is_made_in_another_store() {
    let log = Log::with(700);
    let seen = Tree::look(tree(&log, 700).store).unwrap();
    for size in [1, 255, 256, 257, 600, 700] {
        let copy = seen.copy_to(size, MemoryTiles::default()).unwrap();
        assert_eq!(copy.root(), checkpoint(&log, size).root, "{size}");
        assert!(Tree::is_usable(copy.store, &*log.reader()).unwrap());
    }
    let ahead = seen.copy_to(701, MemoryTiles::default());
    assert!(matches!(ahead, Err(TreeError::NotInTree { .. })));
    assert!(!Tree::is_usable(MemoryTiles::default(), &*log.reader()).unwrap());
}
