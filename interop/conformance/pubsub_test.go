package conformance

import (
	"testing"

	"github.com/dapr/components-contrib/pubsub"
	suite "github.com/dapr/components-contrib/tests/conformance/pubsub"
	registry "github.com/dapr/dapr/pkg/components/pubsub"
	runtime "github.com/dapr/dapr/pkg/runtime/pubsub"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func judgePubSub(t *testing.T, judged row) {
	registry.DefaultRegistry.Logger = log
	config, err := suite.NewTestConfig(judged.Socket, judged.Operations, judged.Config)
	require.NoError(t, err)
	broker, err := registry.DefaultRegistry.Create("pubsub."+judged.Socket, "v1", "judged")
	require.NoError(t, err)
	open, ok := broker.(pluggablePubSub)
	require.True(t, ok, "%T is not a pluggable broker", broker)
	t.Run("suite", func(t *testing.T) {
		suite.ConformanceTests(t, judged.Properties, gathering{open, runtime.NewDefaultBulkSubscriber(open)}, config)
	})
	t.Run("limits", func(t *testing.T) {
		t.Run("no bulk subscription", func(t *testing.T) {
			_, can := broker.(pubsub.BulkSubscriber)
			assert.False(t, can, "the limit is gone")
		})
	})
}

type pluggablePubSub interface {
	pubsub.PubSub
	pubsub.BulkPublisher
}

// The protocol has no bulk subscription; daprd gathers messages itself above any component that has none, and so does this.
type gathering struct {
	pluggablePubSub
	pubsub.BulkSubscriber
}
