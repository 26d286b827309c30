//! Checks the input of operations against the constraints of the API models.
//!
//! Each service has a table of write operations and a table of read operations. AWS lists all
//! violations in one `ValidationException`.

mod appstream;
mod autoscaling;
mod reads;
mod workspaces;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use regex_lite::Regex;
use serde_json::Value;

use crate::error::ApiError;
use crate::service::Service;

/// The longest text or list where the model sets no limit.
const MANY: usize = usize::MAX;
const BOOLEAN: Kind = Kind::Boolean;
const INTEGER: Kind = between(i64::MIN, i64::MAX);
/// A number or a timestamp.
const NUMBER: Kind = Kind::Number;
/// A structure whose members are ignored.
const STRUCTURE: Kind = Kind::Structure(&[]);
const TEXT: Kind = text(0, MANY);
/// A text that is not empty.
const FILLED: Kind = text(1, MANY);

/// A member of a structure.
#[derive(Clone, Copy, Debug)]
struct Member {
    name: &'static str,
    is_required: bool,
    kind: Kind,
}

/// The values that a member accepts.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Boolean,
    Integer(i64, i64),
    Number,
    Text(usize, usize, Option<&'static str>),
    One(&'static [&'static str]),
    List(&'static Kind, usize, usize),
    Map(&'static Kind, &'static Kind, usize, usize),
    Structure(&'static [Member]),
}

const fn required(name: &'static str, kind: Kind) -> Member {
    Member {
        name,
        is_required: true,
        kind,
    }
}

const fn optional(name: &'static str, kind: Kind) -> Member {
    Member {
        name,
        is_required: false,
        kind,
    }
}

const fn text(min: usize, max: usize) -> Kind {
    Kind::Text(min, max, None)
}

const fn matching(min: usize, max: usize, pattern: &'static str) -> Kind {
    Kind::Text(min, max, Some(pattern))
}

const fn between(min: i64, max: i64) -> Kind {
    Kind::Integer(min, max)
}

const fn list(of: &'static Kind, min: usize, max: usize) -> Kind {
    Kind::List(of, min, max)
}

const fn map(key: &'static Kind, value: &'static Kind, min: usize, max: usize) -> Kind {
    Kind::Map(key, value, min, max)
}

/// The operations of a service with their members.
type Table = &'static [(&'static str, &'static [Member])];

/// Whether the operation changes something.
pub(crate) fn is_change(service: Service, operation: &str) -> bool {
    let [changes, _] = tables(service);
    members(changes, operation).is_some()
}

/// Checks the input of an operation, if the operation is in a table.
///
/// # Errors
/// A `SerializationException` for a member of the wrong type, a `ValidationException` that
/// lists all values that the model does not accept.
pub(crate) fn check(service: Service, operation: &str, input: &Value) -> Result<(), ApiError> {
    let mut tables = tables(service).into_iter();
    let Some(members) = tables.find_map(|table| members(table, operation)) else {
        return Ok(());
    };
    let mut violations = Vec::new();
    check_members(members, input, "", &mut violations)?;
    if violations.is_empty() {
        return Ok(());
    }
    let count = violations.len();
    let noun = if count == 1 { "error" } else { "errors" };
    let violations = violations.join("; ");
    Err(ApiError::validation(format!(
        "{count} validation {noun} detected: {violations}"
    )))
}

/// The write operations and the read operations of a service.
fn tables(service: Service) -> [Table; 2] {
    match service {
        Service::AppStream => [appstream::OPERATIONS, reads::APPSTREAM],
        Service::WorkSpaces => [workspaces::OPERATIONS, reads::WORKSPACES],
        Service::ApplicationAutoScaling => [autoscaling::OPERATIONS, reads::AUTOSCALING],
        Service::Quotas | Service::CloudWatch | Service::Sts => [&[], &[]],
    }
}

fn members(table: Table, operation: &str) -> Option<&'static [Member]> {
    let mut operations = table.iter();
    operations.find_map(|(name, members)| (*name == operation).then_some(*members))
}

fn check_members(
    members: &[Member],
    input: &Value,
    path: &str,
    violations: &mut Vec<String>,
) -> Result<(), ApiError> {
    for member in members {
        let path = join(path, member.name);
        match &input[member.name] {
            Value::Null if member.is_required => {
                violations.push(violation("null", &path, "Member must not be null"));
            }
            Value::Null => {}
            value => check_value(member.kind, value, &path, violations)?,
        }
    }
    Ok(())
}

fn check_value(
    kind: Kind,
    value: &Value,
    path: &str,
    violations: &mut Vec<String>,
) -> Result<(), ApiError> {
    let mut complain = |complaints: Vec<String>| {
        let shown = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let complaints = complaints.iter();
        violations.extend(complaints.map(|complaint| violation(&shown, path, complaint)));
    };
    match (kind, value) {
        (Kind::Boolean, Value::Bool(_)) | (Kind::Number, Value::Number(_)) => {}
        // Timestamps may be texts in JSON.
        (Kind::Number, Value::String(_)) => {}
        (Kind::Integer(min, max), Value::Number(number)) => {
            let number = number.as_i64().ok_or_else(|| wrong_type(path))?;
            complain(out_of_bounds("value", number, min, max));
        }
        (Kind::Text(min, max, pattern), Value::String(text)) => {
            let mut complaints = out_of_bounds("length", text.chars().count(), min, max);
            complaints.extend(pattern.and_then(|pattern| mismatch(text, pattern)));
            complain(complaints);
        }
        (Kind::One(choices), Value::String(text)) => {
            if !choices.contains(&text.as_str()) {
                let choices = choices.join(", ");
                complain(vec![format!(
                    "Member must satisfy enum value set: [{choices}]"
                )]);
            }
        }
        (Kind::List(of, min, max), Value::Array(items)) => {
            complain(out_of_bounds("length", items.len(), min, max));
            for (number, item) in (1..).zip(items) {
                check_value(*of, item, &format!("{path}.{number}.member"), violations)?;
            }
        }
        (Kind::Map(key_kind, value_kind, min, max), Value::Object(entries)) => {
            complain(out_of_bounds("length", entries.len(), min, max));
            for (key, value) in entries {
                let key = Value::from(key.as_str());
                check_value(*key_kind, &key, &format!("{path}.key"), violations)?;
                check_value(*value_kind, value, &format!("{path}.value"), violations)?;
            }
        }
        (Kind::Structure(members), Value::Object(_)) => {
            check_members(members, value, path, violations)?;
        }
        _ => return Err(wrong_type(path)),
    }
    Ok(())
}

/// The complaints about a value or length that is too small or too large.
fn out_of_bounds<N: PartialOrd + std::fmt::Display>(
    of: &str,
    given: N,
    min: N,
    max: N,
) -> Vec<String> {
    let mut complaints = Vec::new();
    if given < min {
        complaints.push(format!(
            "Member must have {of} greater than or equal to {min}"
        ));
    }
    if given > max {
        complaints.push(format!("Member must have {of} less than or equal to {max}"));
    }
    complaints
}

fn mismatch(text: &str, pattern: &'static str) -> Option<String> {
    /// Compiled once: that takes longer than the rest of a request.
    static COMPILED: Mutex<BTreeMap<&str, Option<Regex>>> = Mutex::new(BTreeMap::new());
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let whole = compiled
        .entry(pattern)
        .or_insert_with(|| Regex::new(&format!("^(?:{pattern})$")).ok());
    let is_match = whole.as_ref().is_some_and(|whole| whole.is_match(text));
    (!is_match).then(|| format!("Member must satisfy regular expression pattern: {pattern}"))
}

fn violation(value: &str, path: &str, complaint: &str) -> String {
    format!("Value '{value}' at '{path}' failed to satisfy constraint: {complaint}")
}

fn wrong_type(path: &str) -> ApiError {
    ApiError::serialization(format!("The value at '{path}' has the wrong type"))
}

/// The path of a member, whose first letter AWS writes in lower case.
fn join(path: &str, name: &str) -> String {
    let (first, rest) = name.split_at(1);
    let name = first.to_lowercase() + rest;
    if path.is_empty() {
        return name;
    }
    format!("{path}.{name}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SERVICES: [Service; 3] = [
        Service::AppStream,
        Service::WorkSpaces,
        Service::ApplicationAutoScaling,
    ];

    fn patterns(kind: Kind, found: &mut Vec<&'static str>) {
        match kind {
            Kind::Text(_, _, pattern) => found.extend(pattern),
            Kind::List(of, ..) => patterns(*of, found),
            Kind::Map(key, value, ..) => {
                patterns(*key, found);
                patterns(*value, found);
            }
            Kind::Structure(members) => {
                for member in members {
                    patterns(member.kind, found);
                }
            }
            Kind::Boolean | Kind::Integer(..) | Kind::Number | Kind::One(_) => {}
        }
    }

    #[test]
    fn every_pattern_is_a_regular_expression() {
        let mut found = Vec::new();
        let tables = SERVICES.into_iter().flat_map(tables);
        for (_, members) in tables.flatten() {
            patterns(Kind::Structure(members), &mut found);
        }
        assert!(found.len() > 50, "{}", found.len());
        for pattern in found {
            assert!(Regex::new(&format!("^(?:{pattern})$")).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn violations_are_listed_together_in_the_words_of_aws() {
        let input = json!({
            "Name": "-desks", "FleetType": "BOTH", "Description": "x".repeat(257),
            "VpcConfig": {"SecurityGroupIds": ["a", "b", "c", "d", "e", "f"], "SubnetIds": [""]},
            "Tags": {"team": "a;b"},
        });
        let error = check(Service::AppStream, "CreateFleet", &input).unwrap_err();
        assert_eq!(error.code, "ValidationException");
        let message = error.message.replace(&"x".repeat(257), "long");
        for part in [
            "7 validation errors detected: Value '-desks' at 'name' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: ^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,100}$",
            "Value 'null' at 'instanceType' failed to satisfy constraint: Member must not be null",
            "Value 'BOTH' at 'fleetType' failed to satisfy constraint: \
             Member must satisfy enum value set: [ALWAYS_ON, ON_DEMAND, ELASTIC]",
            "Value 'long' at 'description' failed to satisfy constraint: \
             Member must have length less than or equal to 256",
            "at 'vpcConfig.securityGroupIds' failed to satisfy constraint: \
             Member must have length less than or equal to 5",
            "Value '' at 'vpcConfig.subnetIds.1.member' failed to satisfy constraint: \
             Member must have length greater than or equal to 1",
            "Value 'a;b' at 'tags.value' failed to satisfy constraint: ",
        ] {
            assert!(message.contains(part), "{part} in {message}");
        }
    }

    #[test]
    fn values_of_the_wrong_type_are_refused_and_unknown_members_ignored() {
        for input in [json!({"Name": 1}), json!({"Name": ["a"]})] {
            let error = check(Service::AppStream, "StartFleet", &input).unwrap_err();
            assert_eq!(error.code, "SerializationException", "{input}");
        }
        let input = json!({"Name": "desks", "Colour": "red"});
        assert_eq!(check(Service::AppStream, "StartFleet", &input), Ok(()));
        let input = json!({"PoolId": "wspool-ABCDEFGHI"});
        let error = check(Service::WorkSpaces, "StartWorkspacesPool", &input).unwrap_err();
        assert_eq!(error.code, "ValidationException");
    }
}
