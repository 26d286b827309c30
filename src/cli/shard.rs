//! The shard of this process: which part of the targets it refreshes.

/// Variables with a pod's name: the first is usually set by manifests, the second by
/// container runtimes.
const POD_NAMES: [&str; 2] = ["POD_NAME", "HOSTNAME"];

/// One of several processes, each of which refreshes a part of the target regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Number of the shard, from 0.
    pub index: u32,
    /// The number of shards.
    pub total: u32,
}

impl Default for Shard {
    fn default() -> Self {
        Self { index: 0, total: 1 }
    }
}

impl Shard {
    /// The shard from `--shard`, or from the ordinal in a Kubernetes StatefulSet pod's name.
    /// `env` looks up a variable.
    ///
    /// # Errors
    /// The problem and its solution, in one line.
    pub(super) fn of(
        number: Option<u32>,
        total: u32,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let shard = |index| Ok(Self { index, total });
        if let Some(index) = number {
            if index < total {
                return shard(index);
            }
            return Err(format!(
                "--shard {index} is not below --total-shards {total}, accepted: 0 to {}",
                total.saturating_sub(1)
            ));
        }
        if total == 1 {
            return shard(0);
        }
        let Some((variable, name)) = pod_name(env) else {
            return Err(format!(
                "--total-shards {total} without --shard, and neither {} is set: give each process its --shard, or set POD_NAME to the name of a StatefulSet's pod",
                POD_NAMES.join(" nor ")
            ));
        };
        match ordinal(&name) {
            None => Err(format!(
                "--total-shards {total} without --shard, and {variable} {name:?} does not end in an ordinal as appstream-exporter-3 does: give each process its --shard, or run them as a StatefulSet"
            )),
            Some(index) if index >= total => Err(format!(
                "{variable} {name:?} ends in {index}, which is not below --total-shards {total}: set --total-shards to the number of processes"
            )),
            Some(index) => shard(index),
        }
    }
}

/// The number after the last hyphen of a pod's name.
fn ordinal(pod: &str) -> Option<u32> {
    let (_, number) = pod.rsplit_once('-')?;
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|_| digits)
}

/// The name of the pod, with the variable that has it.
pub(super) fn pod_name(env: impl Fn(&str) -> Option<String>) -> Option<(&'static str, String)> {
    POD_NAMES.into_iter().find_map(|variable| {
        let name = env(variable).filter(|name| !name.is_empty())?;
        Some((variable, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `--shard`, `--total-shards`, variables, and the number of the shard or a part of the message.
    type Case = (
        Option<u32>,
        u32,
        &'static [(&'static str, &'static str)],
        Result<u32, &'static str>,
    );

    #[test]
    fn shards() {
        let statefulset = "does not end in an ordinal";
        let unset = "neither POD_NAME nor HOSTNAME is set: give each process its --shard";
        let cases: [Case; 15] = [
            (None, 1, &[], Ok(0)),
            (None, 1, &[("POD_NAME", "exporter-3")], Ok(0)),
            (Some(0), 1, &[], Ok(0)),
            (Some(1), 1, &[], Err("accepted: 0 to 0")),
            (Some(2), 3, &[], Ok(2)),
            (Some(3), 3, &[], Err("accepted: 0 to 2")),
            (Some(0), 3, &[("POD_NAME", "exporter-1")], Ok(0)),
            (None, 4, &[("POD_NAME", "appstream-exporter-3")], Ok(3)),
            (
                None,
                4,
                &[("POD_NAME", "exporter-1"), ("HOSTNAME", "exporter-2")],
                Ok(1),
            ),
            (
                None,
                4,
                &[("POD_NAME", ""), ("HOSTNAME", "exporter-2")],
                Ok(2),
            ),
            (
                None,
                4,
                &[("POD_NAME", "exporter-4")],
                Err("ends in 4, which is not below --total-shards 4"),
            ),
            (None, 4, &[("POD_NAME", "exporter")], Err(statefulset)),
            (None, 4, &[("POD_NAME", "exporter-")], Err(statefulset)),
            (
                None,
                4,
                &[("HOSTNAME", "exporter-7d9f8b6c4d-x2x9k")],
                Err(statefulset),
            ),
            (None, 2, &[], Err(unset)),
        ];
        for (number, total, variables, expected) in cases {
            let env = |name: &str| {
                let found = variables.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            match (Shard::of(number, total, env), expected) {
                (Ok(got), Ok(index)) => assert_eq!(got, Shard { index, total }, "{variables:?}"),
                (Err(error), Err(part)) => assert!(error.contains(part), "{error}"),
                (got, _) => panic!("{number:?} of {total}, {variables:?}: {got:?}"),
            }
        }
    }
}
