package conformance

import (
	"context"
	"testing"
	"time"

	"github.com/dapr/components-contrib/bindings"
	"github.com/dapr/components-contrib/metadata"
	suite "github.com/dapr/components-contrib/tests/conformance/bindings"
	registry "github.com/dapr/dapr/pkg/components/bindings"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func judgeBinding(t *testing.T, judged row) {
	registry.DefaultRegistry.Logger = log
	config, err := suite.NewTestConfig(judged.Socket, judged.Operations, judged.Config)
	require.NoError(t, err)
	reads := config.HasOperation("read")
	t.Run("suite", func(t *testing.T) {
		var input bindings.InputBinding
		var output bindings.OutputBinding
		if reads {
			input = &closing{InputBinding: openInput(t, judged)}
		}
		if config.HasOperation("operations") {
			output, err = registry.DefaultRegistry.CreateOutputBinding("bindings."+judged.Socket, "v1", "judged")
			require.NoError(t, err)
		}
		suite.ConformanceTests(t, judged.Properties, input, output, config)
	})
	if reads {
		t.Run("limits", func(t *testing.T) { inputLimits(t, judged) })
	}
}

func openInput(t *testing.T, judged row) bindings.InputBinding {
	input, err := registry.DefaultRegistry.CreateInputBinding("bindings."+judged.Socket, "v1", "judged")
	require.NoError(t, err)
	return input
}

// Close of the pluggable client waits for a stream that only the context of Read ends, and the suite keeps that context until it
// has closed. closing ends the context first, as daprd's runtime does.
type closing struct {
	bindings.InputBinding
	end context.CancelFunc
}

func (c *closing) Read(ctx context.Context, handler bindings.Handler) error {
	ctx, c.end = context.WithCancel(ctx)
	return c.InputBinding.Read(ctx, func(_ context.Context, event *bindings.ReadResponse) ([]byte, error) {
		// The suite's handler blocks for ever when nobody looks at a later event; the stream's end must release it.
		handled := make(chan error, 1)
		go func() {
			_, err := handler(ctx, event)
			handled <- err
		}()
		select {
		case err := <-handled:
			return nil, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
}

func (c *closing) Close() error {
	c.end()
	return c.InputBinding.Close()
}

func inputLimits(t *testing.T, judged row) {
	t.Run("close waits for the context of read", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		input := openInput(t, judged)
		require.NoError(t, input.Init(ctx, bindings.Metadata{Base: metadata.Base{Properties: judged.Properties}}))
		ignore := func(context.Context, *bindings.ReadResponse) ([]byte, error) { return nil, nil }
		require.NoError(t, input.Read(ctx, ignore))
		closed := make(chan error, 1)
		go func() { closed <- input.Close() }()
		select {
		case <-closed:
			assert.Fail(t, "the limit is gone")
		case <-time.After(time.Second):
		}
		cancel()
		select {
		case err := <-closed:
			assert.NoError(t, err)
		case <-time.After(10 * time.Second):
			assert.Fail(t, "close does not return after the context of read has ended")
		}
	})
}
