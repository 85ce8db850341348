package main

import (
	"context"
	"sort"
	"time"
)

func (app *application) sidecarSteps(ctx context.Context) {
	step("health", func() (any, error) { return true, app.Wait(ctx, 20*time.Second) })
	step("metadata.get", func() (any, error) {
		metadata, err := app.GetMetadata(ctx)
		if err != nil {
			return nil, err
		}
		names := make([]string, 0, len(metadata.RegisteredComponents))
		for _, component := range metadata.RegisteredComponents {
			names = append(names, component.Name)
		}
		sort.Strings(names)
		return map[string]any{"id": metadata.ID, "components": names}, nil
	})
	step("metadata.set", func() (any, error) {
		if err := app.SetMetadata(ctx, "flavour", "sweet & sour"); err != nil {
			return nil, err
		}
		metadata, err := app.GetMetadata(ctx)
		if err != nil {
			return nil, err
		}
		return metadata.ExtendedMetadata["flavour"], nil
	})
}
