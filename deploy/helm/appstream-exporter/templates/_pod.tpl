{{- define "appstream-exporter.args" -}}
- {{ printf "--config.file=/etc/appstream-exporter/config/%s" (include "appstream-exporter.configKey" .) | quote }}
- --log.level={{ .Values.log.level }}
- --log.format={{ .Values.log.format }}
{{- if .Values.demo }}
- --demo
{{- end }}
{{- end -}}

{{/* Arguments of what serves, and of what checks that it will. */}}
{{- define "appstream-exporter.serverArgs" -}}
{{ include "appstream-exporter.args" . }}
{{- if .Values.configAutoReload }}
- --config.auto-reload
{{- end }}
- --web.listen-address=:{{ .Values.web.port }}
{{- if include "appstream-exporter.web" . }}
- {{ printf "--web.config.file=/etc/appstream-exporter/web/%s" (include "appstream-exporter.webKey" .) | quote }}
{{- end }}
{{- with .Values.web.externalUrl }}
- {{ printf "--web.external-url=%s" . | quote }}
{{- end }}
{{- with .Values.web.routePrefix }}
- {{ printf "--web.route-prefix=%s" . | quote }}
{{- end }}
{{- if ne .Values.web.telemetryPath "/metrics" }}
- {{ printf "--web.telemetry-path=%s" .Values.web.telemetryPath | quote }}
{{- end }}
{{- if include "appstream-exporter.sharded" . }}
- --total-shards={{ .Values.shards.total }}
{{- end }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "appstream-exporter.env" -}}
{{- $sharded := include "appstream-exporter.sharded" . -}}
{{- if or $sharded .Values.aws.region .Values.extraEnv -}}
env:
  {{- if $sharded }}
  # The number at its end is that of the shard.
  - name: POD_NAME
    valueFrom:
      fieldRef:
        fieldPath: metadata.name
  {{- end }}
  {{- with .Values.aws.region }}
  - name: AWS_REGION
    value: {{ . | quote }}
  {{- end }}
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- if or .Values.aws.existingSecret .Values.extraEnvFrom }}
envFrom:
  {{- with .Values.aws.existingSecret }}
  - secretRef:
      name: {{ . | quote }}
  {{- end }}
  {{- with .Values.extraEnvFrom }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "appstream-exporter.containerImage" -}}
image: {{ include "appstream-exporter.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end -}}

{{/* What each container of the chart has after its arguments. */}}
{{- define "appstream-exporter.container" -}}
{{- with include "appstream-exporter.env" . | trim }}
{{- . }}
{{ end -}}
volumeMounts:
  - name: config
    mountPath: /etc/appstream-exporter/config
    readOnly: true
  {{- if include "appstream-exporter.web" . }}
  - name: web
    mountPath: /etc/appstream-exporter/web
    readOnly: true
  {{- end }}
  {{- if .Values.web.tlsSecret }}
  - name: tls
    mountPath: /etc/appstream-exporter/tls
    readOnly: true
  {{- end }}
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
{{- end -}}

{{/* Whole folders are mounted, not single files, so that changes arrive in running pods. */}}
{{- define "appstream-exporter.volumes" -}}
- name: config
  {{- if eq .Values.configKind "Secret" }}
  secret:
    secretName: {{ include "appstream-exporter.configName" . | quote }}
    defaultMode: 288 # 0440
  {{- else }}
  configMap:
    name: {{ include "appstream-exporter.configName" . | quote }}
  {{- end }}
{{- if include "appstream-exporter.web" . }}
- name: web
  secret:
    secretName: {{ include "appstream-exporter.webSecret" . | quote }}
    defaultMode: 288 # 0440
{{- end }}
{{- with .Values.web.tlsSecret }}
- name: tls
  secret:
    secretName: {{ . | quote }}
    defaultMode: 288 # 0440
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Who the pod is, and where it may run. */}}
{{- define "appstream-exporter.podPlace" -}}
serviceAccountName: {{ include "appstream-exporter.serviceAccountName" . | quote }}
automountServiceAccountToken: {{ .Values.serviceAccount.automountToken }}
# Variables for every Service of the namespace are of no use here.
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .Values.extraPodSpec }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "appstream-exporter.podAnnotations" -}}
{{- if include "appstream-exporter.web" . }}
# Enabling or disabling TLS or passwords needs a restart; other changes are reloaded.
appstream-exporter/web: {{ printf "tls=%s passwords=%t" (include "appstream-exporter.tls" . | default "false") (hasKey .Values.web.config "basic_auth_users") }}
{{- end }}
{{- if not (or .Values.configAutoReload .Values.existingConfig.name) }}
checksum/config: {{ include "appstream-exporter.configFile" . | sha256sum }}
{{- end }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The pod of the Deployment and of the StatefulSet. */}}
{{- define "appstream-exporter.podTemplate" -}}
metadata:
  {{- with include "appstream-exporter.podAnnotations" . | trim }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
  labels:
    {{- include "appstream-exporter.podLabels" . | nindent 4 }}
spec:
  {{- include "appstream-exporter.podPlace" . | nindent 2 }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  terminationGracePeriodSeconds: {{ int64 .Values.terminationGracePeriodSeconds }}
  {{- if or .Values.extraInitContainers .Values.configCheck.enabled }}
  initContainers:
    {{- with .Values.extraInitContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- if .Values.configCheck.enabled }}
    - name: config-check
      {{- include "appstream-exporter.containerImage" . | nindent 6 }}
      args:
        - --config.check
        {{- include "appstream-exporter.serverArgs" . | nindent 8 }}
      {{- include "appstream-exporter.container" . | nindent 6 }}
    {{- end }}
  {{- end }}
  containers:
    - name: appstream-exporter
      {{- include "appstream-exporter.containerImage" . | nindent 6 }}
      args:
        {{- include "appstream-exporter.serverArgs" . | nindent 8 }}
      ports:
        - name: http
          containerPort: {{ .Values.web.port }}
          protocol: TCP
      livenessProbe:
        {{- if .Values.livenessProbe }}
        {{- toYaml .Values.livenessProbe | nindent 8 }}
        {{- else }}
        {{- include "appstream-exporter.probe" (dict "root" . "path" "/-/healthy") | nindent 8 }}
        periodSeconds: 10
        timeoutSeconds: 5
        {{- end }}
      readinessProbe:
        {{- if .Values.readinessProbe }}
        {{- toYaml .Values.readinessProbe | nindent 8 }}
        {{- else }}
        {{- include "appstream-exporter.probe" (dict "root" . "path" "/-/ready") | nindent 8 }}
        periodSeconds: 5
        timeoutSeconds: 5
        {{- end }}
      {{- include "appstream-exporter.container" . | nindent 6 }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    {{- include "appstream-exporter.volumes" . | nindent 4 }}
{{- end -}}
