//! Where tiles are kept (C2SP tlog-tiles): 256 hashes a file, by level and number.

use std::collections::BTreeMap;
use std::io;

use tlog_tiles::{Error, Tile, TileReader};

/// Levels of the tree that one tile spans, as the format has it.
pub(crate) const HEIGHT: u8 = 8;

/// Hashes of a whole tile.
pub(crate) const WIDTH: usize = 1 << HEIGHT;

/// Bytes of a hash.
pub(crate) const HASH_BYTES: usize = 32;

/// A place for named pieces of a tree. All of them can be made anew from the log, so nothing in it needs a sync.
///
/// - `read` gives what was last written under the name, or nothing.
/// - `write` replaces a piece at once: a reader sees the old or the new one. A crash may lose it or leave it torn,
///   for what is read is checked against a root.
/// - `clear` forgets everything.
pub trait TileStore: Send {
    /// Reads a piece.
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// Writes a piece.
    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Forgets every piece.
    fn clear(&mut self) -> io::Result<()>;
}

/// Tiles in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryTiles {
    /// The pieces by name.
    pub pieces: BTreeMap<String, Vec<u8>>,
}

impl TileStore for MemoryTiles {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(self.pieces.get(name).cloned())
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.pieces.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.pieces.clear();
        Ok(())
    }
}

/// Names the tile `number` of `level` with `width` hashes.
pub(crate) fn name(level: u8, number: u64, width: usize) -> String {
    let width = u32::try_from(width).unwrap_or(u32::MAX);
    let tile = Tile::new(HEIGHT, level, number, width, false);
    // The library writes the height into the name, the format does not.
    tile.path().replacen(&format!("tile/{HEIGHT}/"), "tile/", 1)
}

/// Reads tiles of a tree of any size up to the one that was published last.
pub(crate) struct Reader<'s, S>(pub(crate) &'s S);

impl<S: TileStore> Reader<'_, S> {
    /// Reads the first `width` hashes of a tile: a narrow one is the beginning of every wider one of its place, and
    /// those are what is left in the end.
    pub(crate) fn read(&self, level: u8, number: u64, width: usize) -> io::Result<Option<Vec<u8>>> {
        for wider in width..=WIDTH {
            if let Some(mut bytes) = self.0.read(&name(level, number, wider))? {
                bytes.truncate(width * HASH_BYTES);
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}

impl<S: TileStore> TileReader for Reader<'_, S> {
    fn height(&self) -> u8 {
        HEIGHT
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        let read = |tile: &Tile| {
            let width = tile.width() as usize;
            match self.read(tile.level(), tile.level_index(), width) {
                Ok(Some(bytes)) if bytes.len() == width * HASH_BYTES => Ok(bytes),
                Ok(_) => Err(Error::InvalidTile),
                Err(error) => Err(Error::InvalidInput(format!("{}: {error}", tile.path()))),
            }
        };
        tiles.iter().map(read).collect()
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}
