//! A response body in pieces that are there already.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::IoSlice;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use hyper::body::{Body, Frame, SizeHint};

/// Pieces of a body. Shared bytes are sent as they are, not copied into one.
#[derive(Debug, Default)]
pub struct Pieces(Run);

/// Pieces one after the other. They are one buffer to hyper, so that they and
/// the head of the answer go out in one system call.
#[derive(Debug, Default)]
pub struct Run(VecDeque<Bytes>);

impl From<Vec<Bytes>> for Pieces {
    fn from(pieces: Vec<Bytes>) -> Self {
        let pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
        Self(Run(pieces.collect()))
    }
}

impl From<String> for Pieces {
    fn from(text: String) -> Self {
        Self::from(vec![Bytes::from(text)])
    }
}

impl Body for Pieces {
    type Data = Run;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Run>, Infallible>>> {
        let run = mem::take(&mut self.0);
        Poll::Ready(run.has_remaining().then(|| Ok(Frame::data(run))))
    }

    fn is_end_stream(&self) -> bool {
        !self.0.has_remaining()
    }

    fn size_hint(&self) -> SizeHint {
        let bytes = self.0.remaining();
        SizeHint::with_exact(u64::try_from(bytes).expect("a body fits into memory"))
    }
}

/// None of the pieces is empty.
impl Buf for Run {
    fn remaining(&self) -> usize {
        self.0.iter().map(Bytes::len).sum()
    }

    fn chunk(&self) -> &[u8] {
        self.0.front().map_or(&[], |piece| piece)
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let filled = slices.iter_mut().zip(&self.0);
        filled
            .map(|(slice, piece)| *slice = IoSlice::new(piece))
            .count()
    }

    fn advance(&mut self, mut count: usize) {
        while let Some(piece) = self.0.front_mut() {
            if count < piece.len() {
                piece.advance(count);
                return;
            }
            count -= piece.len();
            self.0.pop_front();
        }
        assert_eq!(count, 0, "nobody sends more than there is");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_sent_in_their_order() {
        let pieces = ["ab", "", "c", "def"].map(|piece| Bytes::from_static(piece.as_bytes()));
        let Pieces(mut run) = Pieces::from(pieces.to_vec());
        let expected = b"abcdef";
        for sent in [0, 1, 1, 2, 2] {
            run.advance(sent);
            let rest = &expected[expected.len() - run.remaining()..];
            let mut slices = [IoSlice::new(&[]); 4];
            let filled = run.chunks_vectored(&mut slices);
            let sent: Vec<&[u8]> = slices[..filled].iter().map(|slice| &**slice).collect();
            assert_eq!(sent.concat(), rest);
            assert!(rest.starts_with(run.chunk()));
            assert_eq!(run.has_remaining(), !run.chunk().is_empty());
        }
        assert!(!run.has_remaining());
    }
}
