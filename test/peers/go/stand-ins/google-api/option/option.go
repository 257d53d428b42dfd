// Package option has what Prometheus names when it is told to log in at Google.
package option

import "golang.org/x/oauth2/google"

type ClientOption any

type CredentialsType int

const ServiceAccount CredentialsType = 0

func WithScopes(...string) ClientOption                            { return nil }
func WithAuthCredentialsFile(CredentialsType, string) ClientOption { return nil }
func WithCredentialsFile(string) ClientOption                      { return nil }
func WithCredentials(*google.Credentials) ClientOption             { return nil }
