/** What the same panel costs a Prometheus that has its blocks on disk. */
import type { Program } from "../ingest/program.ts";

export interface PrometheusCost {
  readonly error: string | undefined;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly points: number | undefined;
}

export async function measurePrometheus(program: Program, form: URLSearchParams): Promise<PrometheusCost> {
  const [cpu, beganMs] = [program.cpuSeconds(), performance.now()];
  const text = await program.get(`/api/v1/query_range?${form}`).catch((error: Error) => error);
  const [wallMs, cpuMs] = [performance.now() - beganMs, (program.cpuSeconds() - cpu) * 1000];
  if (text instanceof Error) return { error: text.message, wallMs, cpuMs, points: undefined };
  const { result } = JSON.parse(text).data;
  const points = result.reduce(
    (total: number, { values }: { readonly values: readonly unknown[] }) => total + values.length,
    0,
  );
  return { error: undefined, wallMs, cpuMs, points };
}
