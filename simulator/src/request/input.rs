//! The input of an operation that changes something, whose types have been checked.

use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use serde_json::Value;

use crate::resource::fleet::Settings;

/// A structure of the input. A member that is left out, or is null, is `None`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'a>(pub(crate) &'a Value);

impl<'a> Input<'a> {
    pub(crate) fn has(self, member: &str) -> bool {
        !self.0[member].is_null()
    }

    pub(crate) fn text(self, member: &str) -> Option<&'a str> {
        self.0[member].as_str()
    }

    pub(crate) fn owned(self, member: &str) -> Option<String> {
        self.text(member).map(str::to_owned)
    }

    pub(crate) fn boolean(self, member: &str) -> Option<bool> {
        self.0[member].as_bool()
    }

    /// A number that is too large for AWS counts as the largest.
    pub(crate) fn integer(self, member: &str) -> Option<i32> {
        let number = self.0[member].as_i64()?;
        let limit = if number < 0 { i32::MIN } else { i32::MAX };
        Some(i32::try_from(number).unwrap_or(limit))
    }

    /// A number, or the seconds since the Unix epoch of a time in text.
    pub(crate) fn number(self, member: &str) -> Option<f64> {
        let time = self
            .text(member)
            .and_then(|text| humantime::parse_rfc3339_weak(text).ok());
        let since_epoch = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        self.0[member]
            .as_f64()
            .or(since_epoch.map(|since| since.as_secs_f64()))
    }

    pub(crate) fn structure(self, member: &str) -> Option<Input<'a>> {
        self.0[member].is_object().then(|| Input(&self.0[member]))
    }

    pub(crate) fn texts(self, member: &str) -> impl Iterator<Item = &'a str> {
        let items = self.0[member].as_array().into_iter().flatten();
        items.filter_map(Value::as_str)
    }

    /// A map of texts, such as tags.
    pub(crate) fn map(self, member: &str) -> BTreeMap<String, String> {
        let entries = self.0[member].as_object().into_iter().flatten();
        entries
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect()
    }

    /// The names of the members that are given.
    pub(crate) fn members(self) -> impl Iterator<Item = &'a str> {
        let members = self.0.as_object().into_iter().flatten();
        let given = members.filter(|(_, value)| !value.is_null());
        given.map(|(member, _)| member.as_str())
    }

    /// Replaces a text if the member is given.
    pub(crate) fn set_text<T: From<String>>(self, member: &str, text: &mut Option<T>) {
        if let Some(given) = self.owned(member) {
            *text = Some(given.into());
        }
    }

    /// Replaces a number if the member is given.
    pub(crate) fn set_integer(self, member: &str, number: &mut Option<i32>) {
        *number = self.integer(member).or(*number);
    }

    /// Replaces a truth value if the member is given.
    pub(crate) fn set_boolean(self, member: &str, value: &mut Option<bool>) {
        *value = self.boolean(member).or(*value);
    }

    /// Keeps those of the named members that are given.
    pub(crate) fn keep(self, members: &[&str], settings: &mut Settings) {
        for member in members.iter().filter(|member| self.has(member)) {
            settings.insert((*member).to_owned(), self.0[*member].clone());
        }
    }
}
