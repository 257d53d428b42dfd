// Package v3 has the fields that Prometheus sets when it describes its API.
package v3

import (
	"github.com/pb33f/libopenapi/datamodel/high/base"
	"github.com/pb33f/libopenapi/orderedmap"
)

type Document struct {
	Version    string
	Info       *base.Info
	Servers    []*Server
	Tags       []*base.Tag
	Paths      *Paths
	Components *Components
}

func (*Document) Render() ([]byte, error) { return nil, nil }

type Server struct{ URL string }

type Paths struct {
	PathItems *orderedmap.Map[string, *PathItem]
}

type Components struct {
	Schemas *orderedmap.Map[string, *base.SchemaProxy]
}

type PathItem struct{ Get, Post, Put, Delete, Options *Operation }

type Operation struct {
	OperationId, Summary, Description string
	Tags                              []string
	Parameters                        []*Parameter
	RequestBody                       *RequestBody
	Responses                         *Responses
}

type Parameter struct {
	Name, In, Description string
	Required, Explode     *bool
	Schema                *base.SchemaProxy
	Examples              *orderedmap.Map[string, *base.Example]
}

type RequestBody struct {
	Required    *bool
	Description string
	Content     *orderedmap.Map[string, *MediaType]
}

type Responses struct {
	Codes *orderedmap.Map[string, *Response]
}

type Response struct {
	Description string
	Content     *orderedmap.Map[string, *MediaType]
}

type MediaType struct {
	Schema, ItemSchema *base.SchemaProxy
	Examples           *orderedmap.Map[string, *base.Example]
}
