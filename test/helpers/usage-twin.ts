/** Documents of the usage API, of figures that a test can know. */

const QUERIES = [
  ["sum by (path) (rate(http_requests_total[5m]))", "HKGRAFANA", 9200, 812],
  ['<img src=x onerror="window.hacked=1">', "HKA", 120, 90],
] as const;

interface Figures {
  readonly samples: number;
  readonly series: number;
}

const METRICS: Readonly<Record<string, Figures>> = {
  http_request_duration_seconds_bucket: { samples: 3240, series: 54 },
  http_requests_total: { samples: 1080, series: 18 },
  up: { samples: 180, series: 3 },
};
const TENANTS: Readonly<Record<string, Figures>> = {
  t: { samples: 4680, series: 80 },
  checkout: { samples: 1200, series: 20 },
};

function usage({ samples, series }: Figures) {
  const writeUnits = samples * 0.01;
  const readUnits = samples * 0.002;
  const storedBytes = samples * 2;
  const dollars = {
    read: readUnits * 1.25e-7,
    write: writeUnits * 6.25e-7,
    storage: (storedBytes / 1e9) * 0.25,
    total: 0,
  };
  dollars.total = dollars.read + dollars.write + dollars.storage;
  return {
    requests: 60,
    errors: 1,
    refused: 0,
    samples,
    series,
    readUnits,
    writeUnits,
    storedBytes,
    dollars,
  };
}

/** Of yesterday and a week ago half of today. */
export function usageOf(url: string, nowMs: number): object {
  const { pathname, searchParams } = new URL(url);
  const start = searchParams.get("start") ?? "";
  const share = start === new Date(nowMs).toISOString().slice(0, 10) ? 1 : 0.5;
  if (pathname.endsWith("/queries")) {
    const queries = QUERIES.map(([query, key, readUnits, maxDurationMs]) => {
      const figures = { readUnits, dollars: readUnits * 1.25e-7, maxDurationMs };
      return {
        tenant: "t",
        key,
        query,
        kind: "range",
        count: 12,
        maxRangeMs: 3_600_000,
        lastMs: nowMs - 60_000,
        ...figures,
      };
    });
    return { status: "success", data: { start, end: searchParams.get("end"), queries } };
  }
  const by = (searchParams.get("by") ?? "tenant").split(",");
  const scaled = ({ samples, series }: Figures) =>
    usage({ samples: samples * share, series: Math.round(series * share) });
  const groups = by.includes("metric")
    ? Object.entries(METRICS).map(([metric, figures]) => ({ metric, ...scaled(figures) }))
    : Object.entries(TENANTS).map(([tenant, figures]) => ({
        ...(by.includes("tenant") ? { tenant } : {}),
        ...(by.includes("key") ? { key: `HK${tenant.toUpperCase()}` } : {}),
        ...(by.includes("route") ? { route: tenant === "t" ? "/api/v1/write" : "compaction" } : {}),
        ...scaled(figures),
      }));
  const total = scaled({ samples: 5880, series: 100 });
  const prices = { readUnit: 1.25e-7, writeUnit: 6.25e-7, gbMonth: 0.25 };
  return { status: "success", data: { start, end: start, updatedMs: nowMs, prices, total, groups } };
}
