//! Messages of Protocol Buffers: fields with their numbers, as bytes.

/// A message that is being written. Zeros are written as well: in optional fields of proto2, a
/// missing value is not 0.
#[derive(Debug, Default)]
pub(super) struct Message(pub(super) Vec<u8>);

/// Wire types: what follows a field's number.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH: u64 = 2;

impl Message {
    pub(super) fn varint(&mut self, mut number: u64) {
        while number > 0x7f {
            let [low, ..] = number.to_le_bytes();
            self.0.push(low | 0x80);
            number >>= 7;
        }
        let [low, ..] = number.to_le_bytes();
        self.0.push(low);
    }

    pub(super) fn number(&mut self, field: u64, number: u64) {
        self.varint(field << 3 | VARINT);
        self.varint(number);
    }

    /// A number of a signed type, those near 0 in few bytes.
    pub(super) fn signed(&mut self, field: u64, number: i64) {
        let zigzag = (number << 1) ^ (number >> 63);
        self.number(field, u64::from_le_bytes(zigzag.to_le_bytes()));
    }

    pub(super) fn double(&mut self, field: u64, number: f64) {
        self.varint(field << 3 | FIXED64);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | LENGTH);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn message(&mut self, field: u64, message: &Self) {
        self.bytes(field, &message.0);
    }

    /// Appends a message after its length.
    pub(super) fn delimited(&mut self, message: &Self) {
        self.varint(message.0.len() as u64);
        self.0.extend_from_slice(&message.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints() {
        let cases: [(u64, &[u8]); 5] = [
            (0, &[0]),
            (127, &[127]),
            (128, &[128, 1]),
            (300, &[172, 2]),
            (u64::MAX, &[255, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
        ];
        for (number, expected) in cases {
            let mut message = Message::default();
            message.varint(number);
            assert_eq!(message.0, expected);
        }
    }

    #[test]
    fn signed_numbers() {
        let cases: [(i64, &[u8]); 4] = [(0, &[0]), (-1, &[1]), (1, &[2]), (-150, &[171, 2])];
        for (number, expected) in cases {
            let mut message = Message::default();
            message.signed(1, number);
            assert_eq!(message.0, [&[1 << 3], expected].concat());
        }
    }
}
