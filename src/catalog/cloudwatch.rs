//! Families from CloudWatch.

use super::section;

section! {
    /// CloudWatch.
    CLOUDWATCH = "CloudWatch",
    "The CloudWatch collector is off by default, because AWS charges for each metric. To enable it, set `collectors.cloudwatch: true`, and select metric groups in `cloudwatch.metrics`. The collector monitors only RUNNING fleets and pools. After CloudWatch failures of up to three days, the exporter reads the missed datapoints and counts each exactly once. Counters start at 0 when the exporter starts. Gauges show the latest minute in CloudWatch, and are absent if there is no data.";

    FLEET_REJECTED_SESSIONS: Counter "appstream_fleet_rejected_sessions_total", Fleet ["reason"], "GetMetricData",
        "Session requests rejected by AWS (InsufficientCapacityError, InsufficientConcurrencyLimitError).";
    FLEET_SESSION_LATENCY: Gauge "appstream_fleet_session_latency_seconds", Fleet ["stat"], "GetMetricData",
        "Network latency between users and sessions (InSessionLatency).";
    FLEET_UDP_PACKET_LOSS: Gauge "appstream_fleet_udp_packet_loss_ratio", Fleet ["stat"], "GetMetricData",
        "Share of lost UDP packets, 0 to 1 (UDPPacketLossRate).";
    FLEET_TCP_RETRANSMISSION: Gauge "appstream_fleet_tcp_retransmission_ratio", Fleet ["stat"], "GetMetricData",
        "Share of retransmitted TCP packets, 0 to 1 (TCPRetransmissionRate).";
    FLEET_FRAMES_PER_SECOND: Gauge "appstream_fleet_frames_per_second", Fleet ["stat"], "GetMetricData",
        "Frames per second of sessions (FramesPerSecond).";
    FLEET_CPU_UTILIZATION: Gauge "appstream_fleet_cpu_utilization_ratio", Fleet ["stat"], "GetMetricData",
        "CPU utilization of instances, 0 to 1 (CpuUtilizationInstance).";
    FLEET_MEMORY_UTILIZATION: Gauge "appstream_fleet_memory_utilization_ratio", Fleet ["stat"], "GetMetricData",
        "Memory utilization of instances, 0 to 1 (MemoryUtilizationInstance).";
    POOL_REJECTED_SESSIONS: Counter "workspaces_pool_rejected_sessions_total", Pool ["reason"], "GetMetricData",
        "Session requests rejected by AWS (InsufficientCapacityError).";
}
