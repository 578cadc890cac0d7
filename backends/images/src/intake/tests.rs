//! Streams on their way in: compressed, cut off, and far too large.

use std::{
    io::{self, Read},
    iter::repeat_n,
};

use super::{decode, take_in};
use crate::{
    digest::Digest,
    fault::Fault,
    limits::LayerLimits,
    tests::{chain, gzip},
};

const TEXT: &[u8] = b"the quick brown fox jumps over the lazy dog";

fn take(input: impl Read, limits: LayerLimits) -> io::Result<(Vec<u8>, Vec<u8>, Digest)> {
    let mut copy = Vec::new();
    let (plain, tar) = take_in(input, &mut copy, limits, |plain| {
        let mut bytes = Vec::new();
        plain.read_to_end(&mut bytes).map(|_| bytes)
    })?;
    assert_eq!(tar.size_bytes, plain.len() as u64);
    Ok((plain, copy, tar.digest))
}

#[test]
fn plain_gzip_and_zstd_give_the_same_and_are_copied_as_they_came() {
    let two_members = [gzip(&TEXT[..10]), gzip(&TEXT[10..])].concat();
    for raw in [TEXT.to_vec(), gzip(TEXT), two_members, zstd::encode_all(TEXT, 1).unwrap()] {
        let taken = take(raw.as_slice(), LayerLimits::default()).unwrap();
        assert_eq!(taken, (TEXT.to_vec(), raw.clone(), Digest::of(TEXT)));
        let mut decoded = Vec::new();
        decode(raw.as_slice()).unwrap().read_to_end(&mut decoded).unwrap();
        assert_eq!(decoded, TEXT);
    }
}

#[test]
fn what_is_left_of_a_stream_is_hashed_all_the_same() {
    let ((), tar) =
        take_in(&*gzip(TEXT), io::sink(), LayerLimits::default(), |_| Ok::<_, io::Error>(()))
            .unwrap();
    assert_eq!((tar.digest, tar.size_bytes), (Digest::of(TEXT), TEXT.len() as u64));
    let (_, _, empty) = take(io::empty(), LayerLimits::default()).unwrap();
    assert_eq!(empty, Digest::of(b""));
}

#[test]
fn a_compressed_stream_that_is_cut_off_or_changed_is_wrong() {
    for whole in [gzip(TEXT), zstd::encode_all(TEXT, 1).unwrap()] {
        for end in 6..whole.len() {
            let error = take(&whole[..end], LayerLimits::default()).unwrap_err();
            assert_eq!(Fault::of(&error), Fault::Content, "cut at {end}");
        }
    }
    let behind = [gzip(TEXT).as_slice(), b"rubbish"].concat();
    assert!(take(behind.as_slice(), LayerLimits::default()).is_err());
}

#[test]
fn bzip2_and_xz_are_read_and_held_to_what_they_say() {
    let bzip2 = |bytes: &[u8]| piped("bzip2", bytes);
    let xz = |bytes: &[u8]| piped("xz", bytes);
    for whole in [bzip2(TEXT), xz(TEXT)] {
        let (plain, ..) = take(whole.as_slice(), LayerLimits::default()).unwrap();
        assert_eq!(plain, TEXT);
        for end in [whole.len() / 2, whole.len() - 5] {
            let error = take(&whole[..end], LayerLimits::default()).unwrap_err();
            assert_eq!(Fault::of(&error), Fault::Content, "cut at {end}");
        }
    }
    let limits = LayerLimits { ratio: 100, ratio_free_bytes: 1 << 20, ..LayerLimits::default() };
    let zeros = vec![0; 3 << 20];
    for bomb in [bzip2(&zeros), xz(&zeros)] {
        let error = take(bomb.as_slice(), limits).unwrap_err();
        assert_eq!(chain(&error), "the archive is more than 100 times larger than what was sent");
    }
}

/// Compresses with a program of the host, the other end of what is read here.
fn piped(program: &str, bytes: &[u8]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("plain"), bytes).unwrap();
    crate::tests::run(dir.path(), program, &["-c", "plain"])
}

#[test]
fn a_stream_that_grows_out_of_proportion_is_stopped() {
    let limits = LayerLimits { ratio: 100, ratio_free_bytes: 1 << 20, ..LayerLimits::default() };
    let zeros = |len| repeat_n(0, len).collect::<Vec<u8>>();
    let check = |raw: Vec<u8>, expected: Option<&str>| {
        let error = take(raw.as_slice(), limits).err();
        assert_eq!(error.map(|error| chain(&error)).as_deref(), expected);
    };
    check(gzip(&zeros(1 << 20)), None);
    let bomb = Some("the archive is more than 100 times larger than what was sent");
    check(gzip(&zeros(3 << 20)), bomb);
    check(zstd::encode_all(&*zeros(3 << 20), 19).unwrap(), bomb);
    check(zeros(3 << 20), None);
    let small = LayerLimits { bytes: 1000, ..LayerLimits::default() };
    let error = take(&*zeros(1001), small).unwrap_err();
    assert_eq!(chain(&error), "the archive has more than 1000 bytes");
}

#[test]
fn the_error_of_a_stream_and_of_its_copy_are_told_apart_behind_decoders() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("connection reset"))
        }
    }
    impl io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("disk full"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let start = gzip(TEXT);
    let error = take(start[..20].chain(Broken), LayerLimits::default()).unwrap_err();
    assert_eq!(Fault::of(&error), Fault::Transport);
    assert_eq!(chain(&error), "what was sent did not come whole: connection reset");
    let store = take_in(&*start, Broken, LayerLimits::default(), |_| Ok::<_, io::Error>(()));
    assert_eq!(Fault::of(&store.unwrap_err()), Fault::Store);
}
