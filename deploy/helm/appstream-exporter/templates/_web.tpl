{{/* "true" when there is a web configuration, else empty. */}}
{{- define "appstream-exporter.web" -}}
{{- if or .Values.web.config .Values.web.tlsSecret .Values.web.existingSecret }}true{{ end -}}
{{- end -}}

{{- define "appstream-exporter.webSecret" -}}
{{- .Values.web.existingSecret | default (printf "%s-web" (include "appstream-exporter.fullname" .)) -}}
{{- end -}}

{{- define "appstream-exporter.webKey" -}}
{{- ternary .Values.web.existingSecretKey "web-config.yaml" (ne .Values.web.existingSecret "") -}}
{{- end -}}

{{/* The web configuration of the values, with the certificate of tlsSecret. */}}
{{- define "appstream-exporter.webConfig" -}}
{{- $config := deepCopy .Values.web.config -}}
{{- if .Values.web.tlsSecret -}}
{{- $files := dict "cert_file" "/etc/appstream-exporter/tls/tls.crt" "key_file" "/etc/appstream-exporter/tls/tls.key" -}}
{{- $_ := set $config "tls_server_config" (mergeOverwrite (get $config "tls_server_config" | default dict) $files) -}}
{{- end -}}
{{- include "appstream-exporter.yaml" $config -}}
{{- end -}}

{{/* "true" when it is served over TLS, else empty. */}}
{{- define "appstream-exporter.tls" -}}
{{- if or .Values.web.tls .Values.web.tlsSecret (get .Values.web.config "tls_server_config") }}true{{ end -}}
{{- end -}}

{{/* "true" when a probe may be refused, else empty: the kubelet has no password and no certificate, and
     a rate limit counts its probes with the requests of everybody else. */}}
{{- define "appstream-exporter.tcpProbes" -}}
{{- $tls := get .Values.web.config "tls_server_config" | default dict -}}
{{- $asked := hasPrefix "Require" (get $tls "client_auth_type" | default "") -}}
{{- if or .Values.web.tcpProbes (get .Values.web.config "basic_auth_users") (get .Values.web.config "rate_limit") $asked (get $tls "client_allowed_sans") }}true{{ end -}}
{{- end -}}

{{/* What every path begins with; empty or /something. */}}
{{- define "appstream-exporter.prefix" -}}
{{- $path := get (urlParse .Values.web.externalUrl) "path" -}}
{{- $prefix := .Values.web.routePrefix | default $path | trimAll "/" -}}
{{- if $prefix }}/{{ $prefix }}{{ end -}}
{{- end -}}

{{- define "appstream-exporter.metricsPath" -}}
{{- include "appstream-exporter.prefix" . }}{{ .Values.web.telemetryPath -}}
{{- end -}}

{{/* How to probe a path. */}}
{{- define "appstream-exporter.probe" -}}
{{- if include "appstream-exporter.tcpProbes" .root -}}
tcpSocket:
  port: http
{{- else -}}
httpGet:
  path: {{ printf "%s%s" (include "appstream-exporter.prefix" .root) .path | quote }}
  port: http
  scheme: {{ ternary "HTTPS" "HTTP" (eq (include "appstream-exporter.tls" .root) "true") }}
{{- end }}
{{- end -}}

{{/* What ServiceMonitor and PodMonitor have in common: an entry of their endpoints. */}}
{{- define "appstream-exporter.endpoint" -}}
port: http
path: {{ include "appstream-exporter.metricsPath" .root | quote }}
scheme: {{ ternary "https" "http" (eq (include "appstream-exporter.tls" .root) "true") }}
{{- with .monitor.interval }}
interval: {{ . | quote }}
{{- end }}
{{- with .monitor.scrapeTimeout }}
scrapeTimeout: {{ . | quote }}
{{- end }}
{{- with .monitor.tlsConfig }}
tlsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .monitor.basicAuth }}
basicAuth:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- $sharded := include "appstream-exporter.sharded" .root }}
{{- if or $sharded .monitor.relabelings }}
relabelings:
  {{- if $sharded }}
  # A shard that starts again keeps its name, and so its series.
  - sourceLabels: [__meta_kubernetes_pod_name]
    targetLabel: instance
  {{- end }}
  {{- with .monitor.relabelings }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- with .monitor.metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
