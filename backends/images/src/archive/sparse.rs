//! Sparse files: which parts of a file the archive holds. GNU tar has written them in four forms.

use super::{
    header::{BLOCK_BYTES, Block, is_gnu, number},
    pax::{self, decimal},
};

/// Parts of one sparse file. A disk image of 1 TB with a part every 8 MiB has as many.
const PIECES_MAX: usize = 128 * 1024;

/// A part of a file that the archive holds; everything else of the file is zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Bytes of the file before it.
    pub(crate) offset: u64,
    /// Bytes of the part.
    pub(crate) len: u64,
}

/// What a header says of a sparse file.
#[derive(Debug)]
pub(super) struct Form {
    /// Bytes of the file with its holes.
    pub(super) real_bytes: u64,
    pub(super) map: Map,
    pub(super) rest: Rest,
}

/// Where the map of the parts goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// It is whole.
    None,
    /// In blocks behind the header.
    Blocks,
    /// In lines at the beginning of the data.
    Lines,
}

/// The parts that were found so far.
#[derive(Debug, Default)]
pub(super) struct Map(Vec<Piece>);

/// Reads GNU's own header of a sparse file.
pub(super) fn of_gnu_header(block: &Block) -> Result<Form, &'static str> {
    if !is_gnu(block) {
        return Err("a sparse file without a GNU header");
    }
    let mut map = Map::default();
    map.extend_from_fields(&block[386..482])?;
    let real_bytes = number(&block[483..495]).and_then(|value| u64::try_from(value).ok());
    let rest = if block[482] == 0 { Rest::None } else { Rest::Blocks };
    Ok(Form { real_bytes: real_bytes.ok_or("a bad size of a sparse file")?, map, rest })
}

/// Reads what extended headers say of a sparse file; `None` when the file is not sparse.
pub(super) fn of_pax(sparse: &pax::Sparse) -> Result<Option<Form>, &'static str> {
    let Some(real_bytes) = sparse.real_bytes else { return Ok(None) };
    match sparse.major {
        Some(1) => Ok(Some(Form { real_bytes, map: Map::default(), rest: Rest::Lines })),
        None | Some(0) => {
            let mut map = Map::default();
            let (pairs, left) = sparse.numbers.as_chunks::<2>();
            if !left.is_empty() {
                return Err("a bad map of a sparse file");
            }
            for [offset, len] in pairs {
                map.push(*offset, *len)?;
            }
            Ok(Some(Form { real_bytes, map, rest: Rest::None }))
        }
        Some(_) => Err("a sparse file of an unknown form"),
    }
}

impl Map {
    /// Adds the parts of a block behind a header, and tells whether there is another block.
    pub(super) fn extend_from_block(&mut self, block: &Block) -> Result<bool, &'static str> {
        self.extend_from_fields(&block[..504])?;
        Ok(block[504] != 0)
    }

    /// Gives the parts, which must be in order, inside the file, and as long as the data.
    pub(super) fn finish(self, real: u64, data: u64) -> Result<Vec<Piece>, &'static str> {
        let mut end = 0_u64;
        let mut sum = 0_u64;
        for piece in &self.0 {
            let piece_end = piece.offset.checked_add(piece.len).filter(|&end| end <= real);
            if piece.offset < end || piece_end.is_none() {
                return Err("parts of a sparse file that overlap or lie outside of it");
            }
            end = piece_end.unwrap_or(real);
            sum += piece.len;
        }
        if sum == data {
            Ok(self.0)
        } else {
            Err("a sparse file with more or less data than parts")
        }
    }

    fn extend_from_fields(&mut self, fields: &[u8]) -> Result<(), &'static str> {
        const BAD: &str = "a bad part of a sparse file";
        for field in fields.chunks_exact(24) {
            let value = |field: &[u8]| number(field).and_then(|value| u64::try_from(value).ok());
            let (offset, len) = field.split_at(12);
            if offset[0] == 0 && len[0] == 0 {
                break;
            }
            self.push(value(offset).ok_or(BAD)?, value(len).ok_or(BAD)?)?;
        }
        Ok(())
    }

    fn push(&mut self, offset: u64, len: u64) -> Result<(), &'static str> {
        if self.0.len() == PIECES_MAX {
            return Err("a sparse file of too many parts");
        }
        self.0.push(Piece { offset, len });
        Ok(())
    }
}

/// Reads the map of form 1.0: decimal numbers, one a line, the first says how many pairs follow.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Digits of a number that goes on in the next block.
    digits: Vec<u8>,
    /// Numbers that are still to come; `None` before the first.
    left: Option<u64>,
    offset: Option<u64>,
}

impl Lines {
    /// Tells whether all numbers were read.
    pub(super) fn is_whole(&self) -> bool {
        self.left == Some(0)
    }

    /// Reads a block; what is behind the last number is padding.
    pub(super) fn feed(&mut self, block: &[u8], map: &mut Map) -> Result<(), &'static str> {
        if block.len() < BLOCK_BYTES {
            return Err("a map of a sparse file that is cut off");
        }
        for &byte in block {
            if self.is_whole() {
                break;
            }
            match byte {
                b'\n' => {
                    let value = decimal(&std::mem::take(&mut self.digits))?;
                    self.number(value, map)?;
                }
                // A number of 64 bits has twenty digits at most.
                _ if self.digits.len() == 20 => return Err("a bad number in a sparse file's map"),
                digit => self.digits.push(digit),
            }
        }
        Ok(())
    }

    fn number(&mut self, value: u64, map: &mut Map) -> Result<(), &'static str> {
        let Some(left) = self.left else {
            self.left = Some(value.checked_mul(2).ok_or("a sparse file of too many parts")?);
            return Ok(());
        };
        self.left = Some(left - 1);
        match self.offset.take() {
            None => self.offset = Some(value),
            Some(offset) => map.push(offset, value)?,
        }
        Ok(())
    }
}
