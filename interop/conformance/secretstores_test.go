package conformance

import (
	"testing"

	suite "github.com/dapr/components-contrib/tests/conformance/secretstores"
	registry "github.com/dapr/dapr/pkg/components/secretstores"
	"github.com/stretchr/testify/require"
)

func judgeSecretStore(t *testing.T, judged row) {
	registry.DefaultRegistry.Logger = log
	store, err := registry.DefaultRegistry.Create("secretstores."+judged.Socket, "v1", "judged")
	require.NoError(t, err)
	t.Run("suite", func(t *testing.T) {
		suite.ConformanceTests(t, judged.Properties, store, suite.NewTestConfig(judged.Socket, judged.Operations))
	})
}
