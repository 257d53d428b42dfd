// Package base has the fields that Prometheus sets when it describes its API.
package base

import (
	"github.com/pb33f/go-yaml"
	"github.com/pb33f/libopenapi/orderedmap"
)

type Info struct {
	Title, Description, Version string
	Contact                     *Contact
}

type Contact struct{ Name, URL string }

type Tag struct{ Name, Summary, Description string }

type Example struct {
	Summary, Description string
	Value                *yaml.Node
}

type DynamicValue[A, B any] struct {
	N int
	A A
	B B
}

type Schema struct {
	Type                                                  []string
	Title, Description, Format, Pattern, ContentMediaType string
	Items, AdditionalProperties                           *DynamicValue[*SchemaProxy, bool]
	Properties                                            *orderedmap.Map[string, *SchemaProxy]
	Required                                              []string
	Enum                                                  []*yaml.Node
	Default, Example                                      *yaml.Node
	OneOf, AnyOf                                          []*SchemaProxy
	ContentSchema                                         *SchemaProxy
	MinItems, MaxItems                                    *int64
	Minimum, Maximum                                      *float64
}

type SchemaProxy struct{}

func CreateSchemaProxy(*Schema) *SchemaProxy   { return nil }
func CreateSchemaProxyRef(string) *SchemaProxy { return nil }
