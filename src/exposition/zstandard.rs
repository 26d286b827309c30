//! Compression as Zstandard of a body of which only the end changes.
//!
//! Each part is a frame of its own: a decoder reads one frame after the other
//! (RFC 8878, 3.1). The compressor is the reference library; the tail is short,
//! and is framed without compressing it.

use std::io::Write as _;

use bytes::Bytes;

/// Compresses nearly as fast as gzip does here, to less.
const LEVEL: i32 = 1;
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Four bytes of content size, and no window size: the content is the window (RFC 8878, 3.1.1.1.1).
const DESCRIPTOR: u8 = 2 << 6 | 1 << 5;
/// The most that a block may hold (RFC 8878, 3.1.1.2.4).
const BLOCK: usize = 128 * 1024;

/// A part as one frame.
pub(super) fn compressed(plain: &[u8]) -> Bytes {
    let mut encoder =
        zstd::Encoder::new(Vec::new(), LEVEL).expect("the level is one of those that there are");
    // Lets a decoder make room for all of it at once.
    encoder
        .set_pledged_src_size(Some(plain.len() as u64))
        .and_then(|()| encoder.write_all(plain))
        .and_then(|()| encoder.finish())
        .map(Bytes::from)
        .expect("compressing into memory does not fail")
}

/// These parts and `tail`, as frames.
pub(super) fn frames<const N: usize>(parts: [&Bytes; N], tail: &[u8]) -> Vec<Bytes> {
    let mut chunks = Vec::with_capacity(N + 1);
    chunks.extend(parts.into_iter().cloned());
    chunks.push(Bytes::from(raw(tail)));
    chunks
}

/// A frame of raw blocks.
fn raw(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / BLOCK * 3 + 12);
    out.extend_from_slice(&MAGIC);
    out.push(DESCRIPTOR);
    let size = u32::try_from(bytes.len()).expect("a tail is short");
    out.extend_from_slice(&size.to_le_bytes());
    let mut rest = bytes;
    loop {
        let (block, after) = rest.split_at_checked(BLOCK).unwrap_or((rest, &[]));
        let length = u32::try_from(block.len()).expect("a block is no longer than that");
        // One bit for the last block, two for its type, which is 0 here.
        let header = length << 3 | u32::from(after.is_empty());
        let [low, middle, high, _] = header.to_le_bytes();
        out.extend_from_slice(&[low, middle, high]);
        out.extend_from_slice(block);
        if after.is_empty() {
            return out;
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_hold_all_parts() {
        let long = (0..50_000)
            .map(|n| format!("family{{label=\"{}\"}} {n}\n", n % 97))
            .collect::<String>();
        for (start, middle, tail) in [
            (&*long, "middle", "end"),
            ("", "middle", "end"),
            (&*long, &*long, ""),
            ("", "", ""),
            ("a", "", &*long),
            ("a", "b", &long[..BLOCK]),
            ("a", "b", &long[..BLOCK + 1]),
        ] {
            let parts = [start, middle].map(|part| compressed(part.as_bytes()));
            let whole = frames([&parts[0], &parts[1]], tail.as_bytes()).concat();
            let plain = zstd::decode_all(whole.as_slice()).unwrap();
            assert_eq!(plain, format!("{start}{middle}{tail}").into_bytes());
        }
    }
}
