// Package http takes the place of log-ins at Google, which brings 50 packages: a Prometheus that is told to says that it cannot.
package http

import (
	"context"
	"errors"
	"net/http"

	"google.golang.org/api/option"
)

func NewTransport(context.Context, http.RoundTripper, ...option.ClientOption) (http.RoundTripper, error) {
	return nil, errors.New("built without log-ins at Google")
}
