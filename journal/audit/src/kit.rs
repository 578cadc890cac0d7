//! A log in memory with commands, refusals and seals in it, and words for them.

use std::sync::Arc;

use journal_log::{
    Actor, Body, Chain, ChainVerifier, CommandBodyV1, DecodeError, Draft, EpochBodyV1,
    Journal as _, JournalReader, MemoryJournal, MemoryStore, Outcome, Record, RequestId,
    SealBodyV1, Seq, Tagged, Timestamp, TreeHash,
};
use serde_json::json;

use crate::tree::leaf_of;
use crate::{
    Checkpoint, ExportRequest, Filter, Format, MemoryTiles, SignedCheckpoint, SigningKey, Told,
    Tree, Vocabulary,
};

/// When the first record is made; each is a second after the one before.
pub(crate) const NOW: u64 = 1_700_000_000_000_000_000;

/// Payloads as test logs have them: one byte, which is the container's number.
pub(crate) struct Words;

impl Vocabulary for Words {
    fn command(&self, tagged: &Tagged) -> Result<Told, DecodeError> {
        let number = tagged.bytes.first().copied().unwrap_or_default();
        let fields = json!({"target": format!("web{number}"), "text": "a,\"b\"\n=c"});
        Ok(Told { name: "container.create".into(), fields })
    }

    fn event(&self, tagged: &Tagged) -> Result<Told, DecodeError> {
        let number = tagged.bytes.first().copied().unwrap_or_default();
        let fields = json!({"id": container(number), "name": format!("web{number}")});
        Ok(Told { name: "container.created".into(), fields })
    }
}

/// The identity of a container.
pub(crate) fn container(number: u8) -> String {
    format!("{number:02x}").repeat(32)
}

/// A log, its tree and its key.
pub(crate) struct Log {
    journal: MemoryJournal,
    chain: Chain,
    store: MemoryStore,
    random: fastrand::Rng,
}

impl Log {
    /// Makes a log of `count` records.
    pub(crate) fn with(count: u64) -> Self {
        Self::with_seed(count, 1)
    }

    pub(crate) fn with_seed(count: u64, seed: u64) -> Self {
        let store = MemoryStore::default();
        let journal = MemoryJournal::open(&store);
        let chain = Chain::new(journal.tail());
        let random = fastrand::Rng::with_seed(seed);
        let mut log = Self { journal, chain, store, random };
        log.append(vec![Body::Epoch(EpochBodyV1 {
            now: Timestamp::from_unix_nanos(NOW),
            node: "host".into(),
            boot: "boot".into(),
            binary: "0.0.0".into(),
            cluster: [7; 16],
            recovery: Vec::new(),
        })]);
        while log.head() < count {
            let most = (count - log.head()).min(4);
            let group = (0..log.random.u64(1..=most)).map(|_| log.command()).collect();
            log.append(group);
        }
        log
    }

    /// Adds the seal of everything before it.
    pub(crate) fn seal(&mut self) {
        let signed = self.signed();
        self.append(vec![Body::Seal(SealBodyV1 {
            first: Seq::FIRST,
            last: Seq::new(signed.checkpoint.size),
            root: signed.checkpoint.root,
            checkpoint: signed.note,
        })]);
    }

    /// Adds commands.
    pub(crate) fn grow(&mut self, count: u64) {
        for _ in 0..count {
            let command = self.command();
            self.append(vec![command]);
        }
    }

    /// Gives up the records up to the place `through`.
    pub(crate) fn trim(&self, through: usize) {
        self.store.trim(ChainVerifier::after(&self.records()[through - 1]).tail());
    }

    pub(crate) fn head(&self) -> u64 {
        self.store.records().len() as u64
    }

    pub(crate) fn reader(&self) -> Arc<dyn JournalReader> {
        self.journal.reader()
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        self.store.records()
    }

    pub(crate) fn leaves(&self) -> impl Iterator<Item = TreeHash> {
        self.records().into_iter().map(|record| leaf_of(record.hash()))
    }

    pub(crate) fn tree(&self) -> Tree<MemoryTiles> {
        let mut tree = Tree::open(MemoryTiles::default(), &*self.reader()).unwrap();
        tree.follow(&*self.reader(), Seq::LAST).unwrap();
        tree.publish().unwrap();
        tree
    }

    /// The checkpoint of everything that is there.
    pub(crate) fn signed(&self) -> SignedCheckpoint {
        let tree = self.tree();
        Checkpoint { origin: "log/a".into(), size: tree.size(), root: tree.root() }.sign(&key())
    }

    /// Exports as `request` says.
    pub(crate) fn export(&self, request: &ExportRequest) -> String {
        let mut text = String::new();
        let written =
            crate::export(request, &*self.reader(), &self.tree(), &self.signed(), &Words, |line| {
                text.push_str(line);
                Ok(())
            });
        written.unwrap();
        text
    }

    fn append(&mut self, bodies: Vec<Body>) {
        let now = Timestamp::from_unix_nanos(NOW + self.head() * 1_000_000_000);
        let drafts = bodies.iter().map(|body| Draft::new(request(), body).unwrap()).collect();
        let records = self.chain.group(now, drafts);
        self.journal.append(&records).unwrap();
    }

    fn command(&mut self) -> Body {
        let number = self.random.u8(0..3);
        let tagged = Tagged { kind: 1, version: 1, bytes: vec![number] };
        let is_refused = self.random.u8(0..4) == 0;
        let reason = "the name is \"taken\"".to_owned();
        Body::Command(CommandBodyV1 {
            actor: Actor {
                principal: format!("uid:{number}"),
                source: "tcp:127.0.0.1:5000".into(),
                agent: "=agent".into(),
            },
            request: request(),
            now: Timestamp::from_unix_nanos(NOW + self.head() * 1_000_000_000),
            cause: (number == 2).then_some(Seq::FIRST),
            command: tagged.clone(),
            outcome: match is_refused {
                true => Outcome::Refused { code: 409, message: reason },
                false => Outcome::Accepted,
            },
            events: if is_refused { Vec::new() } else { vec![tagged] },
        })
    }
}

/// The key of the log.
pub(crate) fn key() -> SigningKey {
    SigningKey::new("log/a", [7; 32]).unwrap()
}

/// Everything in `format`.
pub(crate) fn everything(format: Format) -> ExportRequest {
    ExportRequest { format, from: Seq::FIRST, filter: Filter::default(), proofs: false }
}

fn request() -> RequestId {
    RequestId::from_bytes([0x42; 16])
}
