//! The query of the pages and of their JSON, which selects fleets and pools.

use form_urlencoded::Serializer;

use super::{FleetOrPool, Urgency};

/// The parameters `q`, `account`, `region`, `attention` and `history`. Others are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::server) struct Filter {
    /// Part of a name, an id, a stack, a target or a state.
    pub(in crate::server) text: String,
    pub(in crate::server) account: String,
    pub(in crate::server) region: String,
    /// Only those that need attention.
    pub(in crate::server) attention: bool,
    /// With the points of the last two hours, in JSON.
    pub(in crate::server) history: bool,
}

impl Filter {
    /// The filter of a query. A parameter without a value does not filter.
    pub(in crate::server) fn of(query: Option<&str>) -> Self {
        let mut filter = Self::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                "q" => filter.text = value.trim().to_owned(),
                "account" => filter.account = value.into_owned(),
                "region" => filter.region = value.into_owned(),
                "attention" => filter.attention = is_set(&value),
                "history" => filter.history = is_set(&value),
                _ => {}
            }
        }
        filter
    }

    /// The query with a question mark, for links; empty when nothing is filtered.
    pub(in crate::server) fn query(&self) -> String {
        let mut query = Serializer::new(String::new());
        for (name, value) in [
            ("q", &self.text),
            ("account", &self.account),
            ("region", &self.region),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if self.attention {
            query.append_pair("attention", "true");
        }
        let query = query.finish();
        if query.is_empty() {
            query
        } else {
            format!("?{query}")
        }
    }

    pub(in crate::server) fn matches(&self, entry: &FleetOrPool) -> bool {
        let is_wanted = |wanted: &str, value: &str| wanted.is_empty() || wanted == value;
        is_wanted(&self.account, entry.account())
            && is_wanted(&self.region, &entry.region)
            && (!self.attention || entry.urgency <= Urgency::Warning)
            && self.finds(entry)
    }

    fn finds(&self, entry: &FleetOrPool) -> bool {
        let text = self.text.to_lowercase();
        let mut texts = [&*entry.name, entry.key(), &entry.target]
            .into_iter()
            .chain(entry.state.as_deref())
            .chain(entry.stacks.iter().flatten().map(String::as_str));
        text.is_empty() || texts.any(|one| one.to_lowercase().contains(&text))
    }
}

fn is_set(value: &str) -> bool {
    !matches!(value, "" | "0" | "false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_a_filter_and_back() {
        for (query, links) in [
            (None, ""),
            (Some(""), ""),
            (Some("q=&account=&region=&other=1&attention=0"), ""),
            (Some("q=a%26b+c&attention=on"), "?q=a%26b+c&attention=true"),
            (
                Some("region=eu-west-1&account=1"),
                "?account=1&region=eu-west-1",
            ),
            (Some("q=%FF%00"), "?q=%EF%BF%BD%00"),
        ] {
            assert_eq!(Filter::of(query).query(), links, "{query:?}");
        }
    }
}
