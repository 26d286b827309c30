//! Compression of a body of which only the end changes.
//!
//! The long part is deflated once and ends on a byte boundary; each body puts a
//! gzip header before it and the deflated tail behind it. The result is one
//! gzip member, because clients differ in whether they read a second one.

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// Magic, deflate, no flags, no time, no hint, unknown system (RFC 1952, 2.3.1).
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// The long part, deflated but not ended.
#[derive(Debug)]
pub(super) struct Deflated {
    start: Bytes,
    checksum: Crc,
}

impl Deflated {
    pub(super) fn new(long: &[u8]) -> Self {
        let mut start = HEADER.to_vec();
        deflate(long, FlushCompress::Full, &mut start);
        Self {
            start: Bytes::from(start),
            checksum: checksum(long),
        }
    }

    /// The long part and `tail`, as one gzip member.
    pub(super) fn with_tail(&self, tail: &[u8]) -> Vec<Bytes> {
        let mut end = Vec::new();
        deflate(tail, FlushCompress::Finish, &mut end);
        let mut whole = Crc::new();
        whole.combine(&self.checksum);
        whole.combine(&checksum(tail));
        end.extend_from_slice(&whole.sum().to_le_bytes());
        end.extend_from_slice(&whole.amount().to_le_bytes());
        vec![self.start.clone(), Bytes::from(end)]
    }
}

fn checksum(bytes: &[u8]) -> Crc {
    let mut checksum = Crc::new();
    checksum.update(bytes);
    checksum
}

/// Appends `bytes` as raw deflate blocks, flushed as `flush` says.
fn deflate(bytes: &[u8], flush: FlushCompress, out: &mut Vec<u8>) {
    let mut deflater = Compress::new(Compression::fast(), false);
    let mut rest = bytes;
    loop {
        out.reserve(4096 + rest.len() / 8);
        let (before, space) = (deflater.total_in(), out.capacity());
        let status = deflater
            .compress_vec(rest, out, flush)
            .expect("deflating has no invalid state to be in");
        let read = usize::try_from(deflater.total_in() - before).expect("no more than there was");
        rest = rest.get(read..).unwrap_or_default();
        // A flush is done when it leaves room; an end says so.
        let flushed =
            status == Status::StreamEnd || (flush != FlushCompress::Finish && out.len() < space);
        if rest.is_empty() && flushed {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    fn inflate(pieces: &[Bytes]) -> String {
        let mut text = String::new();
        flate2::read::GzDecoder::new(pieces.concat().as_slice())
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    #[test]
    fn one_member_holds_both_parts() {
        let long = (0..50_000)
            .map(|n| format!("family{{label=\"{}\"}} {n}\n", n % 97))
            .collect::<String>();
        for (start, tail) in [
            (&*long, "end"),
            ("", "end"),
            (&*long, ""),
            ("", ""),
            ("a", &*long),
        ] {
            let deflated = Deflated::new(start.as_bytes());
            for _ in 0..2 {
                assert_eq!(
                    inflate(&deflated.with_tail(tail.as_bytes())),
                    format!("{start}{tail}")
                );
            }
        }
    }
}
