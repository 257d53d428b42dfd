/** Expands a request of the corpus. */
import { type AlertData, expandOrExplain } from "../../lib/template/alert-template.ts";
import type { CorpusRequest, CorpusSample } from "./corpus.ts";

export interface CorpusAnswer {
  readonly text?: string;
  readonly error?: string;
}

export async function expandRequest(request: CorpusRequest): Promise<CorpusAnswer> {
  const data: AlertData = {
    labels: Object.entries(request.Labels),
    value: numberOf(request.Value),
    externalLabels: Object.entries(request.ExternalLabels),
    externalUrl: request.ExternalURL,
    timestampMs: request.Timestamp,
    query: async (expr) => {
      if (!Object.hasOwn(request.Queries, expr)) throw new Error("no such query");
      return request.Queries[expr].map(sampleOf);
    },
  };
  const { text, error } = await expandOrExplain(request.Name, request.Text, data);
  if (error !== undefined) return { error };
  return text === "" ? {} : { text };
}

function sampleOf({ Labels, Value }: CorpusSample) {
  return { labels: Object.entries(Labels), value: numberOf(Value) };
}

function numberOf(text: string): number {
  return text.endsWith("Inf") ? (text.startsWith("-") ? -1 : 1) * Number.POSITIVE_INFINITY : Number(text);
}
