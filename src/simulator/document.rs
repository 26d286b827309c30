//! The value an operation answers with, before either wire format is chosen.

use ciborium::Value as Cbor;
use serde_json::Value as Json;

/// CBOR tag of a point in time counted in seconds since the Unix epoch (RFC 8949, 3.4.2).
const CBOR_EPOCH_TAG: u64 = 1;

/// A structure, list or scalar of an AWS answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Document {
    Boolean(bool),
    Integer(i32),
    List(Vec<Document>),
    Structure(Vec<(&'static str, Document)>),
    Text(String),
    /// Seconds since the Unix epoch; both services send timestamps as numbers.
    Timestamp(f64),
}

impl Document {
    /// A structure without members.
    pub(super) fn structure() -> Self {
        Self::Structure(Vec::new())
    }

    /// A list of whatever the items describe themselves as.
    pub(super) fn list<T>(
        items: impl IntoIterator<Item = T>,
        describe: impl Fn(T) -> Self,
    ) -> Self {
        Self::List(items.into_iter().map(describe).collect())
    }

    /// Adds a member to a structure, replacing one of that name.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<Self>) -> Self {
        if let Self::Structure(members) = &mut self {
            members.retain(|(member, _)| *member != name);
            members.push((name, value.into()));
        }
        self
    }

    /// Adds a member to a structure unless it is absent.
    pub(super) fn with_some(self, name: &'static str, value: Option<impl Into<Self>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The member of a structure.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Structure(members) => members
                .iter()
                .find_map(|(member, value)| (*member == name).then_some(value)),
            _ => None,
        }
    }

    /// The document as AWS JSON writes it.
    pub(super) fn to_json(&self) -> Json {
        match self {
            Self::Boolean(value) => Json::from(*value),
            Self::Integer(value) => Json::from(*value),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Structure(members) => members
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.to_json()))
                .collect(),
            Self::Text(value) => Json::from(value.as_str()),
            Self::Timestamp(epoch_seconds) => Json::from(*epoch_seconds),
        }
    }

    /// The document as Smithy RPC v2 CBOR writes it.
    pub(super) fn to_cbor(&self) -> Cbor {
        match self {
            Self::Boolean(value) => Cbor::from(*value),
            Self::Integer(value) => Cbor::from(*value),
            Self::List(items) => Cbor::Array(items.iter().map(Self::to_cbor).collect()),
            Self::Structure(members) => Cbor::Map(
                members
                    .iter()
                    .map(|(name, value)| (Cbor::from(*name), value.to_cbor()))
                    .collect(),
            ),
            Self::Text(value) => Cbor::from(value.as_str()),
            Self::Timestamp(epoch_seconds) => {
                Cbor::Tag(CBOR_EPOCH_TAG, Box::new(Cbor::from(*epoch_seconds)))
            }
        }
    }
}

impl From<&str> for Document {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Document {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<i32> for Document {
    fn from(value: i32) -> Self {
        Self::Integer(value)
    }
}

impl From<bool> for Document {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Document {
        Document::structure()
            .with("Name", "desk")
            .with_some("Description", None::<&str>)
            .with("Count", 3)
            .with("On", true)
            .with("At", Document::Timestamp(1.5))
            .with("Tags", Document::list(["a", "b"], Document::from))
    }

    #[test]
    fn json_writes_timestamps_as_numbers_and_leaves_absent_members_out() {
        assert_eq!(
            sample().to_json(),
            serde_json::json!({"Name": "desk", "Count": 3, "On": true, "At": 1.5, "Tags": ["a", "b"]})
        );
    }

    #[test]
    fn cbor_tags_timestamps() {
        let Cbor::Map(members) = sample().to_cbor() else {
            panic!("a structure is a map");
        };
        assert!(members.contains(&(Cbor::from("At"), Cbor::Tag(1, Box::new(Cbor::Float(1.5))))));
        assert_eq!(members.len(), 5);
    }

    #[test]
    fn a_member_set_twice_keeps_the_later_value() {
        let document = sample().with("Name", "chair");
        assert_eq!(document.get("Name"), Some(&Document::from("chair")));
        assert_eq!(document.get("Colour"), None);
    }
}
