//! How many calls AppStream takes.

use super::AppStream;
use crate::model::Collector;
use crate::scheduler::Settings;
use crate::scheduler::economy::float;

impl AppStream {
    /// Whether everything that is known of was read at least once.
    pub(super) fn is_complete(&self, settings: &Settings) -> bool {
        let plan = settings.plan;
        (!settings.lists_fleets() || self.fleets.value().is_some())
            && (!plan.lists_stacks() || self.topology.stacks().value().is_some())
            && self.unread() == 0
    }

    /// Pairs, lists of associations and tags that were never read.
    pub(in crate::scheduler) fn unread(&self) -> usize {
        let (_, lists) = self.topology.calls();
        let (_, tags) = self.tags.calls();
        let pairs = self.sessions.values();
        let pairs = pairs.filter(|memory| memory.held.value().is_none());
        pairs.count() + usize::try_from(lists + tags).unwrap_or(usize::MAX)
    }

    /// The most calls that a refresh can make: everything of everything.
    pub(in crate::scheduler) fn most_calls(&self, settings: &Settings) -> u32 {
        let (lists, _) = self.topology.calls();
        let (tags, _) = self.tags.calls();
        let stacks = self.topology.stacks().calls().unwrap_or(1);
        let types = 0..settings.authentication_types.len();
        let sessions = self.sessions.values().map(|memory| {
            let calls = types.clone().map(|place| memory.calls_of(place));
            calls.sum::<u32>()
        });
        self.fleets.calls().unwrap_or(1) + stacks + lists + tags + sessions.sum::<u32>()
    }

    /// Calls that a refresh makes on average when everything is asked for as
    /// often as it should be. What was never read counts as one page, and a list
    /// of associations that was never read stands for one pair.
    pub(in crate::scheduler) fn calls(&self, settings: &Settings, unread: Unread) -> u32 {
        let plan = settings.plan;
        let types = settings.authentication_types.len();
        let unread_pair = match unread {
            _ if !plan.has(Collector::AppstreamSessions) => 0.0,
            Unread::Everything => float(types),
            Unread::OneType => 1.0,
        };
        let fleets = if settings.lists_fleets() {
            self.fleets.calls().unwrap_or(1)
        } else {
            0
        };
        let stacks = if plan.lists_stacks() {
            self.topology.stacks().calls().unwrap_or(1)
        } else {
            0
        };
        let (lists, unlisted) = self.topology.calls();
        let (tags, _) = self.tags.calls();
        let topology = f64::from(stacks + lists + tags)
            * settings
                .interval
                .div_duration_f64(settings.topology_interval)
                .min(1.0);
        let sessions = self.sessions.iter().map(|(pair, memory)| {
            let further = f64::from(memory.further_calls());
            if memory.held.value().is_none() {
                return unread_pair.max(further);
            }
            let seen = memory.as_seen(self.standing(&pair.fleet), self.common_type);
            let cost = |place| {
                let calls = f64::from(memory.calls_of(place));
                calls * settings.economy.frequency(&seen, place, settings.interval)
            };
            (0..types).map(cost).sum::<f64>() + further
        });
        let sessions: f64 = sessions.sum();
        whole_calls(f64::from(fleets) + topology + sessions + f64::from(unlisted) * unread_pair)
    }
}

/// What a pair that was never read is taken to cost.
#[derive(Clone, Copy, Debug)]
pub(in crate::scheduler) enum Unread {
    /// Every authentication type: that is what it takes the first time.
    Everything,
    /// One type: the least that it can come to later.
    OneType,
}

/// Calls on average as calls that are made: a part of one is one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a sum of positive numbers; beyond the largest u32 it stays there"
)]
fn whole_calls(calls: f64) -> u32 {
    // Less than what sums of shares are out by.
    (calls - 1e-6).ceil() as u32
}
