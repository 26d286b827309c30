{{/* Values that each make sense and together do not: refused here, before anything is installed. */}}
{{- define "appstream-exporter.checks" -}}
{{- if and .Values.aws.roleArn (not .Values.serviceAccount.create) -}}
{{- fail "aws.roleArn is an annotation of the service account, which serviceAccount.create: false leaves alone: annotate yours, or let the chart make it" -}}
{{- end -}}
{{- if and .Values.existingConfig.name .Values.config -}}
{{- fail "config and existingConfig.name are both set: only one file is read" -}}
{{- end -}}
{{- if and .Values.web.existingSecret (or .Values.web.config .Values.web.tlsSecret) -}}
{{- fail "web.existingSecret is the whole web configuration: leave out web.config and web.tlsSecret" -}}
{{- end -}}
{{- if and .Values.web.tls (not .Values.web.existingSecret) -}}
{{- fail "web.tls describes web.existingSecret, which is not set; TLS comes from web.tlsSecret or web.config" -}}
{{- end -}}
{{- $tls := get .Values.web.config "tls_server_config" | default dict -}}
{{- if and .Values.web.tlsSecret (or (get $tls "cert_file") (get $tls "key_file") (get $tls "cert") (get $tls "key")) -}}
{{- fail "web.tlsSecret and web.config.tls_server_config both name a certificate: leave one out" -}}
{{- end -}}
{{- if and .Values.serviceMonitor.enabled (not (or .Values.service.enabled (include "appstream-exporter.sharded" .))) -}}
{{- fail "serviceMonitor.enabled needs service.enabled; without a Service use podMonitor.enabled" -}}
{{- end -}}
{{- if and .Values.serviceMonitor.enabled .Values.podMonitor.enabled -}}
{{- fail "serviceMonitor.enabled and podMonitor.enabled would scrape everything twice: leave one out" -}}
{{- end -}}
{{- if and (include "appstream-exporter.sharded" .) .Values.strategy -}}
{{- fail "strategy is that of the Deployment, which shards.total above 1 replaces by a StatefulSet: leave it out" -}}
{{- end -}}
{{- if and (include "appstream-exporter.sharded" .) (ne .Values.service.type "ClusterIP") -}}
{{- fail "service.type: the Service of shards has no address, because each is asked by itself: leave it out" -}}
{{- end -}}
{{- $own := list "config.file" "config.check" "config.print" "config.auto-reload" "web.listen-address" "web.config.file" "web.external-url" "web.route-prefix" "web.telemetry-path" "log.level" "log.format" "demo" "once" "shard" "total-shards" -}}
{{- range .Values.extraArgs -}}
{{- $flag := regexFind "^[^=]*" . | trimPrefix "--" -}}
{{- if has $flag $own -}}
{{- fail (printf "extraArgs: --%s is for the chart to set, from another value" $flag) -}}
{{- end -}}
{{- end -}}
{{- end -}}
