{{- define "appstream-exporter.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 52 characters: a StatefulSet adds a hash to it in a label, which may have 63. */}}
{{- define "appstream-exporter.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "appstream-exporter.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end -}}

{{- define "appstream-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "appstream-exporter.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* A list of mappings of texts in one, of which the later ones win: no key is there twice. Empty
     when they are. */}}
{{- define "appstream-exporter.merged" -}}
{{- $merged := dict -}}
{{- range $mapping := . -}}
{{- range $key, $value := $mapping -}}
{{- $_ := set $merged $key $value -}}
{{- end -}}
{{- end -}}
{{- with $merged }}{{ toYaml . }}{{ end -}}
{{- end -}}

{{/* Labels of an object. They are those of a list: its first entry is the root, mappings may follow. */}}
{{- define "appstream-exporter.labels" -}}
{{- $root := first . -}}
{{- $chart := printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" -}}
{{- $own := include "appstream-exporter.selectorLabels" $root | fromYaml -}}
{{- $more := dict "app.kubernetes.io/version" $root.Chart.AppVersion "app.kubernetes.io/managed-by" $root.Release.Service "helm.sh/chart" $chart -}}
{{- include "appstream-exporter.merged" (concat (list $own $more $root.Values.commonLabels) (rest .)) -}}
{{- end -}}

{{/* Without those of the chart, so that a chart in which only others change starts no pod again. */}}
{{- define "appstream-exporter.podLabels" -}}
{{- $own := include "appstream-exporter.selectorLabels" . | fromYaml -}}
{{- $version := dict "app.kubernetes.io/version" .Chart.AppVersion -}}
{{- include "appstream-exporter.merged" (list $own $version .Values.commonLabels .Values.podLabels) -}}
{{- end -}}

{{- define "appstream-exporter.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "appstream-exporter.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "appstream-exporter.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* YAML in which a whole number stays one: Helm writes a million as 1e+06. */}}
{{- define "appstream-exporter.yaml" -}}
{{- regexReplaceAll "(?m)(: |- )1e\\+06$" (toYaml .) "${1}1000000" -}}
{{- end -}}

{{/* "true" when there are shards, else empty. */}}
{{- define "appstream-exporter.sharded" -}}
{{- if gt (int .Values.shards.total) 1 }}true{{ end -}}
{{- end -}}

{{- define "appstream-exporter.serviceName" -}}
{{- include "appstream-exporter.fullname" . }}{{ if include "appstream-exporter.sharded" . }}-headless{{ end -}}
{{- end -}}

{{- define "appstream-exporter.configName" -}}
{{- .Values.existingConfig.name | default (include "appstream-exporter.fullname" .) -}}
{{- end -}}

{{- define "appstream-exporter.configKey" -}}
{{- ternary .Values.existingConfig.key "config.yaml" (ne .Values.existingConfig.name "") -}}
{{- end -}}

{{/* Data of the object that holds the configuration. */}}
{{- define "appstream-exporter.configFile" -}}
config.yaml: |
  {{- include "appstream-exporter.yaml" .Values.config | nindent 2 }}
{{- end -}}
