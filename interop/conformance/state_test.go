package conformance

import (
	"context"
	"errors"
	"testing"

	"github.com/dapr/components-contrib/metadata"
	"github.com/dapr/components-contrib/state"
	suite "github.com/dapr/components-contrib/tests/conformance/state"
	registry "github.com/dapr/dapr/pkg/components/state"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func judgeState(t *testing.T, judged row) {
	registry.DefaultRegistry.Logger = log
	config, err := suite.NewTestConfig(judged.Socket, judged.Operations, judged.Config)
	require.NoError(t, err)
	t.Run("suite", func(t *testing.T) {
		suite.ConformanceTests(t, judged.Properties, joinedErrors{openState(t, judged)}, config)
	})
	t.Run("limits", func(t *testing.T) { stateLimits(t, judged) })
}

func openState(t *testing.T, judged row) pluggableState {
	store, err := registry.DefaultRegistry.Create("state."+judged.Socket, "v1", "judged")
	require.NoError(t, err)
	open, ok := store.(pluggableState)
	require.True(t, ok, "%T is not a pluggable store", store)
	return open
}

type pluggableState interface {
	state.Store
	state.TransactionalStore
	state.Querier
}

// A gRPC status names no keys, so the pluggable client has one error for a whole bulk call where the suite wants one an item.
// joinedErrors finds the items by their etags as stored before the call. What became of the items is the suite's to check.
type joinedErrors struct{ pluggableState }

func (s joinedErrors) BulkSet(ctx context.Context, requests []state.SetRequest, options state.BulkStoreOpts) error {
	stale := map[string]bool{}
	for _, request := range requests {
		stale[request.Key] = s.isStale(ctx, request.Key, request.ETag)
	}
	return joined(s.pluggableState.BulkSet(ctx, requests, options), stale)
}

func (s joinedErrors) BulkDelete(ctx context.Context, requests []state.DeleteRequest, options state.BulkStoreOpts) error {
	stale := map[string]bool{}
	for _, request := range requests {
		stale[request.Key] = s.isStale(ctx, request.Key, request.ETag)
	}
	return joined(s.pluggableState.BulkDelete(ctx, requests, options), stale)
}

func (s joinedErrors) isStale(ctx context.Context, key string, etag *string) bool {
	stored, err := s.Get(ctx, &state.GetRequest{Key: key})
	return err == nil && etag != nil && (stored.ETag == nil || *stored.ETag != *etag)
}

func joined(err error, stale map[string]bool) error {
	var etagError *state.ETagError
	if !errors.As(err, &etagError) {
		return err
	}
	var all []error
	for key, is := range stale {
		if is {
			all = append(all, state.NewBulkStoreError(key, etagError))
		}
	}
	return errors.Join(all...)
}

// Each of these is a reason in limits.json, and red when it no longer holds: then the suite can be taken as it is.
func stateLimits(t *testing.T, judged row) {
	ctx := context.Background()
	store := openState(t, judged)
	require.NoError(t, store.Init(ctx, state.Metadata{Base: metadata.Base{Properties: judged.Properties}}))

	t.Run("bulk errors are not joined", func(t *testing.T) {
		prefix := uuid.NewString()
		bad := judged.Config["badEtag"]
		if bad == nil {
			bad = "bad-etag"
		}
		badEtag := bad.(string)
		requests := []state.SetRequest{{Key: prefix + "1", Value: "a"}, {Key: prefix + "2", Value: "b"}}
		require.NoError(t, store.BulkSet(ctx, requests, state.BulkStoreOpts{}))
		requests[0].ETag = &badEtag
		err := store.BulkSet(ctx, requests, state.BulkStoreOpts{})
		var etagError *state.ETagError
		require.ErrorAs(t, err, &etagError)
		assert.Equal(t, state.ETagMismatch, etagError.Kind())
		_, isJoined := err.(interface{ Unwrap() []error })
		assert.False(t, isJoined, "the limit is gone")
	})
	t.Run("keys cannot be listed", func(t *testing.T) {
		_, can := state.Store(store).(state.KeysLiker)
		assert.False(t, can, "the limit is gone")
	})
	t.Run("prefixes cannot be deleted", func(t *testing.T) {
		_, can := state.Store(store).(state.DeleteWithPrefix)
		assert.False(t, can, "the limit is gone")
	})
}
