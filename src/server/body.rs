//! A response body in chunks that are in memory already.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::IoSlice;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use hyper::body::{Body, Frame, SizeHint};

/// A body in chunks. Shared bytes are sent as they are, not copied into one chunk.
#[derive(Debug, Default)]
pub struct ChunkedBody(Chunks);

/// Chunks in their order. They are one buffer to hyper, so that they and the head of
/// the response go out in as few system calls as possible.
#[derive(Debug, Default)]
pub struct Chunks(VecDeque<Bytes>);

impl From<Vec<Bytes>> for ChunkedBody {
    fn from(chunks: Vec<Bytes>) -> Self {
        let chunks = chunks.into_iter().filter(|chunk| !chunk.is_empty());
        Self(Chunks(chunks.collect()))
    }
}

impl From<String> for ChunkedBody {
    fn from(text: String) -> Self {
        Self::from(vec![Bytes::from(text)])
    }
}

impl Body for ChunkedBody {
    type Data = Chunks;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Chunks>, Infallible>>> {
        let chunks = mem::take(&mut self.0);
        Poll::Ready(chunks.has_remaining().then(|| Ok(Frame::data(chunks))))
    }

    fn is_end_stream(&self) -> bool {
        !self.0.has_remaining()
    }

    fn size_hint(&self) -> SizeHint {
        let bytes = self.0.remaining();
        SizeHint::with_exact(u64::try_from(bytes).expect("a body fits into memory"))
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
        let ChunkedBody(mut chunks) = ChunkedBody::from(chunks.to_vec());
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
