"""Ten short-lived programs with OpenTelemetry's SDK for Python count in deltas; what a Hearth adds up is what they counted."""

import base64
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
import uuid

URL = sys.argv[1]
USER, PASSWORD = os.environ["HEARTH_ACCESS_KEY_ID"], os.environ["HEARTH_SECRET_ACCESS_KEY"]
AUTHORIZATION = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
PROGRAMS = 10


def program(number):
    """Configured by the variables of every SDK alone."""
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource

    reader = PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=3_600_000)
    resource = Resource.create({"service.instance.id": str(uuid.uuid4())})
    provider = MeterProvider(metric_readers=[reader], resource=resource)
    meter = provider.get_meter("hearth.peers")
    orders, seconds = meter.create_counter("orders"), meter.create_histogram("seconds")
    for i in range(number):
        orders.add(3)
        seconds.record(i / 10)
    provider.shutdown()


def ask(query):
    parameters = urllib.parse.urlencode({"query": query})
    request = urllib.request.Request(f"{URL}/api/v1/query?{parameters}", headers={"Authorization": AUTHORIZATION})
    with urllib.request.urlopen(request) as response:
        result = json.load(response)["data"]["result"]
    return float(result[0]["value"][1]) if result else None


def main():
    env = {
        **os.environ,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"{URL}/api/v1/otlp",
        "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=" + urllib.parse.quote(AUTHORIZATION),
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta",
        "OTEL_SERVICE_NAME": "deltas",
    }
    for number in range(1, PROGRAMS + 1):
        subprocess.run([sys.executable, __file__, URL, str(number)], env=env, check=True)
    counted = sum(range(1, PROGRAMS + 1))
    for function in ["increase", "sum_over_time"]:
        for metric, expected in {
            "orders_total": 3 * counted,
            "seconds_count": counted,
            'seconds_bucket{le="+Inf"}': counted,
        }.items():
            query = f"sum({function}({metric}[10m]))"
            found = ask(query)
            print(f"{query}: {found:g}", flush=True)
            assert found == expected, f"expected {expected}"


if len(sys.argv) > 2:
    program(int(sys.argv[2]))
else:
    main()
