//! Compression as gzip of a body of which only the end changes.
//!
//! Each part is deflated on its own and ends on a byte boundary; a body puts a
//! gzip header before them and what is new behind them. The result is one gzip
//! member, because clients differ in whether they read a second one.

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// Magic, deflate, no flags, no time, no hint, unknown system (RFC 1952, 2.3.1).
static HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// What a stored block can hold: its length has 16 bits (RFC 1951, 3.2.4).
const STORED: usize = 0xffff;

/// A part, deflated but not ended.
#[derive(Debug)]
pub(super) struct Deflated {
    blocks: Bytes,
    checksum: Crc,
}

impl Deflated {
    pub(super) fn new(plain: &[u8]) -> Self {
        let mut checksum = Crc::new();
        checksum.update(plain);
        Self {
            blocks: deflate(plain),
            checksum,
        }
    }
}

/// These parts and `tail`, as one gzip member.
///
/// The tail is stored as it is: it is short, and setting up a compressor for it
/// would cost more than all the rest of an answer.
pub(super) fn member<const N: usize>(parts: [&Deflated; N], tail: &[u8]) -> Vec<Bytes> {
    let mut whole = Crc::new();
    let mut pieces = Vec::with_capacity(N + 2);
    pieces.push(Bytes::from_static(&HEADER));
    for part in parts {
        whole.combine(&part.checksum);
        pieces.push(part.blocks.clone());
    }
    whole.update(tail);
    let mut end = Vec::with_capacity(tail.len() + tail.len() / STORED * 5 + 13);
    store(tail, &mut end);
    end.extend_from_slice(&whole.sum().to_le_bytes());
    end.extend_from_slice(&whole.amount().to_le_bytes());
    pieces.push(Bytes::from(end));
    pieces
}

/// Appends the last blocks of a stream, stored.
fn store(bytes: &[u8], out: &mut Vec<u8>) {
    let mut rest = bytes;
    loop {
        let (block, after) = rest.split_at_checked(STORED).unwrap_or((rest, &[]));
        let length = u16::try_from(block.len()).expect("a block is no longer than that");
        out.push(u8::from(after.is_empty()));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
        if after.is_empty() {
            return;
        }
        rest = after;
    }
}

/// Raw deflate blocks that end on a byte boundary, and after which more may come.
fn deflate(bytes: &[u8]) -> Bytes {
    let mut out = Vec::new();
    let mut deflater = Compress::new(Compression::fast(), false);
    let mut rest = bytes;
    loop {
        out.reserve(4096 + rest.len() / 8);
        let (before, space) = (deflater.total_in(), out.capacity());
        let status = deflater
            .compress_vec(rest, &mut out, FlushCompress::Full)
            .expect("deflating has no invalid state to be in");
        let read = usize::try_from(deflater.total_in() - before).expect("no more than there was");
        rest = rest.get(read..).unwrap_or_default();
        // A flush is done when it leaves room.
        if rest.is_empty() && (out.len() < space || status == Status::StreamEnd) {
            return Bytes::from(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    fn inflate(pieces: &[Bytes]) -> String {
        let whole = pieces.concat();
        let mut rest = whole.as_slice();
        let mut text = String::new();
        flate2::bufread::GzDecoder::new(&mut rest)
            .read_to_string(&mut text)
            .unwrap();
        assert!(rest.is_empty(), "it is one member, and no more");
        text
    }

    #[test]
    fn one_member_holds_all_parts() {
        let long = (0..50_000)
            .map(|n| format!("family{{label=\"{}\"}} {n}\n", n % 97))
            .collect::<String>();
        for (start, middle, tail) in [
            (&*long, "middle", "end"),
            ("", "middle", "end"),
            (&*long, &*long, ""),
            ("", "", ""),
            ("a", "", &*long),
            ("a", "b", &long[..STORED]),
            ("a", "b", &long[..2 * STORED]),
            ("a", "b", &long[..STORED + 1]),
        ] {
            let parts = [start, middle].map(|part| Deflated::new(part.as_bytes()));
            for _ in 0..2 {
                assert_eq!(
                    inflate(&member([&parts[0], &parts[1]], tail.as_bytes())),
                    format!("{start}{middle}{tail}")
                );
            }
        }
    }
}
