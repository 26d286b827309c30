//! The value an operation answers with, before a wire format is chosen.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use ciborium::Value as Cbor;
use serde_json::Value as Json;

/// CBOR tag of a point in time counted in seconds since the Unix epoch (RFC 8949, 3.4.2).
const CBOR_EPOCH_TAG: u64 = 1;

/// The last second whose year has four digits, as XML timestamps must.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// A structure, map, list or scalar of an AWS answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Document {
    Boolean(bool),
    Double(f64),
    Integer(i32),
    List(Vec<Document>),
    /// Keys that are data, where those of a structure are part of the API.
    Map(Vec<(String, Document)>),
    Structure(Vec<(&'static str, Document)>),
    Text(String),
    /// Seconds since the Unix epoch; sent as a number, in XML as date and time.
    Timestamp(f64),
}

impl Document {
    /// A structure without members.
    pub(crate) fn structure() -> Self {
        Self::Structure(Vec::new())
    }

    /// A list of described items.
    pub(crate) fn list<T>(
        items: impl IntoIterator<Item = T>,
        describe: impl Fn(T) -> Self,
    ) -> Self {
        Self::List(items.into_iter().map(describe).collect())
    }

    /// Adds a member to a structure, replacing one of that name.
    pub(crate) fn with(self, name: &'static str, value: impl Into<Self>) -> Self {
        let mut document = self.without(name);
        if let Self::Structure(members) = &mut document {
            members.push((name, value.into()));
        }
        document
    }

    /// Adds a member to a structure unless it is absent.
    pub(crate) fn with_some(self, name: &'static str, value: Option<impl Into<Self>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds those members to a structure that were given when it was created, as they were given.
    pub(crate) fn with_settings(
        self,
        members: &[&'static str],
        settings: &BTreeMap<String, Json>,
    ) -> Self {
        members.iter().fold(self, |document, member| {
            document.with_some(member, settings.get(*member))
        })
    }

    /// Removes a member from a structure, and from the structures that are listed in it.
    pub(crate) fn without(self, name: &str) -> Self {
        match self {
            Self::Structure(members) => {
                let kept = members.into_iter().filter(|(member, _)| *member != name);
                Self::Structure(
                    kept.map(|(member, value)| (member, value.without(name)))
                        .collect(),
                )
            }
            Self::List(items) => {
                Self::List(items.into_iter().map(|item| item.without(name)).collect())
            }
            other => other,
        }
    }

    /// Removes an item from the lists in a structure: this text, or a structure with a member of this text.
    pub(crate) fn without_item(mut self, name: &str) -> Self {
        let text = Self::from(name);
        let is_named = |item: &Self| match item {
            Self::Structure(members) => members.iter().any(|(_, value)| *value == text),
            item => *item == text,
        };
        if let Self::Structure(members) = &mut self {
            for (_, value) in members {
                if let Self::List(items) = value {
                    items.retain(|item| !is_named(item));
                }
            }
        }
        self
    }

    /// The member of a structure.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Structure(members) => members
                .iter()
                .find_map(|(member, value)| (*member == name).then_some(value)),
            _ => None,
        }
    }

    /// The document as AWS JSON writes it.
    pub(crate) fn to_json(&self) -> Json {
        match self {
            Self::Boolean(value) => Json::from(*value),
            Self::Double(value) => Json::from(*value),
            Self::Integer(value) => Json::from(*value),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, value)| (key.clone(), value.to_json()))
                .collect(),
            Self::Structure(members) => members
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.to_json()))
                .collect(),
            Self::Text(value) => Json::from(value.as_str()),
            Self::Timestamp(epoch_seconds) => Json::from(*epoch_seconds),
        }
    }

    /// The document as Smithy RPC v2 CBOR writes it.
    pub(crate) fn to_cbor(&self) -> Cbor {
        match self {
            Self::Boolean(value) => Cbor::from(*value),
            Self::Double(value) => Cbor::from(*value),
            Self::Integer(value) => Cbor::from(*value),
            Self::List(items) => Cbor::Array(items.iter().map(Self::to_cbor).collect()),
            Self::Map(entries) => Cbor::Map(
                entries
                    .iter()
                    .map(|(key, value)| (Cbor::from(key.as_str()), value.to_cbor()))
                    .collect(),
            ),
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

impl Document {
    /// The document as the AWS query protocol writes it, without the element around it.
    pub(crate) fn to_xml(&self) -> String {
        match self {
            Self::Boolean(value) => value.to_string(),
            Self::Double(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::List(items) => items
                .iter()
                .map(|item| element("member", &item.to_xml()))
                .collect(),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, value)| {
                    let entry = element("key", &escaped(key)) + &element("value", &value.to_xml());
                    element("entry", &entry)
                })
                .collect(),
            Self::Structure(members) => members
                .iter()
                .map(|(name, value)| element(name, &value.to_xml()))
                .collect(),
            Self::Text(value) => escaped(value),
            Self::Timestamp(epoch_seconds) => date_time(*epoch_seconds),
        }
    }
}

fn element(name: &str, content: &str) -> String {
    format!("<{name}>{content}</{name}>")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // Neither written out nor as references does XML 1.0 admit these.
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                escaped.push(char::REPLACEMENT_CHARACTER);
            }
            // A parser would make a line feed of it.
            '\r' => escaped.push_str("&#xd;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Whole seconds in UTC, as AWS writes them.
pub(crate) fn date_time(epoch_seconds: f64) -> String {
    let since_epoch = Duration::try_from_secs_f64(epoch_seconds.min(LAST_SECOND));
    let time = UNIX_EPOCH + since_epoch.unwrap_or_default();
    humantime::format_rfc3339_seconds(time).to_string()
}

impl From<&BTreeMap<String, String>> for Document {
    fn from(entries: &BTreeMap<String, String>) -> Self {
        Self::Map(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), Self::from(value.as_str())))
                .collect(),
        )
    }
}

impl From<&Json> for Document {
    /// A value from a client, which is returned unchanged.
    fn from(value: &Json) -> Self {
        match value {
            Json::Null => Self::Text(String::new()),
            Json::Bool(value) => Self::Boolean(*value),
            Json::Number(number) => {
                let integer = number.as_i64().map(i32::try_from);
                let double = number.as_f64().unwrap_or_default();
                integer.map_or(Self::Double(double), |integer| {
                    integer.map_or(Self::Double(double), Self::Integer)
                })
            }
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(items) => Self::list(items, Self::from),
            Json::Object(members) => {
                let members = members.iter().filter(|(_, value)| !value.is_null());
                Self::Map(
                    members
                        .map(|(name, value)| (name.clone(), Self::from(value)))
                        .collect(),
                )
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
    fn maps_are_objects_in_json_and_maps_in_cbor() {
        let tags = BTreeMap::from([("team".to_owned(), "desk & chair".to_owned())]);
        let document = Document::from(&tags);
        assert_eq!(
            document.to_json(),
            serde_json::json!({"team": "desk & chair"})
        );
        assert_eq!(
            document.to_cbor(),
            Cbor::Map(vec![(Cbor::from("team"), Cbor::from("desk & chair"))])
        );
        assert_eq!(
            document.to_xml(),
            "<entry><key>team</key><value>desk &amp; chair</value></entry>"
        );
        assert_eq!(
            Document::from(&BTreeMap::new()).to_cbor(),
            Cbor::Map(vec![])
        );
    }

    #[test]
    fn xml_nests_elements_and_escapes_text() {
        assert_eq!(
            sample().with("Name", "<a&b>\r\0").to_xml(),
            "<Count>3</Count><On>true</On><At>1970-01-01T00:00:01Z</At>\
             <Tags><member>a</member><member>b</member></Tags>\
             <Name>&lt;a&amp;b&gt;&#xd;\u{fffd}</Name>"
        );
    }

    #[test]
    fn xml_timestamps_are_dates_whatever_the_number() {
        for (epoch_seconds, expected) in [
            (1_767_254_400.9, "2026-01-01T08:00:00Z"),
            (-1.0, "1970-01-01T00:00:00Z"),
            (f64::INFINITY, "9999-12-31T23:59:59Z"),
            (f64::MAX, "9999-12-31T23:59:59Z"),
        ] {
            let document = Document::Timestamp(epoch_seconds);
            assert_eq!(document.to_xml(), expected, "{epoch_seconds}");
        }
    }

    #[test]
    fn a_member_set_twice_keeps_the_later_value() {
        let document = sample().with("Name", "chair");
        assert_eq!(document.get("Name"), Some(&Document::from("chair")));
        assert_eq!(document.get("Colour"), None);
        assert_eq!(document.without("Name").get("Name"), None);
    }
}
