//! A response body in chunks that are in memory already.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

/// Chunks in their order. Shared bytes are sent as they are, not copied into one chunk. The
/// chunks are one buffer to hyper, so that they and the head of the response go out in as few
/// system calls as possible.
#[derive(Debug, Default)]
pub struct Chunks(VecDeque<Bytes>);

impl From<Vec<Bytes>> for Chunks {
    fn from(chunks: Vec<Bytes>) -> Self {
        let chunks = chunks.into_iter().filter(|chunk| !chunk.is_empty());
        Self(chunks.collect())
    }
}

impl From<String> for Chunks {
    fn from(text: String) -> Self {
        Self::from(vec![Bytes::from(text)])
    }
}

/// No chunk is empty.
impl Buf for Chunks {
    fn remaining(&self) -> usize {
        self.0.iter().map(Bytes::len).sum()
    }

    fn chunk(&self) -> &[u8] {
        self.0.front().map_or(&[], |chunk| chunk)
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let filled = slices.iter_mut().zip(&self.0);
        filled
            .map(|(slice, chunk)| *slice = IoSlice::new(chunk))
            .count()
    }

    fn advance(&mut self, mut count: usize) {
        while let Some(chunk) = self.0.front_mut() {
            if count < chunk.len() {
                chunk.advance(count);
                return;
            }
            count -= chunk.len();
            self.0.pop_front();
        }
        assert_eq!(count, 0, "hyper sends no more than there is");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_sent_in_order() {
        let chunks = ["ab", "", "c", "def"].map(|chunk| Bytes::from_static(chunk.as_bytes()));
        let mut chunks = Chunks::from(chunks.to_vec());
        let expected = b"abcdef";
        for sent in [0, 1, 1, 2, 2] {
            chunks.advance(sent);
            let rest = &expected[expected.len() - chunks.remaining()..];
            let mut slices = [IoSlice::new(&[]); 4];
            let filled = chunks.chunks_vectored(&mut slices);
            let sent: Vec<&[u8]> = slices[..filled].iter().map(|slice| &**slice).collect();
            assert_eq!(sent.concat(), rest);
            assert!(rest.starts_with(chunks.chunk()));
            assert_eq!(chunks.has_remaining(), !chunks.chunk().is_empty());
        }
        assert!(!chunks.has_remaining());
    }
}
