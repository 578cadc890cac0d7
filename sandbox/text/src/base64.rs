//! `base64`: bytes as letters.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use sandbox_world::call::{Call, Outcome};
use sandbox_world::options::{Spec, parse};

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// Runs it.
pub(crate) fn base64(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "base64 [-d] [-w COL] [FILE]",
        short: "dw:",
        long: &[("decode", 'd'), ("wrap=", 'w')],
    };
    let options = parse(call, &spec)?;
    let name = options.operands.first().cloned().unwrap_or_else(|| "-".into());
    let width = match options.value('w') {
        Some(text) => {
            let text = text.to_owned();
            call.count(text.as_ref())?
        }
        None => 76,
    };
    let bytes = call.slurp(&name)?;
    if options.has('d') {
        let letters: Vec<u8> =
            bytes.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let whole = letters.len() / 4 * 4;
        // Each piece may end with its padding.
        for piece in letters[..whole].chunks(4) {
            match ENGINE.decode(piece) {
                Ok(bytes) => call.write(&bytes)?,
                Err(_) => return call.fail("truncated input"),
            }
        }
        return if whole < letters.len() { call.fail("truncated input") } else { Ok(0) };
    }
    let text = ENGINE.encode(&bytes);
    if width == 0 {
        call.write(text.as_bytes())?;
        return Ok(0);
    }
    for line in text.as_bytes().chunks(width) {
        call.line(line)?;
    }
    Ok(0)
}
