//! `dd`: blocks copied.

use std::io::{self, SeekFrom};
use std::sync::Arc;

use bstr::{BString, ByteSlice};

use sandbox_world::call::{Call, Outcome, Stop, error_text};
use sandbox_world::files::OpenOptions;
use sandbox_world::numbers::{UNITS, parse_with};
use sandbox_world::stream::{Stream, write_all};

const USAGE: &str =
    "Usage: dd [if=FILE] [of=FILE] [ibs=N obs=N/bs=N] [count=N] [skip=N] [seek=N]\n";

/// The largest block, for it is held in memory.
const BLOCK_BYTES_MAX: u64 = 1 << 30;

/// What was asked for.
#[derive(Default)]
struct Asked {
    input: Option<BString>,
    output: Option<BString>,
    input_size: u64,
    output_size: u64,
    whole_blocks: bool,
    count: Option<u64>,
    skip: u64,
    seek: u64,
    words: Vec<String>,
    quiet: bool,
    no_rate: bool,
}

impl Asked {
    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|known| known == word)
    }
}

/// What was moved.
#[derive(Default)]
struct Moved {
    full_in: u64,
    partial_in: u64,
    full_out: u64,
    partial_out: u64,
    bytes: u64,
}

/// Runs it.
pub(crate) fn dd(call: &mut Call) -> Outcome {
    let asked = asked(call)?;
    let begun = call.world.elapsed();
    let input = match &asked.input {
        None => call.process.stdin.clone(),
        Some(name) => match call.open(name) {
            Ok(stream) => stream,
            Err(error) => return call.fail_of(format!("can't open '{name}'").as_bytes(), &error),
        },
    };
    let output = match &asked.output {
        None => call.process.stdout.clone(),
        Some(name) => {
            let truncate = !asked.has("notrunc") && asked.seek == 0;
            let mode = 0o666 & !call.process.umask;
            let append = asked.has("append");
            let options = OpenOptions { truncate, append, ..OpenOptions::writing(mode) };
            match call.open_with(name, &options) {
                Ok(stream) => stream,
                Err(error) => {
                    return call.fail_of(format!("can't open '{name}'").as_bytes(), &error);
                }
            }
        }
    };
    let mut moved = Moved::default();
    let done = copy(call, &asked, &input, &output, &mut moved);
    let code = match done {
        Ok(()) => 0,
        Err(error) => {
            if let Some(stop) = Stop::of(&error) {
                return Err(stop);
            }
            let name = asked.input.as_ref().map_or("", |_| "error: ");
            call.complain(format!("{name}{}", error_text(&error)))?;
            1
        }
    };
    if !asked.quiet {
        let seconds = call.world.elapsed().saturating_sub(begun).as_secs_f64().max(1e-6);
        let mut text = format!(
            "{}+{} records in\n{}+{} records out\n",
            moved.full_in, moved.partial_in, moved.full_out, moved.partial_out
        );
        if !asked.no_rate {
            let (bytes, human) = (moved.bytes, sandbox_world::numbers::human(moved.bytes));
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_sign_loss,
                clippy::cast_possible_truncation,
                reason = "a rate is shown with three digits"
            )]
            let rate = sandbox_world::numbers::human((bytes as f64 / seconds) as u64);
            text.push_str(&format!(
                "{bytes} bytes ({human}B) copied, {seconds:.6} seconds, {rate}B/s\n"
            ));
        }
        call.write_error(text.as_bytes())?;
    }
    Ok(code)
}

fn asked(call: &mut Call) -> Result<Asked, Stop> {
    let mut asked = Asked { input_size: 512, output_size: 512, ..Asked::default() };
    for word in call.operands() {
        let Some((key, value)) = word.split_once_str("=") else {
            call.write_error(USAGE.as_bytes())?;
            return Err(Stop::Exit(1));
        };
        let size = |call: &mut Call| match parse_with(value, UNITS) {
            Some(size) => Ok(size),
            None => call.fail(format!("invalid number '{}'", value.as_bstr())),
        };
        match key {
            b"if" => asked.input = Some(value.into()),
            b"of" => asked.output = Some(value.into()),
            b"bs" => {
                asked.input_size = size(call)?;
                asked.output_size = asked.input_size;
                asked.whole_blocks = false;
            }
            b"ibs" => asked.input_size = size(call)?,
            b"obs" => {
                asked.output_size = size(call)?;
                asked.whole_blocks = asked.output_size != asked.input_size;
            }
            b"count" => asked.count = Some(size(call)?),
            b"skip" | b"iseek" => asked.skip = size(call)?,
            b"seek" | b"oseek" => asked.seek = size(call)?,
            b"conv" | b"iflag" | b"oflag" => {
                let words = value.split_str(",").map(|word| word.to_str_lossy().into_owned());
                asked.words.extend(words);
            }
            b"status" => {
                asked.quiet = value == b"none";
                asked.no_rate = value == b"noxfer";
            }
            _ => {
                call.write_error(USAGE.as_bytes())?;
                return Err(Stop::Exit(1));
            }
        }
    }
    for size in [asked.input_size, asked.output_size] {
        if size == 0 {
            return call.fail("number 0 is not in 1..9223372036854775807 range");
        }
        if size > BLOCK_BYTES_MAX {
            return call.fail("out of memory");
        }
    }
    Ok(asked)
}

fn copy(
    call: &Call,
    asked: &Asked,
    input: &Arc<dyn Stream>,
    output: &Arc<dyn Stream>,
    moved: &mut Moved,
) -> io::Result<()> {
    let block = usize::try_from(asked.input_size).unwrap_or(1);
    let out_block = usize::try_from(asked.output_size).unwrap_or(1);
    let mut chunk = vec![0; block];
    position(call, asked, input, output, &mut chunk)?;
    let mut left = asked.count;
    let by_bytes = asked.has("count_bytes");
    let mut held: Vec<u8> = Vec::new();
    while left != Some(0) {
        let part = match left {
            Some(left) if by_bytes => usize::try_from(left).unwrap_or(block).min(block),
            _ => block,
        };
        let mut count = input.read(&mut chunk[..part], &call.interrupt)?;
        while count > 0 && count < part && asked.has("fullblock") {
            let more = input.read(&mut chunk[count..part], &call.interrupt)?;
            if more == 0 {
                break;
            }
            count += more;
        }
        if count == 0 {
            break;
        }
        left = left.map(|left| left - if by_bytes { count as u64 } else { 1 });
        if count == block {
            moved.full_in += 1;
        } else {
            moved.partial_in += 1;
        }
        if asked.has("sync") {
            chunk[count..].fill(0);
            count = block;
        }
        if asked.has("swab") {
            chunk[..count].chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1));
        }
        if asked.whole_blocks {
            held.extend_from_slice(&chunk[..count]);
            while held.len() >= out_block {
                put(call, output, &held[..out_block], out_block, moved)?;
                held.drain(..out_block);
            }
        } else {
            put(call, output, &chunk[..count], out_block, moved)?;
        }
    }
    if !held.is_empty() {
        put(call, output, &held, out_block, moved)?;
    }
    if asked.has("fsync") { output.sync() } else { Ok(()) }
}

/// Goes to where the copy begins, in both.
fn position(
    call: &Call,
    asked: &Asked,
    input: &Arc<dyn Stream>,
    output: &Arc<dyn Stream>,
    chunk: &mut [u8],
) -> io::Result<()> {
    let block = chunk.len();
    let skip = if asked.has("skip_bytes") { asked.skip } else { asked.skip * asked.input_size };
    if skip > 0 && input.seek(SeekFrom::Current(skip.cast_signed())).is_err() {
        let mut left = skip;
        while left > 0 {
            let part = usize::try_from(left).unwrap_or(block).min(block);
            let count = input.read(&mut chunk[..part], &call.interrupt)?;
            if count == 0 {
                break;
            }
            left -= count as u64;
        }
    }
    let seek = if asked.has("seek_bytes") { asked.seek } else { asked.seek * asked.output_size };
    if seek > 0 {
        output.seek(SeekFrom::Start(seek))?;
        if !asked.has("notrunc") {
            output.set_len(seek)?;
        }
    }
    Ok(())
}

fn put(
    call: &Call,
    output: &Arc<dyn Stream>,
    bytes: &[u8],
    block: usize,
    moved: &mut Moved,
) -> io::Result<()> {
    write_all(&**output, bytes, &call.interrupt)?;
    moved.bytes += bytes.len() as u64;
    if bytes.len() == block {
        moved.full_out += 1;
    } else {
        moved.partial_out += 1;
    }
    Ok(())
}
