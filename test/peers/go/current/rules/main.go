// Evaluates rule files with Prometheus' own package at given times, on given samples. Takes the path of a request in JSON;
// prints what came of it, one JSON object a line.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

type series struct {
	Labels map[string]string `json:"labels"`
	Times  []int64           `json:"times"`
	// Texts, for NaN, infinities and "stale".
	Values []string `json:"values"`
}

type evaluation struct {
	File, Group string
	TimeMs      int64
}

type request struct {
	Files       []string
	Series      string
	Directory   string
	IntervalMs  int64
	Evaluations []evaluation
	// Which series are printed, by name.
	Recorded string
}

type alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	State       string            `json:"state"`
	Value       string            `json:"value"`
	ActiveAt    int64             `json:"activeAtMs"`
}

type notification struct {
	TimeMs      int64             `json:"timeMs"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    int64             `json:"startsAtMs"`
	EndsAt      int64             `json:"endsAtMs"`
	IsResolved  bool              `json:"isResolved"`
}

type failure struct {
	TimeMs int64  `json:"timeMs"`
	Rule   string `json:"rule"`
	Error  string `json:"error"`
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func parseValue(text string) float64 {
	if text == "stale" {
		return math.Float64frombits(value.StaleNaN)
	}
	parsed, err := strconv.ParseFloat(text, 64)
	must(err)
	return parsed
}

func printValue(number float64) string {
	if value.IsStaleNaN(number) {
		return "stale"
	}
	return strconv.FormatFloat(number, 'g', -1, 64)
}

func load(db *tsdb.DB, path string) {
	file, err := os.Open(path)
	must(err)
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var one series
		must(json.Unmarshal(lines.Bytes(), &one))
		appender := db.Appender(context.Background())
		set := labels.FromMap(one.Labels)
		var ref storage.SeriesRef
		for i, at := range one.Times {
			ref, err = appender.Append(ref, set, at, parseValue(one.Values[i]))
			must(err)
		}
		must(appender.Commit())
	}
	must(lines.Err())
}

func open(directory string) *tsdb.DB {
	options := tsdb.DefaultOptions()
	// All of it is in the head, in any order of series.
	options.MinBlockDuration = int64(30 * 24 * time.Hour / time.Millisecond)
	options.MaxBlockDuration = options.MinBlockDuration
	options.RetentionDuration = 0
	db, err := tsdb.Open(directory, slog.New(slog.DiscardHandler), nil, options, nil)
	must(err)
	return db
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	must(err)
	var asked request
	must(json.Unmarshal(text, &asked))
	db := open(asked.Directory)
	load(db, asked.Series)

	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	ctx := context.Background()
	queries := parser.NewParser(parser.Options{})
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 50_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute,
		EnableAtModifier: true, EnableNegativeOffset: true, Parser: queries,
	})
	var nowMs int64
	manager := rules.NewManager(&rules.ManagerOptions{
		ExternalURL:  &url.URL{},
		QueryFunc:    rules.EngineQueryFunc(engine, db),
		AppendableV2: db,
		Queryable:    db,
		Context:      ctx,
		Parser:       queries,
		ResendDelay:  time.Minute,
		NotifyFunc: func(_ context.Context, _ string, alerts ...*rules.Alert) {
			for _, one := range alerts {
				ends := one.ResolvedAt
				if ends.IsZero() {
					ends = one.ValidUntil
				}
				must(encoder.Encode(map[string]any{"notification": notification{
					nowMs, one.Labels.Map(), one.Annotations.Map(),
					one.FiredAt.UnixMilli(), ends.UnixMilli(), !one.ResolvedAt.IsZero(),
				}}))
			}
		},
	})
	groups, errs := manager.LoadGroups(
		time.Duration(asked.IntervalMs)*time.Millisecond, labels.EmptyLabels(), "", nil, false, asked.Files...)
	for _, err := range errs {
		must(err)
	}
	for _, group := range groups {
		for _, rule := range group.AlertingRules() {
			// There is no state of a run before: ALERTS are stored from the first evaluation on.
			rule.SetRestored(true)
		}
	}
	for _, one := range asked.Evaluations {
		nowMs = one.TimeMs
		group := groups[rules.GroupKey(one.File, one.Group)]
		group.Eval(ctx, time.UnixMilli(nowMs))
		for _, rule := range group.Rules() {
			if err := rule.LastError(); err != nil {
				must(encoder.Encode(map[string]any{"failure": failure{nowMs, rule.Name(), err.Error()}}))
			}
		}
	}
	for _, group := range groups {
		for _, rule := range group.AlertingRules() {
			for _, one := range rule.ActiveAlerts() {
				must(encoder.Encode(map[string]any{"alert": alert{
					one.Labels.Map(), one.Annotations.Map(), one.State.String(),
					printValue(one.Value), one.ActiveAt.UnixMilli(),
				}}))
			}
		}
	}
	print(ctx, db, asked.Recorded, encoder)
}

func print(ctx context.Context, db *tsdb.DB, names string, encoder *json.Encoder) {
	querier, err := db.Querier(math.MinInt64, math.MaxInt64)
	must(err)
	found := querier.Select(ctx, false, nil, labels.MustNewMatcher(labels.MatchRegexp, labels.MetricName, names))
	for found.Next() {
		one := found.At()
		result := series{Labels: one.Labels().Map()}
		samples := one.Iterator(nil)
		for samples.Next() == chunkenc.ValFloat {
			at, number := samples.At()
			result.Times = append(result.Times, at)
			result.Values = append(result.Values, printValue(number))
		}
		must(samples.Err())
		must(encoder.Encode(map[string]any{"series": result}))
	}
	must(found.Err())
}
