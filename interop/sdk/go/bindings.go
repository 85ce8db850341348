package main

import (
	"context"
	"os"

	dapr "github.com/dapr/go-sdk/client"
)

func (app *application) bindingSteps(ctx context.Context) {
	order := object{"orderId": "binding"}
	invoke := func(name string) error {
		return app.InvokeOutputBinding(ctx, &dapr.InvokeBindingRequest{Name: name, Operation: "create", Data: encoded(order)})
	}
	step("binding.invoke", func() (any, error) { return true, invoke(os.Getenv("BINDING")) })
	step("binding.receive", func() (any, error) { return app.inbox.waitForBinding(order) })
	step("binding.cron", func() (any, error) { return true, app.inbox.waitForTick() })
	refused("binding.unknown", func() error { return invoke("nowhere") })
}
