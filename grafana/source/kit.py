"""Panels, variables and dashboards as Grafana reads them. Knows nothing of AppStream."""

# Okabe and Ito's palette, which people with any kind of colour blindness can
# tell apart. Good is blue, never green; bad is vermilion, and says so in words.
BLUE = "#56B4E9"
DEEP_BLUE = "#0072B2"
ORANGE = "#E69F00"
VERMILION = "#D55E00"
TEAL = "#009E73"
YELLOW = "#F0E442"
PINK = "#CC79A7"
GREY = "#9E9E9E"

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
TAG = "appstream-exporter"
COLUMNS = 24
# What stands in a cell without a value.
BLANK = "–"


# Queries


def series(expr, legend, ref="A"):
    """A query over time."""
    return {
        "datasource": DATASOURCE,
        "editorMode": "code",
        "expr": expr,
        "legendFormat": legend,
        "range": True,
        "refId": ref,
    }


def now(expr, legend="__auto", ref="A"):
    """A query for the end of the time range."""
    return {
        "datasource": DATASOURCE,
        "editorMode": "code",
        "expr": expr,
        "instant": True,
        "legendFormat": legend,
        "range": False,
        "refId": ref,
    }


def column(ref, expr):
    """A query whose values become the column `Value #ref` of a table."""
    return now(expr, ref=ref) | {"format": "table"}


# Colours and texts


def steps(*pairs, base=BLUE):
    """Thresholds: the colour of what is below all of them, then values with their colours."""
    return {
        "mode": "absolute",
        "steps": [{"color": base, "value": None}]
        + [{"color": color, "value": value} for value, color in pairs],
    }


def texts(*entries):
    """Values that are shown as a text with a colour."""
    options = {
        str(value): {"color": color, "index": index, "text": text}
        for index, (value, text, color) in enumerate(entries)
    }
    return [{"type": "value", "options": options}]


def override(name, **properties):
    """Properties of the field with this name. `__` in a property stands for a dot."""
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [
            {"id": key.replace("__", "."), "value": value} for key, value in properties.items()
        ],
    }


def nothing(text, color):
    """What stands for a value that is missing. Without it, Grafana gives it the colour of the lowest values."""
    return {"type": "special", "options": {"match": "null+nan", "result": {"text": text, "color": color}}}


def paint(name, color, **properties):
    """The colour of one series."""
    return override(name, color={"mode": "fixed", "fixedColor": color}, **properties)


def like(regex, **properties):
    """Properties of every field whose name matches."""
    return override(regex, **properties) | {"matcher": {"id": "byRegexp", "options": regex}}


def paint_like(regex, color):
    """The colour of every series whose name matches."""
    return like(regex, color={"mode": "fixed", "fixedColor": color})


def line(name, color):
    """A dashed line without an area, in front of stacked areas."""
    return paint(
        name,
        color,
        custom__fillOpacity=0,
        custom__lineStyle={"dash": [10, 8], "fill": "dash"},
        custom__stacking={"group": "lines", "mode": "none"},
    )


# Colours of series whose names are not known beforehand: by their last value,
# or shades of one colour where only the sum matters.
BY_VALUE = {"mode": "continuous-BlYlRd", "seriesBy": "last"}
BY_ROOM = {"mode": "continuous-YlBl", "seriesBy": "last"}
SHADES = {"mode": "shades", "fixedColor": BLUE}
ORANGE_SHADES = {"mode": "shades", "fixedColor": ORANGE}


# Panels


def panel(kind, title, description, unit, targets, *, empty, defaults, options, overrides=()):
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "targets": targets,
        "fieldConfig": {
            "defaults": {"unit": unit, "noValue": empty} | defaults,
            "overrides": list(overrides),
        },
        "options": options,
    }


def stat(
    title,
    description,
    unit,
    target,
    thresholds,
    *,
    mappings=(),
    decimals=None,
    empty="No data",
    missing=GREY,
    links=(),
):
    """One number, or a few, in large letters; `empty` in the colour `missing` where there is none."""
    defaults = {
        "color": {"mode": "thresholds"},
        "thresholds": thresholds,
        "mappings": [*mappings, nothing(empty, missing)],
        "links": list(links),
    }
    if decimals is not None:
        defaults["decimals"] = decimals
    return panel(
        "stat",
        title,
        description,
        unit,
        [target],
        empty=empty,
        defaults=defaults,
        options={
            "colorMode": "background_solid" if len(thresholds["steps"]) > 1 or mappings else "value",
            "graphMode": "none",
            "justifyMode": "center",
            "orientation": "auto",
            "percentChangeColorMode": "standard",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "showPercentChange": False,
            "textMode": "auto",
            "wideLayout": True,
        },
    )


def graph(
    title,
    description,
    unit,
    targets,
    *,
    color=SHADES,
    overrides=(),
    stacked=False,
    smooth=False,
    maximum=None,
    bars=False,
    thresholds=None,
    empty="No data",
    interval=None,
):
    """Values over time. Steps, unless `smooth`: between two refreshes nothing is known.

    `interval` is the shortest time between two points, of which rates take at least one.
    """
    defaults = {
        "color": color,
        "custom": {
            "axisBorderShow": False,
            "axisPlacement": "auto",
            "axisSoftMin": 0,
            "drawStyle": "bars" if bars else "line",
            "fillOpacity": 60 if bars else 35 if stacked else 5,
            "gradientMode": "none",
            "lineInterpolation": "linear" if smooth else "stepAfter",
            "lineWidth": 1 if stacked or bars else 2,
            "showPoints": "never" if bars else "auto",
            "pointSize": 4,
            "spanNulls": False,
            "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
            "thresholdsStyle": {"mode": "dashed" if thresholds else "off"},
        },
        "min": 0,
        "thresholds": thresholds or steps(),
    }
    if maximum is not None:
        defaults["max"] = maximum
    built = panel(
        "timeseries",
        title,
        description,
        unit,
        targets,
        empty=empty,
        defaults=defaults,
        overrides=overrides,
        options={
            "legend": {
                "calcs": ["lastNotNull", "max"],
                "displayMode": "table",
                "placement": "bottom",
                "showLegend": True,
                "sortBy": "Last *",
                "sortDesc": True,
            },
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
    )
    return built if interval is None else built | {"interval": interval}


def timeline(title, description, target, mappings, *, empty="No data"):
    """A row for each series, coloured and named by its value."""
    return panel(
        "state-timeline",
        title,
        description,
        "none",
        [target],
        empty=empty,
        defaults={
            "color": {"mode": "thresholds"},
            "custom": {"fillOpacity": 75, "lineWidth": 0},
            "mappings": mappings,
            "thresholds": steps(base=GREY),
        },
        options={
            "alignValue": "left",
            "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
            "mergeValues": True,
            "rowHeight": 0.85,
            "showValue": "auto",
            "tooltip": {"mode": "single", "sort": "none"},
        },
    )


def table(title, description, targets, fields, *, sort=(), empty="No data", labels=(), overrides=()):
    """Instant queries merged into one table.

    `fields` has the columns in their order: pairs of the field's name and the
    properties that it has. Values that are not among them are hidden, and so are
    `labels`.
    """
    named = [name for name, _ in fields]
    values = [f"Value #{target['refId']}" for target in targets]
    unwanted = ["Time", "__name__", "job", "instance", *values, *labels]
    exclude = {name: True for name in unwanted if name not in named}
    transformations = [{"id": "merge", "options": {}}] if len(targets) > 1 else []
    transformations.append(
        {
            "id": "organize",
            "options": {
                "excludeByName": exclude,
                "includeByName": {},
                "indexByName": {name: index for index, name in enumerate(named)},
                "renameByName": {},
            },
        }
    )
    built = panel(
        "table",
        title,
        description,
        "none",
        targets,
        empty=empty,
        defaults={
            "color": {"mode": "thresholds"},
            "custom": {
                "align": "auto",
                "cellOptions": {"type": "auto"},
                "filterable": True,
                "inspect": False,
            },
            "thresholds": steps(base="text"),
        },
        # Grafana shows the text of an empty table in its empty cells too, unless they have their own.
        overrides=[override(name, noValue=BLANK, **properties) for name, properties in fields] + list(overrides),
        options={
            "cellHeight": "sm",
            "frameIndex": 0,
            "showHeader": True,
            "sortBy": [{"displayName": name, "desc": desc} for name, desc in sort],
        },
    )
    return built | {"transformations": transformations}


# What a field of a table looks like.


def plain(name, unit="none", **more):
    return {"displayName": name, "unit": unit} | more


def label(name, **more):
    """Text. With any other unit, an account that begins with 0 is a number and loses it."""
    return plain(name, "string", **more)


def filled(name, unit="none", mappings=(), **more):
    """A cell with a coloured background, unless it is empty."""
    return plain(
        name,
        unit,
        custom__cellOptions={"type": "color-background", "mode": "basic"},
        mappings=[*mappings, nothing(BLANK, "transparent")],
        **more,
    )


def bar(name, thresholds):
    """A share as a bar with its number."""
    return plain(
        name,
        "percentunit",
        custom__cellOptions={"type": "gauge", "mode": "basic", "valueDisplayMode": "text"},
        custom__width=200,
        decimals=0,
        min=0,
        max=1,
        thresholds=thresholds,
    )


def link(title, url):
    return {"title": title, "url": url, "targetBlank": False}


# Dashboards


def datasource_variable():
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "current": {},
        "hide": 0,
        "includeAll": False,
        "multi": False,
        "options": [],
        "refresh": 1,
        "regex": "",
        "skipUrlSync": False,
    }


def variable(name, label, query, *, all_value=".*"):
    """Values of a label, of which any number can be chosen."""
    found = {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": DATASOURCE,
        "definition": query,
        "query": {"qryType": 1, "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "hide": 0,
        "includeAll": True,
        "multi": True,
        "options": [],
        "refresh": 2,
        "regex": "",
        "skipUrlSync": False,
        "sort": 1,
    }
    return found if all_value is None else found | {"allValue": all_value}


def section(title):
    return {"type": "row", "title": title, "collapsed": False, "panels": []}


def place(rows):
    """Panels with their ids and places. A row is a section, or a height and pairs of width and panel."""
    placed, y = [], 0
    for row in rows:
        if isinstance(row, dict):
            row = (1, [(COLUMNS, row)])
        height, cells = row
        if sum(width for width, _ in cells) != COLUMNS:
            raise ValueError(f"a row is not {COLUMNS} wide: {[cell['title'] for _, cell in cells]}")
        x = 0
        for width, cell in cells:
            where = {"h": height, "w": width, "x": x, "y": y}
            placed.append(cell | {"id": len(placed) + 1, "gridPos": where})
            x += width
        y += height
    return placed


def dashboard(uid, title, description, variables, links, rows):
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": [TAG],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "fiscalYearStartMonth": 0,
        # One crosshair and one tooltip for all panels.
        "graphTooltip": 2,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "timepicker": {},
        "timezone": "browser",
        "weekStart": "",
        "annotations": {
            "list": [
                {
                    "builtIn": 1,
                    "datasource": {"type": "grafana", "uid": "-- Grafana --"},
                    "enable": True,
                    "hide": True,
                    "iconColor": BLUE,
                    "name": "Annotations & Alerts",
                    "type": "dashboard",
                }
            ]
        },
        "links": [
            {
                "type": "link",
                "title": name,
                "url": f"/d/{to}",
                "tooltip": tooltip,
                "icon": "dashboard",
                "includeVars": True,
                "keepTime": True,
                "targetBlank": False,
                "asDropdown": False,
                "tags": [],
            }
            for to, name, tooltip in links
            if to != uid
        ],
        "templating": {"list": [datasource_variable(), *variables]},
        "panels": place(rows),
    }
