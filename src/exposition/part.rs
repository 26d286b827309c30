//! A part of all bodies, in every requested format.

use std::sync::OnceLock;

use bytes::Bytes;

use super::gzip::Deflated;
use super::{Encoding, Format, gzip};

/// A part in each format. Each format is rendered once, at the first request.
#[derive(Debug, Default)]
pub(super) struct Formats([OnceLock<Part>; Format::ALL.len()]);

impl Formats {
    pub(super) fn get(&self, format: Format, write: impl FnOnce(Format) -> Vec<u8>) -> &Part {
        let [text, openmetrics, protobuf] = &self.0;
        let part = match format {
            Format::Text => text,
            Format::OpenMetrics => openmetrics,
            Format::Protobuf => protobuf,
        };
        part.get_or_init(|| Part {
            plain: Bytes::from(write(format)),
            ..Part::default()
        })
    }
}

#[cfg(test)]
impl Formats {
    /// Whether this form is made already.
    pub(super) fn has(&self, format: Format, encoding: Encoding) -> bool {
        let mut parts = Format::ALL.into_iter().zip(&self.0);
        let part = parts.find(|(other, _)| *other == format);
        part.and_then(|(_, part)| part.get())
            .is_some_and(|part| match encoding {
                Encoding::Identity => true,
                Encoding::Gzip => part.deflated.get().is_some(),
            })
    }
}

/// A part in one format. It is compressed once, at the first request.
#[derive(Debug, Default)]
pub(super) struct Part {
    plain: Bytes,
    deflated: OnceLock<Deflated>,
}

impl Part {
    /// Compresses it now, so that no client needs to wait for that.
    pub(super) fn prepare(&self, encoding: Encoding) {
        match encoding {
            Encoding::Identity => {}
            Encoding::Gzip => {
                self.deflated();
            }
        }
    }

    fn deflated(&self) -> &Deflated {
        self.deflated.get_or_init(|| Deflated::new(&self.plain))
    }
}

/// A body: two parts, which are shared, and what is new.
pub(super) fn body(parts: [&Part; 2], tail: Vec<u8>, encoding: Encoding) -> Vec<Bytes> {
    match encoding {
        Encoding::Identity => {
            let [first, second] = parts.map(|part| part.plain.clone());
            vec![first, second, Bytes::from(tail)]
        }
        Encoding::Gzip => gzip::member(parts.map(Part::deflated), &tail),
    }
}
