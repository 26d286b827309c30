//! The services that are simulated.

/// A service the simulator plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Service {
    AppStream,
    WorkSpaces,
    Sts,
}

impl Service {
    /// The name requests are signed for.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AppStream => "appstream",
            Self::WorkSpaces => "workspaces",
            Self::Sts => "sts",
        }
    }
}
