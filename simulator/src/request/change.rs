//! Shared parts of operations that change resources.

use crate::request::Request;
use crate::request::input::Input;
use crate::request::parameters::Parameters;
use crate::world::{Region, World};

/// An authenticated, decoded and checked request, and the account it changes.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) region_name: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) parameters: &'a Parameters,
    pub(crate) input: Input<'a>,
    /// The simulated time, in seconds since the Unix epoch.
    pub(crate) now: f64,
    /// Host and port by which the client reached the simulator.
    pub(crate) host: &'a str,
}

impl<'a> Change<'a> {
    /// The region to change.
    pub(crate) fn region(&mut self) -> &mut Region {
        self.world.region_mut(self.region_name)
    }

    /// The changed account as an operation that reads sees it.
    pub(crate) fn as_request(&self) -> Request<'_> {
        Request {
            world: self.world,
            region_name: self.region_name,
            region: self.world.visible_in(self.region_name),
            operation: self.operation,
            parameters: self.parameters,
            now: self.now,
        }
    }

    /// A text of the input that the API model requires.
    pub(crate) fn required(&self, member: &str) -> &'a str {
        self.input.text(member).unwrap_or_default()
    }
}
