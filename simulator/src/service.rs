//! The services that are simulated.

/// A service the simulator plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Service {
    AppStream,
    WorkSpaces,
    ApplicationAutoScaling,
    Quotas,
    CloudWatch,
    Sts,
}

impl Service {
    /// The name requests are signed for.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AppStream => "appstream",
            Self::WorkSpaces => "workspaces",
            Self::ApplicationAutoScaling => "application-autoscaling",
            Self::Quotas => "servicequotas",
            Self::CloudWatch => "monitoring",
            Self::Sts => "sts",
        }
    }
}
