"""Makes values.schema.json: types from the defaults, and what they do not tell from the tables below."""

import re

from source import values

TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
OBJECTS = {"type": "array", "items": {"type": "object"}}
NAME = {"type": "string", "minLength": 1}
NAMED = {"type": "object", "required": ["name"], "additionalProperties": False}
PORT = {"type": "integer", "minimum": 1, "maximum": 65535}
COUNT = {"type": ["integer", "string"], "pattern": "^([0-9]+%)?$", "minimum": 0}
URL = {"pattern": "^(https?://[^ ]+)?$"}
DURATION = {"pattern": "^([0-9]+(ms|s|m|h|d))*$"}

def mapping(properties, description=""):
    described = {"description": description} if description else {}
    return {**described, "type": "object", "additionalProperties": False, "properties": properties}


# What the default of a key does not tell, by the last part of its path.
BY_NAME = {
    **dict.fromkeys(["annotations", "labels", "commonLabels", "podAnnotations", "podLabels"], TEXTS),
    **dict.fromkeys(["alertLabels", "nodeSelector"], TEXTS),
    **dict.fromkeys(["extraEnvFrom", "tolerations", "from", "to"], OBJECTS),
    **dict.fromkeys(["extra", "relabelings", "metricRelabelings", "topologySpreadConstraints"], OBJECTS),
    **dict.fromkeys(["extraInitContainers", "extraContainers", "extraVolumes", "extraVolumeMounts"], OBJECTS),
    **dict.fromkeys(["interval", "scrapeTimeout"], DURATION),
    **dict.fromkeys(["minAvailable", "maxUnavailable"], COUNT),
    "port": PORT,
}

# The same by the whole path.
BY_PATH = {
    "image.repository": {"minLength": 1},
    "image.digest": {"pattern": "^(sha256:[0-9a-f]{64})?$"},
    "image.pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
    "aws.region": {"pattern": "^([a-z]{2,}(-[a-z]+)+-[0-9]+)?$"},
    "aws.roleArn": {"pattern": "^(arn:aws[a-z-]*:iam::[0-9]{12}:role/.+)?$"},
    "configKind": {"enum": ["ConfigMap", "Secret"]},
    "existingConfig.key": {"minLength": 1},
    "shards.total": {"minimum": 1, "maximum": 1000},
    "log.level": {"enum": ["debug", "info", "warn", "error"]},
    "log.format": {"enum": ["logfmt", "json"]},
    "extraArgs": {"type": "array", "items": {"type": "string", "pattern": "^--[a-z]"}},
    "imagePullSecrets": {"items": {**NAMED, "properties": {"name": NAME}}},
    # An unquoted `true` or number would be refused only by Kubernetes.
    "extraEnv": {
        "items": {
            **NAMED,
            "properties": {"name": NAME, "value": {"type": "string"}, "valueFrom": {"type": "object"}},
            "not": {"required": ["value", "valueFrom"]},
        }
    },
    "strategy": mapping({"type": {"enum": ["RollingUpdate", "Recreate"]}, "rollingUpdate": {"type": "object"}}),
    "web.externalUrl": URL,
    "web.routePrefix": {"pattern": "^(/.*)?$"},
    "web.telemetryPath": {"pattern": "^/"},
    "web.config": {
        "additionalProperties": False,
        "properties": {
            name: {"type": "object"}
            for name in ["tls_server_config", "http_server_config", "basic_auth_users", "rate_limit"]
        },
    },
    "web.existingSecretKey": {"minLength": 1},
    "service.type": {"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
    "prometheusRule.runbookUrl": URL,
    "dashboards.folderAnnotation": {"minLength": 1},
    "terminationGracePeriodSeconds": {"minimum": 0},
    "extraObjects": {"type": "array", "items": {"type": ["object", "string"]}},
}

# What a parent chart puts here.
OF_PARENTS = {
    "global": {"description": "Values of a parent chart for all its charts; not used.", "type": "object"},
    "enabled": {"description": "For the `condition` of a parent chart; not used.", "type": "boolean"},
}


def type_of(default):
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return {"type": names[type(default)]}


def node(entry, special):
    if entry.children:
        properties = {child.path.rsplit(".", 1)[-1]: node(child, special) for child in entry.children}
        return mapping(properties, entry.description)
    more = special.get(entry.path) or BY_NAME.get(entry.path.rsplit(".", 1)[-1], {})
    described = {"description": entry.description, "default": entry.default}
    return {**type_of(entry.default), **more, **described}


def for_go(schema):
    """The schema as Helm can read it: its regular expressions count to 1000 only. The upper limit of
    what is longer is then left to the exporter."""
    if isinstance(schema, dict):
        return {key: for_go(value) for key, value in schema.items() if key != "$schema"}
    if isinstance(schema, list):
        return [for_go(entry) for entry in schema]
    return re.sub(r"\{([0-9]+),[0-9]{4,}\}", r"{\1,}", schema) if isinstance(schema, str) else schema


def build(entries, config, names):
    """The schema of all values. `config` is that of the exporter's configuration file, `names` are
    those in the rules."""
    thresholds = {name: {"type": "number"} for name in names["thresholds"]}
    special = {
        **BY_PATH,
        "config": {**for_go(config), "type": "object", "default": {}},
        "prometheusRule.disabledAlerts": {"items": {"enum": names["alerts"]}},
        "prometheusRule.thresholds": {"additionalProperties": False, "properties": thresholds},
    }
    unknown = special.keys() - {leaf.path for leaf in values.leaves(entries)}
    if unknown:
        raise SystemExit(f"schema.py names what values.yaml has not: {', '.join(sorted(unknown))}")
    properties = {entry.path: node(entry, special) for entry in entries}
    return {"$schema": "http://json-schema.org/draft-07/schema#", **mapping({**properties, **OF_PARENTS})}

