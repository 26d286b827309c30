//! Where a rendering goes: into chunks as they are, or compressed at once; and where it is kept.

use std::sync::OnceLock;

use bytes::Bytes;

use super::Format;
use super::gzip::{Deflated, Deflater};

/// Takes bytes while they are written, so that no buffer holds a whole account.
pub(super) trait Output: Default {
    /// The complete rendering.
    type Form;

    /// Appends bytes.
    fn take(&mut self, bytes: &[u8]);

    /// Ends the rendering.
    fn finish(self) -> Self::Form;

    /// Where renderings of this kind are kept.
    fn slots(forms: &Forms) -> &Slots<Self::Form>;
}

/// Keeps bytes as they are, in one chunk for each call.
#[derive(Debug, Default)]
pub(super) struct Plain(Vec<Bytes>);

impl Output for Plain {
    type Form = Vec<Bytes>;

    fn take(&mut self, bytes: &[u8]) {
        self.0.push(Bytes::copy_from_slice(bytes));
    }

    fn finish(self) -> Vec<Bytes> {
        self.0
    }

    fn slots(forms: &Forms) -> &Slots<Vec<Bytes>> {
        &forms.plain
    }
}

impl Output for Deflater {
    type Form = Deflated;

    fn take(&mut self, bytes: &[u8]) {
        self.add(bytes);
    }

    fn finish(self) -> Deflated {
        self.end()
    }

    fn slots(forms: &Forms) -> &Slots<Deflated> {
        &forms.deflated
    }
}

/// One rendering for each format.
type Slots<T> = [OnceLock<T>; Format::ALL.len()];

/// A part of all bodies, in every requested format and encoding. Prometheus requests only gzip,
/// which is a thirtieth of the plain size, so the plain form is not kept beside it.
#[derive(Debug, Default)]
pub(super) struct Forms {
    plain: Slots<Vec<Bytes>>,
    deflated: Slots<Deflated>,
}

impl Forms {
    /// A form, which is written at its first request.
    pub(super) fn get<O: Output>(
        &self,
        format: Format,
        write: impl FnOnce() -> O::Form,
    ) -> &O::Form {
        slot(O::slots(self), format).get_or_init(write)
    }
}

fn slot<T>([text, openmetrics, protobuf]: &Slots<T>, format: Format) -> &OnceLock<T> {
    match format {
        Format::Text => text,
        Format::OpenMetrics => openmetrics,
        Format::Protobuf => protobuf,
    }
}

#[cfg(test)]
impl Forms {
    /// Whether this form is made already.
    pub(super) fn has<O: Output>(&self, format: Format) -> bool {
        slot(O::slots(self), format).get().is_some()
    }
}
