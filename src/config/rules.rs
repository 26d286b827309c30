//! Rules between keys: defaults that depend on other values, and conflicting values.

use std::collections::BTreeMap;

use super::{Collectors, Config, Refresh, Regions, Role, Target, labels, regions};
use crate::model::Collector;
use crate::yaml::{Checked, duration};

/// The path of an entry of `targets`.
fn path_of(target: usize) -> String {
    format!("targets[{target}]")
}

/// Fills in what the file leaves to other keys.
pub(super) fn complete(config: &mut Config, file: &Checked) {
    let is_given = |path: &str| file.given().contains(path);
    let refresh = &mut config.refresh;
    let derived = Refresh::every(refresh.interval);
    if !is_given("refresh.timeout") {
        refresh.timeout = derived.timeout;
    }
    if !is_given("refresh.max_age") {
        refresh.max_age = derived.max_age;
    }
    if !is_given("refresh.topology_interval") {
        refresh.topology_interval = match config.sessions.economy {
            true => derived.topology_interval,
            false => refresh.interval,
        };
    }
    for (index, target) in config.targets.iter_mut().enumerate() {
        let path = path_of(index);
        for collector in Collector::ALL {
            if !is_given(&format!("{path}.collectors.{}", collector.as_str())) {
                let is_on = config.collectors.has(collector);
                target.collectors.set(collector, is_on);
            }
        }
        if !is_given(&format!("{path}.sessions.authentication_types")) {
            let types = &config.sessions.authentication_types;
            target.sessions.authentication_types.clone_from(types);
        }
    }
}

/// Notes what does not go together.
pub(super) fn check(config: &Config, file: &mut Checked) {
    check_refresh(&config.refresh, file);
    check_collectors(config, file);
    check_names(config, file);
    let tags = config.tags.label_names();
    for (index, target) in config.targets.iter().enumerate() {
        let path = path_of(index);
        check_labels(&path, target, &tags, file);
        check_role_keys(&path, target, file);
        check_regions(&path, target, file);
    }
}

fn check_refresh(refresh: &Refresh, file: &mut Checked) {
    // Nothing can be compared with an interval that was refused.
    if !file.is_sound("refresh.interval") {
        return;
    }
    let interval = duration::format(refresh.interval);
    if refresh.timeout > refresh.interval {
        let timeout = duration::format(refresh.timeout);
        let wrong = format!("{timeout} is above refresh.interval");
        file.reject("refresh.timeout", &wrong, &format!("at most {interval}"));
    }
    if refresh.max_age < refresh.interval {
        let max_age = duration::format(refresh.max_age);
        let wrong = format!("{max_age} is below refresh.interval");
        file.reject("refresh.max_age", &wrong, &format!("at least {interval}"));
    }
}

/// A target without a collector has nothing to do.
fn check_collectors(config: &Config, file: &mut Checked) {
    let are_off = |collectors: Collectors| collectors.enabled().next().is_none();
    let mut paths = Vec::new();
    for (index, target) in config.targets.iter().enumerate() {
        if are_off(target.collectors) {
            let own = format!("{}.collectors", path_of(index));
            let is_own = file.given().contains(&own);
            paths.push(if is_own { own } else { "collectors".to_owned() });
        }
    }
    paths.dedup();
    for path in paths {
        file.reject(&path, "all are off", "at least one that is true");
    }
}

fn check_names(config: &Config, file: &mut Checked) {
    let mut seen = BTreeMap::new();
    for (index, target) in config.targets.iter().enumerate() {
        let section = path_of(index);
        let path = format!("{section}.name");
        let is_known = file.given().contains(&path) || file.leaves_out(&section, "name");
        if !is_known {
            continue;
        }
        if let Some(first) = seen.insert(&target.name, index) {
            let wrong = format!("{:?} is also the name of targets[{first}]", target.name);
            file.reject(&path, &wrong, "a unique name");
        }
    }
}

fn check_labels(path: &str, target: &Target, tags: &[(String, String)], file: &mut Checked) {
    for label in target.labels.keys() {
        let tag = tags.iter().find(|(_, name)| name == label);
        let tag =
            tag.map(|(tag, _)| format!("{label} is the label of the tag {tag:?} in tags.labels"));
        if let Some(wrong) = labels::reserved(label).or(tag) {
            file.reject(&format!("{path}.labels.{label}"), &wrong, "another name");
        }
    }
}

/// Keys of a role mean nothing without it, and one who wrote them expects a role that is
/// not assumed.
fn check_role_keys(path: &str, target: &Target, file: &mut Checked) {
    if target.role.is_some() || !file.leaves_out(path, "role_arn") {
        return;
    }
    for key in ["external_id", "session_name"] {
        if !file.leaves_out(path, key) {
            let path = format!("{path}.{key}");
            let wrong = "the target has no role_arn";
            file.reject(&path, wrong, "only with role_arn");
        }
    }
}

fn check_regions(path: &str, target: &Target, file: &mut Checked) {
    let regions = format!("{path}.regions");
    // Entries that were refused are not in the list, and the others have other numbers then.
    let is_whole = file.is_sound(&regions);
    let path_of_entry = |index: usize| match is_whole {
        true => format!("{regions}[{index}]"),
        false => regions.clone(),
    };
    let partition = target.role.as_ref().map(Role::partition);
    let known: Vec<_> = regions::partitions().collect();
    if let Some(partition) = partition.filter(|partition| !known.contains(partition)) {
        let wrong = format!("{partition:?} is not an AWS partition");
        file.reject(&format!("{path}.role_arn"), &wrong, &known.join(", "));
        return;
    }
    for (index, region) in target.regions.listed().iter().enumerate() {
        if region == Regions::ALL {
            let wrong = "all is combined with other regions";
            let accepted = "all as the only entry, or a list of regions";
            file.reject(&path_of_entry(index), wrong, accepted);
        }
        // Credentials of one partition are unknown in the others.
        if let (Some(own), Some(other)) = (partition, regions::partition_of(region))
            && own != other
        {
            let wrong = format!("{region} is in the partition {other}, but role_arn in {own}");
            let accepted = "a role and regions of the same partition";
            file.reject(&path_of_entry(index), &wrong, accepted);
        }
    }
}
