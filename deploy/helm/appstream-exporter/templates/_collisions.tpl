{{/* Fails when a mapping has a key that the chart writes itself: a list of the path of the value, the mapping
     and these keys. */}}
{{- define "appstream-exporter.notOf" -}}
{{- $path := index . 0 -}}
{{- $keys := index . 2 -}}
{{- range $key, $_ := index . 1 -}}
{{- if has $key $keys -}}
{{- fail (printf "%s: %s is for the chart to set" $path $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Values that would be a second time what the chart writes, from another value or by itself: refused,
     because YAML with a key twice means something else to everybody who reads it. */}}
{{- define "appstream-exporter.collisions" -}}
{{- $v := .Values -}}
{{- $labels := list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" "app.kubernetes.io/version" "app.kubernetes.io/managed-by" "helm.sh/chart" -}}
{{- include "appstream-exporter.notOf" (list "commonLabels" $v.commonLabels $labels) -}}
{{- include "appstream-exporter.notOf" (list "podLabels" $v.podLabels $labels) -}}
{{- range tuple "service" "serviceMonitor" "podMonitor" "prometheusRule" "dashboards" -}}
{{- include "appstream-exporter.notOf" (list (printf "%s.labels" .) (get (get $v .) "labels") $labels) -}}
{{- end -}}

{{- $monitor := list "jobLabel" "namespaceSelector" "selector" "endpoints" "podMetricsEndpoints" -}}
{{- range tuple "serviceMonitor" "podMonitor" -}}
{{- include "appstream-exporter.notOf" (list (printf "%s.spec" .) (get (get $v .) "spec") $monitor) -}}
{{- end -}}

{{- $place := list "serviceAccountName" "serviceAccount" "automountServiceAccountToken" "enableServiceLinks" "imagePullSecrets" "securityContext" "nodeSelector" "tolerations" "affinity" "priorityClassName" -}}
{{- $pod := list "topologySpreadConstraints" "terminationGracePeriodSeconds" "initContainers" "containers" "volumes" "restartPolicy" -}}
{{- include "appstream-exporter.notOf" (list "extraPodSpec" $v.extraPodSpec (concat $place $pod)) -}}
{{- include "appstream-exporter.notOf" (list "podAnnotations" $v.podAnnotations (list "appstream-exporter/web" "checksum/config")) -}}

{{- if $v.aws.roleArn -}}
{{- include "appstream-exporter.notOf" (list "aws.roleArn is set, and serviceAccount.annotations" $v.serviceAccount.annotations (list "eks.amazonaws.com/role-arn")) -}}
{{- end -}}
{{- if $v.dashboards.folder -}}
{{- include "appstream-exporter.notOf" (list "dashboards.folder is set, and dashboards.annotations" $v.dashboards.annotations (list $v.dashboards.folderAnnotation)) -}}
{{- end -}}

{{- $variables := list -}}
{{- if $v.aws.region -}}{{- $variables = append $variables "AWS_REGION" -}}{{- end -}}
{{- if include "appstream-exporter.sharded" . -}}{{- $variables = append $variables "POD_NAME" -}}{{- end -}}
{{- range $v.extraEnv -}}
{{- include "appstream-exporter.notOf" (list "extraEnv" (dict .name true) $variables) -}}
{{- end -}}
{{- end -}}
