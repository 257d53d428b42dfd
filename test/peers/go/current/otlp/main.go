// Translates OTLP requests with Prometheus' own translator: one JSON object a line in, what was appended one a line out.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/storage/remote/otlptranslator/prometheusremotewrite"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
)

// The request as protobuf, in base64.
type request struct {
	Proto    []byte
	Settings struct {
		Utf8, NoSuffixes, Nhcb, Scope, PromoteAll, KeepIdentifying bool
		Promote                                                    []string
	}
}

type exemplar struct {
	Labels [][2]string `json:"labels"`
	T      int64       `json:"t"`
	Value  float64     `json:"value"`
}

type nativeHistogram struct {
	Bounds  []float64 `json:"bounds"`
	Buckets []string  `json:"buckets"`
	Count   uint64    `json:"count"`
	Schema  int32     `json:"schema"`
	Sum     float64   `json:"sum"`
	Zero    uint64    `json:"zero"`
	Zt      float64   `json:"zt"`
}

// A value as its bits in hexadecimal digits; a histogram, or "stale".
type sample struct {
	Exemplars []exemplar  `json:"exemplars"`
	Family    string      `json:"family"`
	H         any         `json:"h,omitempty"`
	Help      string      `json:"help"`
	Labels    [][2]string `json:"labels"`
	St        int64       `json:"st"`
	T         int64       `json:"t"`
	Type      string      `json:"type"`
	Unit      string      `json:"unit"`
	V         string      `json:"v,omitempty"`
}

type answer struct {
	Appended []sample `json:"appended"`
	Error    string   `json:"error"`
}

type appender struct{ appended []sample }

func (*appender) Commit() error   { return nil }
func (*appender) Rollback() error { return nil }

func (a *appender) Append(_ storage.SeriesRef, ls labels.Labels, st, t int64, v float64, h *histogram.Histogram, _ *histogram.FloatHistogram, opts storage.AppendV2Options) (storage.SeriesRef, error) {
	one := sample{
		Exemplars: []exemplar{},
		Family:    opts.MetricFamilyName,
		Help:      opts.Metadata.Help,
		Labels:    pairs(ls),
		St:        st,
		T:         t,
		Type:      string(opts.Metadata.Type),
		Unit:      opts.Metadata.Unit,
	}
	for _, e := range opts.Exemplars {
		one.Exemplars = append(one.Exemplars, exemplar{pairs(e.Labels), e.Ts, e.Value})
	}
	switch {
	case h == nil:
		one.V = fmt.Sprintf("%016x", math.Float64bits(v))
	case value.IsStaleNaN(h.Sum):
		one.H = "stale"
	default:
		one.H = native(h)
	}
	a.appended = append(a.appended, one)
	return 1, nil
}

func pairs(ls labels.Labels) [][2]string {
	all := [][2]string{}
	ls.Range(func(l labels.Label) { all = append(all, [2]string{l.Name, l.Value}) })
	return all
}

// Buckets as index and count: the positive ones, then the negative ones with a minus before the index.
func native(h *histogram.Histogram) nativeHistogram {
	var buckets []string
	add := func(sign string, spans []histogram.Span, deltas []int64) {
		index, next, count := int32(0), 0, int64(0)
		for _, span := range spans {
			index += span.Offset
			for i := uint32(0); i < span.Length; i++ {
				count += deltas[next]
				next++
				buckets = append(buckets, sign+strconv.Itoa(int(index))+":"+strconv.FormatInt(count, 10))
				index++
			}
		}
	}
	add("", h.PositiveSpans, h.PositiveBuckets)
	add("-", h.NegativeSpans, h.NegativeBuckets)
	return nativeHistogram{h.CustomValues, buckets, h.Count, h.Schema, h.Sum, h.ZeroCount, h.ZeroThreshold}
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var asked request
		if err := json.Unmarshal(in.Bytes(), &asked); err != nil {
			panic(err)
		}
		if err := out.Encode(translate(asked)); err != nil {
			panic(err)
		}
	}
}

func translate(asked request) answer {
	message := pmetricotlp.NewExportRequest()
	if err := message.UnmarshalProto(asked.Proto); err != nil {
		panic(err)
	}
	set := asked.Settings
	promote := config.OTLPConfig{PromoteAllResourceAttributes: set.PromoteAll, PromoteResourceAttributes: set.Promote}
	app := &appender{appended: []sample{}}
	_, err := prometheusremotewrite.NewPrometheusConverter(app).FromMetrics(context.Background(), message.Metrics(), prometheusremotewrite.Settings{
		AddMetricSuffixes:                    !set.NoSuffixes,
		AllowUTF8:                            set.Utf8,
		PromoteResourceAttributes:            prometheusremotewrite.NewPromoteResourceAttributes(promote),
		KeepIdentifyingResourceAttributes:    set.KeepIdentifying,
		ConvertHistogramsToNHCB:              set.Nhcb,
		PromoteScopeMetadata:                 set.Scope,
		LookbackDelta:                        5 * time.Minute,
		LabelNameUnderscoreSanitization:      true,
		LabelNamePreserveMultipleUnderscores: true,
	})
	result := answer{Appended: app.appended}
	if err != nil {
		result.Error = err.Error()
	}
	return result
}
