/** The query API: responses that stream or are compressed. */
import assert from "node:assert/strict";
import test from "node:test";
import { gunzipSync } from "node:zlib";
import { QueryGateway, series } from "../../helpers/query-gateway.ts";

test("large answers stream, compressed for who takes it, and are one log line", async () => {
  const api = await QueryGateway.open();
  const points = Array.from({ length: 40_000 }, (_, i) => [i * 1000, i] as const);
  api.value = { type: "matrix", series: [series({ a: "1" }, points), series({ a: "2" }, points)] };
  const path = `/api/v1/query_range?query=a&start=0&end=5000&step=1`;
  const plain = await api.fetch(path);
  assert.equal(plain.headers.get("Content-Encoding"), null);
  const text = await plain.text();
  assert.equal(JSON.parse(text).data.result[1].values.length, 40_000);
  assert.ok(text.length > 2 * 512 * 1024);
  const zipped = await api.fetch(path, { headers: { "Accept-Encoding": "br;q=1.0, gzip;q=0.8" } });
  assert.equal(zipped.headers.get("Content-Encoding"), "gzip");
  const bytes = Buffer.from(await zipped.arrayBuffer());
  assert.ok(bytes.length < text.length / 2, `${bytes.length} of ${text.length}`);
  assert.equal(gunzipSync(bytes).toString(), text);
  const refused = await api.fetch(path, { headers: { "Accept-Encoding": "gzip;q=0, *" } });
  assert.equal(refused.headers.get("Content-Encoding"), null);
  await refused.body?.cancel();
  assert.equal(api.gateway.lines.length, 3);
  assert.deepEqual([api.gateway.lastLine.fields.series, api.gateway.lastLine.fields.samples], [2, 7]);
});

test("large answers that stream at the same time do not meet", async () => {
  const api = await QueryGateway.open();
  const path = `/api/v1/query_range?query=a&start=0&end=5000&step=1`;
  const answers: Response[] = [];
  for (const value of [1, 2.5]) {
    const points = Array.from({ length: 60_000 }, (_, i) => [i * 1000, value] as const);
    // A label of which nothing is ASCII fills three bytes a character.
    const all = [series({ a: "1" }, points), series({ a: "ä€".repeat(200_000) }, points.slice(0, 1500))];
    api.value = { type: "matrix", series: all };
    answers.push(await api.fetch(path));
  }
  const texts = ["", ""];
  const readers = answers.map(({ body }) => body!.pipeThrough(new TextDecoderStream()).getReader());
  for (let isOpen = true; isOpen; ) {
    isOpen = false;
    for (const [i, reader] of readers.entries()) {
      const { value, done } = await reader.read();
      texts[i] += value ?? "";
      if (!done) isOpen = true;
    }
  }
  for (const [i, value] of ["1", "2.5"].entries()) {
    const [first, second] = JSON.parse(texts[i]).data.result;
    assert.equal(second.metric.a, "ä€".repeat(200_000));
    const times = (count: number) => Array.from({ length: count }, (_, at) => [at, value]);
    assert.deepEqual([first.values, second.values], [times(60_000), times(1500)]);
  }
});

test("answers that are whole are compressed where that pays", async () => {
  const api = await QueryGateway.open();
  for (const [points, encoding] of [
    [20, null],
    [200, "gzip"],
  ] as const) {
    const values = Array.from({ length: points }, (_, i) => [i * 1000, i] as const);
    api.value = { type: "matrix", series: [series({ a: "1" }, values)] };
    const path = `/api/v1/query_range?query=a&start=0&end=5000&step=1`;
    const text = await (await api.fetch(path)).text();
    const answer = await api.fetch(path, { headers: { "Accept-Encoding": "gzip" } });
    assert.equal(answer.headers.get("Content-Encoding"), encoding);
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal((encoding === null ? bytes : gunzipSync(bytes)).toString(), text);
  }
});
