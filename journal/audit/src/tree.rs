//! The tree over the log, kept up to date beside it.
//!
//! In memory is only the right edge; whole tiles go to the store as they fill, the partial ones with each
//! [`Tree::publish`]. Everything can be made anew from the log. A store that does not fit the log or its own root is
//! cleared, and costs the time of reading the log.

use std::io;

use journal_log::{Body, JournalReader, ReadError, Record, RecordHash, Seq, TreeHash};
use tlog_tiles::{HashReader as _, TileHashReader, prove_record, prove_tree};

use crate::frontier::{Frontier, node};
use crate::proof::{index, inward, outward};
use crate::tiles::{self, HASH_BYTES, Reader, TileStore, WIDTH};

/// The piece that says how far the tiles go: size, root, and what of it is sealed, as [`Seals`] has it.
const HEAD: &str = "head";

/// The tree over the records of a log.
#[derive(Debug, Clone)]
pub struct Tree<S> {
    store: S,
    frontier: Frontier,
    /// The hashes of the tile that is being filled, for each level from the leaves up.
    edge: Vec<Vec<TreeHash>>,
    /// The head that proofs can be given for.
    published: Option<(u64, TreeHash)>,
    seals: Seals,
    was_rebuilt: bool,
}

/// What the newest seal covers, and the last record that is no seal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Seals {
    sealed: u64,
    newest: u64,
}

/// Why the tree cannot be kept, or a proof not be given.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// A record cannot be read.
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
    /// The store failed.
    #[error("the tiles cannot be read or written")]
    Store(#[from] io::Error),
    /// The records that the missing tiles were made of are gone too.
    #[error(
        "the tiles do not reach record {first}, where the log begins: earlier records were given up"
    )]
    Trimmed {
        /// The first record that is there.
        first: Seq,
    },
    /// A proof was asked of a point that the tree has not reached.
    #[error("the tree has {size} records, record {seq} is not among them")]
    NotInTree {
        /// What was asked.
        seq: Seq,
        /// The size of the tree.
        size: u64,
    },
    /// The tiles are not those of the root that they were published with.
    #[error("the tiles are damaged; without them they are made anew")]
    Damaged(#[source] tlog_tiles::Error),
}

impl<S: TileStore> Tree<S> {
    /// Goes on where the tiles of `store` end, or from the first record where they do not fit the log of `reader`.
    pub fn open(store: S, reader: &dyn JournalReader) -> Result<Self, TreeError> {
        let mut tree = Self::new(store);
        match tree.load() {
            Ok(true) if tree.fits(reader)? => return Ok(tree),
            Ok(false) => {}
            Ok(true) | Err(TreeError::Damaged(_)) => tree.was_rebuilt = true,
            Err(error) => return Err(error),
        }
        tree.reset()?;
        Ok(tree)
    }

    /// Reads the tiles of a log that another process may be writing to; nothing is written, and nothing compared with the
    /// log.
    pub fn look(store: S) -> Result<Self, TreeError> {
        let mut tree = Self::new(store);
        tree.load()?;
        Ok(tree)
    }

    /// Tells whether [`Tree::open`] would go on with the tiles of `store`, and not make them anew.
    pub fn is_usable(store: S, reader: &dyn JournalReader) -> Result<bool, TreeError> {
        let mut tree = Self::new(store);
        match tree.load() {
            Ok(true) => tree.fits(reader),
            Ok(false) | Err(TreeError::Damaged(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn new(store: S) -> Self {
        Self {
            store,
            frontier: Frontier::default(),
            edge: Vec::new(),
            published: None,
            seals: Seals::default(),
            was_rebuilt: false,
        }
    }

    /// Forgets all tiles, which are made anew by following the log.
    pub fn reset(&mut self) -> Result<(), TreeError> {
        self.store.clear()?;
        (self.frontier, self.edge, self.published) = (Frontier::default(), Vec::new(), None);
        self.seals = Seals::default();
        Ok(())
    }

    /// Tells whether there were tiles that did not fit.
    pub const fn was_rebuilt(&self) -> bool {
        self.was_rebuilt
    }

    /// Returns the number of records in the tree, which is the last one's.
    pub const fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Returns the root over the records in the tree.
    pub fn root(&self) -> TreeHash {
        self.frontier.root()
    }

    /// Returns the first record that no seal covers; `None` where only seals are not covered, which is nothing new.
    pub const fn unsealed(&self) -> Option<Seq> {
        if self.seals.newest > self.seals.sealed {
            Some(Seq::new(self.seals.sealed).next())
        } else {
            None
        }
    }

    /// Adds what the log has beyond the tree, up to `to`; returns how many records that were.
    pub fn follow(&mut self, reader: &dyn JournalReader, to: Seq) -> Result<u64, TreeError> {
        let from = Seq::new(self.size()).next();
        if from > to {
            return Ok(0);
        }
        if from < reader.first() {
            return Err(TreeError::Trimmed { first: reader.first() });
        }
        let mut added = 0;
        for record in reader.read(from)? {
            let record = record?;
            let seq = record.header.seq;
            if seq > to {
                break;
            }
            if seq.get() != self.size() + 1 {
                return Err(TreeError::Trimmed { first: seq });
            }
            self.push(leaf_of(record.hash()))?;
            self.seals.see(&record);
            added += 1;
        }
        Ok(added)
    }

    /// Writes the partial tiles, so that proofs can be given for the tree as it is now.
    pub fn publish(&mut self) -> Result<(), TreeError> {
        let head = (self.size(), self.root());
        if self.published == Some(head) {
            return Ok(());
        }
        let mut index = head.0;
        for level in 0..self.edge.len() {
            let number = index / WIDTH as u64;
            if !self.edge[level].is_empty() {
                self.write(level, number)?;
            }
            index = number;
        }
        let Seals { sealed, newest } = self.seals;
        let text = format!("{} {} {sealed} {newest}\n", head.0, head.1);
        self.store.write(HEAD, text.as_bytes())?;
        self.published = Some(head);
        Ok(())
    }

    /// Makes the tree of the `size` first records in another store, where that many were published.
    ///
    /// What of them was sealed is not taken over: another log has another key.
    pub fn copy_to<T: TileStore>(&self, size: u64, store: T) -> Result<Tree<T>, TreeError> {
        let hashes = self.hashes(size)?;
        let mut copy = Tree::new(store);
        while copy.size() < size {
            let first = copy.size();
            let places = first..size.min(first + WIDTH as u64);
            let places: Vec<u64> =
                places.map(|place| tlog_tiles::stored_hash_index(0, place)).collect();
            for leaf in hashes.read_hashes(&places).map_err(TreeError::Damaged)? {
                copy.push(inward(leaf))?;
            }
        }
        copy.seals.newest = size;
        copy.publish()?;
        Ok(copy)
    }

    /// Proves that the record `seq` is among the `size` first ones, where that many were published.
    pub fn prove(&self, seq: Seq, size: u64) -> Result<Vec<TreeHash>, TreeError> {
        if seq < Seq::FIRST || seq.get() > size {
            return Err(TreeError::NotInTree { seq, size });
        }
        let proof = prove_record(size, index(seq), &self.hashes(size)?);
        Ok(proof.map_err(TreeError::Damaged)?.into_iter().map(inward).collect())
    }

    /// Proves that the `older` first records are the beginning of the `newer` first ones.
    pub fn prove_growth(&self, older: u64, newer: u64) -> Result<Vec<TreeHash>, TreeError> {
        if older == 0 || older > newer {
            return Err(TreeError::NotInTree { seq: Seq::new(older), size: newer });
        }
        let proof = prove_tree(newer, older, &self.hashes(newer)?);
        Ok(proof.map_err(TreeError::Damaged)?.into_iter().map(inward).collect())
    }

    /// Returns the edge of the tree as it was when it had `size` records.
    pub fn frontier(&self, size: u64) -> Result<Frontier, TreeError> {
        if size == 0 {
            return Ok(Frontier::default());
        }
        let hashes = self.hashes(size)?;
        let peaks = hashes.read_hashes(&tlog_tiles::sub_tree_index(0, size, Vec::new()));
        let peaks = peaks.map_err(TreeError::Damaged)?.into_iter().map(inward).collect();
        Frontier::of(size, peaks).ok_or(TreeError::Damaged(tlog_tiles::Error::BadMath))
    }

    /// Gives the hashes of the tree as it was at `size`. They are checked against the newest published root.
    fn hashes(&self, size: u64) -> Result<Published<'_, S>, TreeError> {
        let newest = self.published.filter(|(published, _)| *published >= size);
        let Some((published, root)) = newest else {
            let size = self.published.map_or(0, |(published, _)| published);
            return Err(TreeError::NotInTree { seq: Seq::new(size).next(), size });
        };
        Ok(Published { reader: Reader(&self.store), size: published, root })
    }

    /// Reads the edge back; `false` where the store is empty.
    fn load(&mut self) -> Result<bool, TreeError> {
        let Some(head) = self.store.read(HEAD)? else { return Ok(false) };
        let damaged = || TreeError::Damaged(tlog_tiles::Error::InvalidTile);
        let (size, root, seals) = parse_head(&head).ok_or_else(damaged)?;
        self.seals = seals;
        self.published = Some((size, root));
        let mut index = size;
        while index > 0 {
            let level = u8::try_from(self.edge.len()).unwrap_or(u8::MAX);
            let (number, width) = (index / WIDTH as u64, (index % WIDTH as u64) as usize);
            let mut hashes = Vec::with_capacity(WIDTH);
            if width > 0 {
                let bytes = Reader(&self.store).read(level, number, width)?;
                let bytes = bytes.ok_or_else(damaged)?;
                let chunks = bytes.chunks_exact(HASH_BYTES).filter_map(|hash| hash.try_into().ok());
                hashes.extend(chunks.map(TreeHash::from_bytes));
                if hashes.len() != width {
                    return Err(damaged());
                }
            }
            self.edge.push(hashes);
            index = number;
        }
        self.frontier = self.frontier(size)?;
        if self.frontier.root() == root { Ok(true) } else { Err(damaged()) }
    }

    /// Tells whether the last record of the tree is the one of the log. Each links to the one before, so all are then.
    fn fits(&self, reader: &dyn JournalReader) -> Result<bool, TreeError> {
        let last = Seq::new(self.size());
        if reader.head() < last {
            return Ok(false);
        }
        let Some(leaf) = self.last_leaf()? else { return Ok(false) };
        if last.next() == reader.first() {
            // It was given up, and the first record that is left links to it.
            let record = reader.read(last.next())?.next().transpose()?;
            return Ok(record.is_some_and(|record| leaf_of(record.header.previous) == leaf));
        }
        if last < reader.first() {
            return Ok(false);
        }
        let record = reader.read(last)?.next().transpose()?;
        Ok(record.is_some_and(|record| record.header.seq == last && leaf_of(record.hash()) == leaf))
    }

    /// Returns the hash of the last record; `None` where its tile is not there.
    fn last_leaf(&self) -> io::Result<Option<TreeHash>> {
        if let Some(leaf) = self.edge.first().and_then(|hashes| hashes.last()) {
            return Ok(Some(*leaf));
        }
        let Some(number) = (self.size() / WIDTH as u64).checked_sub(1) else { return Ok(None) };
        let tile = self.store.read(&tiles::name(0, number, WIDTH))?;
        let last = tile.as_deref().and_then(<[u8]>::last_chunk);
        Ok(last.map(|hash| TreeHash::from_bytes(*hash)))
    }

    fn push(&mut self, leaf: TreeHash) -> io::Result<()> {
        let mut carried = leaf;
        self.frontier.push(carried);
        let mut index = self.frontier.size() - 1;
        for level in 0.. {
            if self.edge.len() == level {
                self.edge.push(Vec::with_capacity(WIDTH));
            }
            self.edge[level].push(carried);
            if self.edge[level].len() < WIDTH {
                break;
            }
            let number = index / WIDTH as u64;
            self.write(level, number)?;
            carried = root_of(&self.edge[level]);
            self.edge[level].clear();
            index = number;
        }
        Ok(())
    }

    fn write(&mut self, level: usize, number: u64) -> io::Result<()> {
        let hashes = &self.edge[level];
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        let level = u8::try_from(level).unwrap_or(u8::MAX);
        self.store.write(&tiles::name(level, number, hashes.len()), &bytes)
    }
}

/// The hashes of a published tree.
struct Published<'s, S> {
    reader: Reader<'s, S>,
    size: u64,
    root: TreeHash,
}

impl<S: TileStore> tlog_tiles::HashReader for Published<'_, S> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        TileHashReader::new(self.size, outward(self.root), &self.reader).read_hashes(indexes)
    }
}

/// A record's hash is a leaf as it stands.
pub(crate) const fn leaf_of(hash: RecordHash) -> TreeHash {
    TreeHash::from_bytes(*hash.as_bytes())
}

/// The root of a whole tile.
fn root_of(hashes: &[TreeHash]) -> TreeHash {
    match hashes {
        [one] => *one,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node(root_of(left), root_of(right))
        }
    }
}

impl Seals {
    fn see(&mut self, record: &Record) {
        match Body::of(record) {
            Ok(Body::Seal(seal)) => self.sealed = self.sealed.max(seal.last.get()),
            Ok(_) | Err(_) => self.newest = record.header.seq.get(),
        }
    }
}

fn parse_head(bytes: &[u8]) -> Option<(u64, TreeHash, Seals)> {
    let mut words = str::from_utf8(bytes).ok()?.split_ascii_whitespace();
    let (size, root) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let (sealed, newest) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some((size, root, Seals { sealed, newest }))
}

#[cfg(test)]
mod tests;
