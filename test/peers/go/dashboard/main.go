// Reads a dashboard from its input as strictly as Grafana's types say: prints a line for every field that they do not know or that is
// missing, for every value that cannot be, and for panels of other kinds than Hearth's has. Ends with 1 if there is one.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = check(text)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func check(text []byte) error {
	runtime := cog.NewRuntime()
	runtime.RegisterPanelcfgVariant(bargauge.VariantConfig())
	runtime.RegisterPanelcfgVariant(stat.VariantConfig())
	runtime.RegisterPanelcfgVariant(timeseries.VariantConfig())
	runtime.RegisterDataqueryVariant(prometheus.VariantConfig())

	var all dashboard.Dashboard
	if err := all.UnmarshalJSONStrict(text); hasFound(err) {
		return err
	}
	if err := all.Validate(); hasFound(err) {
		return err
	}

	var raw struct {
		Panels []struct {
			Type        string          `json:"type"`
			FieldConfig json.RawMessage `json:"fieldConfig"`
		} `json:"panels"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	for i, panel := range raw.Panels {
		if panel.Type == "row" {
			continue
		}
		if _, known := runtime.ConfigForPanelcfgVariant(panel.Type); !known {
			return fmt.Errorf("panels[%d].type: unexpected kind of panel '%s'", i, panel.Type)
		}
		// Of these the panel is strict about what is its own kind's alone.
		var config dashboard.FieldConfigSource
		if err := config.UnmarshalJSONStrict(panel.FieldConfig); hasFound(err) {
			return fmt.Errorf("panels[%d].fieldConfig.%w", i, err)
		}
	}
	return nil
}

// The types return a list as their error, which may be empty.
func hasFound(err error) bool {
	return err != nil && err.Error() != ""
}
