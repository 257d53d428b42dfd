// A program as the vendors of Prometheus storages print it in their documents: the OpenTelemetry Go SDK of 2020 and its
// Cortex exporter. It records what it is told, pushes several times, and ends with 1 when a push was not answered 200.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/contrib/exporters/metric/cortex"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/label"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/metric/controller/push"
	"go.opentelemetry.io/otel/sdk/resource"
)

// What every series carries, and more of them than fit in a map that keeps its order.
var labels = []label.KeyValue{
	label.String("method", "GET"),
	label.String("zone", "b"),
	label.String("code", "200"),
	label.String("area", "checkout"),
}

// failures counts the errors of the SDK: among them a push that was not answered 200.
type failures struct{ count int64 }

func (f *failures) Handle(err error) {
	atomic.AddInt64(&f.count, 1)
	fmt.Fprintln(os.Stderr, "cortex-exporter:", err)
}

func main() {
	url := flag.String("url", "", "where to push")
	accessKey := flag.String("access-key", "", "AK")
	secretKey := flag.String("secret-key", "", "SK")
	boundaries := flag.String("boundaries", "", "of the histogram, with commas")
	values := flag.String("values", "", "to record, with commas; each also counts one request")
	flag.Parse()

	failed := &failures{}
	otel.SetErrorHandler(failed)
	if err := run(*url, *accessKey, *secretKey, numbers(*boundaries), numbers(*values)); err != nil {
		failed.Handle(err)
	}
	if failed.count > 0 {
		os.Exit(1)
	}
}

func run(url, accessKey, secretKey string, boundaries, values []float64) error {
	config := cortex.Config{
		Endpoint:            url,
		RemoteTimeout:       20 * time.Second,
		BasicAuth:           map[string]string{"username": accessKey, "password": secretKey},
		HistogramBoundaries: boundaries,
	}
	pusher, err := cortex.InstallNewPipeline(config,
		push.WithPeriod(time.Second),
		push.WithResource(resource.NewWithAttributes(label.String("service.name", "peer"))))
	if err != nil {
		return err
	}
	ctx := context.Background()
	meter := metric.Must(otel.Meter("hearth.peers"))
	requests := meter.NewInt64Counter("peer.requests", metric.WithDescription("Requests served."))
	durations := meter.NewFloat64ValueRecorder("peer.duration", metric.WithDescription("Seconds a request took."))
	for _, value := range values {
		requests.Add(ctx, 1, labels...)
		durations.Record(ctx, value, labels...)
		time.Sleep(2500 * time.Millisecond / time.Duration(len(values)))
	}
	// Pushes all of it once more.
	pusher.Stop()
	return nil
}

func numbers(text string) []float64 {
	var all []float64
	for _, word := range strings.Split(text, ",") {
		number, err := strconv.ParseFloat(word, 64)
		if err != nil {
			fmt.Fprintln(os.Stderr, "cortex-exporter:", err)
			os.Exit(2)
		}
		all = append(all, number)
	}
	return all
}
