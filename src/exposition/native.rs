//! The native histogram of a message `io.prometheus.client.Histogram`, laid out as by
//! Prometheus' Go client.

use super::message::Message;
use crate::model::DurationHistogram;

/// Field numbers of client_model's `metrics.proto`.
mod field {
    pub(super) const SCHEMA: u64 = 5;
    pub(super) const ZERO_THRESHOLD: u64 = 6;
    pub(super) const ZERO_COUNT: u64 = 7;
    pub(super) const POSITIVE_SPAN: u64 = 12;
    pub(super) const POSITIVE_DELTA: u64 = 13;
    pub(super) const SPAN_OFFSET: u64 = 1;
    pub(super) const SPAN_LENGTH: u64 = 2;
}

/// So many empty buckets are written out: that takes fewer bytes than a new span.
const SMALL_GAP: i32 = 2;

/// Buckets that follow one another.
#[derive(Debug, PartialEq)]
struct Span {
    /// Distance from the end of the span before, of the first one from bucket 0.
    offset: i32,
    /// Difference of each count to the one before.
    deltas: Vec<i64>,
}

/// Adds the native histogram to a message. Without observations, only the zero threshold above 0
/// marks it as native.
pub(super) fn write(message: &mut Message, histogram: &DurationHistogram) {
    message.signed(field::SCHEMA, i64::from(histogram.schema()));
    message.double(field::ZERO_THRESHOLD, DurationHistogram::ZERO_THRESHOLD);
    message.number(field::ZERO_COUNT, histogram.zero_count());
    let spans = spans(histogram.native());
    for span in &spans {
        let mut inner = Message::default();
        inner.signed(field::SPAN_OFFSET, i64::from(span.offset));
        inner.number(field::SPAN_LENGTH, span.deltas.len() as u64);
        message.message(field::POSITIVE_SPAN, &inner);
    }
    for delta in spans.iter().flat_map(|span| &span.deltas) {
        message.signed(field::POSITIVE_DELTA, *delta);
    }
}

fn spans(buckets: &[(i32, u64)]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let (mut next, mut before) = (0, 0);
    for (index, count) in buckets {
        let gap = index - next;
        next = index + 1;
        let count = i64::try_from(*count).unwrap_or(i64::MAX);
        match spans.last_mut() {
            Some(span) if gap <= SMALL_GAP => {
                for _ in 0..gap {
                    span.deltas.push(-before);
                    before = 0;
                }
                span.deltas.push(count - before);
            }
            _ => spans.push(Span {
                offset: gap,
                deltas: vec![count - before],
            }),
        }
        before = count;
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_written_as_spans_and_differences() {
        let buckets = [(-2, 3), (-1, 1), (2, 4), (10, 4), (11, 5)];
        let span = |offset, deltas: &[i64]| Span {
            offset,
            deltas: deltas.to_vec(),
        };
        let expected = [span(-2, &[3, -2, -1, 0, 4]), span(7, &[0, 1])];
        assert_eq!(spans(&buckets), expected);
        assert_eq!(spans(&[]), []);
    }

    #[test]
    fn an_empty_histogram_is_a_native_one() {
        let mut message = Message::default();
        write(&mut message, &DurationHistogram::default());
        let threshold = 2.0_f64.powi(-128).to_le_bytes();
        let expected = [&[5 << 3, 6, 6 << 3 | 1], &threshold[..], &[7 << 3, 0]].concat();
        assert_eq!(message.0, expected);
    }
}
