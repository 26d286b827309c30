//! An HTTP proxy that connects every requested address to the simulator.

use http::StatusCode;
use http::request::Parts;

use crate::fault::effect::ForeignAnswer;
use crate::world::World;

/// The service by which calls and faults name requests through the proxy. Their operation
/// is the host and port that they are for.
pub(crate) const SERVICE: &str = "proxy";

/// Host and port of a request through a proxy. Any other request names a path alone.
pub(crate) fn destination(head: &Parts) -> Option<&str> {
    let authority = head.uri.authority()?;
    // Credentials of the user do not belong to it.
    authority.as_str().rsplit('@').next()
}

/// The answer to `CONNECT` when no fault refuses it.
pub(crate) fn passed(_: &World) -> ForeignAnswer {
    ForeignAnswer::text(StatusCode::OK, "")
}
