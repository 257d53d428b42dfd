"""Asks a Hearth through prometheus-mcp-server (JSON-RPC over stdio) and prometheus-api-client. Prints what each returned."""

import json
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta

from prometheus_api_client import MetricRangeDataFrame, PrometheusConnect

COMMAND, URL = sys.argv[1:]
USER, PASSWORD = os.environ["HEARTH_ACCESS_KEY_ID"], os.environ["HEARTH_SECRET_ACCESS_KEY"]
# Hearth's own, which it stores from its start on.
METRIC = "hearth_requests_total"


class McpServer:
    """A model context protocol server as a child. https://modelcontextprotocol.io/specification"""

    def __init__(self):
        env = {
            **os.environ,
            "PROMETHEUS_URL": URL,
            "PROMETHEUS_USERNAME": USER,
            "PROMETHEUS_PASSWORD": PASSWORD,
            "PROMETHEUS_MCP_SERVER_TRANSPORT": "stdio",
        }
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.child = subprocess.Popen([COMMAND], env=env, text=True, **pipes)
        self.number = 0
        client = {"name": "hearth", "version": "1"}
        self.request(
            "initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
        )
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def send(self, message):
        self.child.stdin.write(json.dumps(message) + "\n")
        self.child.stdin.flush()

    def request(self, method, params):
        self.number += 1
        self.send({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        for line in self.child.stdout:
            message = json.loads(line)
            if message.get("id") == self.number:
                assert "error" not in message, message
                return message["result"]
        raise AssertionError("the server ended")

    def call(self, name, **arguments):
        result = self.request("tools/call", {"name": name, "arguments": arguments})
        assert not result.get("isError"), (name, result)
        return json.loads(result["content"][0]["text"])


def show(name, result):
    text = json.dumps(result, default=str)
    print(f"{name}: {text[:160]}{'…' if len(text) > 160 else ''}", flush=True)
    return result


def ask_tools():
    server = McpServer()
    now = time.time()
    calls = {
        "health_check": {},
        "execute_query": {"query": f"sum({METRIC})"},
        "execute_range_query": {
            "query": f"rate({METRIC}[1m])",
            "start": str(now - 300),
            "end": str(now),
            "step": "15s",
        },
        "list_metrics": {"limit": 5, "filter_pattern": "hearth"},
        "get_metric_metadata": {"metric": METRIC},
        "get_targets": {},
    }
    tools = {tool["name"] for tool in server.request("tools/list", {})["tools"]}
    assert tools == set(calls), f"tools={sorted(tools)}"
    results = {name: show(name, server.call(name, **calls[name])) for name in calls}
    assert results["health_check"]["status"] == "healthy", results["health_check"]
    assert float(results["execute_query"]["result"][0]["value"][1]) > 0
    assert len(results["execute_range_query"]["result"][0]["values"]) > 0
    assert results["get_metric_metadata"][0]["type"] == "counter"
    assert len(results["list_metrics"]["metrics"]) == 5
    server.child.stdin.close()
    assert server.child.wait(timeout=20) == 0, "exit status"


def ask_api_client():
    client = PrometheusConnect(url=URL, auth=(USER, PASSWORD))
    end = datetime.now()
    start = end - timedelta(minutes=5)
    assert show("check_prometheus_connection", client.check_prometheus_connection())
    assert METRIC in show("all_metrics", client.all_metrics())
    assert show("get_series", client.get_series(start, end, params={"match[]": METRIC}))
    assert "route" in show("get_label_names", client.get_label_names(params={"match[]": METRIC}))
    assert show("get_label_values", client.get_label_values("route"))
    assert show("get_current_metric_value", client.get_current_metric_value(METRIC))
    ranges = client.get_metric_range_data(METRIC, start_time=start, end_time=end)
    assert len(MetricRangeDataFrame(show("get_metric_range_data", ranges))) > 0
    assert show("custom_query", client.custom_query(f"sum({METRIC})"))
    assert show("custom_query_range", client.custom_query_range(f"sum({METRIC})", start, end, "15"))
    operations = ["sum", "max", "min", "variance", "percentile_95", "deviation", "average"]
    aggregated = client.get_metric_aggregation(METRIC, operations, start, end, "15")
    assert len(show("get_metric_aggregation", aggregated)) == len(operations)
    assert show("get_scrape_pools", client.get_scrape_pools()) == []
    assert "activeTargets" in show("get_targets", client.get_targets())
    assert show("get_target_metadata", client.get_target_metadata({"job": "x"})) == []
    assert show("get_metric_metadata", client.get_metric_metadata(METRIC))


def wait_for_samples():
    client = PrometheusConnect(url=URL, auth=(USER, PASSWORD))
    for _ in range(120):
        if client.custom_query(f"count_over_time({METRIC}[5m]) > 1"):
            return
        time.sleep(1)
    raise AssertionError(f"no samples of {METRIC} after two minutes")


wait_for_samples()
ask_tools()
ask_api_client()
print("all as expected")
