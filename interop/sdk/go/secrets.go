package main

import (
	"context"
	"os"
)

func (app *application) secretSteps(ctx context.Context) {
	secrets := os.Getenv("SECRET_STORE")
	step("secret.get", func() (any, error) { return app.GetSecret(ctx, secrets, "password", nil) })
	step("secret.bulk", func() (any, error) { return app.GetBulkSecret(ctx, secrets, nil) })
	refused("secret.missing", func() error {
		_, err := app.GetSecret(ctx, secrets, "never", nil)
		return err
	})
}
