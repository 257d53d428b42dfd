/** The query API's responses beside Prometheus' OpenAPI document. */
import assert from "node:assert/strict";
import test from "node:test";
import { HearthError } from "../../../lib/model/errors.ts";
import { QueryGateway, series } from "../../helpers/query-gateway.ts";
import { withoutUpstream } from "../../helpers/upstream.ts";
import { readOpenApi } from "../openapi/upstream-document.ts";

const RANGE = "start=0&end=60&step=15";

/** What the document says of answers, in all their kinds. */
const DOCUMENTED: readonly (readonly [path: string, inDocument: string])[] = [
  ["/query?query=1&stats=all", "/query"],
  [`/query_range?query=1&stats=true&${RANGE}`, "/query_range"],
  ["/query?query=", "/query"],
  ["/query_exemplars?query=a", "/query_exemplars"],
  ["/format_query?query=a", "/format_query"],
  ["/parse_query?query=a", "/parse_query"],
  ["/series?match[]=a", "/series"],
  ["/labels?limit=1", "/labels"],
  ["/label/job/values", "/label/{name}/values"],
  ["/metadata", "/metadata"],
  ["/metadata?metric=a&limit_per_metric=1", "/metadata"],
  ["/rules", "/rules"],
  ["/alerts", "/alerts"],
  ["/status/buildinfo", "/status/buildinfo"],
  ["/status/tsdb?limit=3", "/status/tsdb"],
];

/** Takes from a buildinfo what Grafana knows of Mimir's and the document does not. */
function takeRulesInGrafana(data: { application?: string; features?: object }): void {
  assert.equal(data.application, "Grafana Mimir");
  assert.deepEqual(data.features, { ruler_config_api: "true", alertmanager_config_api: "false" });
  delete data.application;
  delete data.features;
}

test("answers are as Prometheus' OpenAPI document has them", {
  skip: withoutUpstream("openApi"),
}, async () => {
  const openApi = readOpenApi();
  const api = await QueryGateway.open();
  api.warnings = ["careful"];
  api.seriesFound = () => [[["a", "b"]]];
  api.perStep = Float64Array.of(1);
  const vector = { type: "vector", timestampMs: 0, series: [series({ a: "b" }, [[0, 1]])] } as const;
  const matrix = {
    type: "matrix",
    series: [
      series({ a: "b" }, [
        [0, 1],
        [1, 2],
      ]),
    ],
  } as const;
  const scalar = { type: "scalar", timestampMs: 0, value: 1 } as const;
  // A string's time is a number here as in Prometheus; the document says that it is a string.
  for (const value of [vector, matrix, scalar]) {
    api.value = value;
    for (const [path, inDocument] of DOCUMENTED) {
      const response = await api.fetch(`/api/v1${path}`);
      assert.equal(response.status, path.endsWith("query=") ? 400 : 200);
      const body = (await response.json()) as { data: Parameters<typeof takeRulesInGrafana>[0] };
      if (inDocument === "/status/buildinfo") takeRulesInGrafana(body.data);
      openApi.check(inDocument, "get", response, body);
    }
  }
  api.error = new HearthError("invalid", "no");
  const failed = await api.post("/api/v1/query", { query: "1" });
  openApi.check("/query", "post", failed, await failed.json());
});
