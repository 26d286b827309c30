//! Nested input in a form: `List.member.1.Member` names a member of the first structure of a list.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The fields of a form below one name.
#[derive(Debug, Default)]
struct Field {
    text: Option<String>,
    fields: BTreeMap<String, Field>,
}

/// A form as the input of an operation. A form has text only, so `numbers` names the members
/// to convert; text that is not a number stays text.
pub(crate) fn input(body: &[u8], numbers: &[&str]) -> Value {
    let mut root = Field::default();
    for (name, value) in form_urlencoded::parse(body) {
        let mut field = &mut root;
        for part in name.split('.') {
            field = field.fields.entry(part.to_owned()).or_default();
        }
        field.text = Some(value.into_owned());
    }
    root.value("", numbers)
}

impl Field {
    fn value(self, name: &str, numbers: &[&str]) -> Value {
        let Self { text, mut fields } = self;
        if let Some(members) = fields.remove("member") {
            let mut items: Vec<(usize, Field)> = members
                .fields
                .into_iter()
                .filter_map(|(position, item)| Some((position.parse().ok()?, item)))
                .collect();
            items.sort_by_key(|(position, _)| *position);
            let items = items.into_iter().map(|(_, item)| item.value(name, numbers));
            return items.collect();
        }
        let Some(text) = text else {
            let members = fields.into_iter().map(|(name, field)| {
                let value = field.value(&name, numbers);
                (name, value)
            });
            return Value::Object(members.collect::<Map<_, _>>());
        };
        let number = numbers.contains(&name).then(|| text.parse::<i64>().ok());
        number.flatten().map_or(Value::from(text), Value::from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_of_lists_are_in_their_order_and_numbers_are_numbers() {
        let body = b"Action=GetMetricData&List.member.10.Id=b&List.member.2.Id=a\
                     &List.member.2.Stat.Period=60&Names.member.1=x&Period=soon";
        let expected = json!({
            "Action": "GetMetricData",
            "List": [{"Id": "a", "Stat": {"Period": 60}}, {"Id": "b"}],
            "Names": ["x"],
            "Period": "soon",
        });
        assert_eq!(input(body, &["Period"]), expected);
    }
}
