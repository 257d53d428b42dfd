// Package ui without pages: the Go module does not hold them.
package ui

import "github.com/prometheus/common/route"

func Register(*route.Router) {}
