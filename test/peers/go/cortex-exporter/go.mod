module hearth/test/peers/cortex-exporter

go 1.16

require (
	go.opentelemetry.io/contrib/exporters/metric/cortex v0.15.0
	go.opentelemetry.io/otel v0.15.0
	go.opentelemetry.io/otel/sdk v0.15.0
)
