// Components as others write them: a state store, a broker and a binding, made with Dapr's Go SDK for pluggable components.
package main

import (
	dapr "github.com/dapr-sandbox/components-go-sdk"
	"github.com/dapr-sandbox/components-go-sdk/bindings/v1"
	"github.com/dapr-sandbox/components-go-sdk/pubsub/v1"
	"github.com/dapr-sandbox/components-go-sdk/state/v1"
)

func main() {
	one := newBell()
	dapr.Register("shelf", dapr.WithStateStore(func() state.Store { return &shelf{} }))
	dapr.Register("tube", dapr.WithPubSub(func() pubsub.PubSub { return newTube() }))
	dapr.Register("bell",
		dapr.WithInputBinding(func() bindings.InputBinding { return one }),
		dapr.WithOutputBinding(func() bindings.OutputBinding { return one }))
	dapr.MustRun()
}
