{{- define "holdfast.labels" -}}
app.kubernetes.io/name: holdfast
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "holdfast.pod" -}}
metadata:
  labels:
    {{- include "holdfast.labels" . | nindent 4 }}
  annotations:
    # Another configuration starts the pods anew.
    checksum/config: {{ toYaml .Values.config | sha256sum }}
    prometheus.io/scrape: "true"
    prometheus.io/port: "9000"
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  # Calls under way have five seconds; the load balancer takes some to look away.
  terminationGracePeriodSeconds: 20
  automountServiceAccountToken: false
  enableServiceLinks: false # HOLDFAST_PORT and its like would be read as configuration
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    seccompProfile: { type: RuntimeDefault }
  containers:
    - name: holdfast
      image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [serve, --config, /etc/holdfast/holdfast.yaml]
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      env:
        - { name: HOLDFAST_SERVER_HOST, value: "0.0.0.0" }
        - { name: HOLDFAST_SERVER_PORT, value: "8000" }
        # The probes' own place: callers cannot take it away from them.
        - { name: HOLDFAST_SERVER_MANAGEMENT_HOST, value: "0.0.0.0" }
        - { name: HOLDFAST_SERVER_MANAGEMENT_PORT, value: "9000" }
        {{- if eq .Values.store "postgresql" }}
        - name: HOLDFAST_STORE_URL
          valueFrom: { secretKeyRef: { name: {{ required "postgresql.existingSecret names the Secret with the database's url" .Values.postgresql.existingSecret }}, key: url } }
        {{- else }}
        - { name: HOLDFAST_STORE_URL, value: "sqlite:/data/holdfast.db" }
        {{- end }}
        {{- with .Values.javaOpts }}
        - { name: HOLDFAST_JAVA_OPTS, value: {{ . | quote }} }
        {{- end }}
      {{- with .Values.existingSecret }}
      envFrom:
        - secretRef: { name: {{ . }} }
      {{- end }}
      ports:
        - { name: http, containerPort: 8000 }
        - { name: management, containerPort: 9000 }
      startupProbe:
        httpGet: { path: /livez, port: management }
        periodSeconds: 1
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /livez, port: management }
        periodSeconds: 10
        timeoutSeconds: 5
      readinessProbe:
        httpGet: { path: /readyz, port: management }
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 2
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - { name: config, mountPath: /etc/holdfast, readOnly: true }
        - { name: data, mountPath: /data }
        - { name: tmp, mountPath: /tmp }
  volumes:
    - name: config
      configMap: { name: {{ .Release.Name }}-holdfast }
    - name: tmp
      emptyDir: {}
    {{- if eq .Values.store "postgresql" }}
    - name: data
      emptyDir: {}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if eq .Values.store "postgresql" }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "holdfast.labels" . | nindent 10 }}
  {{- end }}
{{- end }}
