package main

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/dapr/components-contrib/bindings"
)

// A bell is a binding both ways: what is rung on it comes in as an event. "count" answers how often it was rung.
type bell struct {
	rung  chan *bindings.ReadResponse
	count atomic.Int64
}

func newBell() *bell { return &bell{rung: make(chan *bindings.ReadResponse, 1_000)} }

func (b *bell) Init(context.Context, bindings.Metadata) error { return nil }
func (b *bell) Close() error                                  { return nil }
func (b *bell) GetComponentMetadata() map[string]string       { return nil }

func (b *bell) Operations() []bindings.OperationKind {
	return []bindings.OperationKind{"ring", "count"}
}

func (b *bell) Invoke(_ context.Context, request *bindings.InvokeRequest) (*bindings.InvokeResponse, error) {
	switch request.Operation {
	case "ring":
		b.count.Add(1)
		b.rung <- &bindings.ReadResponse{Data: request.Data, Metadata: map[string]string{"tone": request.Metadata["tone"]}}
		return &bindings.InvokeResponse{Data: []byte(`"rung"`), Metadata: map[string]string{"bell": "one"}}, nil
	case "count":
		return &bindings.InvokeResponse{Data: fmt.Append(nil, b.count.Load())}, nil
	}
	return nil, fmt.Errorf("a bell cannot %s", request.Operation)
}

func (b *bell) Read(ctx context.Context, handler bindings.Handler) error {
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case event := <-b.rung:
				_, _ = handler(ctx, event)
			}
		}
	}()
	return nil
}
