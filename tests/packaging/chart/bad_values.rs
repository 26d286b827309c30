//! Rejected values, and their messages.

use super::render::{chart, template};

/// YAML, and what the message has in it.
const CASES: &[(&str, &str)] = &[
    // Slips that would otherwise do nothing.
    (
        "aws: {regoin: eu-west-1}",
        "at '/aws': additional properties 'regoin' not allowed",
    ),
    (
        "serviceMonitors: {}",
        "additional properties 'serviceMonitors' not allowed",
    ),
    (
        "config: {refresh: {intervall: 5m}}",
        "at '/config/refresh': additional properties 'intervall' not allowed",
    ),
    (
        "web: {config: {tls: {}}}",
        "at '/web/config': additional properties 'tls' not allowed",
    ),
    (
        "prometheusRule: {thresholds: {busy: 0.8}}",
        "additional properties 'busy' not allowed",
    ),
    (
        "prometheusRule: {disabledAlerts: [Busy]}",
        "at '/prometheusRule/disabledAlerts/0': value must be one of 'AppStreamAppBlockBuilderRunning'",
    ),
    // Of the wrong kind, or out of range.
    (
        "shards: {total: two}",
        "at '/shards/total': got string, want integer",
    ),
    (
        "shards: {total: 0}",
        "at '/shards/total': minimum: got 0, want 1",
    ),
    (
        "image: {tag: 1.0}",
        "at '/image/tag': got number, want string",
    ),
    (
        "image: {digest: latest}",
        "at '/image/digest': 'latest' does not match pattern",
    ),
    (
        "config: {refresh: {interval: 5}}",
        "at '/config/refresh/interval': got number, want null or string",
    ),
    (
        "config: {collectors: {appstream_fleets: maybe}}",
        "at '/config/collectors/appstream_fleets': got string, want null or boolean",
    ),
    (
        "config: {targets: [{regions: [eu-west-9]}]}",
        "at '/config/targets/0/regions/0': value must be one of 'all'",
    ),
    (
        "config: {targets: [{external_id: '!!'}]}",
        "at '/config/targets/0/external_id': '!!' does not match pattern",
    ),
    (
        "aws: {region: Ireland}",
        "at '/aws/region': 'Ireland' does not match pattern",
    ),
    (
        "aws: {roleArn: reader}",
        "at '/aws/roleArn': 'reader' does not match pattern",
    ),
    (
        "log: {level: loud}",
        "at '/log/level': value must be one of 'debug', 'info', 'warn', 'error'",
    ),
    (
        "web: {port: 70000}",
        "at '/web/port': maximum: got 70,000, want 65,535",
    ),
    (
        "extraArgs: ['-v']",
        "at '/extraArgs/0': '-v' does not match pattern",
    ),
    (
        "extraEnv: [{name: X, value: true}]",
        "at '/extraEnv/0/value': got boolean, want string",
    ),
    (
        "extraEnv: [{name: X, value: 1}]",
        "at '/extraEnv/0/value': got number, want string",
    ),
    (
        "extraEnv: [{name: 1, value: x}]",
        "at '/extraEnv/0/name': got number, want string",
    ),
    (
        "extraEnv: [{value: x}]",
        "at '/extraEnv/0': missing property 'name'",
    ),
    (
        "extraEnv: [{name: X, vaule: x}]",
        "at '/extraEnv/0': additional properties 'vaule' not allowed",
    ),
    (
        "extraEnv: [{name: X, valueFrom: x}]",
        "at '/extraEnv/0/valueFrom': got string, want object",
    ),
    (
        "extraEnv: [{name: X, value: x, valueFrom: {}}]",
        "at '/extraEnv/0': 'not' failed",
    ),
    (
        "imagePullSecrets: [{name: 123}]",
        "at '/imagePullSecrets/0/name': got number, want string",
    ),
    (
        "strategy: {type: Rolling}",
        "at '/strategy/type': value must be one of 'RollingUpdate', 'Recreate'",
    ),
    // Each fine by itself, but not together.
    (
        "extraArgs: [--demo=true]",
        "extraArgs: --demo is for the chart to set",
    ),
    (
        "{aws: {roleArn: 'arn:aws:iam::111122223333:role/r'}, serviceAccount: {create: false}}",
        "aws.roleArn is an annotation of the service account, which serviceAccount.create: false leaves alone",
    ),
    (
        "{config: {refresh: {interval: 5m}}, existingConfig: {name: x}}",
        "config and existingConfig.name are both set",
    ),
    (
        "web: {existingSecret: one, tlsSecret: two}",
        "web.existingSecret is the whole web configuration",
    ),
    (
        "web: {tls: true}",
        "web.tls describes web.existingSecret, which is not set",
    ),
    (
        "web: {tlsSecret: x, config: {tls_server_config: {cert_file: z}}}",
        "web.tlsSecret and web.config.tls_server_config both name a certificate",
    ),
    (
        "{serviceMonitor: {enabled: true}, service: {enabled: false}}",
        "serviceMonitor.enabled needs service.enabled",
    ),
    (
        "{serviceMonitor: {enabled: true}, podMonitor: {enabled: true}}",
        "would scrape everything twice",
    ),
    // Without an effect.
    (
        "{shards: {total: 2}, strategy: {type: Recreate}}",
        "strategy is that of the Deployment, which shards.total above 1 replaces",
    ),
    (
        "{shards: {total: 2}, service: {type: LoadBalancer}}",
        "service.type: the Service of shards has no address",
    ),
    (
        "prometheusRule: {enabled: true, alertLabels: {severity: page}}",
        "prometheusRule.alertLabels: every alert has a severity of its own",
    ),
    // Fields that the chart sets, which would be duplicates.
    (
        "commonLabels: {app.kubernetes.io/name: x}",
        "commonLabels: app.kubernetes.io/name is for the chart to set",
    ),
    (
        "commonLabels: {app.kubernetes.io/instance: x}",
        "commonLabels: app.kubernetes.io/instance is for the chart to set",
    ),
    (
        "commonLabels: {app.kubernetes.io/component: x}",
        "commonLabels: app.kubernetes.io/component is for the chart to set",
    ),
    (
        "commonLabels: {app.kubernetes.io/version: x}",
        "commonLabels: app.kubernetes.io/version is for the chart to set",
    ),
    (
        "commonLabels: {app.kubernetes.io/managed-by: x}",
        "commonLabels: app.kubernetes.io/managed-by is for the chart to set",
    ),
    (
        "podLabels: {app.kubernetes.io/name: x}",
        "podLabels: app.kubernetes.io/name is for the chart to set",
    ),
    (
        "podLabels: {app.kubernetes.io/instance: x}",
        "podLabels: app.kubernetes.io/instance is for the chart to set",
    ),
    (
        "podLabels: {app.kubernetes.io/component: x}",
        "podLabels: app.kubernetes.io/component is for the chart to set",
    ),
    (
        "service: {labels: {helm.sh/chart: x}}",
        "service.labels: helm.sh/chart is for the chart to set",
    ),
    (
        "serviceMonitor: {labels: {helm.sh/chart: x}}",
        "serviceMonitor.labels: helm.sh/chart is for the chart to set",
    ),
    (
        "podMonitor: {labels: {helm.sh/chart: x}}",
        "podMonitor.labels: helm.sh/chart is for the chart to set",
    ),
    (
        "prometheusRule: {labels: {helm.sh/chart: x}}",
        "prometheusRule.labels: helm.sh/chart is for the chart to set",
    ),
    (
        "dashboards: {labels: {helm.sh/chart: x}}",
        "dashboards.labels: helm.sh/chart is for the chart to set",
    ),
    (
        "extraPodSpec: {terminationGracePeriodSeconds: 30}",
        "extraPodSpec: terminationGracePeriodSeconds is for the chart to set",
    ),
    (
        "extraPodSpec: {restartPolicy: Always}",
        "extraPodSpec: restartPolicy is for the chart to set",
    ),
    (
        "serviceMonitor: {spec: {jobLabel: x}}",
        "serviceMonitor.spec: jobLabel is for the chart to set",
    ),
    (
        "podMonitor: {spec: {podMetricsEndpoints: []}}",
        "podMonitor.spec: podMetricsEndpoints is for the chart to set",
    ),
    (
        "{aws: {roleArn: 'arn:aws:iam::111122223333:role/r'}, serviceAccount: {annotations: {eks.amazonaws.com/role-arn: x}}}",
        "aws.roleArn is set, and serviceAccount.annotations: eks.amazonaws.com/role-arn is for the chart to set",
    ),
    (
        "dashboards: {folder: x, annotations: {grafana_folder: mine}}",
        "dashboards.folder is set, and dashboards.annotations: grafana_folder is for the chart to set",
    ),
    (
        "podAnnotations: {checksum/config: x}",
        "podAnnotations: checksum/config is for the chart to set",
    ),
    (
        "{aws: {region: eu-west-1}, extraEnv: [{name: AWS_REGION, value: x}]}",
        "extraEnv: AWS_REGION is for the chart to set",
    ),
    (
        "{shards: {total: 2}, extraEnv: [{name: POD_NAME, value: x}]}",
        "extraEnv: POD_NAME is for the chart to set",
    ),
];

#[test]
fn values_that_make_no_sense_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("values.yaml");
    for (values, message) in CASES {
        std::fs::write(&file, values).expect("writable");
        let Some(outcome) = template(&chart(), &["--values", &file.display().to_string()]) else {
            return;
        };
        let said = outcome.expect_err(values);
        assert!(said.contains(message), "{values}: {said}");
    }
}

#[test]
fn a_parent_chart_may_add_what_is_its_own() {
    for value in ["global.imageRegistry=x", "enabled=true"] {
        if let Some(outcome) = template(&chart(), &["--set", value]) {
            outcome.expect(value);
        }
    }
}
