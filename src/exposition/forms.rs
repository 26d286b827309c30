//! A part of all bodies, in every requested format and encoding.

use std::sync::OnceLock;

use bytes::Bytes;

use super::Format;
use super::gzip::Deflated;

/// Each form is written once, at its first request. The plain form is not kept for the
/// compressed one: Prometheus asks for that only, and it is a thirtieth in size.
#[derive(Debug, Default)]
pub(super) struct Forms {
    plain: [OnceLock<Vec<Bytes>>; Format::ALL.len()],
    deflated: [OnceLock<Deflated>; Format::ALL.len()],
}

impl Forms {
    pub(super) fn plain(&self, format: Format, write: impl FnOnce() -> Vec<Bytes>) -> &[Bytes] {
        of(&self.plain, format).get_or_init(write)
    }

    pub(super) fn deflated(&self, format: Format, write: impl FnOnce() -> Deflated) -> &Deflated {
        of(&self.deflated, format).get_or_init(write)
    }
}

fn of<T>([text, openmetrics, protobuf]: &[T; Format::ALL.len()], format: Format) -> &T {
    match format {
        Format::Text => text,
        Format::OpenMetrics => openmetrics,
        Format::Protobuf => protobuf,
    }
}

#[cfg(test)]
impl Forms {
    /// Whether this form is made already.
    pub(super) fn has(&self, format: Format, encoding: super::Encoding) -> bool {
        match encoding {
            super::Encoding::Identity => of(&self.plain, format).get().is_some(),
            super::Encoding::Gzip => of(&self.deflated, format).get().is_some(),
        }
    }
}
