//! Families from CloudWatch.

use super::section;

section! {
    /// CloudWatch.
    CLOUDWATCH = "CloudWatch",
    "Off by default, because AWS charges for each metric that is read; docs/sizing.md has the formula. `collectors.cloudwatch: true` switches the families on, and `cloudwatch.metrics` says which metrics are read. The dimensions are `Fleet` in `AWS/AppStream` and `WorkSpaces pool ID` in `AWS/WorkSpaces`; only RUNNING fleets and pools are read. Counters begin at 0 when the exporter first sees the fleet or pool, so at each start: datapoints from `cloudwatch.delay` before that moment count. Each datapoint counts once, also after failed calls: the next call begins where the last complete one ended, but at most three days back. A gauge is the newest datapoint, absent where CloudWatch has none, and is removed `refresh.max_age` after its next read was due.";

    FLEET_REJECTED_SESSIONS: Counter "appstream_fleet_rejected_sessions_total", Fleet ["reason"], "GetMetricData: sum of InsufficientCapacityError, InsufficientConcurrencyLimitError",
        "Session requests that AWS rejected (sums of InsufficientCapacityError and InsufficientConcurrencyLimitError) since the exporter started, with 0 after each restart.";
    FLEET_SESSION_LATENCY: Gauge "appstream_fleet_session_latency_seconds", Fleet ["stat"], "GetMetricData: InSessionLatency",
        "Latency between users and their sessions (InSessionLatency, in seconds) in the newest minute that CloudWatch has.";
    FLEET_UDP_PACKET_LOSS: Gauge "appstream_fleet_udp_packet_loss_ratio", Fleet ["stat"], "GetMetricData: UDPPacketLossRate",
        "Share of UDP packets that are lost (UDPPacketLossRate, 0 to 1) in the newest minute that CloudWatch has.";
    FLEET_TCP_RETRANSMISSION: Gauge "appstream_fleet_tcp_retransmission_ratio", Fleet ["stat"], "GetMetricData: TCPRetransmissionRate",
        "Share of TCP packets that are sent again (TCPRetransmissionRate, 0 to 1) in the newest minute that CloudWatch has.";
    FLEET_FRAMES_PER_SECOND: Gauge "appstream_fleet_frames_per_second", Fleet ["stat"], "GetMetricData: FramesPerSecond",
        "Frames that users see in a second (FramesPerSecond) in the newest minute that CloudWatch has.";
    FLEET_CPU_UTILIZATION: Gauge "appstream_fleet_cpu_utilization_ratio", Fleet ["stat"], "GetMetricData: CpuUtilizationInstance",
        "CPU utilization of instances (CpuUtilizationInstance, 0 to 1) in the newest minute that CloudWatch has.";
    FLEET_MEMORY_UTILIZATION: Gauge "appstream_fleet_memory_utilization_ratio", Fleet ["stat"], "GetMetricData: MemoryUtilizationInstance",
        "Memory utilization of instances (MemoryUtilizationInstance, 0 to 1) in the newest minute that CloudWatch has.";
    POOL_REJECTED_SESSIONS: Counter "workspaces_pool_rejected_sessions_total", Pool ["reason"], "GetMetricData: sum of InsufficientCapacityError",
        "Session requests that AWS rejected (sum of InsufficientCapacityError) since the exporter started, with 0 after each restart.";
}
