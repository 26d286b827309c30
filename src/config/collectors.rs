//! `collectors`: the collectors that are enabled.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::Collector;

/// `collectors`: a switch for each [`Collector`]; all but `cloudwatch` are on by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<Collector, bool>", into = "BTreeMap<Collector, bool>")]
pub struct Collectors([bool; Collector::ALL.len()]);

impl Default for Collectors {
    fn default() -> Self {
        let mut collectors = Self([true; Collector::ALL.len()]);
        // AWS charges for it.
        collectors.set(Collector::Cloudwatch, false);
        collectors
    }
}

impl Collectors {
    /// Whether a collector is on.
    #[must_use]
    pub const fn has(self, collector: Collector) -> bool {
        self.0[collector as usize]
    }

    /// Switches a collector on or off.
    pub const fn set(&mut self, collector: Collector, is_on: bool) {
        self.0[collector as usize] = is_on;
    }

    /// The collectors that are on.
    pub fn enabled(self) -> impl Iterator<Item = Collector> {
        Collector::ALL.into_iter().filter(move |one| self.has(*one))
    }
}

impl From<BTreeMap<Collector, bool>> for Collectors {
    fn from(given: BTreeMap<Collector, bool>) -> Self {
        let mut collectors = Self::default();
        for (collector, is_on) in given {
            collectors.set(collector, is_on);
        }
        collectors
    }
}

impl From<Collectors> for BTreeMap<Collector, bool> {
    fn from(collectors: Collectors) -> Self {
        let all = Collector::ALL.into_iter();
        all.map(|one| (one, collectors.has(one))).collect()
    }
}

/// A switch for each variant of [`Collector`], with its doc comment.
impl JsonSchema for Collectors {
    fn schema_name() -> Cow<'static, str> {
        "Collectors".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let variants = generator.subschema_for::<Collector>().to_value();
        let variants = variants["oneOf"].as_array().into_iter().flatten();
        let switch = |variant: &Value| {
            let name = variant["const"].as_str()?.to_owned();
            let collector = Collector::deserialize(&variant["const"]).ok()?;
            let switch = json_schema!({
                "type": "boolean",
                "description": variant["description"],
                "default": Self::default().has(collector),
            });
            Some((name, switch.to_value()))
        };
        json_schema!({
            "type": "object",
            "properties": variants.filter_map(switch).collect::<Map<_, _>>(),
            "additionalProperties": false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_collector_is_a_key_with_its_name() {
        let schema = crate::yaml::schema::of::<Collectors>();
        let keys: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(keys, Collector::ALL.map(Collector::as_str));
        for (index, collector) in Collector::ALL.into_iter().enumerate() {
            assert_eq!(collector as usize, index);
        }
    }

    #[test]
    fn those_that_are_on_are_listed() {
        let given = serde_json::json!({"appstream_stacks": false});
        let collectors: Collectors = serde_json::from_value(given).unwrap();
        let off = [Collector::AppstreamStacks, Collector::Cloudwatch];
        assert!(off.into_iter().all(|one| !collectors.has(one)));
        assert_eq!(
            collectors.enabled().count(),
            Collector::ALL.len() - off.len()
        );
    }
}
