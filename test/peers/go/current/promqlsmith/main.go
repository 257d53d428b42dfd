// Prints random expressions of promqlsmith, one JSON object a line, for the series that come in as one JSON object.
package main

import (
	"bufio"
	"encoding/json"
	"math/rand"
	"os"

	"github.com/cortexproject/promqlsmith"
	"github.com/prometheus/prometheus/model/labels"
)

// A series is a map of its labels; times of @ are at most MaxMs.
type request struct {
	Seed   int64
	Count  int
	Depth  int
	MaxMs  int64
	Series []map[string]string
}

type expression struct {
	Query   string `json:"query"`
	IsRange bool   `json:"isRange"`
}

func main() {
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		panic(err)
	}
	series := make([]labels.Labels, 0, len(asked.Series))
	for _, one := range asked.Series {
		series = append(series, labels.FromMap(one))
	}
	random := rand.New(rand.NewSource(asked.Seed))
	smith := promqlsmith.New(random, series,
		promqlsmith.WithEnableOffset(true),
		promqlsmith.WithEnableAtModifier(true),
		promqlsmith.WithEnableVectorMatching(true),
		promqlsmith.WithEnableExperimentalPromQLFunctions(true),
		promqlsmith.WithAtModifierMaxTimestamp(asked.MaxMs),
		promqlsmith.WithMaxDepth(asked.Depth),
	)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	for i := 0; i < asked.Count; i++ {
		query, isRange, ok := next(smith, random)
		if !ok {
			i--
			continue
		}
		if err := encoder.Encode(expression{query, isRange}); err != nil {
			panic(err)
		}
	}
}

// The library panics for some of what it draws, such as functions later than itself: these are drawn again.
func next(smith *promqlsmith.PromQLSmith, random *rand.Rand) (query string, isRange, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	isRange = random.Intn(2) == 0
	if isRange {
		return smith.WalkRangeQuery().String(), true, true
	}
	return smith.WalkInstantQuery().String(), false, true
}
