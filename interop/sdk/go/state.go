package main

import (
	"context"
	"encoding/json"
	"os"
	"sort"
	"strings"
	"time"

	dapr "github.com/dapr/go-sdk/client"
)

type object = map[string]any

// The values of this SDK are bytes.
func (app *application) stateSteps(ctx context.Context) {
	var firstEtag string
	save := func(key string, value []byte) error {
		return app.SaveState(ctx, store, storedKey(key), value, nil)
	}
	read := func(key string) (any, error) {
		item, err := app.GetState(ctx, store, storedKey(key), nil)
		if err != nil {
			return nil, err
		}
		return parsed(item.Value), nil
	}

	step("state.save", func() (any, error) {
		if err := save("text", []byte("Żółć 🎩")); err != nil {
			return nil, err
		}
		value := object{"items": []any{1, "two", nil}, "nested": object{"ok": true}}
		if err := save("object", encoded(value)); err != nil {
			return nil, err
		}
		return true, save("number", encoded(42))
	})
	step("state.get", func() (any, error) {
		result := object{}
		for _, key := range []string{"text", "object", "number"} {
			item, err := app.GetState(ctx, store, storedKey(key), nil)
			if err != nil {
				return nil, err
			}
			result[key] = parsed(item.Value)
			if key == "object" {
				firstEtag = item.Etag
			}
		}
		result["etag"] = firstEtag != ""
		return result, nil
	})
	step("state.get.missing", func() (any, error) { return read("never") })
	saveFirst := func(value any) error {
		return app.SaveStateWithETag(ctx, store, storedKey("object"), encoded(value), firstEtag, nil,
			dapr.WithConcurrency(dapr.StateConcurrencyFirstWrite))
	}
	step("state.etag.match", func() (any, error) {
		if err := saveFirst(object{"version": 2}); err != nil {
			return nil, err
		}
		return read("object")
	})
	readObject := func() (any, error) { return read("object") }
	refusedWrite("state.etag.conflict", func() error { return saveFirst(object{"version": 3}) }, readObject)

	step("state.save.bulk", func() (any, error) {
		return true, app.SaveBulkState(ctx, store,
			&dapr.SetStateItem{Key: storedKey("bulk-1"), Value: encoded(object{"n": 1})},
			&dapr.SetStateItem{Key: storedKey("bulk-2"), Value: encoded(object{"n": 2})},
			&dapr.SetStateItem{Key: storedKey("bulk-3"), Value: encoded(object{"n": 3})})
	})
	step("state.get.bulk", func() (any, error) {
		keys := []string{storedKey("bulk-1"), storedKey("bulk-2"), storedKey("bulk-3"), storedKey("bulk-missing")}
		items, err := app.GetBulkState(ctx, store, keys, nil, 2)
		if err != nil {
			return nil, err
		}
		sort.Slice(items, func(a, b int) bool { return items[a].Key < items[b].Key })
		found := make([]object, 0, len(items))
		for _, item := range items {
			key := strings.TrimPrefix(item.Key, storedKey(""))
			found = append(found, object{"key": key, "value": parsed(item.Value), "etag": item.Etag != ""})
		}
		return found, nil
	})
	step("state.transaction", func() (any, error) {
		err := app.ExecuteStateTransaction(ctx, store, nil, []*dapr.StateOperation{
			{Type: dapr.StateOperationTypeUpsert, Item: &dapr.SetStateItem{Key: storedKey("tx-1"), Value: encoded(object{"n": 1})}},
			{Type: dapr.StateOperationTypeUpsert, Item: &dapr.SetStateItem{Key: storedKey("tx-2"), Value: encoded(object{"n": 2})}},
			{Type: dapr.StateOperationTypeDelete, Item: &dapr.SetStateItem{Key: storedKey("bulk-3")}},
		})
		if err != nil {
			return nil, err
		}
		result := object{}
		for _, key := range []string{"tx-1", "tx-2", "bulk-3"} {
			if result[key], err = read(key); err != nil {
				return nil, err
			}
		}
		return result, nil
	})
	step("state.delete", func() (any, error) {
		if err := app.DeleteState(ctx, store, storedKey("tx-1"), nil); err != nil {
			return nil, err
		}
		return read("tx-1")
	})
	refusedWrite("state.delete.etag.conflict", func() error {
		return app.DeleteStateWithETag(ctx, store, storedKey("object"), &dapr.ETag{Value: firstEtag}, nil,
			&dapr.StateOptions{Concurrency: dapr.StateConcurrencyFirstWrite, Consistency: dapr.StateConsistencyStrong})
	}, readObject)
	step("state.ttl", func() (any, error) {
		ttl := map[string]string{"ttlInSeconds": "2"}
		if err := app.SaveState(ctx, store, storedKey("short"), encoded(object{"n": 1}), ttl); err != nil {
			return nil, err
		}
		before, err := read("short")
		after := before
		for end := time.Now().Add(waitLimit); err == nil && after != nil && time.Now().Before(end); after, err = read("short") {
			time.Sleep(100 * time.Millisecond)
		}
		return object{"before": before, "after": after}, err
	})
}

var store = os.Getenv("STATE_STORE")

// Of this run alone: others use the store too.
func storedKey(key string) string { return os.Getenv("RUN_ID") + "-" + key }

func encoded(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}
