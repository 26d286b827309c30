//! The catalogue: every metric family, declared once.
//!
//! Owns names, help texts, types, labels and sources. The collector and the
//! exporter's own counters use these families, and `METRICS.md` is generated
//! from them ([`markdown()`]). Values are not its concern.

mod account;
mod appstream;
mod builders;
mod cloudwatch;
mod exporter;
mod images;
mod markdown;
mod pools;
mod quotas;
mod scaling;

pub use account::*;
pub use appstream::*;
pub use builders::*;
pub use cloudwatch::*;
pub use exporter::*;
pub use images::*;
pub use markdown::markdown;
pub use pools::*;
pub use quotas::*;
pub use scaling::*;

/// The type of a family, in Prometheus' words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A value that goes up and down.
    Gauge,
    /// A value that only goes up, counted by the exporter itself.
    Counter,
    /// Observations in buckets, made by the exporter itself.
    Histogram,
}

impl Kind {
    /// The word that a `# TYPE` line uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Histogram => "histogram",
        }
    }
}

/// The resource that a family describes, which decides the first labels of its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The exporter's process.
    Process,
    /// One collector of one region of one target.
    Collector,
    /// One region of one target.
    Target,
    /// One AWS service in one region of one target.
    Service,
    /// One AppStream fleet.
    Fleet,
    /// One AppStream stack.
    Stack,
    /// One AppStream fleet together with one stack it is associated with.
    FleetStack,
    /// One AppStream image builder.
    ImageBuilder,
    /// One AppStream app block builder.
    AppBlockBuilder,
    /// One AppStream image.
    Image,
    /// One account in one region.
    Account,
    /// One WorkSpaces pool.
    Pool,
}

impl Scope {
    /// Label names, in the order in which they are written.
    #[must_use]
    pub const fn labels(self) -> &'static [&'static str] {
        match self {
            Self::Process => &[],
            Self::Collector => &["target", "aws_region", "collector"],
            Self::Target => &["target", "aws_region"],
            Self::Service => &["target", "aws_region", "aws_service"],
            Self::Fleet => &["aws_account_id", "aws_region", "fleet"],
            Self::Stack => &["aws_account_id", "aws_region", "stack"],
            Self::FleetStack => &["aws_account_id", "aws_region", "fleet", "stack"],
            Self::ImageBuilder => &["aws_account_id", "aws_region", "image_builder"],
            Self::AppBlockBuilder => &["aws_account_id", "aws_region", "app_block_builder"],
            Self::Image => &["aws_account_id", "aws_region", "image", "visibility"],
            Self::Account => &["aws_account_id", "aws_region"],
            Self::Pool => &["aws_account_id", "aws_region", "pool_id", "pool_name"],
        }
    }
}

/// One metric family: everything about it except its values.
#[derive(Debug)]
pub struct Family {
    /// Name, as Prometheus stores it.
    pub name: &'static str,
    /// Type of its samples.
    pub kind: Kind,
    /// The resource that it describes, which decides its first labels.
    pub scope: Scope,
    /// Labels after those of the scope.
    pub labels: &'static [&'static str],
    /// The AWS operations that it comes from, or `the exporter`.
    pub source: &'static str,
    /// One sentence for `# HELP`, with the AWS field.
    pub help: &'static str,
}

impl Family {
    /// All label names, those of the scope first.
    pub fn label_names(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.scope.labels().iter().chain(self.labels).copied()
    }
}

/// A heading of `METRICS.md` with its families, in the order of the exposition.
#[derive(Debug)]
pub struct Section {
    /// Heading.
    pub title: &'static str,
    /// Rules for the families of the section.
    pub intro: &'static str,
    /// The families.
    pub families: &'static [&'static Family],
}

/// All sections, in the order of the exposition.
pub static SECTIONS: &[&Section] = &[
    &appstream::FLEETS,
    &appstream::STACKS,
    &appstream::SESSIONS,
    &builders::BUILDERS,
    &scaling::FLEET_SCALING,
    &images::IMAGES,
    &account::ACCOUNT,
    &pools::POOLS,
    &scaling::POOL_SCALING,
    &quotas::QUOTAS,
    &cloudwatch::CLOUDWATCH,
    &exporter::EXPORTER,
];

/// Every family that this crate declares.
///
/// The `process_*` families are not among them: the `prometheus` crate's
/// process collector owns their names and texts.
pub fn families() -> impl Iterator<Item = &'static Family> {
    SECTIONS
        .iter()
        .flat_map(|section| section.families.iter().copied())
}

/// Declares families and the section that lists them, so that none can be
/// declared and then forgotten in the list.
macro_rules! section {
    (
        $(#[$doc:meta])*
        $section:ident = $title:literal, $intro:literal;
        $($family:ident: $kind:ident $name:literal, $scope:ident $([$($label:literal),*])?, $source:literal, $help:literal;)*
    ) => {
        $(
            #[doc = concat!("`", $name, "`: ", $help)]
            pub static $family: $crate::catalog::Family = $crate::catalog::Family {
                name: $name,
                kind: $crate::catalog::Kind::$kind,
                scope: $crate::catalog::Scope::$scope,
                labels: &[$($($label),*)?],
                source: $source,
                help: $help,
            };
        )*
        $(#[$doc])*
        pub static $section: $crate::catalog::Section = $crate::catalog::Section {
            title: $title,
            intro: $intro,
            families: &[$(&$family),*],
        };
    };
}
pub(crate) use section;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_follow_the_conventions() {
        let mut seen = BTreeSet::new();
        for family in families() {
            assert!(
                seen.insert(family.name),
                "{} is declared twice",
                family.name
            );
            assert!(
                family.name.starts_with("appstream_")
                    || family.name.starts_with("workspaces_pool_"),
                "{} has no prefix of ours",
                family.name
            );
            assert_eq!(
                family.kind == Kind::Counter,
                family.name.ends_with("_total"),
                "{}: only counters end in _total",
                family.name
            );
        }
    }

    #[test]
    fn help_is_one_sentence() {
        for family in families() {
            assert!(
                family.help.ends_with('.'),
                "{}: {}",
                family.name,
                family.help
            );
            assert!(
                family.help.starts_with(|first: char| first.is_uppercase()),
                "{}: {}",
                family.name,
                family.help
            );
            assert!(
                !family.help.contains('\n') && !family.help.contains(". "),
                "{}",
                family.name
            );
        }
    }

    #[test]
    fn labels_are_unique_within_a_family() {
        for family in families() {
            let names: Vec<_> = family.label_names().collect();
            let distinct: BTreeSet<_> = names.iter().collect();
            assert_eq!(names.len(), distinct.len(), "{}", family.name);
        }
    }
}
