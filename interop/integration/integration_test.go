//go:build integration

// Dapr's integration suite as one test binary, and a list of its cases.
package integration

import (
	"fmt"
	"testing"

	"github.com/dapr/dapr/tests/integration"
	"github.com/dapr/dapr/tests/integration/suite"
)

func TestIntegration(t *testing.T) { integration.RunIntegrationTests(t) }

// TestList prints the name of every case, one a line. They are registered by the package that runs them.
func TestList(t *testing.T) {
	for _, named := range suite.All(t) {
		fmt.Printf("case\t%s\n", named.Name())
	}
}
