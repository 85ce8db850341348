// Go's net/http as a client, as a server, and as a reader of requests that need not be any.
package main

import (
	"fmt"
	"os"
)

func main() {
	modes := map[string]func(words []string){"client": client, "read": read, "serve": serve}
	if len(os.Args) > 1 && modes[os.Args[1]] != nil {
		modes[os.Args[1]](os.Args[2:])
		return
	}
	fmt.Fprintln(os.Stderr, "usage: client URL | read | serve")
	os.Exit(2)
}
