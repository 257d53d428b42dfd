/**
 * What a small cluster's kube-state-metrics, kubelets, cAdvisor, API servers and schedulers would export, so that rules
 * for Kubernetes have results: names and labels as these programs have them, values by the number of a scrape.
 */
import { type GeneratedSeries, newSeriesList, type SeriesList, type ValueOf } from "./series-list.ts";

const CLUSTER = "c1";
const NODES = ["node-1", "node-2", "node-3"];
const NAMESPACES = ["shop", "monitoring"];
const STATE = { job: "kube-state-metrics", instance: "ksm:8080", cluster: CLUSTER };
const BUCKETS = ["0.05", "0.5", "1", "5", "30", "60", "600", "+Inf"];
const MEMORY = 64 * 2 ** 30;

interface Pod {
  readonly namespace: string;
  readonly pod: string;
  readonly node: string;
  readonly ownerKind: string;
  readonly ownerName: string;
}

const OWNERS: readonly (readonly [kind: string, name: string])[] = [
  ["ReplicaSet", "web-7d9f"],
  ["ReplicaSet", "lone-1a2b"],
  ["DaemonSet", "agent"],
  ["StatefulSet", "db"],
  ["Job", "report-28"],
  ["Job", "manual"],
  ["Node", "node-1"],
  ["", ""],
  ["Rollout", "canary"],
];

const PODS: readonly Pod[] = NAMESPACES.flatMap((namespace) =>
  OWNERS.map(([ownerKind, ownerName], i) => ({
    namespace,
    pod: `${(ownerName || "bare").replace(/\W/g, "")}-${i}`,
    node: NODES[i % NODES.length],
    ownerKind,
    ownerName,
  })),
);

/** One value from a scrape up to another, and else another value. */
function between(from: number, to: number, inside: number, outside: number): ValueOf {
  return (scrape) => (scrape >= from && scrape < to ? inside : outside);
}

/** A counter that begins again at scrape 130. */
function counter(perScrape: number): ValueOf {
  return (scrape) => (scrape < 130 ? scrape : scrape - 130) * perScrape + (scrape % 3) * 0.25 * perScrape;
}

/** A gauge that swings about a value. */
function about(value: number, share = 0.1): ValueOf {
  return (scrape) => value * (1 + share * Math.sin(scrape / 7));
}

/** There up to a scrape, and from another on. */
function absentBetween(from: number, to: number, value: ValueOf): ValueOf {
  return (scrape) => (scrape >= from && scrape < to ? undefined : value(scrape));
}

/** The buckets of a classic histogram, its sum and its count: `slow` is the share that takes longer than 5 s. */
function addHistogram(
  list: SeriesList,
  name: string,
  labels: Readonly<Record<string, string>>,
  perScrape: number,
  slow: (scrape: number) => number,
): void {
  let [total, late] = [0, 0];
  const totals: (readonly [number, number])[] = [];
  const until = (scrape: number) => {
    for (let at = totals.length; at <= scrape; at++) {
      totals.push([total, late]);
      total += perScrape;
      late += perScrape * slow(at);
    }
    return totals[scrape];
  };
  for (const [i, le] of BUCKETS.entries())
    list.add(`${name}_bucket`, { ...labels, le }, (scrape) => {
      const [all, slowOnes] = until(scrape);
      return le === "+Inf" ? all : (all - slowOnes) * Math.min(1, 0.4 + 0.13 * i);
    });
  list.add(`${name}_count`, labels, (scrape) => until(scrape)[0]);
}

/** The same series each time. */
export function kubeSeries(): readonly GeneratedSeries[] {
  const list = newSeriesList();
  addPods(list);
  addWorkloads(list);
  addNodes(list);
  addServers(list);
  return list.all;
}

function addPods(list: SeriesList): void {
  for (const [i, node] of NODES.entries()) {
    const exporter = { ...STATE, namespace: "monitoring", pod: `node-exporter-${i}` };
    list.add("kube_pod_info", { ...exporter, node }, () => 1);
  }
  for (const [i, { namespace, pod, node, ownerKind, ownerName }] of PODS.entries()) {
    const of = { ...STATE, namespace, pod, uid: `u${i}` };
    list.add("kube_pod_info", { ...of, node }, () => 1);
    list.add("kube_pod_owner", { ...of, owner_kind: ownerKind, owner_name: ownerName }, () => 1);
    const isStuck = i % 5 === 2;
    for (const phase of ["Pending", "Running", "Unknown"]) {
      const inside = Number(phase === (isStuck ? "Pending" : "Running"));
      list.add(
        "kube_pod_status_phase",
        { ...of, phase },
        between(40, 130, inside, Number(phase === "Running")),
      );
    }
    list.add("kube_pod_status_ready", { ...of, condition: "true" }, between(30, 120, i % 4 === 1 ? 0 : 1, 1));
    if (i === 2)
      list.add("kube_pod_status_reason", { ...of, reason: "SchedulingGated" }, between(60, 90, 1, 0));
    for (const [n, container] of ["app", "sidecar"].entries())
      addContainer(list, { i, n, of, node, container });
  }
}

function addContainer(
  list: SeriesList,
  {
    i,
    n,
    of,
    node,
    container,
  }: {
    readonly i: number;
    readonly n: number;
    readonly of: typeof STATE & { readonly namespace: string; readonly pod: string };
    readonly node: string;
    readonly container: string;
  },
): void {
  const named = { ...of, container };
  for (const kind of ["requests", "limits"])
    for (const [resource, value] of [
      ["cpu", 2 + i],
      ["memory", (2 + i) * 2 ** 30],
    ] as const)
      list.add(`kube_pod_container_resource_${kind}`, { ...named, node, resource }, () => value + n);
  if (n === 0 && i % 3 === 0)
    // Such a series comes and goes with its reason.
    for (const reason of ["CrashLoopBackOff", "ImagePullBackOff"])
      list.add("kube_pod_container_status_waiting_reason", { ...named, reason }, (scrape) =>
        scrape >= 20 && scrape < 170 && (reason === "ImagePullBackOff" || scrape % 12 < 9) ? 1 : undefined,
      );
  const { namespace, pod } = of;
  const own = { job: "cadvisor", instance: `${node}:10250`, cluster: CLUSTER, namespace, pod, container };
  const image = { ...own, image: `registry/${container}:1`, id: `/pod/${i}/${n}` };
  list.add("container_cpu_usage_seconds_total", image, counter(3 + i + n / 2));
  list.add("container_cpu_cfs_periods_total", image, counter(300));
  list.add("container_cpu_cfs_throttled_periods_total", image, counter(i % 4 === 0 ? 160 : 5));
  for (const [metric, bytes] of [
    ["working_set_bytes", 3],
    ["rss", 2],
    ["cache", 1],
    ["swap", 0.1],
  ] as const)
    list.add(`container_memory_${metric}`, image, about(bytes * (i + 1) * 2 ** 20));
}

function addWorkloads(list: SeriesList): void {
  for (const [i, namespace] of NAMESPACES.entries()) {
    const of = { ...STATE, namespace };
    const isBad = i === 0;
    const replicaset = { ...of, replicaset: "web-7d9f" };
    list.add(
      "kube_replicaset_owner",
      { ...replicaset, owner_kind: "Deployment", owner_name: "web" },
      () => 1,
    );
    const lone = { ...of, replicaset: "lone-1a2b", owner_kind: "", owner_name: "" };
    list.add("kube_replicaset_owner", lone, () => 1);
    const job = { ...of, job_name: "report-28", owner_kind: "CronJob", owner_name: "report" };
    list.add("kube_job_owner", job, () => 1);
    list.add("kube_job_owner", { ...of, job_name: "manual", owner_kind: "", owner_name: "" }, () => 1);
    list.add("kube_job_status_start_time", { ...of, job_name: "report-28" }, () => 1_600_000_000);
    list.add("kube_job_status_active", { ...of, job_name: "report-28" }, between(50, 100, 1, 0));
    list.add(
      "kube_job_failed",
      { ...of, job_name: "manual", condition: "true" },
      between(60, 150, Number(isBad), 0),
    );
    const deployment = { ...of, deployment: "web" };
    list.add("kube_deployment_spec_replicas", deployment, () => 3);
    list.add("kube_deployment_status_replicas_available", deployment, between(30, 110, isBad ? 2 : 3, 3));
    list.add("kube_deployment_status_replicas_updated", deployment, (scrape) =>
      scrape < 45 ? scrape % 4 : 3,
    );
    list.add("kube_deployment_metadata_generation", deployment, between(50, 220, 8, 7));
    list.add("kube_deployment_status_observed_generation", deployment, between(isBad ? 140 : 51, 220, 8, 7));
    const progressing = { ...deployment, condition: "Progressing", status: "false" };
    list.add("kube_deployment_status_condition", progressing, between(70, 160, Number(isBad), 0));
    const stateful = { ...of, statefulset: "db" };
    list.add("kube_statefulset_replicas", stateful, () => 3);
    list.add("kube_statefulset_status_replicas_ready", stateful, between(40, 130, isBad ? 1 : 3, 3));
    list.add("kube_statefulset_status_replicas_updated", stateful, between(40, 130, isBad ? 1 : 3, 3));
    list.add("kube_statefulset_metadata_generation", stateful, between(60, 220, 3, 2));
    list.add("kube_statefulset_status_observed_generation", stateful, between(isBad ? 120 : 61, 220, 3, 2));
    const revision = (name: string) => ({ ...stateful, revision: name });
    list.add("kube_statefulset_status_current_revision", revision("r1"), () => 1);
    list.add("kube_statefulset_status_update_revision", revision(isBad ? "r2" : "r1"), () => 1);
    const daemon = { ...of, daemonset: "agent" };
    list.add("kube_daemonset_status_desired_number_scheduled", daemon, () => 3);
    list.add("kube_daemonset_status_current_number_scheduled", daemon, between(35, 105, isBad ? 2 : 3, 3));
    list.add("kube_daemonset_status_number_available", daemon, between(35, 105, isBad ? 2 : 3, 3));
    list.add("kube_daemonset_status_updated_number_scheduled", daemon, () => 3);
    list.add("kube_daemonset_status_number_misscheduled", daemon, between(80, 150, Number(isBad), 0));
    const hpa = { ...of, horizontalpodautoscaler: "web" };
    list.add("kube_horizontalpodautoscaler_spec_max_replicas", hpa, () => 5);
    list.add("kube_horizontalpodautoscaler_spec_min_replicas", hpa, () => 1);
    list.add("kube_horizontalpodautoscaler_status_desired_replicas", hpa, () => 5);
    list.add("kube_horizontalpodautoscaler_status_current_replicas", hpa, between(40, 140, isBad ? 3 : 5, 5));
    const budget = { ...of, poddisruptionbudget: "web" };
    list.add("kube_poddisruptionbudget_status_desired_healthy", budget, () => 2);
    list.add("kube_poddisruptionbudget_status_current_healthy", budget, between(50, 120, isBad ? 1 : 2, 2));
    for (const [resource, hard, used] of [
      ["requests.cpu", 200, 190],
      ["requests.memory", 4 * MEMORY, 4 * MEMORY],
      ["pods", 10, 12],
    ] as const) {
      const quota = { ...of, resourcequota: "team", resource };
      list.add("kube_resourcequota", { ...quota, type: "hard" }, () => hard);
      list.add("kube_resourcequota", { ...quota, type: "used" }, between(30, 150, used, hard / 2));
    }
    addVolume(list, namespace, isBad);
  }
}

function addVolume(list: SeriesList, namespace: string, isBad: boolean): void {
  for (const [i, persistentvolumeclaim] of ["data", "archive", "quiet"].entries()) {
    const claim = { namespace, persistentvolumeclaim, cluster: CLUSTER };
    const of = { ...claim, job: "kubelet", instance: "node-1:10250", node: "node-1" };
    const free: ValueOf = (scrape) => (isBad ? Math.max(0.001, 0.14 - scrape * (0.0006 + i * 0.0002)) : 0.5);
    for (const [kind, free_, used] of [
      ["", "available_bytes", "used_bytes"],
      ["inodes", "inodes_free", "inodes_used"],
    ] as const) {
      const size = kind === "" ? 100 * 2 ** 30 : 1_000_000;
      list.add(`kubelet_volume_stats_${kind || "capacity_bytes"}`, of, () => size);
      list.add(`kubelet_volume_stats_${free_}`, of, (scrape) => size * free(scrape)!);
      list.add(`kubelet_volume_stats_${used}`, of, (scrape) => size * (1 - free(scrape)!));
    }
    const mode = { ...STATE, ...claim, access_mode: i === 1 ? "ReadOnlyMany" : "ReadWriteOnce" };
    list.add("kube_persistentvolumeclaim_access_mode", mode, () => 1);
    const excluded = { ...STATE, ...claim, label_excluded_from_alerts: i === 2 ? "true" : "false" };
    list.add("kube_persistentvolumeclaim_labels", excluded, () => 1);
  }
  const volume = { ...STATE, persistentvolume: `pv-${namespace}`, phase: "Failed" };
  list.add("kube_persistentvolume_status_phase", volume, between(60, 120, Number(isBad), 0));
}

function addNodes(list: SeriesList): void {
  for (const [i, node] of NODES.entries()) {
    const of = { ...STATE, node };
    list.add("kube_node_info", of, () => 1);
    list.add("kube_node_role", { ...of, role: i === 0 ? "control-plane" : "worker" }, () => 1);
    list.add("kube_node_spec_unschedulable", of, () => 0);
    list.add("kube_node_status_allocatable", { ...of, resource: "cpu" }, () => 16);
    list.add("kube_node_status_allocatable", { ...of, resource: "memory" }, () => MEMORY);
    list.add("kube_node_status_capacity", { ...of, resource: "pods" }, () => 110);
    const condition = (name: string) => ({ ...of, condition: name, status: "true" });
    // The first is away for a while, the second flaps.
    const ready: ValueOf = (scrape) => (i === 1 ? Number(scrape % 8 < 4) : 1);
    list.add("kube_node_status_condition", condition("Ready"), i === 0 ? between(50, 110, 0, 1) : ready);
    list.add("kube_node_status_condition", condition("DiskPressure"), between(40, 100, Number(i === 2), 0));
    const taint = { ...of, key: "node.kubernetes.io/unreachable", effect: "NoSchedule" };
    if (i === 0)
      list.add("kube_node_spec_taint", taint, (scrape) => (scrape > 50 && scrape < 110 ? 1 : undefined));
    const kubelet = { job: "kubelet", instance: `${node}:10250`, cluster: CLUSTER };
    const isUp = between(60, 120, i === 2 ? 0 : 1, 1);
    list.add("up", kubelet, (scrape) => (scrape >= 150 && scrape < 190 ? 0 : isUp(scrape)));
    list.add("kubelet_node_name", { ...kubelet, node }, () => 1);
    list.add("kubelet_running_pods", { ...kubelet }, between(40, 110, i === 1 ? 108 : 12, 12));
    list.add(
      "kubelet_evictions",
      { ...kubelet, eviction_signal: "memory.available" },
      between(70, 400, i, 0),
    );
    for (const kind of ["client", "server"]) {
      const ttl: ValueOf = (scrape) => (i === 0 ? 700_000 - scrape * 4000 : 3e7);
      list.add(`kubelet_certificate_manager_${kind}_ttl_seconds`, kubelet, ttl);
    }
    list.add("kubelet_certificate_manager_client_expiration_renew_errors", kubelet, counter(i === 0 ? 1 : 0));
    list.add("kubelet_server_expiration_renew_errors", kubelet, counter(i === 0 ? 1 : 0));
    const slow = (scrape: number) => (i === 1 && scrape > 60 ? 0.3 : 0.001);
    addHistogram(list, "kubelet_pleg_relist_duration_seconds", kubelet, 20, slow);
    const syncs = { ...kubelet, operation_type: "sync" };
    addHistogram(list, "kubelet_pod_worker_duration_seconds", syncs, 9 + i, slow);
  }
}

function addServers(list: SeriesList): void {
  for (const [i, address] of ["10.0.0.1:443", "10.0.0.2:443"].entries()) {
    const of = { job: "kube-apiserver", instance: address, cluster: CLUSTER, namespace: "default" };
    list.add("up", of, absentBetween(150, 190, between(80, 140, i === 1 ? 0 : 1, 1)));
    for (const [n, verb] of ["LIST", "GET", "POST", "PUT", "PATCH", "DELETE"].entries()) {
      for (const code of ["200", "304", "409", "500"]) {
        const perScrape = code === "500" ? 4 + n : 100 + 7 * n + i;
        for (const resource of ["pods", "nodes"])
          list.add("apiserver_request_total", { ...of, verb, code, resource }, counter(perScrape));
      }
      for (const scope of ["resource", "namespace", "cluster"]) {
        const requests = { ...of, verb, scope, resource: "pods", subresource: "" };
        const slow = (scrape: number) => (scrape > 90 ? 0.35 : 0.02);
        addHistogram(list, "apiserver_request_sli_duration_seconds", requests, 60 + n, slow);
      }
    }
    list.add("apiserver_request_terminations_total", of, counter(9000));
    for (const code of ["200", "503"]) list.add("rest_client_requests_total", { ...of, code }, counter(50));
    const service = { ...of, name: "metrics", reason: "timeout" };
    list.add("aggregator_unavailable_apiservice_total", service, counter(i));
    list.add("aggregator_unavailable_apiservice", { ...of, name: "metrics" }, between(50, 110, 1, 0));
    addHistogram(list, "apiserver_client_certificate_expiration_seconds", of, 5, () => 0.5);
    const version = { ...of, git_version: i === 0 ? "v1.34.1" : "v1.33.7" };
    list.add("kubernetes_build_info", version, between(40, 160, 1, 1));
  }
  const scheduler = {
    job: "kube-scheduler",
    instance: "10.0.0.1:10259",
    cluster: CLUSTER,
    pod: "scheduler-0",
  };
  list.add("up", scheduler, absentBetween(90, 140, between(30, 75, 0, 1)));
  for (const name of ["attempt", "algorithm"])
    addHistogram(list, `scheduler_scheduling_${name}_duration_seconds`, scheduler, 12, () => 0.01);
  addHistogram(list, "scheduler_pod_scheduling_sli_duration_seconds", scheduler, 12, () => 0.04);
  const manager = { job: "kube-controller-manager", instance: "10.0.0.1:10257", cluster: CLUSTER };
  list.add("up", manager, absentBetween(30, 80, between(100, 170, 0, 1)));
  const proxy = { job: "kube-proxy", instance: "10.0.0.1:10249", cluster: CLUSTER };
  list.add("up", proxy, absentBetween(120, 220, between(40, 90, 0, 1)));
}
