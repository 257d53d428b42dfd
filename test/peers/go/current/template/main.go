// Expands alert templates with Prometheus' own package: one JSON object a line in, one a line out.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/template"
)

// A value is a string, for NaN and infinities.
type sample struct {
	Labels map[string]string
	Value  string
}

type request struct {
	Name, Text, ExternalURL string
	Value                   string
	Timestamp               int64
	Labels, ExternalLabels  map[string]string
	Queries                 map[string][]sample
}

type answer struct {
	Text  string `json:"text,omitempty"`
	Error string `json:"error,omitempty"`
}

const variables = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"

func float(text string) float64 {
	if text == "NaN" {
		return math.NaN()
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(err)
	}
	return value
}

func expand(r request) answer {
	query := func(_ context.Context, expr string, _ time.Time) (promql.Vector, error) {
		found, ok := r.Queries[expr]
		if !ok {
			return nil, errors.New("no such query")
		}
		vector := promql.Vector{}
		for _, one := range found {
			vector = append(vector, promql.Sample{Metric: labels.FromMap(one.Labels), F: float(one.Value)})
		}
		return vector, nil
	}
	address, err := url.Parse(r.ExternalURL)
	if err != nil {
		panic(err)
	}
	data := template.AlertTemplateData(r.Labels, r.ExternalLabels, r.ExternalURL, promql.Sample{F: float(r.Value)})
	expander := template.NewTemplateExpander(
		context.Background(), variables+r.Text, "__alert_"+r.Name, data, model.Time(r.Timestamp), query, address, nil)
	text, err := expander.Expand()
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Text: text}
}

func main() {
	in := bufio.NewReader(os.Stdin)
	decoder := json.NewDecoder(in)
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	for decoder.More() {
		var r request
		if err := decoder.Decode(&r); err != nil {
			panic(err)
		}
		if err := encoder.Encode(expand(r)); err != nil {
			panic(err)
		}
	}
}
