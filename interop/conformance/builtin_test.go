package conformance

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/dapr/components-contrib/bindings"
	"github.com/dapr/components-contrib/bindings/cron"
	mqtt "github.com/dapr/components-contrib/bindings/mqtt3"
	"github.com/dapr/components-contrib/pubsub"
	memorybroker "github.com/dapr/components-contrib/pubsub/in-memory"
	"github.com/dapr/components-contrib/pubsub/kafka"
	"github.com/dapr/components-contrib/secretstores"
	"github.com/dapr/components-contrib/secretstores/hashicorp/vault"
	"github.com/dapr/components-contrib/secretstores/local/env"
	"github.com/dapr/components-contrib/secretstores/local/file"
	"github.com/dapr/components-contrib/state"
	memorystore "github.com/dapr/components-contrib/state/in-memory"
	postgresv1 "github.com/dapr/components-contrib/state/postgresql/v1"
	postgresv2 "github.com/dapr/components-contrib/state/postgresql/v2"
	"github.com/dapr/components-contrib/state/redis"
	"github.com/dapr/components-contrib/state/sqlite"
	bindingsuite "github.com/dapr/components-contrib/tests/conformance/bindings"
	pubsubsuite "github.com/dapr/components-contrib/tests/conformance/pubsub"
	secretsuite "github.com/dapr/components-contrib/tests/conformance/secretstores"
	statesuite "github.com/dapr/components-contrib/tests/conformance/state"
	"github.com/stretchr/testify/require"
)

// TestBuiltIn holds Dapr's own component to the row instead of a socket, so that the list of cases ours have to pass is measured.
func TestBuiltIn(t *testing.T) {
	var judged row
	require.NoError(t, json.Unmarshal([]byte(os.Getenv("ROW")), &judged))
	t.Run("suite", func(t *testing.T) {
		switch judged.Kind {
		case "state":
			config, err := statesuite.NewTestConfig(judged.Name, judged.Operations, judged.Config)
			require.NoError(t, err)
			statesuite.ConformanceTests(t, judged.Properties, builtInState(t, judged.Name), config)
		case "pubsub":
			config, err := pubsubsuite.NewTestConfig(judged.Name, judged.Operations, judged.Config)
			require.NoError(t, err)
			pubsubsuite.ConformanceTests(t, judged.Properties, builtInPubSub(t, judged.Name), config)
		case "bindings":
			config, err := bindingsuite.NewTestConfig(judged.Name, judged.Operations, judged.Config)
			require.NoError(t, err)
			input, output := builtInBinding(t, judged.Name)
			bindingsuite.ConformanceTests(t, judged.Properties, input, output, config)
		case "secretstores":
			config := secretsuite.NewTestConfig(judged.Name, judged.Operations)
			secretsuite.ConformanceTests(t, judged.Properties, builtInSecretStore(t, judged.Name), config)
		}
	})
}

func builtInState(t *testing.T, name string) state.Store {
	switch name {
	case "in-memory":
		return memorystore.NewInMemoryStateStore(log)
	case "sqlite":
		return sqlite.NewSQLiteStateStore(log)
	case "redis.v6", "redis.v7":
		return redis.NewRedisStateStore(log)
	case "postgresql.v1.docker":
		return postgresv1.NewPostgreSQLStateStore(log)
	case "postgresql.v2.docker":
		return postgresv2.NewPostgreSQLStateStore(log)
	}
	require.Fail(t, "no such state store", name)
	return nil
}

func builtInPubSub(t *testing.T, name string) pubsub.PubSub {
	switch name {
	case "in-memory":
		return memorybroker.New(log)
	case "kafka":
		return kafka.NewKafka(log)
	}
	require.Fail(t, "no such broker", name)
	return nil
}

func builtInBinding(t *testing.T, name string) (bindings.InputBinding, bindings.OutputBinding) {
	switch name {
	case "cron":
		return cron.NewCron(log), nil
	case "mqtt3":
		// The two directions are two clients of the broker.
		return mqtt.NewMQTT(log), mqtt.NewMQTT(log)
	}
	require.Fail(t, "no such binding", name)
	return nil, nil
}

func builtInSecretStore(t *testing.T, name string) secretstores.SecretStore {
	switch name {
	case "local.env":
		return env.NewEnvSecretStore(log)
	case "local.file":
		return file.NewLocalSecretStore(log)
	case "hashicorp.vault":
		return vault.NewHashiCorpVaultSecretStore(log)
	}
	require.Fail(t, "no such secret store", name)
	return nil
}
