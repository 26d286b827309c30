//! Where a rendering goes: into chunks as they are, or compressed at once.

use bytes::Bytes;

/// Takes chunks while they are written, so that no buffer holds a whole account.
pub(super) trait Output: Default {
    /// The rendering when it is complete.
    type Form;

    /// Takes the bytes of the chunk, and leaves an empty one.
    fn take(&mut self, chunk: &mut Vec<u8>);

    /// Ends the rendering.
    fn finish(self) -> Self::Form;

    /// The rendering of all bytes.
    fn whole(mut bytes: Vec<u8>) -> Self::Form {
        let mut output = Self::default();
        output.take(&mut bytes);
        output.finish()
    }
}

/// Keeps the chunks as they are.
#[derive(Debug, Default)]
pub(super) struct Plain(Vec<Bytes>);

impl Output for Plain {
    type Form = Vec<Bytes>;

    fn take(&mut self, chunk: &mut Vec<u8>) {
        let next = Vec::with_capacity(chunk.len());
        let full = std::mem::replace(chunk, next);
        self.0.push(Bytes::from(full));
    }

    fn finish(self) -> Vec<Bytes> {
        self.0
    }
}
