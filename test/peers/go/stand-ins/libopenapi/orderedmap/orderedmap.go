// Package orderedmap has what Prometheus calls to describe its API, and keeps nothing.
package orderedmap

type Map[K comparable, V any] struct{}

func New[K comparable, V any]() *Map[K, V] { return &Map[K, V]{} }

func (*Map[K, V]) Set(K, V) {}

func (*Map[K, V]) First() *Pair[K, V] { return nil }

type Pair[K comparable, V any] struct{}

func (*Pair[K, V]) Key() (key K)      { return key }
func (*Pair[K, V]) Value() (value V)  { return value }
func (*Pair[K, V]) Next() *Pair[K, V] { return nil }
