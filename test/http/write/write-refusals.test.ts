/** Remote write: requests that are refused, and what the response says of them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compress } from "../../../lib/wire/snappy.ts";
import { SECRET, TestGateway } from "../../helpers/test-gateway.ts";
import { compressedBody, encodeBody, type SentSeries, series } from "../../helpers/write-requests.ts";
import { fromHex } from "../../wire/prometheus-proto.ts";
import { assertStored, GOOD, NOW, recorded } from "./write-requests-of-route.ts";

describe("content type and encoding, before the body is touched", () => {
  const TYPES: readonly (readonly [type: string | undefined, status: number])[] = [
    ["application/x-protobuf", 200],
    ["application/x-protobuf;proto=prometheus.WriteRequest", 200],
    ["application/x-protobuf; proto=prometheus.WriteRequest", 200],
    ['Application/X-Protobuf; charset=x; PROTO="prometheus.WriteRequest"', 200],
    [undefined, 200],
    ["", 200],
    // Prometheus 2.42 answers 204 to the following two; by the specification of 1.0 and 2.0 they are not this message.
    ["text/plain", 415],
    ["application/x-protobuf;proto=io.prometheus.write.v3.Request", 415],
    ["application/x-protobuf;proto=", 415],
    ["application/json", 415],
    ["application/x-protobuffer", 415],
    ["application/x-www-form-urlencoded", 415],
  ];
  for (const [type, status] of TYPES) {
    test(`Content-Type ${type}: ${status}`, async () => {
      const gateway = await TestGateway.open();
      const response = await gateway.post("/api/v1/write", compressedBody(GOOD), { "Content-Type": type });
      assert.equal(response.status, status);
      await assertStored(gateway, status === 200 ? [GOOD] : []);
    });
  }

  // Prometheus 2.42 decodes snappy whatever the header says, and answers 204 to gzip.
  const ENCODINGS = [
    ["snappy", 200],
    ["Snappy", 200],
    [undefined, 200],
    ["gzip", 415],
    ["identity", 415],
    ["zstd", 415],
    ["snappy, gzip", 415],
  ] as const;
  for (const [encoding, status] of ENCODINGS) {
    test(`Content-Encoding ${encoding}: ${status}`, async () => {
      const gateway = await TestGateway.open();
      const response = await gateway.post("/api/v1/write", compressedBody(GOOD), {
        "Content-Encoding": encoding,
      });
      assert.equal(response.status, status);
    });
  }

  test("415 even when the body is corrupt, or cannot be read at all", async () => {
    const gateway = await TestGateway.open();
    const unreadable = new ReadableStream({
      pull() {
        throw new Error("read after all");
      },
    });
    for (const body of [fromHex("ff ff ff"), unreadable]) {
      const response = await gateway.post("/api/v1/write", body, { "Content-Type": "text/plain" });
      assert.equal(response.status, 415);
      assert.match(await response.text(), /content type "text\/plain": expected application\/x-protobuf/);
    }
  });

  test("no version header is needed, and none is refused", async () => {
    const gateway = await TestGateway.open();
    for (const version of [undefined, "0.1.0", "2.0.0", "x"]) {
      const headers = { "X-Prometheus-Remote-Write-Version": version };
      assert.equal((await gateway.write(GOOD, headers)).status, 200);
    }
  });
});

describe("methods and paths", () => {
  for (const method of ["GET", "HEAD", "PUT", "DELETE", "PATCH"]) {
    test(`405 with Allow for ${method}, and a log line`, async () => {
      const gateway = await TestGateway.open();
      const response = await gateway.fetch("/api/v1/write", { method });
      assert.deepEqual([response.status, response.headers.get("Allow")], [405, "POST"]);
      assert.deepEqual(
        gateway.lines.map(({ fields }) => [fields.method, fields.status]),
        [[method, 405]],
      );
    });
  }

  for (const path of ["/", "/api/v1", "/api/v2/write", "/API/v1/write", "/api/v1/write/x"]) {
    test(`404 for ${path}`, async () => {
      const gateway = await TestGateway.open();
      const response = await gateway.post(path, compressedBody(GOOD));
      assert.deepEqual([response.status, gateway.lastLine.fields.status], [404, 404]);
      assert.deepEqual(gateway.table.calls, []);
    });
  }

  test("a query string makes no difference and is not logged", async () => {
    const gateway = await TestGateway.open();
    assert.equal((await gateway.post(`/api/v1/write?token=${SECRET}`, compressedBody(GOOD))).status, 200);
    assert.ok(!JSON.stringify(gateway.lines).includes(SECRET));
  });
});

describe("413: too large", () => {
  const limits = {
    maxBodyBytes: 1000,
    maxDecompressedBytes: 5000,
    maxRequestSeries: 10,
    maxRequestSamples: 20,
    maxLabelValueBytes: 50,
  };

  test("the body as it is sent: by its Content-Length, without reading it", async () => {
    const gateway = await TestGateway.open(limits);
    const unread = new ReadableStream({
      pull() {
        throw new Error("read");
      },
    });
    const response = await gateway.post("/api/v1/write", unread, { "Content-Length": "1001" });
    assert.equal(response.status, 413);
    assert.match(await response.text(), /1001 bytes, the limit is 1000/);
  });

  test("the body as it is sent, in chunks", async () => {
    const gateway = await TestGateway.open(limits);
    const parts = Array.from({ length: 11 }, () => new Uint8Array(100));
    const response = await gateway.post("/api/v1/write", ReadableStream.from(parts));
    assert.equal(response.status, 413);
    assert.match(await response.text(), /more than 1000 bytes, the limit is 1000/);
  });

  test("the decompressed size, by the header alone", async () => {
    const gateway = await TestGateway.open(limits);
    // 5,001 bytes declared, and not one of them there.
    const response = await gateway.post("/api/v1/write", fromHex("89 27"));
    assert.equal(response.status, 413);
    assert.match(await response.text(), /decompresses to 5001 bytes, at most 5000/);
    // Prometheus 2.42 answers 400, "corrupt input".
    assert.equal((await gateway.post("/api/v1/write", fromHex("80 80 80 80 01"))).status, 413);
  });

  test("series and samples, of which none is stored", async () => {
    const gateway = await TestGateway.open(limits);
    const many = Array.from({ length: 11 }, (_, i) => series("m", { n: `${i}` }, [NOW, 1]));
    assert.equal((await gateway.write(many)).status, 413);
    assert.equal(
      (
        await gateway.write([
          {
            labels: [["__name__", "m"]],
            samples: Array.from({ length: 21 }, (_, i) => [NOW + i, 0n] as const),
          },
        ])
      ).status,
      413,
    );
    assert.equal((await gateway.write(many.slice(1))).status, 200);
    await assertStored(gateway, [many.slice(1)]);
  });

  test("400: a label's value, and the good series are stored", async () => {
    const gateway = await TestGateway.open(limits);
    const response = await gateway.write([series("m", { n: "x".repeat(51) }, [NOW, 1]), ...GOOD]);
    assert.equal(response.status, 400);
    assert.match(
      await response.text(),
      /1 rejected, the other 2 samples are stored: series m\{n="x+"\}: .* 51 bytes, at most 50/,
    );
    await assertStored(gateway, [GOOD]);
  });
});

describe("400: bad labels and times are named, the good series are stored", () => {
  const bad = (...labels: [string, string][]): SentSeries => ({ labels, samples: [[NOW, 0n]] });
  const CASES: readonly (readonly [what: string, bad: SentSeries, reason: RegExp])[] = [
    // Prometheus 2.42 takes the first four (the first with an empty name of a metric, 500 for no label at all).
    ["no name", bad(["job", "a"]), /series \{job="a"\}: label __name__ is missing or empty/],
    ["no label", bad(), /series \{\}: label __name__ is missing/],
    ["an empty metric name", bad(["__name__", ""], ["job", "a"]), /label __name__ is missing or empty/],
    ["an empty label name", bad(["__name__", "x"], ["", "a"]), /series x\{="a"\}: a label has an empty name/],
    // Prometheus 2.42: 500, so that a sender repeats it for ever.
    [
      "a label twice",
      bad(["__name__", "x"], ["a", "1"], ["a", "2"]),
      /series x\{a="1",a="2"\}: label name "a" appears twice/,
    ],
    [
      "the future",
      series("x", { a: "1" }, [NOW + 601_000, 1]),
      /series x\{a="1"\}: timestamp \d+ is in the future, at most 600000 ms/,
    ],
    ["a time of 2^60", series("x", {}, [2 ** 60, 1]), /timestamp 1152921504606846976 is not a time in ms/],
  ];
  for (const [what, one, reason] of CASES) {
    test(what, async () => {
      const gateway = await TestGateway.open();
      const response = await gateway.write([GOOD[0], one]);
      assert.equal(response.status, 400);
      assert.match(await response.text(), reason);
      await assertStored(gateway, [GOOD]);
      assert.deepEqual([gateway.lastLine.level, gateway.lastLine.fields.storedSamples], ["warn", 2]);
    });
  }

  test("labels that are not UTF-8", async () => {
    const gateway = await TestGateway.open();
    const broken = fromHex(
      "0a 12 0a 0c 0a 08 5f5f6e616d655f5f 12 00 12 02 10 01".replace("0a 12 0a 0c", "0a 12 0a 0c"),
    );
    const name = fromHex("0a 10 0a 0a 0a 08 5f5f6e616d65ff5f 12 02 10 01");
    for (const body of [broken, name]) {
      const response = await gateway.post("/api/v1/write", compress(Buffer.concat([body, encodeBody(GOOD)])));
      assert.equal(response.status, 400);
    }
    await assertStored(gateway, [GOOD]);
  });

  test("a hundred bad series: the first ten are named, the rest counted", async () => {
    const gateway = await TestGateway.open();
    const response = await gateway.write(Array.from({ length: 100 }, (_, i) => bad(["n", `${i}`])));
    const text = await response.text();
    assert.match(text, /100 rejected/);
    assert.equal(text.trim().split("\n").length, 11);
    assert.match(text, /and 90 more/);
  });

  test("a label of 16 KB does not make an answer of it", async () => {
    const gateway = await TestGateway.open();
    const response = await gateway.write([bad(["n", "x".repeat(16_000)])]);
    assert.ok((await response.text()).length < 600);
  });
});

describe("corrupt bodies", () => {
  test("400 at every truncation, never 5xx, and nothing is stored", async () => {
    const gateway = await TestGateway.open();
    const compressed = compressedBody([...GOOD, series("load", { job: "a" }, [NOW, 1])]);
    const raw = encodeBody(GOOD);
    for (const body of [compressed, compress(raw)]) {
      for (let length = 0; length < body.length; length++) {
        const response = await gateway.post("/api/v1/write", body.subarray(0, length));
        assert.equal(response.status, 400, `${length}: ${await response.text()}`);
      }
    }
    for (let length = 1; length < raw.length; length++) {
      assert.equal(
        (await gateway.post("/api/v1/write", compress(raw.subarray(0, length)))).status,
        400,
        `${length}`,
      );
    }
    await assertStored(gateway, []);
  });

  test("a recorded body, cut in many places", async () => {
    const gateway = await TestGateway.open();
    const body = recorded("vmagent1.79-scrape580.snappy");
    for (let length = 0; length < body.length; length += 97) {
      assert.equal((await gateway.post("/api/v1/write", body.subarray(0, length))).status, 400, `${length}`);
    }
  });

  test("protobuf without snappy, and garbage in snappy", async () => {
    const gateway = await TestGateway.open();
    for (const body of [
      encodeBody(GOOD),
      compress(Buffer.from("garbage")),
      Buffer.from("garbage"),
      new Uint8Array(),
    ]) {
      assert.equal((await gateway.post("/api/v1/write", body)).status, 400);
    }
  });

  test("a body that ends early is the sender's trouble", async () => {
    const gateway = await TestGateway.open();
    const broken = new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(10)),
      pull() {
        throw new Error("aborted");
      },
    });
    assert.equal((await gateway.post("/api/v1/write", broken)).status, 400);
    assert.equal(gateway.lastLine.level, "warn");
  });
});
