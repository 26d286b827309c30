//! Which format and which encoding a client is given, from the headers in which
//! it says what it takes.
//!
//! Behaves like Prometheus' own library (prometheus/common, `expfmt`), as other exporters do.
//! Invalid clauses are ignored. A client that accepts no available format gets the text format,
//! because a failed scrape would be worse.

use super::{Encoding, Format};

/// The format of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The format of the body.
    pub format: Format,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
}

/// Ways to write a name that is not a classic one, as `escaping=` names them. Every
/// name here is classic, so that all of them give the same bytes.
const ESCAPINGS: [&str; 4] = ["underscores", "allow-utf-8", "dots", "values"];
/// The default of `expfmt`.
const DEFAULT_ESCAPING: usize = 0;

/// One content type with each escaping, in the order of [`ESCAPINGS`].
macro_rules! escaped {
    ($base:literal) => {
        [
            concat!($base, "; escaping=underscores"),
            concat!($base, "; escaping=allow-utf-8"),
            concat!($base, "; escaping=dots"),
            concat!($base, "; escaping=values"),
        ]
    };
}

/// A format that clients can request.
#[derive(Debug)]
struct Offer {
    format: Format,
    /// Type and subtype.
    name: (&'static str, &'static str),
    /// Parameters that must be there with these values.
    required: &'static [(&'static str, &'static str)],
    /// The version of a client that says none.
    implied_version: &'static str,
    content_types: [&'static str; 4],
}

/// The text format comes first: it is for those to whom all are the same.
const OFFERS: [Offer; 4] = [
    Offer {
        format: Format::Text,
        name: ("text", "plain"),
        required: &[("version", "0.0.4")],
        implied_version: "0.0.4",
        content_types: escaped!("text/plain; version=0.0.4; charset=utf-8"),
    },
    Offer {
        format: Format::OpenMetrics,
        name: ("application", "openmetrics-text"),
        required: &[("version", "1.0.0")],
        implied_version: "0.0.1",
        content_types: escaped!("application/openmetrics-text; version=1.0.0; charset=utf-8"),
    },
    Offer {
        format: Format::Protobuf,
        name: ("application", "vnd.google.protobuf"),
        required: &[
            ("proto", "io.prometheus.client.MetricFamily"),
            ("encoding", "delimited"),
        ],
        implied_version: "",
        content_types: escaped!(
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
        ),
    },
    // The draft of OpenMetrics, which differs in nothing that is used here.
    Offer {
        format: Format::OpenMetrics,
        name: ("application", "openmetrics-text"),
        required: &[("version", "0.0.1")],
        implied_version: "0.0.1",
        content_types: escaped!("application/openmetrics-text; version=0.0.1; charset=utf-8"),
    },
];

/// The format for the values of a client's `Accept` headers.
#[must_use]
pub fn format<'a>(accept: impl Iterator<Item = &'a str>) -> Chosen {
    let mut clauses: Vec<Clause<'_>> = accept
        .flat_map(|value| value.split(','))
        .filter_map(Clause::parse)
        .collect();
    // A clause with a type has priority over clauses for all types.
    let closest = OFFERS.each_ref().map(|offer| {
        let matching = clauses.iter().filter(|clause| clause.matches(offer));
        matching.map(|clause| clause.specificity).max()
    });
    clauses.retain(|clause| clause.quality > 0.0);
    // The sort keeps the order of the header among equals.
    clauses.sort_by(|one, other| {
        let quality = other.quality.total_cmp(&one.quality);
        quality.then(other.specificity.cmp(&one.specificity))
    });
    let mut escaping = DEFAULT_ESCAPING;
    for clause in &clauses {
        // Kept for later clauses: Prometheus sends the escaping first with a version of the text
        // format that is not served.
        escaping = clause.escaping().unwrap_or(escaping);
        let offers = OFFERS.iter().zip(&closest);
        let mut found = offers.filter(|(offer, closest)| {
            clause.matches(offer) && **closest == Some(clause.specificity)
        });
        if let Some((offer, _)) = found.next() {
            return offer.with(escaping);
        }
    }
    let [text, ..] = &OFFERS;
    text.with(escaping)
}

impl Offer {
    fn with(&self, escaping: usize) -> Chosen {
        let [default, ..] = self.content_types;
        Chosen {
            format: self.format,
            content_type: self.content_types.get(escaping).unwrap_or(&default),
        }
    }
}

/// The specificity of a clause of `Accept`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Specificity {
    Anything,
    Type,
    Subtype,
}

/// One clause of an `Accept` header.
#[derive(Debug)]
struct Clause<'a> {
    name: (&'a str, &'a str),
    /// All that follows the name.
    parameters: &'a str,
    quality: f32,
    specificity: Specificity,
}

impl<'a> Clause<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (name, parameters) = text.split_once(';').unwrap_or((text, ""));
        let name = name.trim().split_once('/')?;
        let specificity = match name {
            ("*", "*") => Specificity::Anything,
            (_, "*") => Specificity::Type,
            _ => Specificity::Subtype,
        };
        Some(Self {
            name,
            parameters,
            quality: quality(parameters),
            specificity,
        })
    }

    fn matches(&self, offer: &Offer) -> bool {
        let (kind, subtype) = offer.name;
        match self.specificity {
            Specificity::Anything => true,
            Specificity::Type => self.name.0.eq_ignore_ascii_case(kind),
            Specificity::Subtype => {
                self.name.0.eq_ignore_ascii_case(kind)
                    && self.name.1.eq_ignore_ascii_case(subtype)
                    && offer.required.iter().all(|(name, value)| {
                        let implied = (*name == "version").then_some(offer.implied_version);
                        parameter(self.parameters, name).or(implied) == Some(*value)
                    })
            }
        }
    }

    /// Its index in [`ESCAPINGS`], if it requests one of them.
    fn escaping(&self) -> Option<usize> {
        let asked = parameter(self.parameters, "escaping")?;
        ESCAPINGS.iter().position(|escaping| *escaping == asked)
    }
}

/// The encoding for the values of a client's `Accept-Encoding` headers.
#[must_use]
pub fn encoding<'a>(accept_encoding: impl Iterator<Item = &'a str>) -> Encoding {
    let mut any = 0.0;
    // The best of each with its place in the header: the first of equals wins.
    let mut best: Option<(f32, Encoding)> = None;
    let mut gzip_named = false;
    for entry in accept_encoding.flat_map(|value| value.split(',')) {
        let (name, parameters) = entry.split_once(';').unwrap_or((entry, ""));
        let name = name.trim();
        let quality = quality(parameters);
        let encoding = if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
            gzip_named = true;
            Encoding::Gzip
        } else if name.eq_ignore_ascii_case("identity") {
            Encoding::Identity
        } else {
            if name == "*" {
                any = quality;
            }
            continue;
        };
        if quality > 0.0 && best.is_none_or(|(before, _)| quality > before) {
            best = Some((quality, encoding));
        }
    }
    // A client that accepts everything accepts gzip.
    if any > 0.0 && !gzip_named && best.is_none_or(|(before, _)| any > before) {
        return Encoding::Gzip;
    }
    best.map_or(Encoding::Identity, |(_, encoding)| encoding)
}

/// The value of a parameter, without the quotes that it may have.
fn parameter<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    parameters.split(';').find_map(|parameter| {
        let (found, value) = parameter.split_once('=')?;
        let value = value.trim();
        let unquoted = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'));
        found
            .trim()
            .eq_ignore_ascii_case(name)
            .then_some(unquoted.unwrap_or(value))
    })
}

/// The quality value: 1 if missing, 0 if invalid.
fn quality(parameters: &str) -> f32 {
    let Some(quality) = parameter(parameters, "q") else {
        return 1.0;
    };
    let quality = quality.parse().unwrap_or(0.0_f32);
    // An invalid number counts as 0.
    if quality > 0.0 { quality.min(1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests;
