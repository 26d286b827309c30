//! Moments as AWS writes them.

use aws_smithy_types::DateTime;

/// A moment in Unix time. One that is not within the years 0 to 9999 is a
/// number that AWS did not mean, and stays absent.
pub(super) fn moment(moment: &DateTime) -> Option<f64> {
    within_years(moment.as_secs_f64())
}

/// The same for Unix time in seconds.
pub(super) fn within_years(seconds: f64) -> Option<f64> {
    (-62_167_219_200.0..253_402_300_800.0)
        .contains(&seconds)
        .then_some(seconds)
}
