//! Durations of sessions, in classic buckets and in those of a native histogram.

/// Upper bounds of the classic buckets in seconds: from five minutes to five days, which is
/// the longest that AWS lets a session last.
const BOUNDS: [f64; 11] = [
    300.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 28800.0, 43200.0, 57600.0, 86400.0, 432_000.0,
];
/// Resolution of a new native histogram: 2³ buckets for each power of two.
const SCHEMA: i32 = 3;
/// Most native buckets with an observation. One more halves the resolution.
const MOST_BUCKETS: usize = 160;
/// Bounds of the native buckets between a half and 1.
const FRACTIONS: [f64; 8] = [
    0.5,
    0.545_253_866_332_628_8,
    0.594_603_557_501_360_5,
    0.648_419_777_325_504_8,
    0.707_106_781_186_547_5,
    0.771_105_412_703_970_4,
    0.840_896_415_253_714_5,
    0.917_004_043_204_671_1,
];

/// Durations of sessions that have ended.
#[derive(Clone, Debug, PartialEq)]
pub struct DurationHistogram {
    count: u64,
    sum: f64,
    /// Observations in each classic bucket alone; those beyond the last are in `count` only.
    classic: [u64; BOUNDS.len()],
    schema: i32,
    zero_count: u64,
    /// Index and observations of each native bucket that has any, in the order of the index.
    native: Vec<(i32, u64)>,
}

impl Default for DurationHistogram {
    fn default() -> Self {
        Self {
            count: 0,
            sum: 0.0,
            classic: [0; BOUNDS.len()],
            schema: SCHEMA,
            zero_count: 0,
            native: Vec::new(),
        }
    }
}

impl DurationHistogram {
    /// Observations up to this distance from 0 are in the zero bucket: 2⁻¹²⁸.
    pub const ZERO_THRESHOLD: f64 = f64::from_bits((1023 - 128) << 52);

    /// Counts a duration in seconds.
    pub fn observe(&mut self, seconds: f64) {
        self.count += 1;
        self.sum += seconds;
        let mut classic = BOUNDS.iter().zip(&mut self.classic);
        if let Some((_, count)) = classic.find(|(bound, _)| seconds <= **bound) {
            *count += 1;
        }
        if seconds <= Self::ZERO_THRESHOLD {
            self.zero_count += 1;
            return;
        }
        let index = (self.schema..SCHEMA).fold(native_index(seconds), |index, _| halved(index));
        match self
            .native
            .binary_search_by_key(&index, |(index, _)| *index)
        {
            Ok(place) => self.native[place].1 += 1,
            Err(place) => self.native.insert(place, (index, 1)),
        }
        while self.native.len() > MOST_BUCKETS {
            self.halve_resolution();
        }
    }

    /// Merges each two native buckets.
    fn halve_resolution(&mut self) {
        self.schema -= 1;
        let mut merged: Vec<(i32, u64)> = Vec::with_capacity(self.native.len());
        for (index, count) in self.native.drain(..) {
            match merged.last_mut() {
                Some(last) if last.0 == halved(index) => last.1 += count,
                _ => merged.push((halved(index), count)),
            }
        }
        self.native = merged;
    }

    /// The number of all observations, and their sum.
    #[must_use]
    pub fn totals(&self) -> (u64, f64) {
        (self.count, self.sum)
    }

    /// Upper bound of each classic bucket but the last, with the observations up to it.
    pub fn classic(&self) -> impl Iterator<Item = (f64, u64)> {
        let counts = self.classic.iter().scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        });
        BOUNDS.into_iter().zip(counts)
    }

    /// Resolution of the native buckets: bucket `i` ends at 2 to the power of `i` / 2^schema.
    #[must_use]
    pub fn schema(&self) -> i32 {
        self.schema
    }

    /// Observations in the zero bucket.
    #[must_use]
    pub fn zero_count(&self) -> u64 {
        self.zero_count
    }

    /// Index and observations of each native bucket that has any.
    #[must_use]
    pub fn native(&self) -> &[(i32, u64)] {
        &self.native
    }
}

/// The native bucket of a normal number above 0 at [`SCHEMA`]. From its binary form, as a
/// logarithm is not exact at the bounds.
fn native_index(number: f64) -> i32 {
    let bits = number.to_bits();
    // The number is the fraction, from a half to below 1, times 2 to the power of the exponent.
    let exponent = i32::try_from(bits >> 52).unwrap_or(i32::MAX) - 1022;
    let fraction = f64::from_bits(bits & ((1 << 52) - 1) | 1022 << 52);
    let place = FRACTIONS.partition_point(|bound| *bound < fraction);
    let buckets = i32::try_from(FRACTIONS.len()).unwrap_or(i32::MAX);
    i32::try_from(place).unwrap_or(i32::MAX) + (exponent - 1) * buckets
}

/// The index of a bucket at half the resolution.
fn halved(index: i32) -> i32 {
    (index + 1).div_euclid(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(observations: impl IntoIterator<Item = f64>) -> DurationHistogram {
        let mut histogram = DurationHistogram::default();
        for seconds in observations {
            histogram.observe(seconds);
        }
        histogram
    }

    #[test]
    fn classic_buckets_include_their_bounds_and_those_below() {
        let histogram = of([0.0, 300.0, 300.5, 432_000.0, 432_001.0]);
        let counts: Vec<_> = histogram.classic().map(|(_, count)| count).collect();
        assert_eq!(counts, [2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4]);
        assert_eq!(histogram.totals(), (5, 864_601.5));
    }

    #[test]
    fn native_buckets_are_those_of_the_go_client() {
        let cases = [
            (0.5, -8),
            (0.75, -3),
            (1.0, 0),
            (1.000_001, 1),
            (2.0, 8),
            (2.1, 9),
            (300.0, 66),
            (3600.0, 95),
            (4096.0, 96),
            (432_000.0, 150),
        ];
        for (seconds, index) in cases {
            assert_eq!(of([seconds]).native(), [(index, 1)], "{seconds}");
            let upper = (f64::from(index) / 8.0).exp2();
            let lower = (f64::from(index - 1) / 8.0).exp2();
            assert!(
                lower < seconds && seconds <= upper * (1.0 + 1e-12),
                "{seconds}"
            );
        }
    }

    #[test]
    fn no_time_is_in_the_zero_bucket() {
        let threshold = DurationHistogram::ZERO_THRESHOLD;
        assert_eq!(threshold, 2.0_f64.powi(-128));
        let histogram = of([0.0, threshold, threshold * 1.5]);
        assert_eq!(histogram.zero_count(), 2);
        assert_eq!(histogram.native(), [(-1019, 1)]);
    }

    #[test]
    fn too_many_buckets_halve_the_resolution() {
        let bucket = |index: i32| (f64::from(index) / 8.0 - 0.01).exp2();
        let mut histogram = of((-80..80).map(bucket));
        assert_eq!((histogram.schema(), histogram.native().len()), (3, 160));
        histogram.observe(bucket(80));
        assert_eq!((histogram.schema(), histogram.native().len()), (2, 81));
        assert_eq!(histogram.native().first(), Some(&(-40, 1)));
        assert_eq!(histogram.native().last(), Some(&(40, 2)));
        histogram.observe(bucket(-3));
        assert_eq!(histogram.native()[39], (-1, 3));
        assert_eq!(histogram.count, 162);
    }
}
