// Package sigv4 takes the place of signatures for AWS, which brings 140 packages: a Prometheus that is told to sign says that it cannot.
package sigv4

import (
	"errors"
	"net/http"
)

type SigV4Config struct{}

type Option struct{}

func NewSigV4RoundTripper(*SigV4Config, http.RoundTripper, ...Option) (http.RoundTripper, error) {
	return nil, errors.New("built without signatures for AWS")
}
