// Components-contrib's conformance suites against sockets, through the client that daprd itself uses.
package conformance

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/dapr/dapr/pkg/components/pluggable"
	"github.com/dapr/kit/logger"
	"github.com/stretchr/testify/require"
)

// A row is one component to judge: what its socket is called, what it is initialised with, and what the upstream row says of it.
type row struct {
	Kind       string            `json:"kind"`
	Name       string            `json:"name"`
	Socket     string            `json:"socket"`
	Properties map[string]string `json:"properties"`
	Operations []string          `json:"operations"`
	Config     map[string]any    `json:"config"`
}

var judges = map[string]func(*testing.T, row){
	"state":        judgeState,
	"pubsub":       judgePubSub,
	"bindings":     judgeBinding,
	"secretstores": judgeSecretStore,
}

var log = logger.NewLogger("judge")

// TestConformance judges the row that the environment variable ROW holds as JSON. The sockets folder is daprd's own variable.
func TestConformance(t *testing.T) {
	log.SetOutputLevel(logger.ErrorLevel)
	var judged row
	require.NoError(t, json.Unmarshal([]byte(os.Getenv("ROW")), &judged))
	require.NoError(t, pluggable.Discover(context.Background()))
	judge, ok := judges[judged.Kind]
	require.True(t, ok, "no suite for %s", judged.Kind)
	judge(t, judged)
}
