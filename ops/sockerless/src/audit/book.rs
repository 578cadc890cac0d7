//! The log, its tree and its key together: whatever an auditor asks is answered here.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context as _;
use api_ops::{AuditAsk, AuditQuery, Auditor, Words};
use journal_audit::{
    Checkpoint, ExportError, ExportRequest, Filter, SignedCheckpoint, SigningKey, Tree, TreeError,
    containers_named, export, growth_text, inclusion_text,
};
use journal_log::{JournalReader, SealBodyV1, Seq};

use super::tiles::DirTiles;

/// The folder of the tiles in the data directory.
pub(super) const FOLDER: &str = "audit";

/// What auditors ask about one log.
pub(crate) struct Book {
    reader: Arc<dyn JournalReader>,
    tree: Mutex<Tree<DirTiles>>,
    tiles: DirTiles,
    key: SigningKey,
}

/// A head that was signed, for the log.
pub(crate) struct Sealed {
    pub(crate) body: SealBodyV1,
}

impl Book {
    /// Opens the tree beside the log in `data`. A long log whose tiles are gone is read when something is asked first.
    pub(crate) fn open(
        data: &Path,
        reader: Arc<dyn JournalReader>,
        key: SigningKey,
    ) -> anyhow::Result<Self> {
        let tiles = DirTiles::new(data.join(FOLDER));
        let tree = open_tree(&tiles, &*reader)?;
        Ok(Self { reader, tree: Mutex::new(tree), tiles, key })
    }

    /// Follows the log to its head; returns how many records no seal covers, nothing where they are seals alone.
    pub(crate) fn follow(&self) -> Result<u64, ExportError> {
        let mut tree = self.tree();
        tree.follow(&*self.reader, self.reader.head())?;
        let unsealed = tree.unsealed();
        Ok(unsealed.map_or(0, |first| tree.size().saturating_sub(first.previous().get())))
    }

    /// Signs the head for a seal, where there is something new.
    pub(crate) fn seal(&self) -> Result<Option<Sealed>, ExportError> {
        let (tree, signed) = self.signed()?;
        let Some(first) = tree.unsealed() else { return Ok(None) };
        let SignedCheckpoint { checkpoint, note } = signed;
        let last = Seq::new(checkpoint.size);
        let body = SealBodyV1 { first, last, root: checkpoint.root, checkpoint: note };
        Ok(Some(Sealed { body }))
    }

    /// Has the tree for as long as `act` takes; nothing is written to its tiles by anybody else meanwhile.
    pub(super) fn with_tree<T>(&self, act: impl FnOnce(&mut Tree<DirTiles>) -> T) -> T {
        act(&mut self.tree())
    }

    /// Signs the head; returns it with the tree as it is then, so that nobody waits for a slow reader.
    fn signed(&self) -> Result<(Tree<DirTiles>, SignedCheckpoint), ExportError> {
        let mut tree = self.tree();
        tree.follow(&*self.reader, self.reader.head())?;
        tree.publish()?;
        let origin = self.key.verifying_key().name().to_owned();
        let checkpoint = Checkpoint { origin, size: tree.size(), root: tree.root() };
        Ok((tree.clone(), checkpoint.sign(&self.key)))
    }

    /// Signs the head as it was when the log had `size` records.
    fn signed_at(&self, size: u64, tree: &Tree<DirTiles>) -> Result<SignedCheckpoint, ExportError> {
        let root = tree.frontier(size)?.root();
        let origin = self.key.verifying_key().name().to_owned();
        Ok(Checkpoint { origin, size, root }.sign(&self.key))
    }

    /// Makes damaged tiles anew, as far as the log has what they are made of.
    fn mend(&self) -> Result<(), ExportError> {
        let mut tree = self.tree();
        if self.reader.first() == Seq::FIRST {
            return Ok(tree.reset()?);
        }
        match self.tiles.put_back() {
            Ok(true) => *tree = Tree::open(self.tiles.clone(), &*self.reader)?,
            Ok(false) => {}
            Err(error) => tracing::error!("the edge of the tiles cannot be put back: {error:#}"),
        }
        Ok(())
    }

    fn request(&self, query: &AuditQuery) -> Result<ExportRequest, ExportError> {
        let containers = match &query.container {
            Some(name) => containers_named(name, &*self.reader, &Words)?,
            None => Vec::new(),
        };
        let filter = Filter {
            since: query.since.clone(),
            until: query.until.clone(),
            actor: query.actor.clone(),
            containers,
        };
        Ok(ExportRequest {
            format: query.format,
            from: Seq::new(query.from.unwrap_or(1).max(1)),
            filter: filter.normalised()?,
            proofs: query.proofs,
        })
    }

    /// A tree that somebody panicked over is at most behind the log, which it follows before anything is asked of it.
    fn tree(&self) -> std::sync::MutexGuard<'_, Tree<DirTiles>> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Auditor for Book {
    fn answer(
        &self,
        ask: &AuditAsk,
        write: &mut dyn FnMut(&str) -> io::Result<()>,
    ) -> Result<(), ExportError> {
        let mut is_begun = false;
        let answered = self.try_answer(ask, &mut |text| {
            is_begun = true;
            write(text)
        });
        let Err(ExportError::Tree(TreeError::Damaged(_))) = &answered else { return answered };
        tracing::warn!("the tiles of the log are damaged; they are made anew");
        self.mend()?;
        if is_begun { answered } else { self.try_answer(ask, write) }
    }
}

impl Book {
    fn try_answer(
        &self,
        ask: &AuditAsk,
        write: &mut dyn FnMut(&str) -> io::Result<()>,
    ) -> Result<(), ExportError> {
        match ask {
            AuditAsk::Key => write(&format!("{}\n", self.key.verifying_key()))?,
            AuditAsk::Checkpoint => write(&self.signed()?.1.note)?,
            AuditAsk::Export(query) => {
                let request = self.request(query)?;
                let (tree, signed) = self.signed()?;
                let signed = match query.to {
                    Some(to) => self.signed_at(to, &tree)?,
                    None => signed,
                };
                export(&request, &*self.reader, &tree, &signed, &Words, write)?;
            }
            AuditAsk::Proof(seq) => {
                let (tree, signed) = self.signed()?;
                let head = Seq::new(signed.checkpoint.size);
                let absent = ExportError::Absent { seq: *seq, head };
                let mut found = self.reader.read((*seq).max(Seq::FIRST))?;
                let record = found.next().transpose()?.filter(|found| found.header.seq == *seq);
                let record = record.filter(|_| *seq <= head).ok_or(absent)?;
                let proof = tree.prove(*seq, head.get())?;
                write(&inclusion_text(&record, &proof, &signed))?;
            }
            AuditAsk::Growth(older) => {
                let (tree, signed) = self.signed()?;
                let proof = tree.prove_growth(*older, signed.checkpoint.size)?;
                write(&growth_text(*older, &proof, &signed))?;
            }
        }
        Ok(())
    }
}

/// Opens the tiles of a log, and puts those back that are needed where what would make them anew was given up.
pub(super) fn open_tree(
    tiles: &DirTiles,
    reader: &dyn JournalReader,
) -> anyhow::Result<Tree<DirTiles>> {
    let opened = || -> anyhow::Result<_> {
        let is_trimmed = reader.first() > Seq::FIRST;
        if is_trimmed && !Tree::is_usable(tiles.clone(), reader)? && tiles.put_back()? {
            tracing::warn!("the tiles of the log are as they were when its beginning was given up");
        }
        Ok(Tree::open(tiles.clone(), reader)?)
    };
    let tree = opened().context("opening the tiles of the log")?;
    if tree.was_rebuilt() {
        tracing::warn!("the tiles of the log did not fit it; they are made anew");
    }
    Ok(tree)
}
