//! Which regions there are, by partition.
//!
//! The list is that of the AWS SDK's own endpoint rules (`partitions` in
//! `endpoint_lib.rs` of `aws-sdk-appstream` 1.138), without the pseudo regions
//! that end in `-global`, which have no AppStream. Whether a service answers in a
//! region is AWS's to say.

/// Partitions in the order of the SDK, with the region that each is run from, and all its regions.
static PARTITIONS: &[(&str, &str, &[&str])] = &[
    (
        "aws",
        "us-east-1",
        &[
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    ),
    ("aws-cn", "cn-north-1", &["cn-north-1", "cn-northwest-1"]),
    ("aws-eusc", "eusc-de-east-1", &["eusc-de-east-1"]),
    (
        "aws-iso",
        "us-iso-east-1",
        &["us-iso-east-1", "us-iso-west-1"],
    ),
    (
        "aws-iso-b",
        "us-isob-east-1",
        &["us-isob-east-1", "us-isob-west-1"],
    ),
    ("aws-iso-e", "eu-isoe-west-1", &["eu-isoe-west-1"]),
    (
        "aws-iso-f",
        "us-isof-south-1",
        &["us-isof-east-1", "us-isof-south-1"],
    ),
    (
        "aws-us-gov",
        "us-gov-west-1",
        &["us-gov-east-1", "us-gov-west-1"],
    ),
];

/// The partitions of AWS, the commercial one first.
pub fn partitions() -> impl Iterator<Item = &'static str> {
    PARTITIONS.iter().map(|(name, ..)| *name)
}

/// The regions of a partition; none of one that does not exist.
#[must_use]
pub fn regions_of(partition: &str) -> &'static [&'static str] {
    PARTITIONS
        .iter()
        .find(|(name, ..)| *name == partition)
        .map_or(&[], |(.., regions)| regions)
}

/// The partition of a region; `None` for a region that does not exist.
#[must_use]
pub fn partition_of(region: &str) -> Option<&'static str> {
    PARTITIONS
        .iter()
        .find(|(.., regions)| regions.contains(&region))
        .map(|(name, ..)| *name)
}

/// The region that a partition is run from, where STS is called when nothing names another.
#[must_use]
pub fn home_region_of(partition: &str) -> &'static str {
    PARTITIONS
        .iter()
        .find(|(name, ..)| *name == partition)
        .map_or("us-east-1", |(_, home, _)| home)
}

/// Every region of every partition.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    PARTITIONS
        .iter()
        .flat_map(|(.., regions)| *regions)
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_region_is_in_one_partition() {
        let distinct: BTreeSet<_> = all().collect();
        assert_eq!(distinct.len(), all().count());
        for partition in partitions() {
            assert!(regions_of(partition).contains(&home_region_of(partition)));
            for region in regions_of(partition) {
                assert_eq!(partition_of(region), Some(partition));
            }
        }
        assert_eq!(partition_of("eu-west-1"), Some("aws"));
        assert_eq!(partition_of("us-gov-west-1"), Some("aws-us-gov"));
        assert_eq!(partition_of("eu-west-9"), None);
        assert!(regions_of("aws-moon").is_empty());
    }
}
