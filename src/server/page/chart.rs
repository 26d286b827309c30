//! Capacity bars and charts of the last two hours, as SVG.
//!
//! A chart has steps, not slopes: each number holds until the next read. Where the next read is
//! further away than `max_age`, there is a gap.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use maud::{Markup, html};

use crate::history::{Point, SPAN};
use crate::server::overview::FleetOrPool;

/// A number of a point.
pub(super) type Number = fn(&Point) -> Option<i32>;

/// Two numbers over time: an area, and a line.
#[derive(Debug)]
pub(super) struct Chart<'a> {
    pub(super) points: &'a [Point],
    pub(super) now: SystemTime,
    /// The time for which a point is drawn without a following one.
    pub(super) max_age: Duration,
    pub(super) area: (&'static str, Number),
    pub(super) line: (&'static str, Number),
    /// Width and height in units of the drawing.
    pub(super) size: (u32, u32),
}

/// A number that holds from one moment to another, in units of the drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    from: u32,
    to: u32,
    y: u32,
}

impl Chart<'_> {
    /// The drawing; a word where there is nothing to draw.
    pub(super) fn svg(&self) -> Markup {
        let Some(highest) = self.highest() else {
            return html! { span.muted { "no data" } };
        };
        let (width, height) = self.size;
        html! {
            svg.chart role="img" aria-label=(self.description()) viewBox={ "0 -1 " (width) " " (height + 2) }
                preserveAspectRatio="none" {
                path.area d=(area(&self.steps(self.area.1, highest), height)) {}
                path.line d=(line(&self.steps(self.line.1, highest))) {}
            }
        }
    }

    /// The highest number, at least 1.
    pub(super) fn highest(&self) -> Option<i32> {
        let points = self.points.iter();
        let numbers = points.flat_map(|point| [(self.area.1)(point), (self.line.1)(point)]);
        numbers.flatten().max().map(|highest| highest.max(1))
    }

    /// The text alternative of the drawing.
    fn description(&self) -> String {
        let parts = [self.area, self.line]
            .into_iter()
            .filter_map(|(name, number)| {
                let mut numbers = self.points.iter().filter_map(number);
                let (low, high) = (numbers.clone().min()?, numbers.clone().max()?);
                let last = numbers.next_back()?;
                Some(if low == high {
                    format!("{name} {last}")
                } else {
                    format!("{name} {low} to {high}, last {last}")
                })
            });
        format!("Last 2 hours: {}", parts.collect::<Vec<_>>().join("; "))
    }

    fn steps(&self, number: Number, highest: i32) -> Vec<Step> {
        let height = self.size.1;
        let y = |value: i32| {
            let share = f64::from(value) / f64::from(highest);
            height - whole(share * f64::from(height))
        };
        let mut steps: Vec<Step> = Vec::new();
        for (index, point) in self.points.iter().enumerate() {
            let Some(value) = number(point) else { continue };
            let next = self.points.get(index + 1).map_or(self.now, Point::at);
            let age = next.duration_since(point.at()).unwrap_or_default();
            let from = self.x(point.at());
            // A number that nothing follows in time is a dash of its own minute.
            let to = if age <= self.max_age + Duration::from_secs(60) {
                self.x(next)
            } else {
                from + 1
            };
            let step = Step {
                from,
                to,
                y: y(value),
            };
            match steps.last_mut() {
                Some(last) if last.to >= step.from && last.y == step.y => last.to = step.to,
                _ if step.to > step.from => steps.push(step),
                _ => {}
            }
        }
        steps
    }

    /// The place of a moment, of which the last is now.
    fn x(&self, at: SystemTime) -> u32 {
        let age = self.now.duration_since(at).unwrap_or_default();
        let share = 1.0 - age.as_secs_f64() / SPAN.as_secs_f64();
        whole(share.max(0.0) * f64::from(self.size.0))
    }
}

/// Rounded; drawings have sizes that fit.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a size of the drawing"
)]
fn whole(number: f64) -> u32 {
    number.round() as u32
}

/// Steps as a path. Steps that meet are joined.
fn line(steps: &[Step]) -> String {
    let mut path = String::new();
    let mut end = None;
    for step in steps {
        match end {
            Some((x, y)) if x == step.from => {
                let rise = i64::from(step.y) - i64::from(y);
                let _ = write!(path, "v{rise}");
            }
            _ => {
                let _ = write!(path, "M{} {}", step.from, step.y);
            }
        }
        let _ = write!(path, "h{}", step.to - step.from);
        end = Some((step.to, step.y));
    }
    path
}

/// Steps as an area above the ground.
fn area(steps: &[Step], ground: u32) -> String {
    let mut path = String::new();
    let mut end = None;
    for step in steps {
        if end != Some(step.from) {
            if end.is_some() {
                let _ = write!(path, "V{ground}z");
            }
            let _ = write!(path, "M{} {ground}", step.from);
        }
        let _ = write!(path, "V{}h{}", step.y, step.to - step.from);
        end = Some(step.to);
    }
    if end.is_some() {
        let _ = write!(path, "V{ground}z");
    }
    path
}

/// Slots in use, available and pending, up to the scaling maximum. The numbers beside it say the same.
pub(super) fn bar(entry: &FleetOrPool) -> Markup {
    let capacity = &entry.capacity;
    let [in_use, available, pending] = [capacity.in_use, capacity.available, capacity.pending]
        .map(|slots| slots.unwrap_or(0).max(0));
    let sum = i64::from(in_use) + i64::from(available) + i64::from(pending);
    let whole = sum.max(i64::from(entry.maximum().unwrap_or(0))).max(1);
    let share = |slots: i64| slots * 1_000 / whole;
    let (used, free) = (
        share(in_use.into()),
        share(i64::from(in_use) + i64::from(available)),
    );
    html! {
        svg.bar aria-hidden="true" viewBox="0 0 1000 8" preserveAspectRatio="none" {
            @if pending > 0 { rect.pending width=(share(sum)) height="8" {} }
            @if free > used { rect.available width=(free) height="8" {} }
            @if used > 0 { rect.used width=(used) height="8" {} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(from: u32, to: u32, y: u32) -> Step {
        Step { from, to, y }
    }

    #[test]
    fn steps_are_joined_where_they_meet() {
        let steps = [step(0, 10, 24), step(10, 12, 4), step(50, 60, 0)];
        assert_eq!(line(&steps), "M0 24h10v-20h2M50 0h10");
        assert_eq!(area(&steps, 24), "M0 24V24h10V4h2V24zM50 24V0h10V24z");
        assert_eq!((line(&[]), area(&[], 24)), (String::new(), String::new()));
    }
}
