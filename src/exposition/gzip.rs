//! Compression as gzip of a body of which only the end changes.
//!
//! Each part is deflated on its own and ends on a byte boundary; a body puts a
//! gzip header before them and what is new behind them. The result is one gzip
//! member, because clients differ in whether they read a second one.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use crc32fast::Hasher;
use flate2::{Compress, Compression, FlushCompress};

/// Magic, deflate, no flags, no time, no hint, unknown system (RFC 1952, 2.3.1).
static HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// The capacity of a stored block: its length has 16 bits (RFC 1951, 3.2.4).
const STORED: usize = 0xffff;

/// A part, deflated but not ended.
#[derive(Debug)]
pub(super) struct Deflated {
    blocks: Bytes,
    checksum: u32,
    length: u64,
    /// The checksum of what came before this part last, and that of both together.
    joined: AtomicU64,
}

impl Deflated {
    /// The checksum of something, by its checksum, with this part behind it.
    ///
    /// Working it out takes longer than the rest of a body, and for the bodies of
    /// a refresh it is the same.
    fn after(&self, before: u32) -> u32 {
        let (known, joined) = halves(self.joined.load(Ordering::Relaxed));
        if known == before {
            return joined;
        }
        // The result does not depend on the length of what is before.
        let mut whole = Hasher::new_with_initial_len(before, 0);
        whole.combine(&Hasher::new_with_initial_len(self.checksum, self.length));
        let joined = whole.finalize();
        self.joined.store(pair(before, joined), Ordering::Relaxed);
        joined
    }
}

fn pair(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

fn halves(pair: u64) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = pair.to_be_bytes();
    (
        u32::from_be_bytes([a, b, c, d]),
        u32::from_be_bytes([e, f, g, h]),
    )
}

/// These parts and `tail`, as one gzip member.
///
/// The tail is stored as it is: it is short, and setting up a compressor for it
/// would cost more than all the rest of an answer.
pub(super) fn member<const N: usize>(parts: [&Deflated; N], tail: &[u8]) -> Vec<Bytes> {
    let mut checksum = 0;
    let mut length = tail.len() as u64;
    let mut chunks = Vec::with_capacity(N + 2);
    chunks.push(Bytes::from_static(&HEADER));
    for part in parts {
        checksum = part.after(checksum);
        length += part.length;
        chunks.push(part.blocks.clone());
    }
    let mut whole = Hasher::new_with_initial(checksum);
    whole.update(tail);
    let mut end = Vec::with_capacity(tail.len() + tail.len() / STORED * 5 + 13);
    store(tail, &mut end);
    end.extend_from_slice(&whole.finalize().to_le_bytes());
    // RFC 1952: the size modulo 2^32.
    let [a, b, c, d, ..] = length.to_le_bytes();
    end.extend_from_slice(&[a, b, c, d]);
    chunks.push(Bytes::from(end));
    chunks
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

/// Compresses chunks while they are written.
#[derive(Debug)]
pub(super) struct Deflater {
    compress: Compress,
    out: Vec<u8>,
    hasher: Hasher,
    length: u64,
}

impl Default for Deflater {
    fn default() -> Self {
        Self {
            compress: Compress::new(Compression::fast(), false),
            out: Vec::new(),
            hasher: Hasher::new(),
            length: 0,
        }
    }
}

impl Deflater {
    /// Appends bytes.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        self.deflate(bytes, FlushCompress::None);
    }

    /// Ends the blocks on a byte boundary, after which more may come.
    pub(super) fn end(mut self) -> Deflated {
        self.deflate(&[], FlushCompress::Full);
        let checksum = self.hasher.finalize();
        Deflated {
            blocks: Bytes::from(self.out.into_boxed_slice()),
            checksum,
            length: self.length,
            // Nothing has the checksum 0, and changes none.
            joined: AtomicU64::new(pair(0, checksum)),
        }
    }

    fn deflate(&mut self, bytes: &[u8], flush: FlushCompress) {
        let mut rest = bytes;
        let mut block = [0; 16 * 1024];
        let count = |total: u64| usize::try_from(total).expect("no more than there was");
        loop {
            let (read, written) = (self.compress.total_in(), self.compress.total_out());
            self.compress
                .compress(rest, &mut block, flush)
                .expect("deflating has no invalid state to be in");
            let read = count(self.compress.total_in() - read);
            let written = count(self.compress.total_out() - written);
            let (compressed, room) = block.split_at(written);
            self.out.extend_from_slice(compressed);
            rest = rest.get(read..).unwrap_or_default();
            // A flush is done when it leaves room.
            if rest.is_empty() && !room.is_empty() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    fn inflate(chunks: &[Bytes]) -> String {
        let whole = chunks.concat();
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
            let [start_part, other_start, middle_part] = [start, "other", middle].map(|part| {
                let mut deflater = Deflater::default();
                for chunk in part.as_bytes().chunks(1000) {
                    deflater.add(chunk);
                }
                deflater.end()
            });
            for _ in 0..2 {
                for (start, part) in [(start, &start_part), ("other", &other_start)] {
                    for _ in 0..2 {
                        assert_eq!(
                            inflate(&member([part, &middle_part], tail.as_bytes())),
                            format!("{start}{middle}{tail}")
                        );
                    }
                }
            }
        }
    }
}
